"""One clear line for whatever the operating system or SQLite says. Nothing else in the gallery words such errors."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faceauthd.errors import GalleryError

_OS_REMEDY = {
    errno.ENOSPC: "free some space on that disk",
    errno.EDQUOT: "free some space or raise the quota",
    errno.EFBIG: "raise the file size limit of the service",
    errno.EROFS: "the file system is read-only: check the disk, then mount it writable",
    errno.EACCES: "run this as the user the gallery belongs to, or with sudo",
    errno.EPERM: "run this as the user the gallery belongs to, or with sudo",
    errno.EIO: "the disk is failing: copy the folder to another one",
    errno.ENOTDIR: "set gallery.path to a folder",
    errno.EEXIST: "set gallery.path to a folder",
    errno.EISDIR: "move that folder away",
    errno.ENOENT: "check gallery.path",
}

_DAMAGED = "it is damaged: put the gallery folder back from a backup (nothing was changed)"
_SQLITE_REMEDY = {
    sqlite3.SQLITE_BUSY: "another program has locked it: close that program",
    sqlite3.SQLITE_LOCKED: "another program has locked it: close that program",
    sqlite3.SQLITE_FULL: "the disk is full: free some space on it",
    sqlite3.SQLITE_READONLY: "it cannot be written: check its owner and whether the disk is mounted read-only",
    sqlite3.SQLITE_CANTOPEN: "check the owner and the permissions of the folder",
    sqlite3.SQLITE_PERM: "check the owner and the permissions of the folder",
    sqlite3.SQLITE_IOERR: "the disk is full or failing: check its space and health",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: "it is no SQLite file: put the gallery folder back from a backup (nothing was changed)",
}
_OF_THE_MOMENT = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
    }
)
"""What keeps SQLite from reading at the moment, or without writing, and says nothing of what is in the file."""


def is_of_the_moment(error: GalleryError) -> bool:
    """Whether SQLite could not look, rather than saw something wrong ("no such column" is damage to the schema)."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & 0xFF in _OF_THE_MOMENT


def os_trouble(doing: str, path: Path, error: OSError) -> GalleryError:
    """The GalleryError for a failed file operation, for example `os_trouble("write", path, error)`."""
    remedy = _OS_REMEDY.get(error.errno or 0, "check the disk")
    return GalleryError(f"cannot {doing} {path}: {error.strerror or error}: {remedy}")


def sqlite_trouble(doing: str, path: Path, error: sqlite3.Error) -> GalleryError:
    """The GalleryError for what SQLite raised."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    remedy = _SQLITE_REMEDY.get(primary, "put the gallery folder back from a backup (nothing was changed)")
    return GalleryError(f"cannot {doing} {path}: {ascii(str(error))[1:-1]}: {remedy}")


@contextmanager
def told(doing: str, path: Path) -> Iterator[None]:
    """Turn OSError and sqlite3.Error into one line; a GalleryError, itself an OSError, passes as it is."""
    try:
        yield
    except GalleryError:
        raise
    except OSError as error:
        raise os_trouble(doing, path, error) from error
    except sqlite3.Error as error:
        raise sqlite_trouble(doing, path, error) from error
    except UnicodeDecodeError as error:  # in a message of SQLite's that quotes the damage
        raise GalleryError(f"cannot {doing} {path}: {_DAMAGED}") from error
