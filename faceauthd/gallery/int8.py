"""A quarter of the bytes, scanned first: which rows can be nearest at all, with a bound that no answer can escape.

A row x is kept as d·q + e, with q whole numbers from -127 to 127 and d its largest value over 127; a probe p likewise
as d'·q' + e'. So x·p = d·d'·(q·q') + d·q·e' + e·p, and by Cauchy and Schwarz the last two are at most
|d·q|·|e'| + |e|·|p|. Rows whose most is below what two people reach at least need not be read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from faceauthd.gallery.beside import Shelf
    from faceauthd.gallery.match import Owners

    Dots = Callable[[NDArray[np.int8], NDArray[np.int8]], NDArray[Any]]
    """Exact products of one row of int8 (512,) with many (n, 512): (n,), of any type that holds them exactly."""

WORTH_ROWS = 10_000
"""From here on it pays: 0.40 ms against 0.47 for the plain product, 0.63 against 1.23 at 20,000 rows, and more than it
at 5,000 (benchmarks/peers/matching.py, one thread of an x86-64 with AVX-512, 2026-11-24); and 5 MB instead of 20 are
read, and so kept in memory. The copy takes room on the disk."""
_MOST_SHARE = 16
"""Where more than one row in so many may be the nearest, the plain product of all of them is faster."""
_STEPS = 127
_CHUNK_ROWS = 256
"""Rows quantised at a time: 512 KiB of float32, twice over, stay in the second-level cache."""
_LEAST_STEP = np.float32(1e-30)
"""A row with nothing larger is all zeros on the shelf, and all of it is error."""
_UNIT = 2.0**-24
"""Half the distance from 1 to the next float32: the most by which one operation rounds."""
_SQUARES_LOST = 1e-17
"""Of a length: squares of 512 values that are too small for float32."""
_ROUNDING = 1e-4
"""Of the norms: twice what 512 products in float32 and their sum may be off by (512 · 2^-24, twice), and some."""


class Int8Copy:
    """The quantised rows of a gallery, kept on a shelf. If that fails there are none, and the plain product remains."""

    def __init__(self, find_dots: Callable[[], Dots | None], shelf: Shelf) -> None:
        """`find_dots` is called once there is something to keep; where it finds none, nothing is kept."""
        self._find_dots, self._shelf = find_dots, shelf
        self._dots: Dots | None = None
        self._must_discard = True  # an earlier process may have left something
        self._is_masked: NDArray[np.bool_] | None
        self._forget()

    @property
    def is_ready(self) -> bool:
        """Whether `candidates` may be asked."""
        return len(self._errors) > 0

    def follow(self, rows: NDArray[np.float32], is_masked: NDArray[np.bool_]) -> None:
        """Quantise the rows (n, width) that were masked at the last call and are not now, or the other way round.

        A row that is masked (`is_masked`, (n,)) may hold anything, is never a candidate, and is zeros on the shelf. A
        row changes only while it is masked.
        """
        self._dots = self._dots or self._find_dots()
        if self._dots is None:
            self.follow_nobody()
            return
        try:
            self._shelf.resize(len(rows))
            for first, last in _pieces(self._changed(is_masked)):
                self._quantise(rows, is_masked, first, last)
            self._shelf.settle()
            self._is_masked, self._must_discard = is_masked.copy(), False
        except OSError:
            self._must_discard = True
            self.follow_nobody()

    def follow_nobody(self) -> None:
        """Keep nothing; if that fails `settle` tells."""
        self._must_discard |= self.is_ready
        self._forget()
        with suppress(OSError):
            self.settle()

    def settle(self) -> None:
        """Raises OSError if the shelf may still hold a row that it must not."""
        if self._must_discard:
            self._shelf.discard()
            self._must_discard = False

    def close(self) -> None:
        """Let go of the shelf as it is."""
        self._forget()
        self._shelf.close()

    def _forget(self) -> None:
        self._is_masked = None
        self._steps = self._lengths = self._errors = np.empty(0, np.float32)

    def _changed(self, is_masked: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Which rows to quantise; the first time all that the shelf has, whatever is in them."""
        room, known = len(self._shelf.rows), len(self._errors)
        steps, lengths = np.zeros((2, room), np.float32)
        errors = np.full(room, -np.inf, np.float32)
        for new, old in ((steps, self._steps), (lengths, self._lengths), (errors, self._errors)):
            new[:known] = old[:room]
        self._steps, self._lengths, self._errors = steps, lengths, errors
        if self._is_masked is None:
            return np.arange(room)
        was, now = np.ones((2, room), np.bool_)
        was[: len(self._is_masked)], now[: len(is_masked)] = self._is_masked, is_masked
        return np.flatnonzero(was != now)

    def _quantise(self, rows: NDArray[np.float32], is_masked: NDArray[np.bool_], first: int, last: int) -> None:
        """Rows `first` to `last` on the shelf and what is known of them; beyond the last of `rows` all are masked."""
        whole = np.zeros((last - first, rows.shape[1]), np.int8)
        self._errors[first:last] = -np.inf
        used = np.flatnonzero(~is_masked[first:last])
        exact = rows[first:last] if len(used) == last - first else rows[first:last][used]
        at = used + first
        whole[used], self._steps[at], length, error = quantised(exact)
        self._lengths[at] = _up(length)
        self._errors[at] = _up(error + _ROUNDING * _norms(exact))
        self._shelf.put(first, whole)

    def candidates(self, probe: NDArray[np.float32], owners: Owners) -> NDArray[np.intp] | None:
        """The rows, in order, among which are the nearest of all and the nearest of anybody else (`owners`, (n,)).

        None where they are too many to be worth it, or there is no copy.
        """
        if self._dots is None or not self.is_ready:
            return None
        exact = probe[np.newaxis]
        whole, step, _, error = quantised(exact)
        count = len(owners)
        near = self._dots(whole[0], self._shelf.rows[:count]).astype(np.float32)  # at most 512 · 127², so exact
        near *= self._steps[:count]
        near *= step[0]
        off = self._lengths[:count] * np.float32(_up(error)[0])
        off += self._errors[:count] * np.float32(_up(_norms(exact))[0])
        is_masked = np.isneginf(self._errors[:count])
        least, most = near - off, near + off
        least[is_masked], most[is_masked] = -np.inf, -np.inf
        surest = int(least.argmax())
        least[owners == owners[surest]] = -np.inf
        floor = least.max()
        kept = np.flatnonzero(most >= floor) if np.isfinite(floor) else None
        return kept if kept is not None and len(kept) * _MOST_SHARE <= len(near) else None


