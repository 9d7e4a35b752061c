"""USB cameras and network streams (`rtsp://`, `http://` MJPEG), read with PyAV (the extra `av`)."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from faceauthd.adapters import video_limits
from faceauthd.adapters.camera_av import pyav
from faceauthd.adapters.camera_live import LiveCamera, Patience, Shot
from faceauthd.adapters.orientation import Orientation
from faceauthd.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceauthd.ports import Clock
    from faceauthd.types import Picture

log = logging.getLogger(__name__)

_STREAM_OPTIONS = {"rtsp_transport": "tcp", "fflags": "nobuffer", "analyzeduration": "1000000"}
"""TCP, because lost packets smear faces; nothing held back; a second at most to find out what the stream is
(https://ffmpeg.org/ffmpeg-protocols.html#rtsp, https://ffmpeg.org/ffmpeg-formats.html#Format-Options)."""


@dataclass(frozen=True, slots=True)
class WantedStream:
    """What a USB camera is asked for, which gives the nearest it has. A network stream is as it is, but set upright."""

    size: tuple[int, int] = (1280, 720)
    fps: float = 15.0
    orientation: Orientation = Orientation()


class LiveAvCamera(LiveCamera):
    """A `ports.Camera` over `target`, a device such as `/dev/video0` or a URL; there is no lores picture."""

    def __init__(self, target: str, wanted: WantedStream, clock: Clock, *, patience: Patience | None = None) -> None:
        patience = patience or Patience()
        super().__init__(
            lambda: _Device(target, wanted, patience, clock.now), clock, name=public_name(target), patience=patience
        )


def public_name(target: str) -> str:
    """A URL without user, password and query, which have no place in a journal; a device as it is."""
    if "://" not in target:
        return target
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class _Device:
    """One open stream. PyAV interrupts what takes longer than it may; a USB driver's own waits it cannot."""

    def __init__(self, target: str, wanted: WantedStream, patience: Patience, now: Callable[[], float]) -> None:
        self._av = pyav()
        self._errors = (self._av.FFmpegError, OSError, ValueError)
        self._name = public_name(target)
        self._orientation = wanted.orientation
        self._now = now
        self._in_use = threading.Lock()
        self._is_closed = False
        self._container = self._opened(target, wanted, (patience.open_s, patience.stall_s))
        if not self._container.streams.video:
            self.close()
            raise CameraError(f"{self._name} holds no video; name another device or URL")
        try:
            video_limits.limit(self._container.streams.video[0], self._name)
        except CameraError:
            self.close()
            raise
        self._frames: Iterator[Any] = self._container.decode(video=0)
        log.info("%s opened", self._name)

    def read(self) -> Shot:
        try:
            frame = next(self._frames, None)
        except self._errors as error:
            raise CameraError(f"{self._name} is lost: {self._why(error)}") from error
        if frame is None:
            raise CameraError(f"{self._name} is lost: it ended")
        video_limits.check(frame, self._name)
        return Shot(self._now(), lambda: (self._upright(frame), None))

    def close(self) -> None:
        """A frame of a USB camera may lie in the driver's own memory, which goes with it: none is developed after."""
        with self._in_use:
            self._is_closed = True
        try:
            self._container.close()
        except self._errors as error:
            log.debug("%s was not closed cleanly (%s)", self._name, self._why(error))

    def _opened(self, target: str, wanted: WantedStream, timeout: tuple[float, float]) -> Any:
        for attempt in (attempts := _attempts(target, wanted)):
            try:
                return self._av.open(target, timeout=timeout, **attempt)
            except self._errors as error:
                if attempt is attempts[-1]:
                    raise CameraError(f"{self._name} cannot be opened: {self._why(error)}") from error
        raise AssertionError("there is always an attempt")

    def _upright(self, frame: Any) -> Picture:
        with self._in_use:
            if self._is_closed:
                raise CameraError(f"{self._name} is lost")
            return self._orientation.apply(frame.to_ndarray(format="rgb24"))

    def _why(self, error: Exception) -> str:
        """FFmpeg's reason without the URL, and the remedy where there is a usual one."""
        if isinstance(error, self._av.error.ExitError):
            return "no answer in time; is it switched on, and reachable from here?"
        number = getattr(error, "errno", None)
        return _REMEDIES.get(number or 0) or getattr(error, "strerror", None) or type(error).__name__


_UNDECODED = f"what it sends cannot be decoded; {video_limits.HINT}"
_INVALID_DATA = 0x41444E49
"""FFmpeg's own error, "INDA"."""
_REMEDIES = {
    errno.ENOENT: "it is not there; is it plugged in? `v4l2-ctl --list-devices` shows what is",
    errno.ENODEV: "it was unplugged, or is that device of a camera that gives no pictures; try the number before",
    errno.ENOTTY: "it is no camera; `v4l2-ctl --list-devices` shows what is",
    errno.EBUSY: "another process uses it; end that",
    errno.EACCES: "this user may not use it; add the user to group video",
    errno.EINVAL: _UNDECODED,
    _INVALID_DATA: _UNDECODED,
}


def _attempts(target: str, wanted: WantedStream) -> list[dict[str, Any]]:
    """Arguments for PyAV, best first. A USB camera gives large pictures at full rate only as JPEG; not all have it."""
    if "://" in target:
        return [{"options": _STREAM_OPTIONS | video_limits.OPTIONS}]
    options = video_limits.OPTIONS | {"video_size": "{}x{}".format(*wanted.size), "framerate": f"{wanted.fps:g}"}
    return [{"format": "v4l2", "options": {**options, "input_format": "mjpeg"}}, {"format": "v4l2", "options": options}]
