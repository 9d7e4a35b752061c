"""`people.sqlite3`: its tables, its version, and how it is opened to write and to read."""

from __future__ import annotations

import os
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faceauthd.errors import GalleryError
from faceauthd.gallery.trouble import told

FILE_NAME = "people.sqlite3"
VERSION = 2
"""2 (2026-11) added `last_seen`, `superseded` and the origin `adapted`; migration.py reads format 1."""
_APPLICATION = 0x66616365
"""`PRAGMA application_id`: "face" in ASCII, so that file(1) and we tell it from other SQLite files."""
_BUSY_S = 0.5
"""How long the loop may wait for somebody else's lock; below the watchdog's patience by far."""
_LOG_HEADER_BYTES = 32
_LOG_MAGICS = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
"""Of a write-ahead log (sqlite.org/fileformat2.html, 4.1)."""

TEMPLATE_TABLE = (
    """
CREATE TABLE templates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    slot INTEGER NOT NULL UNIQUE CHECK (slot >= 0),
    crc32 INTEGER NOT NULL,
    embedder TEXT NOT NULL,
    quality REAL NOT NULL,
    yaw_deg REAL NOT NULL,
    pitch_deg REAL NOT NULL,
    made_at REAL NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('enrolled', 'improved', 'photo', 'adapted')),
    quarantined INTEGER NOT NULL DEFAULT 0 CHECK (quarantined IN (0, 1)),
    seal INTEGER NOT NULL,
    superseded INTEGER NOT NULL DEFAULT 0 CHECK (superseded IN (0, 1))
) STRICT
""",
    "CREATE INDEX templates_of_person ON templates (person)",
)
_TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    gallery TEXT NOT NULL,
    generation INTEGER NOT NULL
) STRICT;
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'member', 'guest')),
    enrolled_at REAL NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    valid_from REAL,
    valid_until REAL,
    hours TEXT,
    seal INTEGER NOT NULL,
    last_seen REAL
) STRICT;
{";".join(TEMPLATE_TABLE)};
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {VERSION};
"""


def seal(*fields: str | float | None) -> int:
    """CRC-32 of a record's fields: SQLite keeps none, and no flipped bit may give a row to somebody else."""
    return zlib.crc32("\x1f".join("\0" if field is None else str(field) for field in fields).encode())


def is_blank(folder: Path) -> bool:
    """Whether there is nothing yet to lose: no file, or one of no bytes, and no write-ahead log of a lost one.

    Raises GalleryError for a log without its file: SQLite would silently delete it.
    """
    path = folder / FILE_NAME
    with told("read", path):
        if _size(path):
            return False
        if _size(_beside(path, "-wal")):
            remedy = "put the gallery folder back from a backup (nothing was changed)"
            raise GalleryError(f"{path} is missing or empty, but its write-ahead log is there: {remedy}")
    return True


