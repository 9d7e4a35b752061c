"""A quarter of the bytes, scanned first: which rows can be nearest at all, with a bound that no answer can escape.

A row x is kept as d·q + e, with q whole numbers from -127 to 127 and d its largest value over 127; a probe p likewise
as d'·q' + e'. So x·p = d·d'·(q·q') + d·q·e' + e·p, and by Cauchy and Schwarz the last two are at most
|d·q|·|e'| + |e|·|p|. Rows whose most is below what two people reach at least need not be read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from faceauthd.gallery.match import Owners

    Dots = Callable[[NDArray[np.int8], NDArray[np.int8]], NDArray[Any]]
    """Exact products of one row of int8 (512,) with many (n, 512): (n,), of any type that holds them exactly."""

WORTH_ROWS = 20_000
"""From here on it clearly pays: 0.6 ms against 1.6 for the plain product, 0.54 against 0.69 at 10,000 rows, and more
than it at 5,000 (benchmarks/peers/matching.py, one thread of an x86-64 with AVX-512, 2026-11-24). The copy is memory
too."""
_MOST_SHARE = 16
"""Where more than one row in so many may be the nearest, the plain product of all of them is faster."""
_STEPS = 127
_CHUNK_ROWS = 4096
"""Rows quantised at a time: 16 MB of float64."""
_ROUNDING = 1e-4
"""Of the norms: twice what 512 products in float32 and their sum may be off by (512 · 2^-24, twice), and some."""


class Int8Copy:
    """The quantised rows of a gallery; made anew by each `follow`."""

    def __init__(self, dots: Dots) -> None:
        self._dots = dots
        self._rows: NDArray[np.int8] = np.empty((0, 0), np.int8)
        self._steps = self._lengths = self._errors = np.empty(0, np.float32)

    def follow(self, rows: NDArray[np.float32], is_masked: NDArray[np.bool_]) -> None:
        """Quantise `rows` (n, width); those `is_masked` (n,) may hold anything and are never candidates."""
        count = len(rows)
        self._rows = np.zeros(rows.shape, np.int8)
        self._steps, self._lengths = np.zeros(count, np.float32), np.zeros(count, np.float32)
        self._errors = np.full(count, -np.inf, np.float32)
        for first in range(0, count, _CHUNK_ROWS):
            part = np.flatnonzero(~is_masked[first : first + _CHUNK_ROWS]) + first
            exact = rows[part].astype(np.float64)
            whole, step, length, error = quantised(exact)
            self._rows[part], self._steps[part] = whole, step
            self._lengths[part] = _up(length)
            self._errors[part] = _up(error + _ROUNDING * np.linalg.norm(exact, axis=1))

    def candidates(self, probe: NDArray[np.float32], owners: Owners) -> NDArray[np.intp] | None:
        """The rows, in order, among which are the nearest of all and the nearest of anybody else (`owners`, (n,)).

        None where they are too many to be worth it.
        """
        exact = probe.astype(np.float64)[np.newaxis]
        whole, step, _, error = quantised(exact)
        near = self._dots(whole[0], self._rows).astype(np.float32)  # at most 512 · 127², so exact
        near *= self._steps
        near *= step[0]
        off = self._lengths * np.float32(_up(error)[0])
        off += self._errors * np.float32(_up(np.linalg.norm(exact, axis=1))[0])
        is_masked = np.isneginf(self._errors)
        least, most = near - off, near + off
        least[is_masked], most[is_masked] = -np.inf, -np.inf
        surest = int(least.argmax())
        least[owners == owners[surest]] = -np.inf
        floor = least.max()
        kept = np.flatnonzero(most >= floor) if np.isfinite(floor) else None
        return kept if kept is not None and len(kept) * _MOST_SHARE <= len(near) else None


def quantised(
    rows: NDArray[np.float64],
) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """`rows` (n, width) as whole numbers, the step of each row, and the lengths of what is kept and of what is lost."""
    steps = (np.abs(rows).max(axis=1, initial=0.0) / _STEPS).astype(np.float32)
    safe = np.where(steps > 0, steps, 1).astype(np.float64)[:, np.newaxis]
    whole = np.clip(np.rint(rows / safe), -_STEPS, _STEPS)
    kept = whole * steps.astype(np.float64)[:, np.newaxis]
    return whole.astype(np.int8), steps, np.linalg.norm(kept, axis=1), np.linalg.norm(rows - kept, axis=1)


def fast_dots() -> Dots | None:
    """Products by a library with instructions for whole numbers, if it is installed (extra `large-gallery`)."""
    try:
        import numkong
    except ImportError:
        return None
    return lambda one, rows: np.asarray(numkong.cdist(one[np.newaxis], rows, "dot"))[0]


def _up(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """In float32, never less than they were."""
    return np.nextafter(values.astype(np.float32), np.float32(np.inf))
