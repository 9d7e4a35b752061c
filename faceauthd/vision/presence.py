"""What the looks of a track show together: kept for two seconds for each track, longer where looks come seldom, and
given as `Cues`. Of the relief, the most that was seen is kept for ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from faceauthd.picture import grey, resize
from faceauthd.types import Cues, Frame, Quality
from faceauthd.vision.motion import WIDTH, Look, Motion, between, flattened

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_S = 2.0
"""How far back the cues reach. Not longer than `decision.window_s` by much, or what was seen before would weigh."""
_APART_S = 0.19
"""The least time between two looks that are compared: a hand's tremor or a turn shows by then."""
REACH_S = 0.7
"""The most: beyond it somebody who walks up has come too near to be compared."""
MOST_REACH_S = 1.5
"""The last look is compared for so long, where a slow board has none closer: a poor comparison tells more than none."""
_FEWEST_LOOKS = 3
"""So many looks count even if they take longer than the window, as long as each is within MOST_REACH_S of the next: two
gaps of a second make the longer watch of `presentation.stand_of`, and one does not."""
SHOWN_FOR_S = 10.0
"""How long relief that was shown is remembered of a face that stays: whoever turned may keep still after that, for as
long as a sign of life takes (`decision.challenge_s`)."""
_SHOWN_AFTER_S = 0.6
"""Relief counts as shown from this many seconds of looks on: that of two looks is mostly noise."""
_MOST_TURNED_DEG = 8.0
"""Between two looks that are compared, where there are such. Without it masks and people are told apart as well, but
one of the two sample faces is not seen to turn by 11 degrees (attack kit, tuning people, 2026-11-26)."""
_SNAP_S = 0.09
"""Pictures are kept no closer than this in time, whatever the frame rate, so that memory and time are bounded."""
_MOST_LOOKS = 60
_MOST_LOG_ODDS = 9.0
_HASTE = 60.0
"""Hundredths of its width a second: a face that goes faster is on its way, blurred and turned, and its looks say little
of how it is presented. Of those who come in from the side the texture model calls most such looks pictures (log-odds
of -4 to -9), and a limit at which they pass let in four times as many pictures (0.23 of them instead of 0.06; 27 tuning
people of each species, 2026-11-26)."""
_COMING = 0.25
"""Growth of a face's width a second above which it comes nearer: 15 cm a second at arm's length. It grows out of what a
camera without autofocus is set to and is blurred by its steps, so its looks may speak for it, and only till it stands.
At a BPCER of 0.03 4 replays of 150 get in so; were looks on the way judged and kept like others, 17 would (75 clips a
species of tuning people, attack kit, 2026-11-26)."""
_LEAST_SHIFT = 0.1
"""Added to shifts of nose and cheeks, in hundredths of the face's width squared: what noise leaves of a still face."""


UNSEEN = Cues(watched_s=0.0, looks=0, model=-_MOST_LOG_ODDS)
"""Of a face that goes by: none of its looks tell, and until it stops none is taken."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One usable look of one face: its track, 68 landmarks (68, 2) in the main picture's pixels, quality with its
    angles, and the liveness model's P(live)."""

    track: int
    landmarks: NDArray[np.float32]
    quality: Quality
    p_live: float


@dataclass(frozen=True, slots=True)
class _Note:
    at_s: float
    log_odds: float
    motion: Motion | None
    is_coming: bool
    yaw_deg: float


@dataclass(slots=True)
class _Watched:
    notes: list[_Note] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    shown: tuple[float, float] | None = None
    """The most relief, and when."""


_Timed = TypeVar("_Timed", _Note, Look)