def connect(folder: Path) -> sqlite3.Connection:
    """A connection to write with, the file created if need be. Raises GalleryError; a foreign file is left alone."""
    path = folder / FILE_NAME
    with told("open", path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # SQLite's own default is 0644
        connection = sqlite3.connect(
            _uri(path, "mode=rw"), uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            _check_version(connection, path)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                connection.execute(f"PRAGMA {pragma}")
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def create_tables(connection: sqlite3.Connection, gallery: str) -> None:
    """Make an empty gallery of this name, wholly or not at all."""
    connection.executescript(_TABLES)
    connection.execute("INSERT INTO meta (id, gallery, generation) VALUES (1, ?, 0)", (gallery,))
    connection.execute("COMMIT")


def has_tables(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])


def version_of(connection: sqlite3.Connection) -> int:
    """The format that the file was written in."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def connect_to_read(folder: Path, *, is_alone: bool = False) -> sqlite3.Connection:
    """A connection that writes nothing at all, with the daemon running or not. Raises GalleryError.

    `is_alone` says that nobody writes meanwhile: then a log that is none is known to be none.

    SQLite would create the log and its index for a reader. So if there is no log, the file is complete in itself and
    is opened as immutable (the caller must look again whether that stayed true); if there is one, its index is mapped
    read-only, and rebuilt in memory should its writer have died.
    """
    path = folder / FILE_NAME
    with told("read", path):
        if not path.exists():
            raise GalleryError(f"there is no gallery in {folder} yet: enrol somebody first, or check gallery.path")
        is_cut_off = _size(_beside(path, "-wal")) > _LOG_HEADER_BYTES and not _beside(path, "-shm").exists()
        if is_cut_off:
            raise GalleryError(f"{path} was cut off while it was written: start faceauthd once, which mends it")
        needs_no_log = is_at_rest(folder) or (is_alone and _is_void(_beside(path, "-wal")))
        how = "mode=ro&immutable=1" if needs_no_log else "mode=ro&readonly_shm=1"
        connection = sqlite3.connect(_uri(path, how), uri=True, timeout=_BUSY_S, isolation_level=None)
        try:
            _check_version(connection, path)
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def readable_by_its_writer(folder: Path) -> Iterator[None]:
    """For whoever holds the lock: meanwhile a reader can read what was cut off while it was written.

    SQLite's reader wants the log's index to be there, if only to find it useless and make its own in memory; an empty
    one does, and is taken away again.
    """
    log, index = (_beside(folder / FILE_NAME, suffix) for suffix in ("-wal", "-shm"))
    is_missing = bool(_size(log)) and not index.exists()
    with told("read", index):
        if is_missing:
            os.close(os.open(index, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    try:
        yield
    finally:
        with told("remove", index):
            if is_missing:
                index.unlink(missing_ok=True)


def in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of what `connection` reads, in memory, which SQLite takes for one that may be written: of what may only be
    read it does not even parse the CHECK constraints, so that damage to them would first be found by the writer.

    Raises sqlite3.Error.
    """
    copied = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.backup(copied)
        _prepare(copied)
    except BaseException:
        copied.close()
        raise
    return copied


def is_at_rest(folder: Path) -> bool:
    """Whether all that was committed is in the main file, so that nobody needs the log.

    A log of nothing but its header, whose writer died there, holds no commit either; SQLite's readers that may not
    write its index wait for it for eleven seconds, and then say "locking protocol".
    """
    return not may_be_written(folder) or 0 < _size(_beside(folder / FILE_NAME, "-wal")) <= _LOG_HEADER_BYTES


def may_be_written(folder: Path) -> bool:
    """Whether somebody has it open to write, or died while they had."""
    log, index = (_beside(folder / FILE_NAME, suffix) for suffix in ("-wal", "-shm"))
    return log.exists() and (_size(log) > 0 or index.exists())


def _prepare(connection: sqlite3.Connection) -> None:
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")  # damage shows in the seal, not as a traceback
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    if not has_tables(connection):
        return
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = version_of(connection)
    if application != _APPLICATION:
        raise GalleryError(f"{path} is another program's SQLite file: set gallery.path to a folder of its own")
    if version > VERSION:
        remedy = "install that version again (nothing was changed)"
        raise GalleryError(
            f"{path} was written by a newer faceauthd (format {version}, this one knows {VERSION}): {remedy}"
        )


def check_whole(connection: sqlite3.Connection, path: Path) -> None:
    """Raise GalleryError if SQLite finds its own structure, or a reference between tables, damaged."""
    findings = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if findings == "ok":
        findings = "a template without a person" if connection.execute("PRAGMA foreign_key_check").fetchone() else "ok"
    if findings != "ok":
        remedy = "put the gallery folder back from a backup (nothing was changed)"
        raise GalleryError(f"{path} is damaged ({' '.join(str(findings).split())[:120]}): {remedy}")


def _uri(path: Path, how: str) -> str:
    return f"{path.absolute().as_uri()}?{how}"


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _is_void(log: Path) -> bool:
    """Whether it ends before its first frame, or does not begin like a log whose header bears its checksum; SQLite's
    reader, which takes it for one that is just being begun, would wait ten seconds for its writer.
    """
    with log.open("rb") as file:
        start = file.read(_LOG_HEADER_BYTES + 1)
    if len(start) <= _LOG_HEADER_BYTES or start[:4] not in _LOG_MAGICS:
        return True
    order = ">" if start[3] & 1 else "<"
    first = second = 0
    for one, other in struct.iter_unpack(f"{order}II", start[:24]):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return struct.unpack(">II", start[24:_LOG_HEADER_BYTES]) != (first, second)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
