"""One score for how a face was presented, from all cues, and why it is low. Pure.

The score is a product: that neither texture nor surroundings give it away (a logistic model), that it has relief, and
that it stirs. A product, because an attack needs to fail in one respect only, and a mask that fools the texture model
may not make up for being flat. It lies between 0 and 1 and is no probability: it was not calibrated, and how many of
those who come are attacks nobody knows (docs/liveness.md). 0.5 is the operating point: the mean of a living person's
looks is below it in 3 % of the walk-ups that the numbers below were fitted to.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from faceauthd.types import Cues, Suspicion


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the logistic model, for log-odds; each cue is held within its limits first, so that none outweighs all."""

    model: float
    goes: float
    follows: float
    offset: float


WEIGHTS = Weights(model=0.690, goes=-3.528, follows=-2.275, offset=-10.759)
"""`python tools/tune_liveness.py CLIPS --write` makes and writes them: here of 75 clips of each species, of 73 tuning
people (attack kit, LFW, 2026-11-26)."""

_LEAST_GOES = 0.01
_LOG_GOES = (-4.6, -1.2)
FOLLOWS = (-1.5, 2.5)
UNSEEN_GOES, UNSEEN_FOLLOWS = 0.07, 0.5
"""What is taken where nothing is seen of the surroundings: the median of flat prints. Nobody gains by hiding them."""
_PAPER_AT, _PAPER_STEEPNESS = -7.5, 4.0
"""Mean log-odds of the texture model below which nothing makes up for it, held within -9 as each look's are. It refuses
3 living clips of 284 more and 1 replay of 150; the kit's attacks mostly give themselves away by their surroundings as
well (75 clips a species of tuning people, attack kit, 2026-11-26)."""
_FLAT_AT, _FLAT_STEEPNESS = -0.2, 25.0
"""A step between a relief of -0.32 and -0.08. At -0.08 some who keep still are refused instead of asked to turn (1 of
27); no more attacks are let in at -0.2, since none passes without relief (tuning people, attack kit, 2026-11-26)."""
SHOWN_RELIEF = 0.35
"""`Cues.shown` from which on a face has shown that it is none on a sheet, without which no door opens
(`decision.relief_min`). Of masks with eyes cut out 12 of 255 get in so, at 0.25 15, at 0.5 10. Of 300 people who do not
try to keep still 23 have no answer yet after 3.5 s, most of them asked for a turn, at 0.25 19, at 0.5 32 (tuning
people, attack kit, 2026-11-26)."""
PATIENCE = 2.2
"""How many times as long as else a face is watched that has shown none, until it is refused or asked to turn: 1.3 s
instead of 0.6, in which most of those who come have turned a little."""
MOST_PATIENT_S = 1.8
"""Cues reach back two seconds (`presence.WINDOW_S`): whoever had to be watched for longer would never be judged."""
_STILL_AT, _STILL_STEEPNESS = 0.2, 6.0
"""In hundredths of the face's width. The stillest of 45 living people who tried moved by 0.24 in 0.6 s, nine of ten by
1.0 or more; a picture on a stand, with sensor noise alone, by 0.04 to 0.2 (attack kit, 2026-11-24)."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`score` is 0 to 1, from 0.5 on living; `suspicion` is the loudest cue against it, None if it passes."""

    score: float
    suspicion: Suspicion | None = None


class Stand(enum.Enum):
    """Whether a face's look may count yet."""

    EARLY = "early"
    """It was not watched for long enough, goes by, or does not pass yet and is still coming."""
    STIFF = "stiff"
    """It would pass, but has not turned: it may be a mask."""
    JUDGED = "judged"


def stand_of(cues: Cues, found: Judgement, watch_s: float, relief_min: float = SHOWN_RELIEF) -> Stand:
    """Where a face stands that is watched for `watch_s` seconds, longer where it has not shown `relief_min`. It may be
    refused without, but passes only with it; while it comes nearer it may only pass. At 0 s nothing is waited for."""
    if not cues.looks:
        return Stand.EARLY
    if watch_s > 0 and found.suspicion is not None and cues.is_coming:
        return Stand.EARLY
    if watch_s <= 0 or (cues.shown is not None and cues.shown >= relief_min):
        return Stand.JUDGED if cues.watched_s >= watch_s else Stand.EARLY
    if not cues.watched_s >= max(watch_s, min(PATIENCE * watch_s, MOST_PATIENT_S)):
        return Stand.EARLY
    return Stand.STIFF if found.suspicion is None else Stand.JUDGED


def judge(cues: Cues, weights: Weights = WEIGHTS) -> Judgement:
    """What the cues add up to. A cue that is not a finite number makes it an attack."""
    known = (cues.model, cues.goes, cues.follows, cues.relief, cues.sway, cues.shown)
    if any(value is not None and not math.isfinite(value) for value in known):
        return Judgement(0.0, Suspicion.UNCLEAR)
    goes = UNSEEN_GOES if cues.goes is None else cues.goes
    follows = UNSEEN_FOLLOWS if cues.follows is None else cues.follows
    texture = weights.model * cues.model
    framed = weights.goes * log_goes(goes)
    framed += weights.follows * within(follows, FOLLOWS)
    plain = _share(texture + framed + weights.offset)
    plain *= _share(_PAPER_STEEPNESS * (cues.model - _PAPER_AT))
    relief = 1.0 if cues.relief is None else _share(_FLAT_STEEPNESS * (cues.relief - _FLAT_AT))
    stirs = 1.0 if cues.sway is None else _share(_STILL_STEEPNESS * math.log(max(1e-6, cues.sway) / _STILL_AT))
    score = plain * relief * stirs
    if score >= 0.5:
        return Judgement(score)
    return Judgement(score, _loudest(plain, relief, stirs, texture, framed, weights))


def _loudest(plain: float, relief: float, stirs: float, texture: float, framed: float, weights: Weights) -> Suspicion:
    least = min(plain, relief, stirs)
    if least == stirs:
        return Suspicion.STILL
    if least == relief:
        return Suspicion.FLAT
    return Suspicion.TEXTURE if texture < framed - _framed_at_rest(weights) else Suspicion.FRAMED


def _framed_at_rest(weights: Weights) -> float:
    """What the surroundings contribute half-way between a room that stays and a frame that goes along."""
    return weights.goes * sum(_LOG_GOES) / 2 + weights.follows * sum(FOLLOWS) / 2


def log_goes(goes: float) -> float:
    """The logarithm of `Cues.goes`, held within its limits."""
    return within(math.log(max(0.0, goes) + _LEAST_GOES), _LOG_GOES)


def within(value: float, limits: tuple[float, float]) -> float:
    """`value`, or the limit that it is beyond."""
    return min(limits[1], max(limits[0], value))


def _share(log_odds: float) -> float:
    """Logistic function."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-min(log_odds, 700.0)))
    grown = math.exp(max(log_odds, -700.0))
    return grown / (1.0 + grown)
