"""The few file operations that `embeddings.npy` is made of, so that a test can fail or cut each one.

Rows are written with pwrite and not through the mapping: a full or failing disk is then an errno here, and not a
SIGBUS in the middle of the loop. Linux keeps both views of the file coherent.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """File operations that change something. Each raises OSError; none does only a part of its work and returns."""

    def create(self, path: Path) -> int:
        """A descriptor of a new, empty file with mode 0600."""
        ...

    def allocate(self, fd: int, size: int) -> None:
        """Make the file `size` bytes long, of zeros, with its space reserved where the file system can."""
        ...

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> None: ...

    def sync(self, fd: int) -> None:
        """Return once the file's content is on the medium."""
        ...

    def replace(self, source: Path, target: Path) -> None: ...

    def sync_folder(self, folder: Path) -> None:
        """Return once the folder's names are on the medium."""
        ...

    def remove(self, path: Path) -> None:
        """Remove the file if it is there."""
        ...


class RealDisk:
    """`Disk` by the operating system."""

    def create(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def allocate(self, fd: int, size: int) -> None:
        try:
            os.posix_fallocate(fd, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise
            os.ftruncate(fd, size)

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> None:
        left = memoryview(content).cast("B")
        while left:
            written = os.pwrite(fd, left, offset)
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left, offset = left[written:], offset + written

    def sync(self, fd: int) -> None:
        os.fsync(fd)

    def replace(self, source: Path, target: Path) -> None:
        source.replace(target)

    def sync_folder(self, folder: Path) -> None:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
