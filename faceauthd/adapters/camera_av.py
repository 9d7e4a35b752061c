"""A camera that replays a video file, read with PyAV (the extra `av`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from faceauthd.adapters import video_limits
from faceauthd.adapters.orientation import UPRIGHT, Orientation
from faceauthd.adapters.playback import Playback
from faceauthd.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceauthd.adapters.playback import AtEnd, Pace
    from faceauthd.ports import Clock
    from faceauthd.types import Picture

_FPS_UNKNOWN = 25.0
"""For files that do not say how many frames a second they hold."""

_OPEN_TIMEOUT_S = 10.0


class AvCamera(Playback):
    """A `ports.Camera` over a video file, at the times that the file gives its frames.

    Raises CameraError if PyAV is missing, or the file cannot be opened or holds no video.
    """

    def __init__(
        self,
        source: str,
        clock: Clock,
        *,
        pace: Pace = "real",
        at_end: AtEnd = "stop",
        stall_s: float = 3.0,
        orientation: Orientation = UPRIGHT,
    ) -> None:
        reel = _VideoReel(source)
        super().__init__(reel, clock, pace=pace, at_end=at_end, stall_s=stall_s, orientation=orientation)


class _VideoReel:
    """One decoded frame ahead, so that its time is known before it is shown."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._av = pyav()
        self._errors = (self._av.FFmpegError, OSError, ValueError)
        """Of FFmpeg's only some are the built-in ones; the end of a file that has no picture is none of them."""
        self._container: Any = None
        self._frames: Iterator[Any] = iter(())
        self._ahead: Any = None
        self._shown: Any = None
        self._ahead_s = 0.0
        self._first_s: float | None = None
        self._period_s = 1.0 / _FPS_UNKNOWN
        self._open()

    @property
    def period_s(self) -> float:
        return self._period_s

    def next_s(self) -> float | None:
        return None if self._ahead is None else self._ahead_s

    def advance(self) -> None:
        self._shown = self._ahead
        self._look_ahead()

    def picture(self) -> Picture | None:
        if self._shown is None:
            return None
        try:
            pixels: Picture = np.ascontiguousarray(self._shown.to_ndarray(format="rgb24"))
        except self._errors:
            return None
        return pixels

    def rewind(self) -> None:
        self.close()
        self._open()

    def close(self) -> None:
        self._ahead = self._shown = None
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None

    def _open(self) -> None:
        try:
            self._container = self._av.open(self._source, timeout=_OPEN_TIMEOUT_S, options=video_limits.OPTIONS)
        except self._errors as error:
            raise CameraError(f"{self._source}: the video cannot be opened: {_why(error)}") from error
        streams = self._container.streams.video
        if not streams:
            self.close()
            raise CameraError(f"{self._source}: holds no video; give a video file")
        rate = streams[0].average_rate
        self._period_s = 1.0 / float(rate or _FPS_UNKNOWN)
        try:
            video_limits.limit(streams[0], self._source)
        except CameraError:
            self.close()
            raise
        self._frames = self._container.decode(streams[0])
        self._first_s, self._ahead_s = None, -self._period_s
        self._look_ahead()
        if self._ahead is None:
            self.close()
            raise CameraError(f"{self._source}: no frame of the video can be read; {video_limits.HINT}")

    def _look_ahead(self) -> None:
        """Decode the next frame. The end is also where a file that was cut short becomes unreadable."""
        try:
            self._ahead = next(self._frames, None)
        except self._errors:
            self._ahead = None
        if self._ahead is None:
            return
        video_limits.check(self._ahead, self._source)
        given_s, expected_s = self._ahead.time, self._ahead_s + self._period_s
        if given_s is None:
            self._ahead_s = expected_s
            return
        self._first_s = given_s if self._first_s is None else self._first_s
        is_later = given_s - self._first_s > self._ahead_s
        self._ahead_s = given_s - self._first_s if is_later else expected_s


def pyav() -> Any:
    """The module `av`, FFmpeg's own words left out. Raises CameraError where it is not installed."""
    try:
        import av
    except ImportError as error:
        raise CameraError("video needs PyAV; sudo apt install python3-av, or: pip install 'faceauthd[av]'") from error
    if av.logging.get_level() is not None:  # as in Debian 12's; a lost camera is told once, by us
        av.logging.set_level(av.logging.PANIC)
    return av


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or " ".join(str(error).split())
