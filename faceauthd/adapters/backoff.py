"""When to try again: soon at first, then more and more seldom."""

from __future__ import annotations

DELAYS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""A cable put back is noticed within a second; a camera that is gone for good costs two attempts a minute."""


class Backoff:
    """Counts failures in a row. What was well for as long as the longest delay begins at the shortest again."""

    def __init__(self, delays_s: tuple[float, ...] = DELAYS_S) -> None:
        self._delays_s = delays_s
        self._failures = 0
        self._due_s: float | None = None

    def failed(self, now_s: float, well_for_s: float) -> None:
        """It failed at `now_s`, having worked for `well_for_s` before."""
        if well_for_s >= self._delays_s[-1]:
            self._failures = 0
        self._due_s = now_s + self._delays_s[min(self._failures, len(self._delays_s) - 1)]
        self._failures += 1

    def is_due(self, now_s: float) -> bool:
        """Whether it is time to try again."""
        return self._due_s is None or now_s >= self._due_s
