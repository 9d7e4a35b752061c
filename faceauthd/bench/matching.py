"""One probe against galleries of many sizes, on mapped files as at the door: the matrix and its int8 copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.bench.kit import owners_of, random_units
from faceauthd.bench.process import memory
from faceauthd.bench.sample import interleaved
from faceauthd.gallery import Matcher
from faceauthd.gallery.beside import SideFile
from faceauthd.gallery.disk import RealDisk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.bench.sample import Durations
    from faceauthd.types import Vector

SIZES = (1_000, 10_000, 100_000)
LARGEST = 1_000_000
_CHUNK_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Matched:
    """Durations of `match` and `read`, and by how much the process's own memory (not that of mapped files) grew."""

    taken: dict[str, Durations]
    own_mb: float

    def as_json(self) -> dict[str, object]:
        return {**{name: each.as_json() for name, each in self.taken.items()}, "own_mb": self.own_mb}


def measure_matching(folder: Path, rows: int, rounds: int) -> Matched:
    """`match`: the best person for one probe among `rows` templates in a file in `folder`.

    `read`, in turns with it, is the floor: numpy's maximum of the same numbers, which does little but fetch them.
    """
    path = folder / f"{rows}.npy"
    write_rows(path, rows)
    probes = random_units(np.random.default_rng(7), 16)
    try:
        own_mb = _own_mb()
        matrix = np.load(path, mmap_mode="r")
        with mapped_matcher(matrix, folder / f"{rows}-beside") as matcher:
            taken = interleaved(
                {"match": lambda number: matcher.best(_one(probes, number)), "read": lambda _: matrix.max()},
                rounds=rounds,
            )
            return Matched(taken, round(_own_mb() - own_mb, 1))
    finally:
        path.unlink()


@contextmanager
def mapped_matcher(matrix: NDArray[np.float32], folder: Path, *, worth_rows: int | None = None) -> Iterator[Matcher]:
    """The product's matcher over `matrix`, its int8 copy in a file in `folder`, which is made and removed again."""
    folder.mkdir()
    shelf = SideFile(folder, RealDisk())
    matcher = Matcher(worth_rows=worth_rows, shelf=shelf)
    try:
        matcher.point_at(matrix, owners_of(len(matrix)))
        yield matcher
    finally:
        matcher.close()
        shelf.discard()
        folder.rmdir()


def write_rows(path: Path, rows: int) -> None:
    """Random unit rows, a piece at a time, so that a small board's memory suffices."""
    rng = np.random.default_rng(8)
    matrix: NDArray[np.float32] = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, 512))
    for first in range(0, rows, _CHUNK_ROWS):
        last = min(rows, first + _CHUNK_ROWS)
        matrix[first:last] = random_units(rng, last - first)


def _own_mb() -> float:
    return memory(Path("/proc/self/status").read_text())["anonymous_mb"]


def _one(probes: Vector, number: int) -> Vector:
    at = number % len(probes)
    return probes[at : at + 1]
