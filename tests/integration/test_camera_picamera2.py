"""The Pi's camera on a stand-in for picamera2: what it asks for, what it makes of the answer, and what may go wrong."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from faceauthd.adapters.camera_picamera2 import Library, Picamera2Camera, Wanted, load_library
from faceauthd.adapters.clock import ManualClock, MonotonicClock
from faceauthd.adapters.orientation import Orientation
from faceauthd.adapters.pixel_formats import Colour
from faceauthd.errors import CameraError
from tests.fake_picamera2 import Sensor
from tests.integration.test_camera_contract import LATE_S, QUICK, back, complaint, first_frame
from tests.pixel_kit import Bytes

Open = Callable[..., Picamera2Camera]
SMALL = Wanted((64, 48), (32, 24))


@pytest.fixture
def sensor() -> Iterator[Sensor]:
    made = Sensor()
    yield made
    made.let_go()


@pytest.fixture
def opened(sensor: Sensor) -> Iterator[Open]:
    made: list[Picamera2Camera] = []

    def open_it(**wanted: Any) -> Picamera2Camera:
        camera = Picamera2Camera(
            0, replace(SMALL, **wanted), MonotonicClock(), patience=QUICK, load=lambda: sensor.library
        )
        made.append(camera)
        return camera

    yield open_it
    sensor.let_go()
    for camera in made:
        camera.close()


def test_main_and_lores_are_asked_for_in_one_configuration(sensor: Sensor, opened: Open) -> None:
    frame = first_frame(opened(fps=20.0))
    asked = sensor.opened[0].asked
    assert asked["main"] == {"format": "BGR888", "size": (64, 48)}
    assert asked["lores"] == {"format": "YUV420", "size": (32, 24)}
    assert asked["controls"] == {"FrameDurationLimits": (50000, 50000), "AfMode": "continuous"}
    assert asked["colour_space"] == "sYCC"
    assert frame.lores is not None
    assert frame.main.shape == (48, 64, 3)
    assert frame.lores.shape == (24, 32, 3)
    assert frame.main[0, 0, 0] == frame.lores[0, 0, 0]


def test_exposure_and_focus_are_asked_for_where_they_are_configured(sensor: Sensor, opened: Open) -> None:
    first_frame(opened(exposure_us=8000, exposure_ev=1.0, focus_m=0.5))
    controls = sensor.opened[0].asked["controls"]
    assert controls.items() >= {"ExposureTime": 8000, "AfMode": "manual", "LensPosition": 2.0}.items()
    assert "ExposureValue" not in controls


def test_what_the_camera_does_not_have_is_not_asked_for(sensor: Sensor, opened: Open) -> None:
    sensor.controls = ()
    first_frame(opened(exposure_ev=1.0))
    assert sensor.opened[0].asked["controls"] == {}


@pytest.mark.parametrize("main", ["BGR888", "RGB888", "XBGR8888", "XRGB8888", "YUV420", "NV12"])
@pytest.mark.parametrize("lores", ["YUV420", "BGR888", "NV12"])
def test_whatever_format_and_size_it_gives_is_read(sensor: Sensor, opened: Open, main: str, lores: str) -> None:
    sensor.formats, sensor.padding = {"main": main, "lores": lores}, 32
    sensor.sizes = {"main": (40, 30), "lores": (40, 30)}
    sensor.picture = np.zeros((30, 40, 3), np.uint8)
    sensor.picture[:16, :, 0], sensor.picture[16:, :20, 1], sensor.picture[16:, 20:, 2] = 200, 180, 160
    frame = first_frame(opened())
    for picture in (frame.main, frame.lores):
        assert picture is not None
        assert np.abs(picture.astype(int) - sensor.picture).max() <= 2


@pytest.mark.parametrize("colour", [Colour("BT.601", False), Colour("BT.709", False), Colour("BT.2020", True)])
def test_whatever_colours_it_gives_are_read(sensor: Sensor, opened: Open, colour: Colour) -> None:
    sensor.colour, sensor.sizes = colour, {"lores": (40, 30)}
    sensor.picture = np.zeros((30, 40, 3), np.uint8)
    sensor.picture[:16, :, 0], sensor.picture[16:, :20, 1], sensor.picture[16:, 20:, 2] = 200, 180, 160
    sensor.sizes["main"] = (40, 30)
    frame = first_frame(opened())
    assert frame.lores is not None
    assert np.abs(frame.lores.astype(int) - sensor.picture).max() <= 3


@pytest.mark.parametrize("can_flip", [True, False])
@pytest.mark.parametrize("orientation", [Orientation(180), Orientation(90, hflip=True), Orientation(270)])
def test_it_stands_upright_whoever_turns_it(
    sensor: Sensor, opened: Open, orientation: Orientation, can_flip: bool
) -> None:
    seen: Bytes = np.random.default_rng(2).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    hflip, vflip = orientation.mirrors
    sensor.can_flip = can_flip
    sensor.formats = {"main": "RGB888", "lores": "BGR888"}
    sensor.sizes = {"main": (40, 30), "lores": (40, 30)}
    sensor.picture = Orientation(0, hflip, vflip).apply(seen) if can_flip else seen
    frame = first_frame(opened(orientation=orientation))
    asked = sensor.opened[0].asked["transform"]
    assert (asked.hflip, asked.vflip) == (hflip, vflip)
    np.testing.assert_array_equal(frame.main, orientation.apply(seen))
    np.testing.assert_array_equal(frame.lores, orientation.apply(seen))


def test_every_request_is_released(sensor: Sensor, opened: Open) -> None:
    camera = opened()
    for _ in range(10):
        first_frame(camera)
    camera.close()
    assert sensor.captured == sensor.released >= 10
    assert not sensor.opened[0].is_open


def test_frames_bear_the_time_the_sensor_saw_them(sensor: Sensor, opened: Open) -> None:
    sensor.fps = 10.0
    camera = opened()
    first_frame(camera)
    frame = first_frame(camera)
    since_s = frame.time_s - sensor.opened[0]._began_s
    assert since_s * 10 == pytest.approx(round(since_s * 10), abs=0.01)


def test_without_stamps_a_frame_is_of_when_it_came(sensor: Sensor, opened: Open) -> None:
    sensor.has_stamps = False
    camera = opened()
    times = [first_frame(camera).time_s for _ in range(3)]
    assert np.all(np.diff(times) > 0)
    assert time.monotonic() - times[-1] < LATE_S


@pytest.mark.parametrize("ahead_s", [0.0, 3600.0])
def test_a_stamp_that_stands_still_or_lies_ahead_takes_no_time_back(
    sensor: Sensor, opened: Open, ahead_s: float
) -> None:
    sensor.stuck_at_s = time.monotonic() + ahead_s
    camera = opened()
    times = [first_frame(camera).time_s for _ in range(4)]
    assert np.all(np.diff(times) > 0)
    assert times[-1] <= time.monotonic()


def test_lux_is_what_the_camera_says(sensor: Sensor, opened: Open) -> None:
    camera = opened()
    assert first_frame(camera).lux == 120.0
    sensor.lux = 3.5
    wait_until(lambda: first_frame(camera).lux == 3.5)
    sensor.lux = None
    wait_until(lambda: first_frame(camera).lux is None)


# --- what may go wrong


def test_a_camera_that_comes_after_the_first_look_is_found(sensor: Sensor, opened: Open) -> None:
    sensor.is_there = False
    camera = opened()
    assert complaint(camera).startswith("there is no camera 0")
    sensor.is_there = True
    back(camera)


def test_an_older_picamera2_that_cannot_make_its_list_anew_is_used_as_it_is(sensor: Sensor) -> None:
    opener = sensor.library.picamera2.Picamera2
    old = SimpleNamespace(Picamera2=lambda number: opener(number))
    old.Picamera2.global_camera_info = opener.global_camera_info
    camera = Picamera2Camera(
        0, SMALL, MonotonicClock(), patience=QUICK, load=lambda: Library(old, sensor.library.libcamera)
    )
    first_frame(camera)
    camera.close()


def test_a_camera_that_is_busy_says_who_may_have_it_and_is_taken_when_it_is_free(sensor: Sensor, opened: Open) -> None:
    sensor.is_busy = True
    camera = opened()
    said = complaint(camera)
    assert said == "camera 0 cannot be opened: another process uses it (rpicam-hello, a second faceauthd?); end that"
    sensor.is_busy = False
    back(camera)


def test_a_number_that_is_not_there_is_named(sensor: Sensor) -> None:
    camera = Picamera2Camera(3, SMALL, MonotonicClock(), patience=QUICK, load=lambda: sensor.library)
    assert complaint(camera).startswith("there is no camera 3; is its ribbon cable seated?")
    camera.close()


def test_a_format_that_nobody_can_read_is_named_and_the_camera_closed(sensor: Sensor, opened: Open) -> None:
    sensor.formats["main"] = "SRGGB10_CSI2P"
    assert "the camera gives 64x48 SRGGB10_CSI2P, but only" in complaint(opened())
    assert not sensor.opened[0].is_open


def test_nobody_finds_it_unwell_who_has_not_heard_why(sensor: Sensor) -> None:
    clock = MonotonicClock()
    camera = Picamera2Camera(0, SMALL, clock, patience=replace(QUICK, stall_s=60.0), load=lambda: sensor.library)
    first_frame(camera)
    sensor.is_unplugged = True
    wait_until(lambda: camera._problem is not None)
    assert camera.healthy(clock.now())
    assert complaint(camera).startswith("camera 0 is lost")
    assert not camera.healthy(clock.now())
    camera.close()


def test_however_often_it_is_tried_the_log_stays_silent(
    sensor: Sensor, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    sensor.is_there = False
    caplog.set_level(logging.INFO)
    camera = opened()
    complaint(camera)
    time.sleep(QUICK.delays_s[-1] * 5)
    complaint(camera)
    assert caplog.messages == []


def test_its_library_tells_the_log_nothing_that_it_raises_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("libcamera", "picamera2"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    load_library()
    assert not logging.getLogger("picamera2.picamera2").isEnabledFor(logging.ERROR)


def test_without_the_library_the_remedy_is_its_package() -> None:
    with pytest.raises(CameraError, match=r"picamera2 cannot be loaded \(.*\); on Raspberry Pi OS: sudo apt install"):
        load_library()


@pytest.mark.parametrize("call", ["open", "configure", "start"])
def test_a_driver_that_hangs_while_opening_holds_nobody_up(sensor: Sensor, opened: Open, call: str) -> None:
    sensor.hangs_in.add(call)
    began_s = time.monotonic()
    camera = opened()
    with suppress(CameraError):  # a busy machine may find the driver's time over already, as is asked below
        assert camera.next_frame(0.01) is None
    assert time.monotonic() - began_s < LATE_S
    assert complaint(camera) == "camera 0 does not open; check its cable, then restart faceauthd"
    assert camera.is_stuck
    sensor.let_go()
    back(camera)
    assert not camera.is_stuck
    assert len(sensor.opened) == 1


def test_a_driver_that_hangs_later_is_noticed_and_not_opened_a_second_time(sensor: Sensor, opened: Open) -> None:
    camera = opened()
    first_frame(camera)
    sensor.hangs_in.add("capture")
    assert complaint(camera) == "camera 0 hangs; check its cable, then restart faceauthd"
    assert camera.is_stuck
    began_s = time.monotonic()
    camera.close()
    assert time.monotonic() - began_s < QUICK.close_s + LATE_S
    assert len(sensor.opened) == 1


def test_closing_that_hangs_is_not_waited_for_and_what_is_wrong_is_told_before(sensor: Sensor, opened: Open) -> None:
    camera = opened()
    first_frame(camera)
    sensor.hangs_in.add("close")
    sensor.is_starved = True
    said = complaint(camera)
    assert said.startswith("camera 0 gives no frames; is its ribbon cable seated?")
    assert complaint(camera, but=said) == "camera 0 does not close; check its cable, then restart faceauthd"
    assert camera.is_stuck
    time.sleep(QUICK.delays_s[-1] * 2)
    with pytest.raises(CameraError):
        camera.next_frame(0.01)
    assert len(sensor.opened) == 1
    began_s = time.monotonic()
    camera.close()
    assert time.monotonic() - began_s < QUICK.close_s + LATE_S


def test_it_is_tried_again_more_and_more_seldom(sensor: Sensor) -> None:
    sensor.is_there = False
    clock, asked = ManualClock(), []

    def load() -> Library:
        asked.append(clock.now())
        return sensor.library

    camera = Picamera2Camera(0, SMALL, clock, load=load)
    for _ in range(1000):
        wait_until(lambda: not camera._thread.is_alive())
        clock.advance(0.1)
        with pytest.raises(CameraError, match="there is no camera 0"):
            camera.next_frame(0.0)
    camera.close()
    assert np.diff(asked) == pytest.approx([1, 2, 4, 8, 16, 30, 30], abs=0.21)


def wait_until(is_so: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.0005)
