"""A stand-in for the modules picamera2 and libcamera, given to the adapter as a constructor argument.

It behaves as picamera2 0.3.38 does where the adapter depends on it: formats and sizes may be adjusted, controls the
camera does not have are refused, a capture that times out stays queued, and closing waits for ever behind it; requests
that are not released starve the camera; a camera is exclusive; what the driver hangs in, nobody returns from; the list
of cameras is made once and kept until the last camera is closed, or the list is reset.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from faceauthd.adapters.camera_picamera2 import Library
from faceauthd.adapters.pixel_formats import SYCC, Colour
from tests.pixel_kit import Bytes, buffer_of, row_bytes

ALL_CONTROLS = ("FrameDurationLimits", "ExposureTime", "ExposureValue", "AfMode", "LensPosition")


@dataclass
class Sensor:
    """The camera behind it, and what goes wrong with it. Frame `n` is grey of level `20 + n % 200`."""

    formats: dict[str, str] = field(default_factory=lambda: {"main": "BGR888", "lores": "YUV420"})
    padding: int = 0
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    can_flip: bool = True
    controls: tuple[str, ...] = ALL_CONTROLS
    fps: float = 50.0
    lux: float | None = 120.0
    has_stamps: bool = True
    stuck_at_s: float | None = None
    is_there: bool = True
    is_busy: bool = False
    is_starved: bool = False
    is_unplugged: bool = False
    picture: Bytes | None = None
    colour: Colour = SYCC
    hangs_in: set[str] = field(default_factory=set)
    opened: list[Picamera2] = field(default_factory=list)
    is_listed: bool | None = None
    """Whether the camera is in picamera2's list; None before there is one."""
    released = 0
    captured = 0
    _let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def library(self) -> Library:
        """What the adapter is given in place of the imports."""
        picamera2 = SimpleNamespace(Picamera2=_Opener(self))
        return Library(picamera2, _LIBCAMERA)

    def let_go(self) -> None:
        """End every call that hangs, so that the test ends."""
        self.hangs_in.clear()
        self._let_go.set()

    def reached(self, call: str) -> None:
        if call in self.hangs_in:
            self._let_go.wait(30)

    def frame(self, index: int, width: int, height: int) -> Bytes:
        if self.picture is not None:
            return self.picture
        return np.full((height, width, 3), 20 + index % 200, np.uint8)


def _colour_space(colour: Colour) -> SimpleNamespace:
    """As libcamera's binding prints its enumerations."""
    return SimpleNamespace(
        ycbcrEncoding="YcbcrEncoding.Rec" + colour.matrix.removeprefix("BT."),
        range="Range.Full" if colour.is_full_range else "Range.Limited",
    )


@dataclass
class _Transform:
    hflip: bool = False
    vflip: bool = False


_LIBCAMERA = SimpleNamespace(
    Transform=_Transform,
    ColorSpace=SimpleNamespace(Sycc=lambda: "sYCC"),
    controls=SimpleNamespace(AfModeEnum=SimpleNamespace(Manual="manual", Continuous="continuous")),
)


@dataclass
class _CameraManager:
    """What picamera2 keeps of libcamera: the cameras that were there when it first asked."""

    sensor: Sensor

    @property
    def cameras(self) -> dict[int, Picamera2]:
        return dict(enumerate(camera for camera in self.sensor.opened if camera.is_open))

    def reset(self) -> None:
        assert not self.cameras, "a list must not be taken away from an open camera"
        self.sensor.is_listed = None


@dataclass
class _Opener:
    """The class Picamera2, as the module holds it."""

    sensor: Sensor

    @property
    def _cm(self) -> _CameraManager:
        return _CameraManager(self.sensor)

    def global_camera_info(self) -> list[dict[str, object]]:
        if self.sensor.is_listed is None:
            self.sensor.is_listed = self.sensor.is_there
        return [{"Model": "fake", "Num": 0}] if self.sensor.is_listed else []

    def __call__(self, number: int) -> Picamera2:
        self.sensor.reached("open")
        if self.sensor.is_busy or any(other.is_open for other in self.sensor.opened):
            try:
                raise RuntimeError("Failed to acquire camera: Device or resource busy")
            except RuntimeError as error:
                raise RuntimeError("Camera __init__ sequence did not complete.") from error
        camera = Picamera2(self.sensor)
        self.sensor.opened.append(camera)
        return camera


class Picamera2:
    """One open camera."""

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self.is_open = True
        self.camera_controls = dict.fromkeys(sensor.controls, (0, 1, 0))
        self.asked: dict[str, Any] = {}
        self.given: dict[str, Any] = {}
        self.unreleased = 0
        self.queued = 0
        self._last = -1
        self._began_s = 0.0

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return {**asked, "main": dict(asked["main"]), "lores": dict(asked["lores"])}

    def configure(self, configuration: dict[str, Any]) -> None:
        self.sensor.reached("configure")
        for name in configuration["controls"]:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        for name in ("main", "lores"):
            stream = configuration[name]
            stream["size"] = self.sensor.sizes.get(name, stream["size"])
            stream["format"] = self.sensor.formats[name]
            padding = self.sensor.padding
            known = not stream["format"].startswith("S")
            stream["stride"] = (row_bytes(stream["format"], stream["size"][0]) if known else 0) + padding
        if not self.sensor.can_flip:
            configuration["transform"] = _Transform()
        configuration["colour_space"] = _colour_space(self.sensor.colour)
        self.given = configuration

    def camera_configuration(self) -> dict[str, Any]:
        return self.given

    def start(self) -> None:
        self.sensor.reached("start")
        self._began_s = time.monotonic()

    @contextmanager
    def captured_request(self, wait: float) -> Iterator[_Request]:
        request = self._capture(wait)
        try:
            yield request
        finally:
            self.unreleased -= 1
            self.sensor.released += 1

    def _capture(self, wait: float) -> _Request:
        self.sensor.reached("capture")
        until_s = time.monotonic() + wait
        while True:
            if self.sensor.is_unplugged:
                raise RuntimeError("Camera in Disconnected state")
            index = int((time.monotonic() - self._began_s) * self.sensor.fps)
            has_buffers = self.unreleased < self.asked["buffer_count"]
            if index > self._last and has_buffers and not self.sensor.is_starved:
                break
            if time.monotonic() >= until_s:
                self.queued += 1
                raise TimeoutError
            time.sleep(0.002)
        self._last = index
        self.unreleased += 1
        self.sensor.captured += 1
        return _Request(self, index, self._began_s + index / self.sensor.fps)

    def cancel_all_and_flush(self) -> None:
        self.queued = 0

    def close(self) -> None:
        if self.queued:
            self.sensor.hangs_in.add("close")
        self.sensor.reached("close")
        self.is_open = False
        self.sensor.is_listed = None


@dataclass
class _Request:
    camera: Picamera2
    index: int
    taken_s: float

    def make_buffer(self, name: str) -> Bytes:
        stream = self.camera.given[name]
        picture = self.camera.sensor.frame(self.index, *stream["size"])
        return buffer_of(picture, stream["format"], stream["stride"], self.camera.sensor.colour)

    def get_metadata(self) -> dict[str, Any]:
        taken_s = self.taken_s if self.camera.sensor.stuck_at_s is None else self.camera.sensor.stuck_at_s
        stamp = {"SensorTimestamp": int(taken_s * 1e9)} if self.camera.sensor.has_stamps else {}
        lux = {} if self.camera.sensor.lux is None else {"Lux": self.camera.sensor.lux}
        return stamp | lux