class Presence:
    """Remembers, for each track, what it takes to tell a presence from a picture; nothing older than the
    window, but for the last looks of a slow board, and how much relief was shown."""

    def __init__(self, *, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._tracks: dict[int, _Watched] = {}

    def see(self, frame: Frame, shown: Sequence[Shown]) -> list[Cues]:
        """The cues of each face in `shown`, this look included, or UNSEEN of one that goes by.

        Where nobody is shown, what is too old is forgotten.
        """
        self._forget(frame.time_s)
        if not shown:
            return []
        source = frame.main if frame.lores is None else frame.lores
        height = max(16, round(WIDTH * source.shape[0] / source.shape[1]))
        flat = flattened(resize(grey(source), (WIDTH, height)))
        scale = (WIDTH / frame.main.shape[1], height / frame.main.shape[0])
        return [self._see(one, flat, np.array(scale, dtype=np.float32), frame.time_s) for one in shown]

    def restart(self, track: int) -> None:
        """Forget what was seen of `track`: it is another face now."""
        self._tracks.pop(track, None)

    def _forget(self, now_s: float) -> None:
        for track, watched in list(self._tracks.items()):
            watched.notes = _recent(watched.notes, now_s, self._window_s, _FEWEST_LOOKS - 1)[-_MOST_LOOKS:]
            watched.looks = _recent(watched.looks, now_s, REACH_S, 1)
            if not watched.notes and not watched.looks:
                del self._tracks[track]

    def _see(self, one: Shown, flat: NDArray[np.float32], scale: NDArray[np.float32], now_s: float) -> Cues:
        watched = self._tracks.setdefault(one.track, _Watched())
        points = one.landmarks * scale - np.float32(0.5)
        look = Look(now_s, flat, points, one.quality.yaw_deg, one.quality.pitch_deg)
        past = _most_different(watched.looks, look)
        if not watched.looks or now_s - watched.looks[-1].at_s >= _SNAP_S:
            watched.looks.append(look)
        if _is_hasty(watched.looks, look):
            return UNSEEN
        motion = between(past, look) if past is not None else None
        is_coming = _approach(watched.looks, look) > _COMING
        if not is_coming:
            watched.notes = [note for note in watched.notes if not note.is_coming]
        watched.notes.append(_Note(now_s, log_odds(one.p_live), motion, is_coming, look.yaw_deg))
        cues = _cues(watched.notes)
        watched.shown = _most_relief(watched.shown, watched.notes, now_s)
        shown = watched.shown[0] if watched.shown else None
        return replace(cues, shown=shown, is_coming=is_coming)


def _recent(seen: list[_Timed], now_s: float, usual_s: float, fewest: int) -> list[_Timed]:
    """What is not older than `usual_s`, and the newest `fewest` while the last of them is not out of reach."""
    past = [one for one in seen if one.at_s < now_s]
    newest = len(past) - (fewest if past and now_s - past[-1].at_s <= MOST_REACH_S else 0)
    return [one for number, one in enumerate(past) if number >= newest or now_s - one.at_s <= usual_s]


def log_odds(p_live: float) -> float:
    """Of a probability, held within -9 and 9; NaN stays NaN."""
    if math.isnan(p_live):
        return p_live
    least = 1e-9
    p = min(1 - least, max(least, p_live))
    return max(-_MOST_LOG_ODDS, min(_MOST_LOG_ODDS, math.log(p / (1 - p))))


def _most_different(looks: Sequence[Look], now: Look) -> Look | None:
    """The look kept whose pose differs most, but by no more than _MOST_TURNED_DEG where there is one: a face shows its
    relief when it turns, and in a wide turn the cheeks leave their plane, too."""
    fit = [look for look in looks if now.at_s - look.at_s >= _APART_S]
    return max(fit, key=lambda look: _told_by(look, now), default=None)


def _told_by(past: Look, now: Look) -> float:
    turned_deg = math.hypot(past.yaw_deg - now.yaw_deg, past.pitch_deg - now.pitch_deg)
    return turned_deg if turned_deg <= _MOST_TURNED_DEG else -turned_deg


def _is_hasty(looks: Sequence[Look], now: Look) -> bool:
    """Of the way since the oldest of `looks`: a head that is turned goes as fast, but not for so long."""
    past = looks[0]
    gap_s = now.at_s - past.at_s
    way = ((now.landmarks - past.landmarks) ** 2).sum(axis=1).mean() ** 0.5
    return gap_s >= _APART_S and 100 * float(way) > _HASTE * gap_s * past.width


def _approach(looks: Sequence[Look], now: Look) -> float:
    """The growth of the width's natural logarithm a second, since the oldest of `looks`; 0 if that was just now."""
    past = looks[0]
    gap_s = now.at_s - past.at_s
    return math.log(max(1e-6, now.width) / max(1e-6, past.width)) / gap_s if gap_s >= _APART_S else 0.0


def _most_relief(
    before: tuple[float, float] | None, notes: Sequence[_Note], now_s: float
) -> tuple[float, float] | None:
    if before is not None and now_s - before[1] > SHOWN_FOR_S:
        before = None
    relief = None if notes[-1].at_s - notes[0].at_s < _SHOWN_AFTER_S else turned_relief(_motions(notes))
    if relief is None or (before is not None and relief < before[0]):
        return before
    return relief, now_s


def turned_relief(motions: Sequence[Motion]) -> float | None:
    """As `Cues.relief`, but of the nose only what it went in step with the head's turns; None of nothing.

    A mask's nose seems to move, too, where eyes move beside it or the paper bends; it does not go left and right as
    the head does. What counts is the share that is the correlation of the two over all `motions`, none if negative.
    """
    if not motions:
        return None
    went = np.array([motion.nose_went for motion in motions])
    turned = np.array([motion.head_turned for motion in motions])
    in_step = float((went * turned).sum()) / math.sqrt(float((went**2).sum() * (turned**2).sum()) + 1e-9)
    return _relief(motions, max(0.0, in_step))


def _relief(motions: Sequence[Motion], share: float = 1.0) -> float:
    """Of the nose, or a `share` of it, over the cheeks."""
    floor = _LEAST_SHIFT * len(motions)
    nose, cheeks = sum(motion.nose for motion in motions), sum(motion.cheeks for motion in motions)
    return math.log((share * nose + floor) / (cheeks + floor))


def _motions(notes: Sequence[_Note]) -> list[Motion]:
    return [note.motion for note in notes if note.motion is not None]


def _cues(notes: Sequence[_Note]) -> Cues:
    model = sum(note.log_odds for note in notes) / len(notes)
    rest_yaw_deg = median(note.yaw_deg for note in notes)
    seen = Cues(notes[-1].at_s - notes[0].at_s, len(notes), model, rest_yaw_deg=rest_yaw_deg)
    motions = _motions(notes)
    if not motions:
        return seen
    noise = sum(motion.noise for motion in motions)
    still = sum(motion.around_still for motion in motions)
    follows = sum(motion.around_follows for motion in motions)
    return replace(
        seen,
        goes=sum(motion.goes for motion in motions) / len(motions),
        follows=math.log((still + noise) / (follows + noise)),
        relief=_relief(motions),
        sway=max(motion.sway for motion in motions),
    )
