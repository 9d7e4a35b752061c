"""What all replayed cameras have in common: frames that come when they are due, and what happens at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from faceauthd.adapters.orientation import UPRIGHT, Orientation
from faceauthd.errors import CameraError
from faceauthd.types import Frame

if TYPE_CHECKING:
    from faceauthd.ports import Clock
    from faceauthd.types import Picture


Pace = Literal["real", "fast"]
"""`real` gives the newest frame and drops those that a slow consumer missed; `fast` gives every frame in its order."""

AtEnd = Literal["loop", "stop", "hold"]
"""After the last picture: begin again, be finished, or show the last one on and on. Times never go back."""


class Reel(Protocol):
    """Pictures in the order of their times."""

    def next_s(self) -> float | None:
        """Seconds from the reel's beginning at which the next picture is due, or None after the last."""
        ...

    def advance(self) -> None:
        """Go on to the next picture. Called only while `next_s` is not None."""
        ...

    def picture(self) -> Picture | None:
        """The picture that `advance` went to, or None if it cannot be read."""
        ...

    def rewind(self) -> None:
        """Go back to the beginning."""
        ...

    @property
    def period_s(self) -> float:
        """Time that one picture stands for, above 0."""
        ...

    def close(self) -> None:
        """Let go of files. Safe to call twice."""
        ...


class Playback:
    """A `ports.Camera` over a reel. The reel begins when the first frame is asked for; its pictures are set upright as
    `orientation` says."""

    def __init__(
        self,
        reel: Reel,
        clock: Clock,
        *,
        pace: Pace,
        at_end: AtEnd,
        stall_s: float,
        orientation: Orientation = UPRIGHT,
    ) -> None:
        self._reel = reel
        self._clock = clock
        self._pace = pace
        self._at_end = at_end
        self._stall_s = stall_s
        self._orientation = orientation
        self._began_s: float | None = None
        self._opened_s = clock.now()
        self._last: Frame | None = None
        self._has_shown = False
        self._is_closed = False

    @property
    def began_s(self) -> float | None:
        """When the reel began to play, or began again, on the clock; None before the first frame was asked for."""
        return self._began_s

    @property
    def finished(self) -> bool:
        return self._is_closed or (self._began_s is not None and self._due_s() is None)

    def healthy(self, now_s: float) -> bool:
        """Whether no frame is overdue by more than the stall time; between pictures far apart all is well."""
        if self._is_closed:
            return False
        expected_s = self._opened_s if self._began_s is None else self._due_s()
        if expected_s is None:
            expected_s = self._opened_s if self._last is None else self._last.time_s
        return now_s - expected_s <= self._stall_s

    @property
    def is_stuck(self) -> bool:
        """Never: it is read in the loop's own thread."""
        return False

    def next_frame(self, timeout_s: float) -> Frame | None:
        """The newest frame that is due, waiting up to `timeout_s` for it. Raises CameraError if the reel is damaged."""
        until_s = self._clock.now() + timeout_s
        if self._began_s is None:
            self._began_s = self._clock.now()
        while not self._is_closed and (due_s := self._due_s()) is not None and due_s <= until_s:
            self._clock.sleep_until(due_s)
            frame = self._held(due_s) if self._reel.next_s() is None else self._taken(self._began_s)
            if frame is not None:
                self._last = frame
                return frame
        self._clock.sleep_until(until_s)
        return None

    def close(self) -> None:
        self._is_closed = True
        self._reel.close()

    def _due_s(self) -> float | None:
        """When the next frame is due, or None if none will come."""
        next_s = self._reel.next_s()
        if next_s is not None and self._began_s is not None:
            return self._began_s + next_s
        if self._at_end == "hold" and self._last is not None:
            return self._last.time_s + self._reel.period_s
        return None

    def _taken(self, began_s: float) -> Frame | None:
        """The next frame, or at a real pace the newest that is due; None if its picture cannot be read."""
        at_s = following_s = self._reel.next_s()
        while following_s is not None:
            at_s = following_s
            self._reel.advance()
            following_s = self._reel.next_s()
            if self._pace == "fast" or (following_s is not None and began_s + following_s > self._clock.now()):
                break
        picture = self._reel.picture()
        if at_s is None:
            return None
        self._has_shown = self._has_shown or picture is not None
        if following_s is None:
            self._end(began_s + at_s)
        return None if picture is None else Frame(self._orientation.apply(picture), began_s + at_s)

    def _held(self, due_s: float) -> Frame | None:
        """The last frame once more, at the newest time that is due."""
        if self._last is None:
            return None
        late_s = max(0.0, self._clock.now() - due_s) if self._pace == "real" else 0.0
        return Frame(self._last.main, due_s + late_s // self._reel.period_s * self._reel.period_s)

    def _end(self, last_s: float) -> None:
        """The last picture, of `last_s`, was reached: begin again if that is wanted."""
        if not self._has_shown:
            raise CameraError("none of the pictures to replay can be read; name others")
        if self._at_end == "loop":
            self._began_s = last_s + self._reel.period_s
            if self._pace == "real":
                self._began_s = max(self._began_s, self._clock.now())
            self._reel.rewind()
