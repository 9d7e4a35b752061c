"""From the promise to the cosine. Pure.

The promise is the chance that a stranger's attempt opens the door, over the whole gallery. In an attempt every look is
compared with every template, so each comparison may fail at most `promise / (templates * looks)` of the time: the union
bound, which holds however alike templates and looks are. The door opens on the mean of several looks, which reaches the
threshold only if one of them does; `looks` are therefore all that an attempt may have, not those that it takes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from faceauthd.errors import ModelError

Curve = Sequence[tuple[float, float]]
"""(FMR, cosine) pairs: at this cosine or above, that share of single impostor comparisons match."""


HIGHEST = 0.999
"""Whether anybody reaches a threshold above is left to rounding, for a picture compared with itself must still pass.
A promise that asks for more cannot be kept, and is not quietly made a weaker one."""
FEWEST_PAIRS = 20
"""A point of a curve rests on at least so many impostor pairs at or above it: about 22 % standard error."""


@dataclass(frozen=True, slots=True)
class Tail:
    """How a curve goes on below what was measured."""

    upper: tuple[tuple[float, float], ...]
    """(FMR, upper end of the cosine's interval), the first where the measured curve ends, the rarest last."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """The cosine in force, and whether it lies beyond what was measured."""

    cosine: float
    per_comparison: float
    templates: int
    looks: int
    is_extrapolated: bool


def check_curve(curve: Curve) -> tuple[tuple[float, float], ...]:
    """The curve, sorted from frequent to rare. Raises ModelError if it is missing or not monotone."""
    points = tuple(sorted(((fmr, cosine) for fmr, cosine in curve), reverse=True))
    if len(points) < 2:
        raise ModelError("the embedder's card has no impostor curve (two points or more); measure one for it")
    for (often, low), (rare, high) in itertools.pairwise(points):
        if not (0 < rare < often <= 1 and -1 <= low < high <= 1):
            raise ModelError(
                f"the embedder's impostor curve is not monotone between FMR {often:g} (cosine {low:g}) "
                f"and {rare:g} (cosine {high:g}); measure it again"
            )
    return points


def check_support(curve: Curve, pairs: int) -> None:
    """Raise ModelError unless so many impostor `pairs` can show each rate of the curve."""
    rarest = min(fmr for fmr, _ in curve)
    if not rarest * pairs >= FEWEST_PAIRS * (1 - _ROUNDING):
        raise ModelError(
            f"the embedder's impostor curve states FMR {rarest:g} from {pairs:,} pairs, where {rarest * pairs:.2g} are "
            f"expected above it; it takes {FEWEST_PAIRS}: leave the rare points out, or measure more pairs"
        )


_ROUNDING = 1e-9


def check_tail(curve: Curve, tail: Tail | None) -> tuple[tuple[float, float], ...]:
    """The points that the threshold follows: the curve's, then the tail's; where both speak, the stricter.

    Raises ModelError if either is missing or not monotone, or if the tail does not begin where the curve ends.
    """
    points = check_curve(curve)
    if tail is None:
        return points
    upper = check_curve(tail.upper)
    (rarest, measured), (first, cautious) = points[-1], upper[0]
    if not math.isclose(rarest, first):
        raise ModelError(
            f"the tail of the embedder's impostor curve begins at FMR {first:g}, but the curve ends at {rarest:g}; "
            f"measure it again"
        )
    return check_curve([*points[:-1], (rarest, max(measured, cautious)), *upper[1:]])


def threshold_for(
    promise: float, templates: int, curve: Curve, tail: Tail | None = None, *, looks: int = 1
) -> Threshold:
    """The cosine that keeps `promise` in a gallery of `templates` templates, if an attempt has up to `looks` looks.

    Between points log10(FMR) is linear in the cosine. Beyond the rarest one the slope of the last decade goes on: the
    impostor tail falls faster than that (it is closer to a Gaussian's), so the threshold errs upwards. Whatever lies
    beyond what was measured is marked as extrapolated. Raises ModelError if the curve or its tail is of no use, or no
    cosine keeps the promise.
    """
    points = check_tail(curve, tail)
    rate = promise / (max(1, templates) * max(1, looks))
    cosine = _cosine_at(math.log10(rate), points)
    if not cosine <= HIGHEST:
        raise ModelError(
            f"this embedder cannot keep a false_accept_rate of {promise:g} with {templates} templates: it would take "
            f"cosine {cosine:.3f}; use a better embedder, fewer templates, or set decision.false_accept_rate higher"
        )
    return Threshold(
        cosine=cosine,
        per_comparison=rate,
        templates=templates,
        looks=looks,
        is_extrapolated=rate < min(fmr for fmr, _ in curve),
    )


def _cosine_at(wanted: float, points: tuple[tuple[float, float], ...]) -> float:
    pairs = [(math.log10(fmr), cosine) for fmr, cosine in points]
    if wanted >= pairs[0][0]:
        return pairs[0][1]
    for (often, low), (rare, high) in itertools.pairwise(pairs):
        if wanted >= rare:
            return low + (often - wanted) / (often - rare) * (high - low)
    last, top = pairs[-1]
    first, base = next((pair for pair in reversed(pairs[:-1]) if pair[0] - last >= 1.0), pairs[0])
    return top + (last - wanted) * (top - base) / (first - last)
