"""Galleries of earlier formats: shown as if they were of today's, and brought up to it once they are known to be sound.

A reader sees format 1 through views that live in its own memory and writes nothing. The writer does the same until
everything was checked, so that a gallery that is refused stays as it was, and then changes the file in one transaction.
"""

from __future__ import annotations

import sqlite3

from faceauthd.gallery import schema

_SHOWN_AS_CURRENT = {
    1: (
        "CREATE TEMP VIEW people AS SELECT *, NULL AS last_seen FROM main.people",
        "CREATE TEMP VIEW templates AS SELECT *, 0 AS superseded FROM main.templates",
    )
}
"""Names without a database are looked up in `temp` first, so that the views stand before the tables."""
_KEPT = "id, person, slot, crc32, embedder, quality, yaw_deg, pitch_deg, made_at, origin, quarantined, seal"
_NEXT_ID = "SELECT coalesce(max(seq), 0) FROM main.sqlite_sequence WHERE name = 'templates'"


def show_as_current(connection: sqlite3.Connection) -> None:
    """Let queries for today's format work on an older one; nothing is written. Raises sqlite3.Error."""
    for statement in _SHOWN_AS_CURRENT.get(schema.version_of(connection), ()):
        connection.execute(statement)


def is_due(connection: sqlite3.Connection) -> bool:
    """Whether there are tables, of an older format."""
    return schema.has_tables(connection) and schema.version_of(connection) < schema.VERSION


def migrate(connection: sqlite3.Connection) -> None:
    """From format 1 to 2, wholly or not at all; records and their seals stay as they are. Raises sqlite3.Error."""
    for view in ("people", "templates"):
        connection.execute(f"DROP VIEW temp.{view}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        highest = connection.execute(_NEXT_ID).fetchone()[0]
        connection.execute("ALTER TABLE people ADD COLUMN last_seen REAL")
        connection.execute("ALTER TABLE templates RENAME TO templates_1")
        connection.execute("DROP INDEX templates_of_person")
        for statement in schema.TEMPLATE_TABLE:
            connection.execute(statement)
        connection.execute(f"INSERT INTO templates ({_KEPT}) SELECT {_KEPT} FROM templates_1")  # noqa: S608 - constants
        connection.execute("DROP TABLE templates_1")
        connection.execute("DELETE FROM sqlite_sequence WHERE name = 'templates'")
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('templates', ?)", (highest,))
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
