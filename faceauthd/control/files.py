"""Open files that come over the socket: photographs to read and answers to fill, without waiting on anybody."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable

from faceauthd.errors import PictureError

FILE_LIMIT_BYTES = 32 * 1024 * 1024
"""Largest photograph; a 108-megapixel telephone writes about half of it."""
_CHUNK_BYTES = 1 << 20


def why_not_a_photograph(fd: int) -> str | None:
    """What is wrong with an open file as a photograph, to go after its name, or None.

    A pipe or device could keep its reader waiting for ever; what cannot be read is a mistake of the client.
    """
    found = os.fstat(fd)
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    if not stat.S_ISREG(found.st_mode):
        return "is not a regular file"
    if flags & os.O_PATH or flags & os.O_ACCMODE == os.O_WRONLY:
        return "is not open for reading"
    if found.st_size > FILE_LIMIT_BYTES:
        return f"has more than {FILE_LIMIT_BYTES >> 20} MiB"
    return None


def why_not_to_be_filled(fd: int) -> str | None:
    """What is wrong with an open file as one to write an answer into, to go after its name, or None."""
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return "is not a regular file"
    if flags & os.O_PATH or flags & os.O_ACCMODE == os.O_RDONLY:
        return "is not open for writing"
    return None


def read_whole(fd: int) -> bytes:
    """All bytes from the start, wherever the file's offset stands (its sender shares it).

    Raises PictureError if it cannot be read, or has grown too large since it was checked.
    """
    parts: list[bytes] = []
    size = 0
    try:
        while part := os.pread(fd, _CHUNK_BYTES, size):
            parts.append(part)
            size += len(part)
            if size > FILE_LIMIT_BYTES:
                raise PictureError(f"the file has more than {FILE_LIMIT_BYTES >> 20} MiB; make it smaller")
    except OSError as wrong:
        raise PictureError(f"the file cannot be read: {wrong.strerror}") from wrong
    return b"".join(parts)


def close_all(fds: Iterable[int]) -> None:
    """Close descriptors that this process owns."""
    for fd in fds:
        os.close(fd)
