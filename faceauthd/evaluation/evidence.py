"""What several looks against several templates buy, and by which rule to fuse them. On scores alone.

An attempt is a few looks of one person against a few templates of one person, each drawn from their pictures. A rule
turns its cosines into one score, in two steps: over the templates (a score for each look), then over the looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.floating]
    Integers = NDArray[np.intp]

LOOKS = 3
TEMPLATES = 3


@dataclass(frozen=True, slots=True)
class Draw:
    """Which pictures meet in each of n attempts: `looks` (n, LOOKS) and `templates` (n, TEMPLATES); `person` (n,) is
    whose looks they are."""

    looks: Integers
    templates: Integers
    person: Integers


@dataclass(frozen=True, slots=True)
class Attempts:
    """The cosines of n attempts, and how good the pictures are (0 to 1)."""

    scores: Floats
    """(n, looks, templates)."""
    template_quality: Floats
    """(n, templates)."""
    look_quality: Floats
    """(n, looks)."""
    agreement: Floats
    """(n,): the length of the mean of the attempt's templates, 1 if all are alike."""


OVER_TEMPLATES: dict[str, Callable[[Attempts], Floats]] = {
    "max": lambda a: a.scores.max(axis=2),
    "mean of top 2": lambda a: np.sort(a.scores, axis=2)[:, :, -2:].mean(axis=2),
    "mean": lambda a: a.scores.mean(axis=2),
    "mean by quality": lambda a: _weighted(a.scores, a.template_quality[:, np.newaxis, :]),
    "mean template": lambda a: a.scores.mean(axis=2) / a.agreement[:, np.newaxis],
}
"""From an attempt to a score for each look, (n, looks). The product's is `max` (gallery/match.py)."""
OVER_LOOKS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "all": lambda scores, _: scores.min(axis=1),
    "mean": lambda scores, _: scores.mean(axis=1),
    "mean by quality": lambda scores, quality: _weighted(scores, quality),
}
"""From the looks' scores and qualities, (n, looks), to the attempt's. The product's is the last (evidence.py)."""
RULES = tuple((templates, looks) for templates in OVER_TEMPLATES for looks in OVER_LOOKS)
PRODUCT = ("max", "mean by quality")
STRICT = ("max", "all")
"""Each look has to pass for itself."""


def fused(attempts: Attempts, rule: tuple[str, str]) -> Floats:
    """The score of each attempt, (n,), by the rule (over templates, over looks)."""
    templates, looks = rule
    return OVER_LOOKS[looks](OVER_TEMPLATES[templates](attempts), attempts.look_quality)


def genuine_draws(people: Integers, trials: int, rng: np.random.Generator) -> Draw:
    """`trials` attempts of everybody who has pictures enough that no look is also a template. `people`: (pictures,)."""
    drawn = [
        (rng.permutation(own)[: LOOKS + TEMPLATES], person)
        for person, own in _pictures_of(people, LOOKS + TEMPLATES)
        for _ in range(trials)
    ]
    both = np.array([pictures for pictures, _ in drawn], dtype=np.intp).reshape(-1, LOOKS + TEMPLATES)
    return Draw(both[:, :LOOKS], both[:, LOOKS:], np.array([person for _, person in drawn], dtype=np.intp))


def impostor_draws(people: Integers, apart: set[tuple[int, int]], rng: np.random.Generator) -> Draw:
    """One attempt of everybody on everybody else, of those with pictures enough. `apart` are pairs that do not meet."""
    chosen = [(person, rng.permutation(own)) for person, own in _pictures_of(people, max(LOOKS, TEMPLATES))]
    persons = np.array([person for person, _ in chosen], dtype=np.intp)
    looks = np.array([own[:LOOKS] for _, own in chosen], dtype=np.intp).reshape(-1, LOOKS)
    templates = np.array([rng.permutation(own)[:TEMPLATES] for _, own in chosen], dtype=np.intp).reshape(-1, TEMPLATES)
    meet = ~np.eye(len(chosen), dtype=np.bool_)
    for one, other in apart:
        meet[np.ix_(persons == one, persons == other)] = False
        meet[np.ix_(persons == other, persons == one)] = False
    who, whom = np.nonzero(meet)
    return Draw(looks[who], templates[whom], persons[who])


def attempts_of(draw: Draw, cosines: Floats, quality: Floats) -> Attempts:
    """Look the attempts up in `cosines`, (pictures, pictures), and `quality`, (pictures,)."""
    among = cosines[draw.templates[:, :, np.newaxis], draw.templates[:, np.newaxis, :]].mean(axis=(1, 2))
    return Attempts(
        scores=cosines[draw.looks[:, :, np.newaxis], draw.templates[:, np.newaxis, :]],
        template_quality=quality[draw.templates],
        look_quality=quality[draw.looks],
        agreement=np.sqrt(np.maximum(among, 1e-6)),
    )


def mean_over_people(
    missed: NDArray[np.bool_] | Floats, person: Integers, *, draws: int, seed: int
) -> tuple[float, float, float]:
    """The mean of each person's share of `missed` (n,), and its central 95 % when people are drawn anew."""
    _, index = np.unique(person, return_inverse=True)
    shares = np.bincount(index, weights=missed) / np.bincount(index)
    rng = np.random.default_rng(seed)
    means = shares[rng.integers(0, len(shares), (draws, len(shares)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(shares.mean()), float(low), float(high)


def _pictures_of(people: Integers, fewest: int) -> Iterator[tuple[int, Integers]]:
    for person in np.unique(people):
        own = np.flatnonzero(people == person)
        if len(own) >= fewest:
            yield int(person), own


def _weighted(scores: Floats, weights: Floats) -> Floats:
    """The mean over the last axis; weights that are all zero count alike."""
    weights = np.where(weights.sum(axis=-1, keepdims=True) > 0, weights, 1.0)
    mean: Floats = (scores * weights).sum(axis=-1) / weights.sum(axis=-1)
    return mean
