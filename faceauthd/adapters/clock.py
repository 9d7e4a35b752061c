"""Time as the daemon knows it: real, or jumped by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class MonotonicClock:
    """The machine's own clocks."""

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> datetime:
        return datetime.now().astimezone()

    def sleep_until(self, at_s: float) -> None:
        while (left := at_s - time.monotonic()) > 0:
            time.sleep(left)


class ManualClock:
    """A clock that stands still until it is told to go on; a sleeper takes it to the hour they want to wake at.

    The wall clock goes along with it from `started`, unless it is stepped.
    """

    def __init__(self, now_s: float = 0.0, started: datetime = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)) -> None:
        if started.tzinfo is None:
            raise ValueError("the wall clock needs a time zone")
        self._now_s = now_s
        self._wall = started

    def now(self) -> float:
        return self._now_s

    def wall(self) -> datetime:
        return self._wall

    def sleep_until(self, at_s: float) -> None:
        self.advance(max(0.0, at_s - self._now_s))

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks. Raises ValueError for a negative time."""
        if seconds < 0:
            raise ValueError(f"a monotonic clock cannot go back by {-seconds:g} s")
        self._now_s += seconds
        self._wall += timedelta(seconds=seconds)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward, or back if negative, as an administrator or a time server does."""
        self._wall += timedelta(seconds=seconds)
