"""How the impostor curve goes on where the pairs run out.

Above a high cosine the impostor scores are taken to fall off exponentially (the peaks-over-threshold method with the
shape held at 0: Coles, An Introduction to Statistical Modeling of Extreme Values, 2001, chapter 4; the exponential is
the generalised Pareto distribution's limit between tails that end and tails that are heavy). Cosines cannot pass 1,
so the true tail ends, and a straight line in log(FMR) errs towards strictness far out.

Every pair of *people* weighs the same here, however many pictures there are of them: a stranger at the door is a person
drawn at random, not a picture. (In LFW one man has 530 pictures and a brother; counted by pictures, those two alone
would decide the tail.) Pairs are not independent, for a person takes part in thousands of them. So the uncertainty is
had by drawing people anew, with replacement, and letting each pair count as often as both of its people were drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from faceauthd.evaluation.curve import LookAlike

    Floats = NDArray[np.float64]
    Integers = NDArray[np.integer]

METHOD = "exponential"


@dataclass(frozen=True, slots=True)
class Exceedances:
    """The impostor pairs above `over`, and how many pairs there are in all."""

    over: float
    cosines: Floats
    """(n,), all at or above `over`."""
    people: Integers
    """(n, 2): whose the two pictures are."""
    pictures: Integers
    """(people,): how many pictures there are of each person."""
    left_out: Integers
    """(m, 2): pairs of people between whom nothing counts."""

    def weights(self, drawn: Floats) -> Floats:
        """(n,): the share of a pair of people that each pair of pictures is, when each person counts `drawn` times."""
        each: Floats = (drawn / self.pictures)[self.people].prod(axis=1)
        return each

    def pairs_of_people(self, drawn: Floats) -> float:
        """How many there are when each person counts `drawn` times, (people,)."""
        apart = float(drawn[self.left_out].prod(axis=1).sum()) if len(self.left_out) else 0.0
        return float((drawn.sum() ** 2 - (drawn**2).sum()) / 2 - apart)


@dataclass(frozen=True, slots=True)
class ExponentialTail:
    """FMR(cosine) = rate * exp(-(cosine - over) / scale), for cosines from `over` on."""

    over: float
    rate: float
    scale: float

    def cosine_at(self, fmr: Floats) -> Floats:
        """The cosines that the shares `fmr` of impostor scores reach."""
        cosines: Floats = self.over + self.scale * np.log(self.rate / fmr)
        return cosines


@dataclass(frozen=True, slots=True)
class Interval:
    """Cosines at `fmr` with the central interval of `level`, all of shape (rates,)."""

    level: float
    draws: int
    fmr: Floats
    cosine: Floats
    lower: Floats
    upper: Floats


def exceedances(
    pairs: Sequence[LookAlike], people: Integers, over: float, left_out: Iterable[tuple[int, int]] = ()
) -> Exceedances:
    """From the list of an `ImpostorScores` made with the suspicion `over` and the same `people`, (pictures,)."""
    return Exceedances(
        over=over,
        cosines=np.array([pair.cosine for pair in pairs], dtype=np.float64),
        people=people[np.array([(pair.a, pair.b) for pair in pairs], dtype=np.intp).reshape(-1, 2)],
        pictures=np.bincount(people),
        left_out=np.array(list(left_out), dtype=np.intp).reshape(-1, 2),
    )


def fit(above: Exceedances, drawn: Floats) -> ExponentialTail:
    """The tail's maximum likelihood fit when each person counts `drawn` times, (people,).

    Raises ValueError if nothing that counts lies above.
    """
    weights = above.weights(drawn)
    total = float(weights.sum())
    if total <= 0:
        raise ValueError(f"no impostor pair lies above cosine {above.over:g}; begin the tail lower")
    scale = float(weights @ (above.cosines - above.over)) / total
    return ExponentialTail(above.over, total / above.pairs_of_people(drawn), scale)


def interval(above: Exceedances, fmr: Floats, *, draws: int, level: float, seed: int) -> Interval:
    """The fit's cosines at the rates `fmr`, and where a bootstrap over people leaves the central `level` of them."""
    rng = np.random.default_rng(seed)
    count = len(above.pictures)
    weights = rng.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float64)
    drawn = np.array([fit(above, row).cosine_at(fmr) for row in weights])
    lower, upper = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Interval(level, draws, fmr, fit(above, np.ones(count)).cosine_at(fmr), lower, upper)
