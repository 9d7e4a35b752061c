"""The trade between false matches and misses, with bands that say how far to trust it. On scores alone.

The bands come from a bootstrap over *units*, people where the pictures name them and folds where not: units are drawn
anew with replacement, and a pair counts as often as all of its units were drawn. Drawing pairs would make the bands too
narrow, for the pairs of one person resemble each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.evaluation.people import person_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from faceauthd.evaluation.pairs import Pair

    Floats = NDArray[np.floating]
    Integers = NDArray[np.intp]

RATES = 96
"""Points of a curve, evenly spaced in the logarithm."""


@dataclass(frozen=True, slots=True)
class Units:
    """What is drawn anew: `of` (pairs, 2) numbers each pair's two units, which are the same for one person."""

    kind: str
    of: Integers


@dataclass(frozen=True, slots=True)
class ErrorCurve:
    """FNMR at rates from one impostor comparison in all to 1, with the central `level` of a bootstrap."""

    fmr: Floats
    fnmr: Floats
    low: Floats
    high: Floats
    level: float
    draws: int
    units: str


def units_of(pairs: Sequence[Pair]) -> Units:
    """People, if every picture lies in a folder (which then names its person); else folds."""
    people = [(person_of(pair.a), person_of(pair.b)) for pair in pairs]
    if all(a is not None and b is not None for a, b in people):
        of = np.unique(np.array(people, dtype=np.str_), return_inverse=True)[1]
        return Units("people", of.reshape(-1, 2))
    of = np.unique([pair.fold for pair in pairs], return_inverse=True)[1]
    return Units("folds", np.stack((of, of), axis=1))


def error_curve(
    scores: Floats, same: NDArray[np.bool_], units: Units, *, draws: int = 500, level: float = 0.95, seed: int = 1
) -> ErrorCurve:
    """The curve of `scores` (pairs,), NaN where a picture gave no face; `same` says which pairs are of one person."""
    known = np.where(np.isnan(scores), -np.inf, scores)
    fmr = np.logspace(-np.log10(max(2, int((~same).sum()))), 0, RATES)
    count = int(units.of.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = []
    for row in rng.multinomial(count, np.full(count, 1 / count), size=draws):
        weights = _weights(row.astype(np.float64), units.of)
        if weights[same].any() and weights[~same].any():
            drawn.append(fnmr_at(fmr, known, same, weights))
    fnmr = fnmr_at(fmr, known, same, np.ones(len(known)))
    low, high = np.quantile([fnmr, *drawn], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ErrorCurve(fmr, fnmr, low, high, level, len(drawn), units.kind)


def fnmr_at(fmr: Floats, scores: Floats, same: NDArray[np.bool_], weights: Floats) -> Floats:
    """For each of the rates `fmr` the share of genuine pairs that do not lie above the threshold that keeps it."""
    order = np.argsort(-scores[~same])
    impostor = np.append(scores[~same][order], -np.inf)
    share = np.cumsum(weights[~same][order])
    allowed = np.searchsorted(share / share[-1], fmr + 1e-12, side="right")
    upwards = np.argsort(scores[same])
    genuine = scores[same][upwards]
    below = np.append(0.0, np.cumsum(weights[same][upwards]))
    missed: Floats = below[np.searchsorted(genuine, impostor[allowed], side="right")] / below[-1]
    return missed


def _weights(drawn: Floats, units: Integers) -> Floats:
    one, other = drawn[units[:, 0]], drawn[units[:, 1]]
    weights: Floats = np.where(units[:, 0] == units[:, 1], one, one * other)
    return weights
