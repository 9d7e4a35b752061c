"""Weights of `faceauthd/presentation.py` from what the looks of clips showed, and what the door would make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceauthd import presentation
from faceauthd.config.deciding import Decision
from faceauthd.errors import EvaluationError
from faceauthd.evaluation.attack_rates import table_of
from faceauthd.evaluation.clips import Clip
from faceauthd.evaluation.presentations import Presented, Response, answer
from faceauthd.evidence import EvidencePolicy
from faceauthd.presentation import Judgement, Stand, Weights, judge, stand_of
from faceauthd.types import Box, Cues, Match, Quality, Sighting

Floats = NDArray[np.float64]
Looks = list[tuple[float, int, Cues]]

MOST_REFUSED = 0.035
"""BPCER at the operating point, among those who have an answer: other people's is higher, and may be 0.05. Chosen by
--folds on 73 tuning people (docs/adr/0058, 2026-11-26)."""
UNFITTED = frozenset({"cutout-eyes"})
"""Texture and surroundings of a worn mask are those of whoever wears it."""
RIDGE = 0.01
EMPHASES = (1.0, 1.25, 1.5, 2.0)
"""Factors that the texture's weight is tried with: likelihood counts all looks, and the door only those at its edge."""


def key_of(clip: Clip) -> Path:
    """The clip's own folder."""
    return clip.pictures[0].parent


def policy() -> EvidencePolicy:
    """The door's own."""
    chosen = Decision()
    return EvidencePolicy(
        looks=chosen.looks,
        window_s=chosen.window_s,
        margin=chosen.margin,
        refuse_after_looks=chosen.refuse_after_looks,
        liveness_min=chosen.liveness_min,
    )


def judged(clip: Clip, looks: Looks, weights: Weights) -> Presented:
    """What the door would make of the clip with these weights."""
    given: dict[int, list[tuple[float, Sighting]]] = {}
    held_back = set[int]()
    for at_s, track, cues in looks:
        found, begun = judge(cues, weights), track in given
        if stand_of(cues, found, Decision().liveness_s) is not Stand.JUDGED:
            held_back.add(track)
            continue
        sighting = Sighting(
            track,
            Box(0, 0, 1, 1),
            Quality(1.0),
            match=Match(1, 1.0),
            liveness=found.score,
            suspicion=found.suspicion,
            probe=np.ones(1, dtype=np.float32),
            continuity=1.0 if begun and track not in held_back else None,
        )
        held_back.discard(track)
        given.setdefault(track, []).append((at_s, sighting))
    return answer(clip, given, policy())


def fit(clips: Sequence[Clip], looks: Mapping[Path, Looks], most_refused: float = MOST_REFUSED) -> Weights:
    """Weights for which each species counts alike, and each clip of one; offset for BPCER at most `most_refused`."""
    chosen = [clip for clip in clips if clip.species not in UNFITTED and looks[key_of(clip)]]
    rows, labels, shares = [], [], []
    for clip in chosen:
        seen = [cues for _, _, cues in looks[key_of(clip)] if _is_watched(cues)]
        kin = sum(other.species == clip.species for other in chosen)
        kinds = len({other.species for other in chosen if other.is_live is clip.is_live})
        for cues in seen:
            rows.append(_row(cues))
            labels.append(float(clip.is_live))
            shares.append(100.0 / len(seen) / kin / kinds)
    model, goes, follows, offset = _logistic(np.array(rows), np.array(labels), np.array(shares))
    living = [clip for clip in clips if clip.is_live]
    tried = [_moved(living, looks, Weights(model * more, goes, follows, offset), most_refused) for more in EMPHASES]
    return min(tried, key=lambda weights: _let_in(chosen, looks, weights))


def folded(clips: Sequence[Clip], looks: Mapping[Path, Looks], folds: int, most_refused: float) -> list[Presented]:
    """Each clip as judged by weights that are fitted to the other parts of the people. Raises EvaluationError."""
    people = sorted({str(clip.person) for clip in clips})
    if not 2 <= folds <= len(people):
        raise EvaluationError(f"--folds is {folds}; {len(people)} people make 2 to {len(people)} parts")
    part = {person: number % folds for number, person in enumerate(people)}
    presented: list[Presented] = []
    for number in range(folds):
        rest = [clip for clip in clips if part[str(clip.person)] != number]
        weights = fit(rest, looks, most_refused)
        others = [clip for clip in clips if part[str(clip.person)] == number]
        presented += [judged(clip, looks[key_of(clip)], weights) for clip in others]
    return presented


def _is_watched(cues: Cues) -> bool:
    return stand_of(cues, Judgement(1.0), Decision().liveness_s) is not Stand.EARLY


def _let_in(clips: Sequence[Clip], looks: Mapping[Path, Looks], weights: Weights) -> float:
    """Mean APCER over the species."""
    table = table_of([judged(clip, looks[key_of(clip)], weights) for clip in clips if not clip.is_live])
    return sum(one.error.share for one in table.species) / max(1, len(table.species))


def _row(cues: Cues) -> tuple[float, float, float]:
    goes = presentation.UNSEEN_GOES if cues.goes is None else cues.goes
    follows = presentation.UNSEEN_FOLLOWS if cues.follows is None else cues.follows
    return cues.model, presentation.log_goes(goes), presentation.within(follows, presentation.FOLLOWS)


def _logistic(rows: Floats, labels: Floats, shares: Floats) -> tuple[float, float, float, float]:
    """Weights and offset of largest likelihood with a little ridge, by Newton's method."""
    spread = rows.std(axis=0)
    scaled = np.column_stack((rows / spread, np.ones(len(rows))))
    ridge = np.diag([RIDGE] * rows.shape[1] + [0.0])
    found = np.zeros(scaled.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-scaled @ found))
        slope = scaled.T @ (shares * (p - labels)) + ridge @ found
        bend = (scaled.T * (shares * p * (1 - p))) @ scaled + ridge
        found = found - np.linalg.solve(bend, slope)
    model, goes, follows = (float(value) for value in found[:3] / spread)
    return model, goes, follows, float(found[3])


def _moved(living: Sequence[Clip], looks: Mapping[Path, Looks], weights: Weights, most_refused: float) -> Weights:
    """The weights with the least offset at which at most `most_refused` of those who had an answer are refused."""
    low, high = weights.offset - 10, weights.offset + 10
    for _ in range(14):
        middle = (low + high) / 2
        said = [judged(clip, looks[key_of(clip)], replace(weights, offset=middle)).response for clip in living]
        heard = [response for response in said if response is not Response.NONE]
        refused = sum(response is Response.REFUSED for response in heard)
        low, high = (middle, high) if refused > most_refused * len(heard) else (low, middle)
    return replace(weights, offset=high)
