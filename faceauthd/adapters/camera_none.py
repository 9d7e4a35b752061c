"""No camera, declared: the button and the socket work, nobody is ever recognised, the door stays locked."""

from __future__ import annotations

from faceauthd.ports import Clock
from faceauthd.types import Frame


class NoCamera:
    """Gives nothing, and is well."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def next_frame(self, timeout_s: float) -> Frame | None:
        """Nothing, after as long as a camera without news would take."""
        self._clock.sleep_until(self._clock.now() + timeout_s)
        return None

    def healthy(self, now_s: float) -> bool:
        """Always: it does all that was asked of it."""
        del now_s
        return True

    @property
    def is_stuck(self) -> bool:
        return False

    @property
    def finished(self) -> bool:
        return False

    def close(self) -> None:
        """There is nothing to let go of."""
