"""One probe against galleries of many sizes, on mapped files as at the door."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.bench.kit import owners_of, random_units
from faceauthd.bench.sample import interleaved
from faceauthd.gallery import Matcher

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.bench.sample import Durations
    from faceauthd.types import Vector

SIZES = (1_000, 10_000, 100_000)
LARGEST = 1_000_000
_CHUNK_ROWS = 10_000


def measure_matching(folder: Path, rows: int, rounds: int) -> dict[str, Durations]:
    """`match`: the best person for one probe among `rows` templates in a file in `folder`.

    `read`, in turns with it, is the floor: numpy's maximum of the same numbers, which does little but fetch them.
    """
    path = folder / f"{rows}.npy"
    write_rows(path, rows)
    matrix = np.load(path, mmap_mode="r")
    matcher = Matcher()
    matcher.point_at(matrix, owners_of(rows))
    probes = random_units(np.random.default_rng(7), 16)
    try:
        return interleaved(
            {"match": lambda number: matcher.best(_one(probes, number)), "read": lambda _: matrix.max()}, rounds=rounds
        )
    finally:
        path.unlink()


def write_rows(path: Path, rows: int) -> None:
    """Random unit rows, a piece at a time, so that a small board's memory suffices."""
    rng = np.random.default_rng(8)
    matrix: NDArray[np.float32] = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, 512))
    for first in range(0, rows, _CHUNK_ROWS):
        last = min(rows, first + _CHUNK_ROWS)
        matrix[first:last] = random_units(rng, last - first)


def _one(probes: Vector, number: int) -> Vector:
    at = number % len(probes)
    return probes[at : at + 1]