def quantised(
    rows: NDArray[np.float32],
) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """`rows` (n, width) as whole numbers, the step of each row, and the most that the lengths of what is kept and of
    what is lost can be.

    It is computed in float32, for a large gallery is quantised at each start. The squares of the whole numbers add up
    to less than 2^24, so exactly. What is lost is off by two roundings, of d·q and of the difference, and its squares
    by one for each that is added.
    """
    steps = np.maximum(rows.max(axis=1, initial=0), -rows.min(axis=1, initial=0)) / np.float32(_STEPS)
    steps = np.where(steps > _LEAST_STEP, steps, np.float32(0))
    safe = np.where(steps > 0, steps, np.float32(np.inf))[:, np.newaxis]
    scaled = np.rint(rows / safe)
    whole = scaled.astype(np.int8)
    lengths = np.sqrt(_squares(scaled)) * steps
    np.subtract(rows, np.multiply(scaled, steps[:, np.newaxis], out=scaled), out=scaled)
    errors = _norms(scaled) + 2 * _UNIT * lengths
    return whole, steps, lengths, errors


def _norms(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The most that the length of each row can be, two roundings of every value included."""
    most: NDArray[np.float64] = np.sqrt(_squares(rows)) * (1 + (rows.shape[1] + 2) * _UNIT) + _SQUARES_LOST
    return most


def _squares(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", rows, rows).astype(np.float64)
    return squares


def _pieces(at: NDArray[np.intp]) -> list[tuple[int, int]]:
    """The stretches (first, last + 1) that the ascending numbers `at` form, none longer than `_CHUNK_ROWS`."""
    found = []
    for stretch in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1):
        for first in range(0, len(stretch), _CHUNK_ROWS):
            piece = stretch[first : first + _CHUNK_ROWS]
            found.append((int(piece[0]), int(piece[-1]) + 1))
    return found


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
