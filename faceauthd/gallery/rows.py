"""`embeddings.npy` on disk: a float32 matrix whose zero rows are free, written by descriptor and read by mapping."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceauthd.errors import GalleryError
from faceauthd.gallery.disk import Disk
from faceauthd.gallery.npy import ROW_BYTES, STAMP_BYTES, WIDTH, Layout, Stamp, header_bytes, parse_header
from faceauthd.gallery.trouble import told

FILE_NAME = "embeddings.npy"
_NEW_NAME = "embeddings.npy.new"
_COPY_ROWS = 512
"""1 MiB at a time while growing."""
_READ_BYTES = 1 << 20

Matrix = NDArray[np.float32]
NO_ROWS: Matrix = np.empty((0, WIDTH), np.float32)


class Rows:
    """The open file. `matrix` is a read-only view of the mapping, shape (capacity, WIDTH), float32.

    Writing methods return once the medium has it. They raise GalleryError; what they were to write is then undefined.
    """

    def __init__(self, folder: Path, disk: Disk, *, is_writable: bool) -> None:
        self.path = folder / FILE_NAME
        self._disk = disk
        self._mode = (os.O_RDWR if is_writable else os.O_RDONLY) | os.O_CLOEXEC
        self._is_name_safe = True
        self._open()

    @property
    def capacity(self) -> int:
        return self._layout.capacity

    @classmethod
    def create(cls, folder: Path, disk: Disk, capacity: int, stamp: Stamp) -> Rows:
        """A new file of free rows, taking the place of any other."""
        _replace(folder, disk, capacity, stamp, NO_ROWS)
        return cls(folder, disk, is_writable=True)

    def write(self, slots: Iterable[int], vectors: Matrix) -> None:
        """Put vector i into slot i of `slots`."""
        with told("write", self.path):
            self._secure_name()
            for slot, vector in zip(slots, vectors, strict=True):
                self._disk.write(self._fd, vector.tobytes(), self._layout.offset + slot * ROW_BYTES)
            self._disk.sync(self._fd)

    def erase(self, slots: Iterable[int], stamp: Stamp) -> None:
        """Free the slots: nothing of what stood there is left in the file. Slots beyond its end are ignored."""
        with told("erase rows of", self.path):
            for slot in slots:
                if slot < self.capacity:
                    self._disk.write(self._fd, bytes(ROW_BYTES), self._layout.offset + slot * ROW_BYTES)
            self._put_stamp(stamp)

    def mark(self, stamp: Stamp) -> None:
        """State which commit the rows follow; only ever after that commit is on the medium."""
        with told("write", self.path):
            self._put_stamp(stamp)

    def grow(self, capacity: int, stamp: Stamp) -> None:
        """Become `capacity` rows long. Whoever has mapped the smaller file keeps it as it was."""
        self._is_name_safe = False
        old = self._fd
        try:
            _replace(self.path.parent, self._disk, capacity, stamp, self.matrix)
            self._is_name_safe = True
        finally:  # if only the last sync failed the name is the new file's already, and the old one is nobody's
            self._open()
            os.close(old)

    def forget(self) -> None:
        """What was read is no longer counted as this process's memory until it is read again."""
        self._view.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Close the descriptor; the mapping goes with the last view of `matrix`."""
        os.close(self._fd)

    def _open(self) -> None:
        with told("read", self.path):
            fd = os.open(self.path, self._mode)
            try:
                self._layout = _layout(fd, self.path)
                _read_through(fd, self._layout.end)
                self._view = mmap.mmap(fd, self._layout.end, access=mmap.ACCESS_READ)
                self.matrix = _matrix(self._view, self._layout)
                self.stamp = Stamp.from_bytes(os.pread(fd, STAMP_BYTES, self._layout.end))
            except BaseException:
                os.close(fd)
                raise
            self._fd = fd

    def _secure_name(self) -> None:
        """Rows of a file whose name a power cut could take away are not yet on the medium."""
        if not self._is_name_safe:
            self._disk.sync_folder(self.path.parent)
            self._is_name_safe = True

    def _put_stamp(self, stamp: Stamp) -> None:
        self._secure_name()
        self._disk.write(self._fd, stamp.to_bytes(), self._layout.end)
        self._disk.sync(self._fd)
        self.stamp = stamp


def is_there(folder: Path) -> bool:
    """Whether the folder has an `embeddings.npy`, whatever it may be."""
    return os.path.lexists(folder / FILE_NAME)


def remove_leftover(folder: Path, disk: Disk) -> None:
    """Remove what an interrupted growth left: a copy that nothing refers to."""
    with told("remove", folder / _NEW_NAME):
        disk.remove(folder / _NEW_NAME)


def _layout(fd: int, path: Path) -> Layout:
    try:
        return parse_header(os.pread(fd, 1024, 0), os.fstat(fd).st_size)
    except ValueError as error:
        remedy = "put the right file back from a backup (nothing was changed)"
        raise GalleryError(f"{path} is not this gallery's matrix: {error}: {remedy}") from error


def _read_through(fd: int, end: int) -> None:
    """Raises OSError where the medium cannot be read: through the mapping that would be a SIGBUS, without a word."""
    for offset in range(0, end, _READ_BYTES):
        os.pread(fd, min(_READ_BYTES, end - offset), offset)


def _matrix(view: mmap.mmap, layout: Layout) -> Matrix:
    values = np.frombuffer(view, dtype="<f4", count=layout.capacity * WIDTH, offset=layout.offset)
    return values.reshape(layout.capacity, WIDTH)


def _replace(folder: Path, disk: Disk, capacity: int, stamp: Stamp, old: Matrix) -> None:
    """Write a whole new file beside the old one, and let it take the name only once it is on the medium."""
    target, new = folder / FILE_NAME, folder / _NEW_NAME
    with told("enlarge" if len(old) else "create", target):
        disk.remove(new)
        fd = disk.create(new)
        try:
            _fill(fd, disk, capacity, stamp, old)
            disk.replace(new, target)
        except OSError:
            disk.remove(new)
            raise
        finally:
            os.close(fd)
        disk.sync_folder(folder)


def _fill(fd: int, disk: Disk, capacity: int, stamp: Stamp, old: Matrix) -> None:
    header = header_bytes(capacity)
    layout = Layout(len(header), capacity)
    disk.allocate(fd, layout.end + STAMP_BYTES)
    disk.write(fd, header, 0)
    for first in range(0, len(old), _COPY_ROWS):
        disk.write(fd, old[first : first + _COPY_ROWS].tobytes(), layout.offset + first * ROW_BYTES)
    disk.write(fd, stamp.to_bytes(), layout.end)
    disk.sync(fd)
