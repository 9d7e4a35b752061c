"""The impostor curve of an embedder: how often strangers look alike, over all pairs of pictures of different people.

The scores of all pairs are counted in fine bins instead of being kept, so that tens of millions of pairs cost a
few hundred kilobytes. The highest are listed too, for in a collection gathered from the web most of them are one
person under two names, and those decide the rare end of the curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

BLOCK = 512
BINS = 20_000
"""Over cosines from -1 to 1: each 0.0001 wide."""


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Two pictures of different names that score unusually high: twins, doubles, or one person under two names."""

    a: int
    b: int
    cosine: float


@dataclass(frozen=True, slots=True)
class ImpostorScores:
    """The distribution of all impostor scores. `counts[i]` lie in bin i of BINS over -1 to 1."""

    counts: NDArray[np.int64]
    look_alikes: tuple[LookAlike, ...]
    """Every pair at or above the suspicion score, highest first."""

    @property
    def pairs(self) -> int:
        return int(self.counts.sum())

    def cosine_at(self, fmr: float) -> float:
        """The lowest bin edge that at most the share `fmr` of all scores reaches."""
        reached = np.cumsum(self.counts[::-1])[::-1]  # at or above each bin's lower edge
        edge = int(np.argmax(reached <= fmr * self.pairs)) if reached[-1] <= fmr * self.pairs else BINS
        return 2 * edge / BINS - 1


def impostor_scores(
    rows: NDArray[np.float32],
    people: NDArray[np.integer],
    suspicion: float,
    one_person: Iterable[tuple[int, int]] = (),
) -> ImpostorScores:
    """Score every pair of unit `rows` (n, d) whose `people` (n,) differ; pairs at or above `suspicion` are listed.

    `one_person` are pairs of people who are one under two names: nothing between them counts.
    """
    counts = np.zeros(BINS, dtype=np.int64)
    look_alikes: list[LookAlike] = []
    one_person = tuple(one_person)
    for first in range(0, len(rows), BLOCK):
        scores = rows[first : first + BLOCK] @ rows[first:].T
        strangers = _strangers(people[first : first + BLOCK], people[first:], one_person)
        counts += np.bincount(_bins(scores[strangers]), minlength=BINS)
        for i, j in np.argwhere(strangers & (scores >= suspicion)):
            look_alikes.append(LookAlike(int(first + i), int(first + j), float(scores[i, j])))
    return ImpostorScores(counts, tuple(sorted(look_alikes, key=lambda pair: -pair.cosine)))


def _strangers(
    block: NDArray[np.integer], onwards: NDArray[np.integer], one_person: Iterable[tuple[int, int]]
) -> NDArray[np.bool_]:
    """Which of the block's rows and the rows from the block on are a pair of different people, each pair once."""
    differ: NDArray[np.bool_] = np.triu(block[:, np.newaxis] != onwards[np.newaxis, :], k=1)
    for p, q in one_person:
        differ[np.ix_(block == p, onwards == q)] = False
        differ[np.ix_(block == q, onwards == p)] = False
    return differ


def _bins(scores: NDArray[np.floating]) -> NDArray[np.intp]:
    return np.clip(((scores.astype(np.float64) + 1) * (BINS / 2)).astype(np.intp), 0, BINS - 1)
