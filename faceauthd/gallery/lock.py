"""One writer at a time: an advisory lock on a file beside the gallery, which the kernel drops with its process."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from faceauthd.errors import GalleryLocked
from faceauthd.gallery.trouble import told


class WriterLock:
    """Held from construction to `release`. Raises GalleryLocked, naming the holder if they signed, or GalleryError."""

    def __init__(self, path: Path) -> None:
        with told("lock", path):
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(self._fd, 20, 0).decode("ascii", "replace").strip()
                os.close(self._fd)
                raise GalleryLocked(_in_use(path.parent, holder)) from error
            except OSError:
                os.close(self._fd)
                raise
        self._is_signed = False

    def release(self) -> None:
        """Let the next writer in. The file stays: removing it would let two processes lock two files of one name."""
        if self._is_signed:
            with suppress(OSError):
                os.ftruncate(self._fd, 0)
        os.close(self._fd)

    def sign(self) -> None:
        """Leave our number for whoever comes next. Nothing is written before that."""
        self._is_signed = True
        with suppress(OSError):  # a full disk must not keep the door shut: the pid only words an error
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)


def _in_use(folder: Path, holder: str) -> str:
    who = f"process {holder}" if holder.isdecimal() else "another process"
    return (
        f"the gallery {folder} is in use by {who}: ask it with faceauthctl, or stop it first (systemctl stop faceauthd)"
    )
