"""Whose face is it nearest to? Exact, over the mapped matrix: one product, no copy of the rows.

A large gallery is scanned in a quarter of the bytes first, where a library that does so fast is installed (`int8.py`);
then only the rows that can be nearest are read. The answers are the same, but for the last bits of float32.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from faceauthd.gallery.beside import InMemory, Shelf
from faceauthd.gallery.int8 import WORTH_ROWS, Int8Copy, fast_dots
from faceauthd.gallery.npy import WIDTH
from faceauthd.types import Match

NOBODY = 0
"""The owner of a row that must not be compared: free, quarantined, foreign or superseded."""
_UNIT_TOLERANCE = 1e-3
"""How far from 1 a probe's length may be: float32 rounding gives 1e-6; a vector that was never normalised gives more,
and would pass a threshold that a unit vector does not."""
_TILE = 256
"""Rows compared with all probes before the next ones: 512 KiB stay in the second-level cache. Four probes against
10,000 rows on one x86 core: 3 ms, where BLAS's matrix product takes 9 to 13 (random unit vectors, 2026-11-23)."""

Scores = NDArray[np.float32]
Owners = NDArray[np.int64]
NO_OWNERS: Owners = np.empty(0, np.int64)
Fuse = Callable[[Scores, Owners], Match]
"""From the cosine of every row, shape (rows,), and the person it belongs to, shape (rows,), to one answer.

Rows of NOBODY have the score -inf; at least one row has an owner. The scores may be overwritten.
"""


def nearest_template(scores: Scores, owners: Owners) -> Match:
    """A person is as near as their nearest template. Of people equally near, the one whose row comes first."""
    best = int(scores.argmax())
    person, score = int(owners[best]), float(scores[best])
    scores[owners == person] = -np.inf
    runner_up = float(scores.max())
    return Match(person, _cosine(score), _cosine(runner_up))


class Matcher:
    """Compares probes with the rows that `point_at` gave it. Not to be called while `point_at` runs."""

    def __init__(
        self, fuse: Fuse = nearest_template, *, worth_rows: int | None = None, shelf: Shelf | None = None
    ) -> None:
        """From `worth_rows` rows (`int8.WORTH_ROWS`) on they are scanned in int8 first, for `nearest_template` only.

        `shelf`: where their int8 copy is kept; in memory if not said.
        """
        self._fuse = fuse
        self._worth_rows = WORTH_ROWS if worth_rows is None else worth_rows
        self._shelf = shelf or InMemory()
        self._int8: Int8Copy | None = None
        self._rows: NDArray[np.float32] = np.empty((0, WIDTH), np.float32)
        self._owners: Owners = NO_OWNERS
        self._is_masked = self._owners == NOBODY

    def point_at(self, matrix: NDArray[np.float32], owners: Owners) -> None:
        """Compare with `matrix`, (capacity, WIDTH) float32 unit rows, row i being of person `owners[i]` or NOBODY.

        The matrix is kept as a view and the owners are copied; behind the last owned row nothing is read.
        """
        owned = np.flatnonzero(owners != NOBODY)
        used = int(owned[-1]) + 1 if len(owned) else 0
        self._rows, self._owners = matrix[:used], owners[:used].copy()
        self._is_masked = self._owners == NOBODY
        self._follow()

    def settle(self) -> None:
        """Raises OSError if the int8 copy may still hold rows of somebody who was removed."""
        if self._int8 is not None:
            self._int8.settle()

    def close(self) -> None:
        """Compare with nobody any more; the int8 copy stays as it is for the next opening."""
        if self._int8 is not None:
            self._int8.close()
        self._int8 = None
        self._rows, self._owners = np.empty((0, WIDTH), np.float32), NO_OWNERS
        self._is_masked = self._owners == NOBODY

    @property
    def templates(self) -> int:
        """How many rows a probe is compared with."""
        return len(self._owners) - int(self._is_masked.sum())

    def best(self, probes: NDArray[np.float32]) -> list[Match | None]:
        """For each probe the nearest person and the nearest other one; None where there is nobody to compare with.

        `probes`: float32 unit vectors, (n, WIDTH). `runner_up` is -1.0 if there is no other person.
        Raises ValueError for probes of another shape or dtype, with a value that is not finite, or not of unit length.
        """
        check_unit(probes)
        if not len(self._owners):
            return [None] * len(probes)
        if self._int8 is not None and self._int8.is_ready:  # one scan a probe
            return [self._narrowed(self._int8, probe) or self._plain(probe[np.newaxis])[0] for probe in probes]
        return self._plain(probes)

    def _follow(self) -> None:
        """Make or mend the int8 copy, or see to it that there is none."""
        if self._int8 is None:
            self._int8 = Int8Copy(fast_dots, self._shelf)
        if self._fuse is nearest_template and len(self._rows) >= max(1, self._worth_rows):
            self._int8.follow(self._rows, self._is_masked)
        else:
            self._int8.follow_nobody()

    def _narrowed(self, copy: Int8Copy, probe: NDArray[np.float32]) -> Match | None:
        """The answer from the rows that can be nearest; None if they are too many."""
        rows = copy.candidates(probe, self._owners)
        return None if rows is None else self._fuse(self._rows[rows] @ probe, self._owners[rows])

    def _plain(self, probes: NDArray[np.float32]) -> list[Match | None]:
        with np.errstate(invalid="ignore", over="ignore"):  # a quarantined row may hold anything
            scores = _cosines(probes, self._rows)
        scores[:, self._is_masked] = -np.inf
        return [self._fuse(row, self._owners) for row in scores]


def check_unit(vectors: NDArray[np.float32]) -> None:
    """Raise ValueError unless these are finite float32 unit vectors of shape (n, WIDTH)."""
    if vectors.dtype != np.float32 or vectors.ndim != 2 or vectors.shape[1] != WIDTH:
        raise ValueError(f"embeddings must be float32 (n, {WIDTH}), not {vectors.dtype} {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("an embedding holds a value that is not finite")
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    if (abs(lengths - 1.0) > _UNIT_TOLERANCE).any():
        raise ValueError("an embedding is not of unit length")


def _cosines(probes: NDArray[np.float32], rows: NDArray[np.float32]) -> Scores:
    """All cosines, (n, rows), reading every row from memory once, whatever n is."""
    if len(probes) == 1:
        one: Scores = (rows @ probes[0])[None]
        return one
    scores = np.empty((len(probes), len(rows)), np.float32)
    for first in range(0, len(rows), _TILE):
        tile = rows[first : first + _TILE]
        for probe, into in zip(probes, scores, strict=True):
            np.dot(tile, probe, out=into[first : first + _TILE])
    return scores


def _cosine(value: float) -> float:
    """Within -1 to 1: rounding may leave a product a little outside, and nobody at all is -inf."""
    return min(1.0, max(-1.0, value))
