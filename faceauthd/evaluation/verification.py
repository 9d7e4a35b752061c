"""Figures of one-to-one comparison, from scores alone. Pure.

A comparison whose picture gave no face has the score NaN: it never matches, and counts as wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.floating]
    Flags = NDArray[np.bool_]


def accuracy_over_folds(scores: Scores, same: Flags, folds: NDArray[np.integer]) -> list[float]:
    """For each fold the share judged rightly at the threshold that does best on all the others (the LFW protocol)."""
    right = []
    for fold in np.unique(folds):
        here = folds == fold
        threshold = best_threshold(scores[~here], same[~here])
        right.append(float(np.mean(_judged_rightly(scores[here], same[here], threshold))))
    return right


def best_threshold(scores: Scores, same: Flags) -> float:
    """The threshold (a match is at or above it) that judges most comparisons rightly.

    Many thresholds do about equally well, and the very best of them is chance. So it is the middle of the range whose
    ends are within one standard error of the best: the choice that the next comparisons upset least.
    """
    known = ~np.isnan(scores)
    genuine, impostor = np.sort(scores[known & same]), np.sort(scores[known & ~same])
    steps = np.unique(scores[known])
    edges = np.concatenate((steps[:1] - 1, steps, steps[-1:] + 1))
    between = (edges[1:] + edges[:-1]) / 2
    rightly = genuine.size - np.searchsorted(genuine, between) + np.searchsorted(impostor, between)
    best = int(rightly.max())
    error = float(np.sqrt(best * (1 - best / max(1, genuine.size + impostor.size))))
    good = np.flatnonzero(rightly >= best - error)
    return float(edges[good[0]] + edges[good[-1] + 1]) / 2


def threshold_at_fmr(impostor: Scores, fmr: float) -> float:
    """The score above which at most the share `fmr` of the impostor comparisons lies; a match is above it.

    With fewer than 1 / `fmr` comparisons it is the highest of them. Raises ValueError if there is none.
    """
    ranked = np.sort(np.where(np.isnan(impostor), -np.inf, impostor))[::-1]
    if not ranked.size:
        raise ValueError("no impostor comparison")
    return float(ranked[min(int(fmr * ranked.size + 1e-9), ranked.size - 1)])


def tar_at_fmr(scores: Scores, same: Flags, fmr: float) -> float:
    """True accept rate: the share of genuine comparisons that match at the threshold for `fmr`."""
    return float(np.mean(scores[same] > threshold_at_fmr(scores[~same], fmr)))


def _judged_rightly(scores: Scores, same: Flags, threshold: float) -> Flags:
    judged: Flags = (scores >= threshold) == same
    return judged & ~np.isnan(scores)
