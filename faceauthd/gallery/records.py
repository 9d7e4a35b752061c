"""Who is enrolled, and which row is whose: the queries on `people.sqlite3`. What is committed here is the truth."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from faceauthd.errors import GalleryError
from faceauthd.gallery import migration, schema
from faceauthd.gallery.contents import PERSON_FIELDS, Contents, Origin, counted_people, read
from faceauthd.gallery.details import Detail, details_of
from faceauthd.gallery.names import name_key
from faceauthd.gallery.trouble import told
from faceauthd.types import NewTemplate, Person, Role, Rules

log = logging.getLogger(__name__)


class Records:
    """The open database of a writer. Methods raise GalleryError and never sqlite3.Error."""

    def __init__(self, folder: Path, embedder: str) -> None:
        self._path = folder / schema.FILE_NAME
        self.embedder = embedder
        self._connection = schema.connect(folder)
        self.generation = 0
        self._owes_forgetting = False
        with told("read", self._path):
            migration.show_as_current(self._connection)

    @property
    def folder(self) -> Path:
        return self._path.parent

    def migrate(self) -> None:
        """Bring an older format up to today's, if it is one."""
        with told("bring up to date", self._path):
            if migration.is_due(self._connection):
                migration.migrate(self._connection)

    def is_blank(self) -> bool:
        with told("read", self._path):
            return not schema.has_tables(self._connection)

    def create(self, gallery: bytes) -> None:
        with told("create", self._path):
            schema.create_tables(self._connection, gallery.hex())

    def read(self) -> Contents:
        """Check SQLite's own structure, then read everything."""
        contents = read(self._connection, self.embedder, self._path)
        self.generation = contents.generation
        return contents

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of it or nothing; the generation counts one further. On return the medium has it."""
        with told("write", self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                count = "UPDATE meta SET generation = generation + 1 RETURNING generation"
                generation = int(self._connection.execute(count).fetchone()[0])
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        self.generation = generation
        if self._owes_forgetting:
            self.forget()

    def add_person(self, name: str, role: Role, now: float) -> int:
        row = (name, name_key(name), role.value, float(now))
        cursor = self._connection.execute(
            "INSERT INTO people (name, name_key, role, enrolled_at, seal) VALUES (?, ?, ?, ?, 0)", row
        )
        person = cursor.lastrowid or 0
        self._seal_person(person)
        return person

    def add_template(self, person: int, slot: int, crc: int, template: NewTemplate, now: float, origin: Origin) -> None:
        rest = (float(template.quality), float(template.yaw_deg), float(template.pitch_deg), float(now), origin.value)
        cursor = self._connection.execute(
            "INSERT INTO templates (person, slot, crc32, embedder, quality, yaw_deg, pitch_deg, made_at, origin, seal)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (person, slot, crc, self.embedder, *rest),
        )
        key = cursor.lastrowid
        sealed = schema.seal(key, person, slot, crc, self.embedder, *rest)
        self._connection.execute("UPDATE templates SET seal = ? WHERE id = ?", (sealed, key))

    def rename(self, person: int, name: str) -> None:
        self._connection.execute(
            "UPDATE people SET name = ?, name_key = ? WHERE id = ?", (name, name_key(name), person)
        )
        self._seal_person(person)

    def set_role(self, person: int, role: Role) -> None:
        self._connection.execute("UPDATE people SET role = ? WHERE id = ?", (role.value, person))
        self._seal_person(person)

    def set_rules(self, person: int, rules: Rules) -> None:
        row = (int(rules.is_disabled), rules.valid_from, rules.valid_until, rules.hours, person)
        self._connection.execute(
            "UPDATE people SET disabled = ?, valid_from = ?, valid_until = ?, hours = ? WHERE id = ?", row
        )
        self._seal_person(person)

    def remove(self, person: int) -> None:
        self._connection.execute("DELETE FROM people WHERE id = ?", (person,))

    def set_quarantined(self, templates: Sequence[int], *, is_quarantined: bool) -> None:
        self._connection.executemany(
            "UPDATE templates SET quarantined = ? WHERE id = ?", ((int(is_quarantined), key) for key in templates)
        )

    def set_superseded(self, templates: Sequence[int], *, is_superseded: bool) -> None:
        self._connection.executemany(
            "UPDATE templates SET superseded = ? WHERE id = ?", ((int(is_superseded), key) for key in templates)
        )

    def remove_templates(self, templates: Sequence[int]) -> None:
        self._connection.executemany("DELETE FROM templates WHERE id = ?", ((key,) for key in templates))

    def set_last_seen(self, seen: Sequence[tuple[float | None, int]]) -> None:
        """When, and the person's id."""
        self._connection.executemany("UPDATE people SET last_seen = ? WHERE id = ?", seen)

    def details(self, person: int) -> tuple[Detail, ...]:
        """What is kept of each template of the person."""
        with told("read", self._path):
            return details_of(self._connection, person)

    def slots(self, person: int) -> list[int]:
        with told("read", self._path):
            return [
                row[0] for row in self._connection.execute("SELECT slot FROM templates WHERE person = ?", (person,))
            ]

    def slots_from(self, first: int) -> set[int]:
        """The slots from `first` on that some template refers to."""
        with told("read", self._path):
            found = self._connection.execute("SELECT slot FROM templates WHERE slot >= ?", (first,))
            return {row[0] for row in found}

    def person(self, person: int) -> tuple[Person, int]:
        """Somebody who is there, and how many of their templates are in quarantine."""
        with told("read", self._path):
            return counted_people(self._connection, self.embedder, person)[0]

    def is_sound(self, person: int) -> bool:
        """Whether the person's record bears its right seal."""
        with told("read", self._path):
            *fields, found = self._row(person)
            return found == schema.seal(*fields)

    def last_id(self) -> int:
        """The highest id that anybody ever had; 0 if nobody was ever enrolled."""
        with told("read", self._path):
            row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'people'").fetchone()
        return row[0] if row else 0

    def forget(self) -> None:
        """Leave nothing deleted in the write-ahead log. A full disk, or a reader in the way, puts that off to the next
        commit, the end or the next opening, whichever comes first, and is logged.
        """
        trouble = self._moved_into_the_file()
        if trouble and not self._owes_forgetting:
            log.warning("%s: the log may still name who was removed or renamed, it is tried again: %s", *trouble)
        elif self._owes_forgetting and not trouble:
            log.warning("%s: nobody who was removed or renamed is named in the log any more", self._path)
        self._owes_forgetting = bool(trouble)

    def _moved_into_the_file(self) -> tuple[object, ...]:
        """What kept the log from being moved and emptied, with the path before it; nothing if it was."""
        try:
            with told("write", self._path):
                is_busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except GalleryError as error:
            return self._path, error
        return (self._path, "somebody reads it") if is_busy else ()

    def close(self) -> None:
        self.forget()
        with told("close", self._path):
            self._connection.close()

    def _seal_person(self, person: int) -> None:
        sealed = schema.seal(*self._row(person)[:-1])
        self._connection.execute("UPDATE people SET seal = ? WHERE id = ?", (sealed, person))

    def _row(self, person: int) -> list[str | float | None]:
        query = f"SELECT {PERSON_FIELDS}, seal FROM people WHERE id = ?"  # noqa: S608 - a constant
        return list(self._connection.execute(query, (person,)).fetchone())
