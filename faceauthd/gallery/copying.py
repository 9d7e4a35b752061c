"""A gallery read as a whole while it is in use, to be carried elsewhere: as people, or as a copy of its files.

Nothing is locked and nothing written in the gallery's folder, so the daemon is not held up for an instant. What was
read is checked; if it is of two instants, because somebody was just being enrolled or removed, it is read again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faceauthd.errors import GalleryError, GalleryRefused
from faceauthd.gallery import contents, migration, patience, rows, schema
from faceauthd.gallery.contents import Contents
from faceauthd.gallery.details import Detail, details_of
from faceauthd.gallery.disk import RealDisk
from faceauthd.gallery.match import check_unit
from faceauthd.gallery.opening import open_to_read
from faceauthd.gallery.rows import Matrix, Rows
from faceauthd.gallery.taking import Entrant, Kept
from faceauthd.gallery.trouble import told
from faceauthd.types import NewTemplate, Person

_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Everybody:
    """Who is enrolled, with the templates that are compared. `left_out` counts, by name, templates that are damaged,
    superseded or of another model; whoever has no other is not among the `people`."""

    people: tuple[Entrant, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Backup:
    """What a copy of the files holds."""

    people: int
    templates: int
    bytes: int


def read_everybody(folder: Path, embedder: str) -> Everybody:
    """Everybody with their templates of `embedder`, a model's SHA-256, at one instant. Raises GalleryError."""
    for is_last in patience.tries(folder):
        try:
            found = _look(folder, embedder, is_last=is_last)
        except GalleryError:
            if is_last:
                raise
            continue
        if found is not None:
            return found
    raise GalleryError(f"the gallery in {folder} is being written all the time: try again")


def _look(folder: Path, embedder: str, *, is_last: bool) -> Everybody | None:
    """None if what was read is of two instants."""
    was_at_rest = schema.is_at_rest(folder)
    path = folder / schema.FILE_NAME
    with closing(schema.connect_to_read(folder)) as connection:
        if not schema.has_tables(connection):
            raise GalleryError(f"the gallery in {folder} is empty yet: enrol somebody first")
        with told("read", path):
            migration.show_as_current(connection)
        found = contents.read(connection, embedder, path)
        with told("read", path):
            details = {person.id: details_of(connection, person.id) for person in found.people}
            is_same = _generation(connection) == found.generation
    if not is_same or (was_at_rest and not schema.is_at_rest(folder)):
        return None
    matrix = _matrix(folder)
    sound = _sound(found, matrix)
    table = found.templates
    expected = {int(key) for key in table.id[table.is_sound & ~table.is_quarantined]}
    if not is_last and not expected <= sound:
        return None
    people, left_out = [], {}
    for person in found.people:
        entrant = _entrant(person, details[person.id], sound, matrix, embedder)
        missing = len(details[person.id]) - len(entrant.templates)
        left_out.update({person.name: missing} if missing else {})
        people += [entrant] if entrant.templates else []
    return Everybody(tuple(people), left_out)


def _generation(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT generation FROM meta").fetchone()[0])


def _matrix(folder: Path) -> Matrix:
    if not rows.is_there(folder):
        return rows.NO_ROWS
    opened = Rows(folder, RealDisk(), is_writable=False)
    opened.close()  # the mapping stays as long as the matrix is looked at
    return opened.matrix


def _sound(found: Contents, matrix: Matrix) -> set[int]:
    """The ids of the templates whose record bears its seal and whose row is the one that was recorded."""
    table = found.templates
    return {
        int(key)
        for key, slot, crc, is_sound in zip(table.id, table.slot, table.crc32, table.is_sound, strict=True)
        if is_sound and slot < len(matrix) and zlib.crc32(matrix[slot]) == crc
    }


def _entrant(person: Person, known: tuple[Detail, ...], sound: set[int], matrix: Matrix, embedder: str) -> Entrant:
    good = [
        one
        for one in known
        if one.id in sound and one.embedder == embedder and not one.is_quarantined and not one.is_superseded
    ]
    kept = [
        Kept(NewTemplate(matrix[one.slot].copy(), one.quality, one.yaw_deg, one.pitch_deg), one.made_at, one.origin)
        for one in good
    ]
    if kept:
        try:
            check_unit(np.stack([one.template.probe for one in kept]))
        except ValueError as error:
            raise GalleryError(f"the gallery holds what is no template ({error}): put it back from a backup") from error
    return Entrant(person.name, person.role, person.enrolled_at, person.rules, person.last_seen, tuple(kept))


def back_up(folder: Path, target: Path) -> Backup:
    """Copy the gallery's files into the new folder `target`, and prove that they open and hold what was enrolled.

    Raises GalleryError, and then nothing was made; GalleryRefused if `target` is there already.
    """
    if os.path.lexists(target):
        raise GalleryRefused(f"{target} is there already: name a folder that is not, which will be made")
    part = target.with_name(target.name + ".part")
    with told("create", part):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
    try:
        made = _copied(folder, part)
        with told("write", target):
            _sync(part)
            part.rename(target)
            _sync(target.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return made


def _copied(folder: Path, part: Path) -> Backup:
    for is_last in patience.tries(folder):
        try:
            return _copy_once(folder, part)
        except GalleryError:
            if is_last:
                raise
    raise AssertionError("there is always a last try")


def _copy_once(folder: Path, part: Path) -> Backup:
    """Records first and rows second: whatever was committed when the records were copied has its rows by then."""
    with told("write", part):
        for old in part.iterdir():
            old.unlink()
    _copy_records(folder, part)
    if rows.is_there(folder):
        _copy_file(folder / rows.FILE_NAME, part / rows.FILE_NAME)
    faults: list[str] = []
    opened = open_to_read(part, RealDisk(), None, faults.append, accept_older=False)
    with opened.held:
        table = opened.contents.templates
        if (opened.findings.is_damaged & ~table.is_quarantined).any():
            raise GalleryError(
                f"{folder} holds damaged templates: restart faceauthd, which sets them aside, then retry"
            )
        size = sum(path.stat().st_size for path in part.iterdir())
        return Backup(len(opened.contents.people), len(table.id), size)


def _copy_records(folder: Path, part: Path) -> None:
    was_at_rest = schema.is_at_rest(folder)
    copy = part / schema.FILE_NAME
    with closing(schema.connect_to_read(folder)) as connection, told("write", copy):
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(copy)) as there:
            connection.backup(there)
    if was_at_rest and not schema.is_at_rest(folder):
        raise GalleryError(f"the gallery in {folder} is being written: try again")
    with told("write", copy):
        _sync(copy)


def _copy_file(source: Path, copy: Path) -> None:
    with told("copy", source), source.open("rb") as old, told("write", copy):
        fd = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as new:
            shutil.copyfileobj(old, new, _COPY_BYTES)
            new.flush()
            os.fsync(new.fileno())


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
