"""Says so once if somebody is looked at too seldom for their looks ever to add up: nothing else would tell why a door
on a slow board lets in nobody.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from faceauthd.types import Event, Frame, Sighting

log = logging.getLogger(__name__)

_SLOW = (
    "somebody was looked at every %.1f s only, where looks have to follow each other within %.1f s: nobody may ever be "
    "let in or enrolled; set vision.threads: 4 or a higher camera.fps, or lengthen decision.window_s and gate.forget_s "
    "(docs/hardware.md: is the board fast enough?)"
)
_JUDGED_BY = 8
"""So many gaps between looks: more than the first slow ones, and not more than a visit of some seconds has."""


@dataclass(frozen=True, slots=True)
class PacePolicy:
    """`looks` have to lie within `window_s`, a face is forgotten after `forget_s` out of sight, and looks farther apart
    than `reach_s` show no motion, which liveness needs; None where that is not asked for. All in seconds."""

    looks: int
    window_s: float
    forget_s: float
    reach_s: float | None

    @property
    def longest_s(self) -> float:
        """Between two looks."""
        adds_up_s = min(self.window_s / max(1, self.looks - 1), self.forget_s)
        return adds_up_s if self.reach_s is None else min(adds_up_s, self.reach_s)


class Pace:
    """A journal and a viewer. Only the loop's thread calls it."""

    def __init__(self, policy: PacePolicy) -> None:
        self._policy = policy
        self._looked_s: float | None = None
        self._gaps_s: deque[float] = deque(maxlen=_JUDGED_BY)
        self._has_told = False

    def record(self, event: Event) -> None:
        """Nothing that happens changes how long a look takes."""

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None:
        """Take the time since the frame before, if faces were looked at closely in both."""
        before_s, self._looked_s = self._looked_s, frame.time_s if any(face.is_judged for face in seen) else None
        if self._has_told or self._looked_s is None or before_s is None:
            return
        self._gaps_s.append(frame.time_s - before_s)
        gap_s = median(self._gaps_s)
        if len(self._gaps_s) == _JUDGED_BY and gap_s > self._policy.longest_s:
            self._has_told = True
            log.warning(_SLOW, gap_s, self._policy.longest_s)
