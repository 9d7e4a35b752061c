"""A walk-up as it is lived at the door, drawing the scene left out: a clock, a camera and what listens to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from faceauthd.lockout import Lockout

if TYPE_CHECKING:
    from faceauthd.gate import Gate
    from faceauthd.ports import Recognizer
    from faceauthd.types import Asked, Event, Frame, Sighting, Signal, Wants

Frames = Callable[[int], "Frame | None"]
"""The frame of a number, None after the last."""


class LivedClock:
    """A `ports.Clock`: it runs while the loop works, stands while a frame is drawn, and jumps where one would sleep.

    `timer` says how long work takes: `time.perf_counter`, or `time.process_time` for the processor's time alone.
    """

    def __init__(self, start_s: float, timer: Callable[[], float] = time.perf_counter) -> None:
        self._timer = timer
        self._slept_s = start_s
        self._worked_s = 0.0
        self._resumed_s = timer()

    @property
    def worked_s(self) -> float:
        """All the time that was worked, and neither slept nor drawn."""
        return self._worked_s + self._timer() - self._resumed_s

    def now(self) -> float:
        return self._slept_s + self.worked_s

    def wall(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now())

    def sleep_until(self, at_s: float) -> None:
        self._slept_s += max(0.0, at_s - self.now())

    @contextmanager
    def standing(self) -> Iterator[None]:
        """What happens within takes no time."""
        self._worked_s = self.worked_s
        try:
            yield
        finally:
            self._resumed_s = self._timer()


class LivedCamera:
    """A `ports.Camera` of `frames`, `fps` a second from frame number `first` on; frames that come while the loop
    works are missed but for the newest, as a live camera's are."""

    def __init__(self, frames: Frames, fps: float, first: int, clock: LivedClock) -> None:
        self._frames = frames
        self._fps = fps
        self._next = first
        self._clock = clock
        self.finished = False
        self.is_stuck = False
        self.delivered = 0
        self.worked_before_s = 0.0
        """Work of the clock up to when the newest frame was handed over."""

    def next_frame(self, timeout_s: float) -> Frame | None:
        del timeout_s  # a frame is never farther away than one period
        newest = int(self._clock.now() * self._fps)
        self._next = max(self._next, newest)
        self._clock.sleep_until(self._next / self._fps)
        with self._clock.standing():
            frame = self._frames(self._next)
        self._next += 1
        self.finished = frame is None
        self.delivered += 1
        self.worked_before_s = self._clock.worked_s
        return frame

    def healthy(self, now_s: float) -> bool:
        del now_s
        return True

    def close(self) -> None:
        """Nothing is held."""


class FirstLook:
    """A `ports.Recognizer` that remembers the first usable look of the one it wraps."""

    def __init__(self, recognizer: Recognizer, camera: LivedCamera) -> None:
        self._recognizer = recognizer
        self._camera = camera
        self.frame_s: float | None = None
        self.given_s: float | None = None
        """When the frame was captured of the first look that was not held back."""
        self.worked_s = 0.0

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        seen = self._recognizer.look(frame, wants)
        if self.frame_s is None and any(_is_usable(sighting) for sighting in seen):
            self.frame_s = frame.time_s
            self.worked_s = self._camera.worked_before_s
        if self.given_s is None and any(sighting.probe is not None for sighting in seen):
            self.given_s = frame.time_s
        return seen


def _is_usable(sighting: Sighting) -> bool:
    """Good enough to be compared, even if it is held back until liveness can be told."""
    return sighting.probe is not None or (sighting.quality.score > 0 and sighting.quality.is_usable)


class Relay:
    """A `ports.Panel` that remembers when it first opened, on the clock and in work."""

    def __init__(self, clock: LivedClock) -> None:
        self._clock = clock
        self.opened_s: float | None = None
        self.worked_s = 0.0

    def show(self, signal: Signal) -> None:
        if signal.is_open and self.opened_s is None:
            self.opened_s, self.worked_s = self._clock.now(), self._clock.worked_s

    def lock(self) -> None:
        """There is no pin."""

    def close(self) -> None:
        """There is no pin."""


class Silence:
    """Journal, desk, keeper and calendar of a walk-up: nobody asks, nothing is written, and the clock is right."""

    def record(self, event: Event) -> None:
        """Forget it."""

    def pending(self, state: Gate, now_s: float) -> tuple[Asked, ...]:
        del state, now_s
        return ()

    def told(self, events: Sequence[Event]) -> None:
        """Nobody waits."""

    def is_believed(self, wall: datetime) -> bool:
        del wall
        return True

    def load(self, now_s: float) -> Lockout:
        del now_s
        return Lockout()

    def save(self, lockout: Lockout, now_s: float) -> None:
        """Forget it."""
