"""`embeddings.int8`: the matrix in whole numbers, row for row beside it; and the same in memory.

It is made of the matrix and holds nothing that the matrix does not. So nothing in it is believed: at each opening it is
compared with what the matrix gives, and what differs is written anew. Like the matrix it is written by descriptor and
read by mapping. A reader of the gallery does not look at it.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from faceauthd.gallery.disk import Disk
from faceauthd.gallery.npy import WIDTH

FILE_NAME = "embeddings.int8"
STEP_ROWS = 4096
"""The file is a multiple of so many rows long (2 MiB), so that an enrolment seldom changes its length."""

Whole = NDArray[np.int8]
_NONE: Whole = np.empty((0, WIDTH), np.int8)


class Shelf(Protocol):
    """Where rows of whole numbers are kept. Methods raise OSError."""

    @property
    def rows(self) -> Whole:
        """What is kept, (rows, WIDTH), at least as many as were asked for."""
        ...

    def resize(self, count: int) -> None:
        """Have room for `count` rows; the first time, what was left by an earlier process may be in them."""
        ...

    def put(self, first: int, values: Whole) -> None:
        """Keep `values` from row `first` on."""
        ...

    def settle(self) -> None:
        """Return once the medium has what was put."""
        ...

    def discard(self) -> None:
        """Keep nothing, and leave nothing behind."""
        ...

    def close(self) -> None:
        """Let go of it as it is."""
        ...


class InMemory:
    """A `Shelf` that ends with the process."""

    def __init__(self) -> None:
        self.rows = _NONE

    def resize(self, count: int) -> None:
        if count > len(self.rows):
            self.rows = np.concatenate((self.rows, np.zeros((count - len(self.rows), WIDTH), np.int8)))

    def put(self, first: int, values: Whole) -> None:
        self.rows[first : first + len(values)] = values

    def settle(self) -> None:
        """There is no medium."""

    def discard(self) -> None:
        self.rows = _NONE

    def close(self) -> None:
        self.rows = _NONE


class SideFile:
    """A `Shelf` in a file of the gallery's folder, mode 0600. Only whoever may write the gallery may have one."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._path = folder / FILE_NAME
        self._disk = disk
        self._fd: int | None = None
        self._is_settled = True
        self.rows = _NONE

    def resize(self, count: int) -> None:
        size = -(-count // STEP_ROWS) * STEP_ROWS * WIDTH
        if self._fd is None:
            self._fd = self._reopened(size)
        if size > os.fstat(self._fd).st_size:
            self._disk.allocate(self._fd, size)
        if size > self.rows.size:
            view = mmap.mmap(self._fd, size, access=mmap.ACCESS_READ)
            self.rows = np.frombuffer(view, np.int8).reshape(-1, WIDTH)

    def put(self, first: int, values: Whole) -> None:
        """What is there already is not written again: each start would wear out a card."""
        if self._fd is not None and not np.array_equal(self.rows[first : first + len(values)], values):
            self._is_settled = False
            self._disk.write(self._fd, values.tobytes(), first * WIDTH)

    def settle(self) -> None:
        if self._fd is not None and not self._is_settled:
            self._disk.sync(self._fd)
            self._is_settled = True

    def discard(self) -> None:
        self.close()
        self._disk.remove(self._path)

    def close(self) -> None:
        self.rows = _NONE
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _reopened(self, size: int) -> int:
        """The file that an earlier process left, if it is of that size; else a new one."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return self._disk.create(self._path)
        except OSError:  # a link, or what may not be read
            self._disk.remove(self._path)
            return self._disk.create(self._path)
        if os.fstat(fd).st_size == size:
            return fd
        os.close(fd)
        self._disk.remove(self._path)
        return self._disk.create(self._path)
