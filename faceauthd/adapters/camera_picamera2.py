"""The Raspberry Pi's own cameras, through picamera2."""

from __future__ import annotations

import atexit
import concurrent.futures
import gc
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from faceauthd.adapters.camera_live import LiveCamera, Patience, Shot
from faceauthd.adapters.orientation import Orientation
from faceauthd.adapters.pixel_formats import SYCC, Colour, Layout, check, to_rgb
from faceauthd.errors import CameraError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from faceauthd.ports import Clock
    from faceauthd.types import Picture

log = logging.getLogger(__name__)

MAIN_FORMAT = "BGR888"
"""Red, green and blue in this order in memory (see pixel_formats), so that nothing has to be converted."""
LORES_FORMAT = "YUV420"
"""What the second output of every Pi gives; up to the Pi 4 it gives nothing else (picamera2 manual, 4.2.1)."""
BUFFERS = 4
"""One shown, one being copied, two for the sensor; the default of 6 is a burden on the 512 MB of a Zero 2 W."""

_MATRICES: dict[str, Literal["BT.709", "BT.2020"]] = {"Rec709": "BT.709", "Rec2020": "BT.2020"}
_ERRORS = (RuntimeError, OSError, LookupError, ValueError, concurrent.futures.CancelledError)
"""What picamera2 and libcamera's binding raise, which is C++'s system_error as RuntimeError for the most part."""
_LIST = "`rpicam-hello --list-cameras` shows what is there"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the camera is asked for; sizes in pixels as the sensor lies, before it is turned.

    `exposure_us` and `focus_m` None leave exposure and focus to the camera; `exposure_ev` shifts its choice.
    """

    size: tuple[int, int] = (1280, 720)
    lores_size: tuple[int, int] = (320, 240)
    fps: float = 15.0
    orientation: Orientation = Orientation()
    exposure_us: int | None = None
    exposure_ev: float = 0.0
    focus_m: float | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """The modules `picamera2` and `libcamera`."""

    picamera2: Any
    libcamera: Any


def load_library() -> Library:
    """Import them. Raises CameraError; a build against another numpy fails with ValueError."""
    try:
        import libcamera
        import picamera2
    except (ImportError, ValueError) as error:
        raise CameraError(
            f"picamera2 cannot be loaded ({error}); on Raspberry Pi OS: sudo apt install python3-picamera2"
        ) from error
    # It tells in an error line of its own what it then raises, once for each attempt; we say it once for a fault.
    logging.getLogger("picamera2").setLevel(logging.CRITICAL)
    return Library(picamera2, libcamera)


class Picamera2Camera(LiveCamera):
    """A `ports.Camera` over the Pi's camera `number`, in the order of `rpicam-hello --list-cameras`."""

    def __init__(
        self,
        number: int,
        wanted: Wanted,
        clock: Clock,
        *,
        patience: Patience | None = None,
        load: Callable[[], Library] = load_library,
    ) -> None:
        stall_s = (patience or Patience()).stall_s
        super().__init__(
            lambda: _Device(number, wanted, load(), stall_s, clock.now),
            clock,
            name=f"camera {number}",
            patience=patience,
        )


class _Device:
    """One open camera. Raises CameraError if it cannot be opened as it is wanted."""

    def __init__(self, number: int, wanted: Wanted, library: Library, stall_s: float, now: Callable[[], float]) -> None:
        self._name = f"camera {number}"
        self._stall_s = stall_s
        self._now = now
        self._picam2 = _opened(number, library.picamera2)
        try:
            self._layouts, self._orientation = self._start(wanted, library.libcamera)
        except CameraError:
            self.close()
            raise
        except _ERRORS as error:
            self.close()
            raise CameraError(
                f"{self._name} cannot be set up for {wanted.size[0]}x{wanted.size[1]} pixels ({_told(error)});"
                " change camera.width and camera.height"
            ) from error

    def read(self) -> Shot:
        try:
            with self._picam2.captured_request(wait=self._stall_s) as request:
                buffers = {name: request.make_buffer(name) for name in self._layouts}
                metadata = request.get_metadata()
        except TimeoutError as error:
            raise CameraError(f"{self._name} gives no frames; is its ribbon cable seated? {_LIST}") from error
        except _ERRORS as error:
            raise CameraError(f"{self._name} is lost ({_told(error)}); is its ribbon cable seated? {_LIST}") from error
        return Shot(self._taken_s(metadata), lambda: self._develop(buffers), metadata.get("Lux"))

    def close(self) -> None:
        """Captures that still wait would hold frames back from stopping, so they are cancelled first."""
        try:
            self._picam2.cancel_all_and_flush()
            self._picam2.close()
        except _ERRORS as error:
            log.debug("%s was not closed cleanly (%s)", self._name, _told(error))

    def _start(self, wanted: Wanted, libcamera: Any) -> tuple[dict[str, Layout], Orientation]:
        """Configure and start; what each stream really gives, and what is left to set upright."""
        picam2 = self._picam2
        hflip, vflip = wanted.orientation.mirrors
        picam2.configure(
            picam2.create_video_configuration(
                main={"format": MAIN_FORMAT, "size": wanted.size},
                lores={"format": LORES_FORMAT, "size": wanted.lores_size},
                transform=libcamera.Transform(hflip=hflip, vflip=vflip),
                colour_space=libcamera.ColorSpace.Sycc(),
                buffer_count=BUFFERS,
                controls=_controls(wanted, picam2.camera_controls, libcamera.controls),
            )
        )
        given = picam2.camera_configuration()
        colour = _colour(given.get("colour_space"))
        layouts = {name: _layout(given[name], colour) for name in ("main", "lores") if given.get(name)}
        for layout in layouts.values():
            check(layout)
        picam2.start()
        log.info("%s opened: %s", self._name, ", ".join(f"{name} {layout}" for name, layout in layouts.items()))
        done = given["transform"]
        return layouts, wanted.orientation.after(bool(done.hflip), bool(done.vflip))

    def _develop(self, buffers: Mapping[str, NDArray[np.uint8]]) -> tuple[Picture, Picture | None]:
        upright = {
            name: self._orientation.apply(to_rgb(buffers[name], layout)) for name, layout in self._layouts.items()
        }
        return upright["main"], upright.get("lores")

    def _taken_s(self, metadata: Mapping[str, Any]) -> float:
        """When the sensor began the frame, on our clock. The kernel stamps frames with its monotonic clock; where there
        is no stamp, or one that cannot be, it is now."""
        now_s = self._now()
        age_s = time.monotonic() - metadata.get("SensorTimestamp", 0) * 1e-9
        return now_s - age_s if 0 <= age_s <= self._stall_s else now_s


