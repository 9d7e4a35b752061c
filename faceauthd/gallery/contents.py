"""What `people.sqlite3` says, read as a whole and without writing. The writing half is records.py."""

from __future__ import annotations

import enum
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceauthd.errors import GalleryError
from faceauthd.gallery import schema
from faceauthd.gallery.trouble import told
from faceauthd.types import Person, Role, Rules

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Origin(enum.StrEnum):
    """How a template came to be."""

    ENROLLED = "enrolled"
    IMPROVED = "improved"
    PHOTO = "photo"
    ADAPTED = "adapted"


@dataclass(frozen=True, slots=True)
class Templates:
    """What is recorded of every template, column by column, each of shape (n,); ordered by id.

    `is_ours`: of the embedder in use. `is_superseded`: renewed, and kept only to be taken back.
    `is_sound`: its record and its person's record bear their right seal.
    """

    id: Ints
    person: Ints
    slot: Ints
    crc32: Ints
    is_ours: Flags
    is_quarantined: Flags
    is_superseded: Flags
    is_sound: Flags


@dataclass(frozen=True, slots=True)
class Contents:
    """All records at one instant."""

    gallery: bytes
    generation: int
    people: tuple[Person, ...]
    quarantined: dict[int, int]
    """Templates set aside, by person id; who has none is not in it."""
    templates: Templates


PERSON_FIELDS = "id, name, role, enrolled_at, disabled, valid_from, valid_until, hours"
"""The columns of a person that the seal is made of, in its order."""

_IS_USABLE = (
    "NOT t.quarantined AND NOT (t.superseded AND t.origin = 'adapted')"
    " AND (:embedder IS NULL OR t.embedder = :embedder)"
)
_COUNTED = f"""
SELECT p.id, p.name, p.role, p.enrolled_at,
       coalesce(sum({_IS_USABLE}), 0),
       coalesce(sum(t.embedder <> :embedder), 0),
       coalesce(sum(t.quarantined), 0),
       coalesce(avg(CASE WHEN {_IS_USABLE} THEN t.quality END), 0.0),
       p.last_seen, p.disabled, p.valid_from, p.valid_until, p.hours
FROM people p LEFT JOIN templates t ON t.person = p.id
"""  # noqa: S608 - constants
_EVERYBODY = _COUNTED + "GROUP BY p.id ORDER BY p.id"
_ONE = _COUNTED + "WHERE p.id = :person GROUP BY p.id"


def read(connection: sqlite3.Connection, embedder: str | None, path: Path) -> Contents:
    """Everything, of one instant. Raises GalleryError if the file is damaged or cannot be read."""
    with told("read", path):
        schema.check_whole(connection, path)
        connection.execute("BEGIN")
        try:
            return _read(connection, embedder)
        except (ValueError, TypeError, OverflowError) as error:
            remedy = "put the gallery folder back from a backup (nothing was changed)"
            raise GalleryError(f"{path} is damaged, it holds values that faceauthd never writes: {remedy}") from error
        finally:
            connection.execute("ROLLBACK")


def _read(connection: sqlite3.Connection, embedder: str | None) -> Contents:
    gallery, generation = connection.execute("SELECT gallery, generation FROM meta").fetchone()
    listed = counted_people(connection, embedder)
    return Contents(
        gallery=bytes.fromhex(gallery),
        generation=generation,
        people=tuple(person for person, _ in listed),
        quarantined={person.id: count for person, count in listed if count},
        templates=_templates(connection, embedder),
    )


def counted_people(
    connection: sqlite3.Connection, embedder: str | None, person: int | None = None
) -> list[tuple[Person, int]]:
    """Everybody, or the one with that id, each with their templates in quarantine. Raises sqlite3.Error."""
    return [
        (
            Person(key, name, Role(role), usable, enrolled_at, quality, foreign, Rules(bool(off), *rules), last_seen),
            quarantined,
        )
        for key, name, role, enrolled_at, usable, foreign, quarantined, quality, last_seen, off, *rules in (
            connection.execute(_EVERYBODY if person is None else _ONE, {"embedder": embedder, "person": person})
        )
    ]


def _templates(connection: sqlite3.Connection, embedder: str | None) -> Templates:
    damaged = {
        fields[0]
        for *fields, found in connection.execute(f"SELECT {PERSON_FIELDS}, seal FROM people")  # noqa: S608 - a constant
        if schema.seal(*fields) != found
    }
    rows = [
        (key, person, slot, crc, made_by == embedder, quarantined,
         superseded and rest[-1] == Origin.ADAPTED,  # no other is ever superseded: a flag that was flipped hides nobody
         person not in damaged and found == schema.seal(key, person, slot, crc, made_by, *rest))
        for key, person, slot, crc, made_by, *rest, quarantined, superseded, found in connection.execute(
            "SELECT id, person, slot, crc32, embedder, quality, yaw_deg, pitch_deg, made_at, origin, quarantined,"
            " superseded, seal FROM templates ORDER BY id"
        )
    ]  # fmt: skip
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 8).T
    return Templates(*table[:4], *table[4:].astype(bool))
