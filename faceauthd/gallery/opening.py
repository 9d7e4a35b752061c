"""From the files of a folder to a gallery that is whole: what is checked, what is mended, what is refused."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from faceauthd.errors import GalleryError
from faceauthd.gallery import audit, contents, migration, patience, rows, schema, trouble
from faceauthd.gallery.audit import Findings
from faceauthd.gallery.contents import Contents
from faceauthd.gallery.disk import Disk
from faceauthd.gallery.lock import WriterLock
from faceauthd.gallery.mending import Report, check_pair, mend, without_damaged
from faceauthd.gallery.npy import Stamp
from faceauthd.gallery.records import Records
from faceauthd.gallery.rows import Rows
from faceauthd.gallery.trouble import told

LOCK_NAME = "gallery.lock"


@dataclass(frozen=True, slots=True)
class Opened:
    """A gallery as found and mended. To read, `records` is None, and `rows` too if nobody was ever enrolled."""

    contents: Contents
    findings: Findings
    rows: Rows | None
    records: Records | None
    held: ExitStack
    """What must be let go of at the end."""


def open_to_write(
    folder: Path, disk: Disk, embedder: str, report: Report, *, capacity: int, accept_older: bool
) -> Opened:
    """Lock, check and mend the gallery, or make a new one. Raises GalleryLocked or GalleryError."""
    with ExitStack() as held:
        _make_folder(folder)
        lock = WriterLock(folder / LOCK_NAME)
        held.callback(lock.release)
        _look_before(folder, disk, embedder, accept_older=accept_older)
        lock.sign()
        rows.remove_leftover(folder, disk)
        matrix = _existing_rows(folder, disk, held, is_writable=True)
        if schema.is_blank(folder):
            _refuse_orphans(folder, matrix)
        records = Records(folder, embedder)
        held.callback(records.close)
        if records.is_blank():
            _refuse_orphans(folder, matrix)
            records.create(secrets.token_bytes(16))
            matrix = None
        found = records.read()
        if matrix is None:
            _refuse_lost_rows(folder, found)
            matrix = Rows.create(folder, disk, capacity, Stamp(found.gallery, found.generation))
            held.callback(matrix.close)
        check_pair(folder, found, matrix.stamp, report, accept_older=accept_older)
        records.migrate()
        found, findings = mend(records, matrix, found, report)
        records.forget()
        return Opened(found, findings, matrix, records, held.pop_all())


def open_to_read(folder: Path, disk: Disk, embedder: str | None, report: Report, *, accept_older: bool) -> Opened:
    """What the gallery holds at this instant, without changing or locking anything. Raises GalleryError."""
    for is_last in patience.tries(folder):
        try:
            seen = _look(folder, disk, embedder)
        except GalleryError:
            if is_last:
                raise
            continue
        if is_last or seen.rows is None or not _is_torn(seen):
            break
        seen.rows.close()
    if seen.rows is None:
        return seen
    seen.held.callback(seen.rows.close)
    with ExitStack() as held:
        held.push(seen.held)
        check_pair(folder, seen.contents, seen.rows.stamp, report, accept_older=accept_older)
        mended = without_damaged(seen.contents, seen.findings, report)
        held.pop_all()
    return replace(seen, contents=mended)


def _look_before(folder: Path, disk: Disk, embedder: str, *, accept_older: bool) -> None:
    """Refuse what has to be refused by reading alone, so that it stays as it was to the last byte: SQLite would move
    its log into the file, and more, before it could say of what format or how damaged that is. Raises GalleryError.

    What cannot be read just now is left to the opening itself, which may write and can do more about it.
    """
    try:
        with schema.readable_by_its_writer(folder):
            found = None if schema.is_blank(folder) else _records(folder, embedder, is_alone=True)
    except GalleryError as error:
        if trouble.is_of_the_moment(error):
            return
        raise
    with ExitStack() as held:
        matrix = _existing_rows(folder, disk, held, is_writable=False)
        if found is None:
            _refuse_orphans(folder, matrix)
        elif matrix is None:
            _refuse_lost_rows(folder, found)
        else:
            check_pair(folder, found, matrix.stamp, lambda _: None, accept_older=accept_older)


def _make_folder(folder: Path) -> None:
    with told("create", folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _existing_rows(folder: Path, disk: Disk, held: ExitStack, *, is_writable: bool) -> Rows | None:
    if not rows.is_there(folder):
        return None
    found = Rows(folder, disk, is_writable=is_writable)
    held.callback(found.close)
    return found


def _refuse_orphans(folder: Path, matrix: Rows | None) -> None:
    """Rows without records are nobody's, but they may be all that is left of a gallery."""
    if matrix is None:
        return
    orphans = len(audit.filled(matrix.matrix, np.ones(matrix.capacity, np.bool_)))
    if orphans:
        remedy = f"put {schema.FILE_NAME} back from a backup, or move {rows.FILE_NAME} away to begin anew"
        raise GalleryError(f"{folder} holds {orphans} embeddings, but {schema.FILE_NAME} is missing or empty: {remedy}")


def _refuse_lost_rows(folder: Path, found: Contents) -> None:
    if len(found.templates.id):
        remedy = f"put {rows.FILE_NAME} back from a backup, or move {schema.FILE_NAME} away and enrol everybody again"
        raise GalleryError(
            f"{folder / rows.FILE_NAME} is missing, but {len(found.people)} people are enrolled: {remedy}"
        )


def _records(folder: Path, embedder: str | None, *, is_alone: bool = False) -> Contents | None:
    """What the records say, read without writing; None if nothing was ever recorded.

    `is_alone`: nobody writes meanwhile, and whoever reads is about to; then they find whatever the writer would.
    """
    path = folder / schema.FILE_NAME
    with ExitStack() as held:
        connection = held.enter_context(closing(schema.connect_to_read(folder, is_alone=is_alone)))
        with told("read", path):
            if is_alone:
                connection = held.enter_context(closing(schema.in_memory(connection)))
            if not schema.has_tables(connection):
                return None
            migration.show_as_current(connection)
        return contents.read(connection, embedder, path)


def _look(folder: Path, disk: Disk, embedder: str | None) -> Opened:
    """Records first and rows second: whatever was committed when the records were read has its rows by then."""
    was_at_rest = schema.is_at_rest(folder)
    found = _records(folder, embedder)
    if found is None:
        raise GalleryError(f"the gallery in {folder} is empty yet: enrol somebody first")
    if was_at_rest and not schema.is_at_rest(folder):  # an immutable file must be one that nobody writes
        raise GalleryError(f"the gallery in {folder} is being written: try again")
    if not rows.is_there(folder):
        _refuse_lost_rows(folder, found)
        return Opened(found, audit.inspect(found.templates, rows.NO_ROWS), None, None, ExitStack())
    matrix = Rows(folder, disk, is_writable=False)
    return Opened(found, audit.inspect(found.templates, matrix.matrix), matrix, None, ExitStack())


def _is_torn(seen: Opened) -> bool:
    """Whether rows and records may be of two instants, as while somebody is being removed."""
    table = seen.contents.templates
    stamp = seen.rows.stamp if seen.rows else None
    is_damaged = bool((seen.findings.is_damaged & ~table.is_quarantined).any())
    return is_damaged or audit.is_older_records(seen.contents, stamp)
