"""When the detector must look, and when its last answer still holds.

It looks at every frame while somebody undecided is in view, and for a while after anything moved. With nobody there,
or only people who had their answer, it looks when something changes, and now and then whatever happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceauthd.vision.change import ChangeMap, bodies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceauthd.types import Box, Frame
    from faceauthd.vision.change import Mask

AT_LEAST_EVERY_S = 1.0
"""Somebody who fades in too slowly to be told from daylight, or whom the detector missed, waits no longer than this."""
CROWDED_EVERY_S = 0.5
"""The same while somebody decided stands there, whom the next person may stand in front of."""
FOLLOW_EVERY_S = 0.15
"""How often a decided face that moves is searched for: in 0.2 s (every second frame of ten a second) a brisk walk moves
it by half its width, so its boxes still overlap as `vision.track.Tracker` asks."""
AWAKE_S = 0.5
"""How long it looks at every frame after something moved: who stops before the door turns to it within that."""
LEAST_BLOCKS = 2
"""Fewer blocks are not even the least face that is found."""
_JITTER_S = 1e-6


class Attention:
    """Remembers one tiny picture and a few times; nothing of who was seen."""

    def __init__(self) -> None:
        self._change = ChangeMap()
        self._looked_s: float | None = None
        self._awake_until_s = 0.0

    def is_due(self, frame: Frame, *, is_watching: bool, resting: Sequence[Box]) -> bool:
        """Whether to look at `frame`; if so, what it shows is what later frames are compared with.

        `is_watching`: somebody undecided was in view lately. `resting`: the faces, in the main picture's pixels, that
        had their answer and stood there when it was looked last.
        """
        picture = frame.main if frame.lores is None else frame.lores
        changed = self._change.changed(picture, frame.time_s)
        is_due = is_watching or self._is_stale(frame.time_s, resting) or self._is_stirred(frame, changed, resting)
        if is_due:
            self._change.mark()
            self._looked_s = frame.time_s
        return is_due

    def _is_stale(self, at_s: float, resting: Sequence[Box]) -> bool:
        if self._looked_s is None or at_s < self._looked_s:
            self._awake_until_s = 0.0
            return True
        return at_s - self._looked_s >= (CROWDED_EVERY_S if resting else AT_LEAST_EVERY_S) - _JITTER_S

    def _is_stirred(self, frame: Frame, changed: Mask, resting: Sequence[Box]) -> bool:
        covered = bodies(resting, frame.main.shape, changed.shape)
        if (changed & ~covered).sum() >= LEAST_BLOCKS:
            self._awake_until_s = frame.time_s + AWAKE_S
        if frame.time_s < self._awake_until_s:
            return True
        since_s = frame.time_s - (self._looked_s or 0.0)
        return since_s >= FOLLOW_EVERY_S - _JITTER_S and int(changed.sum()) >= LEAST_BLOCKS