def _look_again(picamera2: Any) -> None:
    """Have picamera2 make its list of cameras anew: it keeps the first for as long as the process lives, and libcamera,
    which would add to it, hears of no new device in a service without a network.

    libcamera looks again only when nothing holds its old list any more, and a camera that could not be opened does, in
    circles of references; so these are collected first. Versions of picamera2 from before `reset` go without.
    """
    manager = getattr(picamera2.Picamera2, "_cm", None)
    if manager is not None and hasattr(manager, "reset") and not manager.cameras:
        gc.collect()
        manager.reset()


def _opened(number: int, picamera2: Any) -> Any:
    try:
        _look_again(picamera2)
        is_there = number < len(picamera2.Picamera2.global_camera_info())
        picam2 = picamera2.Picamera2(number) if is_there else None
    except _ERRORS as error:
        raise CameraError(f"camera {number} cannot be opened: {_why_not(error)}") from error
    if picam2 is None:
        raise CameraError(f"there is no camera {number}; is its ribbon cable seated? {_LIST}")
    # Its own wish to be closed at exit would wait without a bound; our thread closes it.
    atexit.unregister(picam2.close)
    return picam2


def _controls(wanted: Wanted, offered: Mapping[str, object], enums: Any) -> dict[str, object]:
    """What is asked of the sensor and the image processor, as far as this camera has it (USB cameras lack most)."""
    frame_us = round(1e6 / wanted.fps)
    asked: dict[str, object] = {"FrameDurationLimits": (frame_us, frame_us)}
    if wanted.exposure_us is not None:
        asked["ExposureTime"] = wanted.exposure_us
    elif wanted.exposure_ev:
        asked["ExposureValue"] = wanted.exposure_ev
    if wanted.focus_m is None:
        asked["AfMode"] = enums.AfModeEnum.Continuous
    else:
        asked |= {"AfMode": enums.AfModeEnum.Manual, "LensPosition": 1.0 / wanted.focus_m}
    return {name: value for name, value in asked.items() if name in offered}


def _layout(stream: Mapping[str, Any], colour: Colour) -> Layout:
    width, height = stream["size"]
    return Layout(str(stream["format"]), width, height, stream["stride"], colour)


def _colour(space: Any) -> Colour:
    """What a `libcamera.ColorSpace` means for YUV. A camera that does not tell is taken to give what was asked for."""
    if space is None:
        return SYCC
    matrix, values = (str(value).rpartition(".")[2] for value in (space.ycbcrEncoding, space.range))
    return Colour(_MATRICES.get(matrix, SYCC.matrix), values != "Limited")


def _told(error: BaseException) -> str:
    """An error's text on one line; where it has none, its kind."""
    return " ".join(str(error).split()) or type(error).__name__


def _why_not(error: BaseException) -> str:
    """picamera2 says only that it did not come about; what libcamera said is further down the chain."""
    first = error
    while (deeper := first.__cause__ or first.__context__) is not None:
        first = deeper
    text = _told(first)
    if "busy" in text.lower():
        return "another process uses it (rpicam-hello, a second faceauthd?); end that"
    if "permission" in text.lower():
        return "this user may not use it; add the user to group video"
    return f"{text}; is its ribbon cable seated? {_LIST}"
