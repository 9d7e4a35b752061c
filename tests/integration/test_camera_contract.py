"""What the loop relies on with every camera, on a real clock; then what live cameras owe it when they fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from faceauthd.adapters.camera_av_live import LiveAvCamera, WantedStream
from faceauthd.adapters.camera_live import Patience
from faceauthd.adapters.camera_picamera2 import Picamera2Camera, Wanted
from faceauthd.adapters.clock import MonotonicClock
from faceauthd.errors import CameraError
from faceauthd.picture import save_picture
from faceauthd.ports import Camera, Clock
from faceauthd.types import Frame
from tests.fake_picamera2 import Sensor
from tests.integration.test_cameras import grey, of_folder, of_scene, of_video
from tests.mjpeg_server import MjpegServer

QUICK = Patience(open_s=0.6, stall_s=0.4, grace_s=0.2, close_s=0.3, delays_s=(0.05, 0.1))
LATE_S = 5.0
"""How much later than promised a call may return on a machine that is busy."""


@dataclass
class Subject:
    """A camera that is live, and how to make it fail."""

    camera: Camera
    starve: Callable[[bool], None]
    vanish: Callable[[bool], None]
    says_starved: str
    says_gone: str


def of_pi(folder: Path, clock: Clock, held: ExitStack) -> Subject:
    sensor = Sensor()
    held.callback(sensor.let_go)
    wanted = Wanted((64, 48), (32, 24))
    camera = Picamera2Camera(0, wanted, clock, patience=QUICK, load=lambda: sensor.library)

    def vanish(is_gone: bool) -> None:
        sensor.is_unplugged, sensor.is_there = is_gone, not is_gone

    return Subject(
        camera,
        lambda is_on: setattr(sensor, "is_starved", is_on),
        vanish,
        "camera 0 gives no frames; is its ribbon cable seated?",
        "there is no camera 0; is its ribbon cable seated? `rpicam-hello --list-cameras` shows",
    )


def of_stream(folder: Path, clock: Clock, held: ExitStack) -> Subject:
    pytest.importorskip("av", reason="streams need the extra 'av'")
    for index in range(8):
        save_picture(grey(20 + 20 * index), folder / f"{index}.jpg")
    server = held.enter_context(MjpegServer([(folder / f"{index}.jpg").read_bytes() for index in range(8)]))
    patience = Patience(open_s=5.0, stall_s=0.6, grace_s=0.5, close_s=2.0, delays_s=(0.05, 0.1))
    camera = LiveAvCamera(server.url, WantedStream(), clock, patience=patience)
    return Subject(
        camera,
        lambda is_on: setattr(server, "is_silent", is_on),
        lambda is_on: setattr(server, "is_refusing", is_on),
        "no answer in time; is it switched on, and reachable from here?",
        "cannot be opened: ",
    )


LIVE = [of_pi, of_stream]


@pytest.fixture
def clock() -> Clock:
    return MonotonicClock()


@pytest.fixture(params=LIVE)
def live(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Subject]:
    with ExitStack() as held:
        subject: Subject = request.param(tmp_path, clock, held)
        yield subject
        subject.camera.close()


@pytest.fixture(params=[of_scene, of_folder, of_video, *LIVE])
def camera(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Camera]:
    with ExitStack() as held:
        if request.param in LIVE:
            made = request.param(tmp_path, clock, held).camera
        else:
            made = request.param(tmp_path)(clock, pace="real", at_end="loop")
        yield made
        made.close()


def first_frame(camera: Camera, within_s: float = 8.0) -> Frame:
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        frame = camera.next_frame(0.2)
        if frame is not None:
            return frame
    raise AssertionError("no frame came")


def complaint(camera: Camera, but: str = "", within_s: float = 8.0) -> str:
    """What the camera says is wrong, once it says something else than `but`."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        try:
            camera.next_frame(0.05)
        except CameraError as error:
            if str(error) != but:
                return str(error)
    raise AssertionError("nothing was wrong")


# --- every camera


def test_frames_are_rgb_and_their_times_go_on_and_lie_in_the_past(camera: Camera, clock: Clock) -> None:
    frames = [first_frame(camera)]
    while len(frames) < 6:
        frame = camera.next_frame(1.0)
        assert frame is not None
        assert frame.time_s <= clock.now()
        assert clock.now() - frame.time_s < LATE_S
        frames.append(frame)
    assert np.all(np.diff([frame.time_s for frame in frames]) > 0)
    assert all(frame.main.shape == (48, 64, 3) and frame.main.dtype == np.uint8 for frame in frames)


def test_brightness_is_a_number_of_lux_or_not_known(camera: Camera) -> None:
    frames = [first_frame(camera), camera.next_frame(1.0)]
    assert all(frame is not None and (frame.lux is None or frame.lux >= 0) for frame in frames)
    assert (frames[0].lux is not None) == isinstance(camera, Picamera2Camera), "none but the Pi's measures it"


def test_every_wait_is_bounded(camera: Camera, clock: Clock) -> None:
    first_frame(camera)
    for timeout_s in (0.0, 0.01, 0.15):
        camera.next_frame(0.0)
        began_s = clock.now()
        camera.next_frame(timeout_s)
        assert clock.now() - began_s < timeout_s + LATE_S


def test_who_was_away_gets_the_newest_frame_and_none_that_queued(camera: Camera, clock: Clock) -> None:
    before = first_frame(camera)
    time.sleep(0.8)
    asked_s = clock.now()
    frame = camera.next_frame(0.2)
    assert frame is not None
    assert frame.time_s > before.time_s + 0.4
    assert asked_s - frame.time_s < 0.4
    following = camera.next_frame(1.0)
    assert following is not None
    assert following.time_s > frame.time_s


def test_it_is_healthy_with_a_frame_and_not_long_after(camera: Camera, clock: Clock) -> None:
    first_frame(camera)
    assert camera.healthy(clock.now())
    assert not camera.is_stuck
    assert not camera.healthy(clock.now() + 60)
    assert not camera.finished


def test_closing_twice_is_quick_and_gives_no_more_frames(camera: Camera, clock: Clock) -> None:
    first_frame(camera)
    began_s = clock.now()
    camera.close()
    camera.close()
    assert clock.now() - began_s < 2.0 + LATE_S
    assert camera.next_frame(0.02) is None
    assert not camera.healthy(clock.now())


def test_closing_before_the_first_frame_is_fine(camera: Camera) -> None:
    camera.close()
    assert camera.next_frame(0.02) is None


# --- live cameras that fail


def test_a_live_camera_that_stalls_says_so_at_each_call_and_is_found_again(live: Subject, clock: Clock) -> None:
    frame = first_frame(live.camera)
    live.starve(True)
    assert live.says_starved in complaint(live.camera)
    assert not live.camera.healthy(clock.now())
    assert not live.camera.is_stuck
    for _ in range(3):
        began_s = clock.now()
        with pytest.raises(CameraError):
            live.camera.next_frame(0.05)
        assert 0.05 <= clock.now() - began_s < 0.05 + LATE_S
    live.starve(False)
    again = back(live.camera)
    assert again.time_s > frame.time_s
    assert live.camera.healthy(clock.now())


def test_a_live_camera_that_vanishes_names_the_remedy_and_is_found_again(live: Subject, clock: Clock) -> None:
    first_frame(live.camera)
    live.vanish(True)
    lost = complaint(live.camera)
    assert not live.camera.healthy(clock.now())
    assert " is lost" in lost
    assert live.says_gone in complaint(live.camera, but=lost)
    assert not live.camera.is_stuck, "it is tried again from the same process"
    live.vanish(False)
    back(live.camera)


def back(camera: Camera, within_s: float = 8.0) -> Frame:
    """The first frame after it was lost."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        try:
            frame = camera.next_frame(0.05)
        except CameraError:
            continue
        if frame is not None:
            return frame
    raise AssertionError("it was not found again")


def test_no_secret_of_a_stream_is_told(tmp_path: Path, clock: Clock) -> None:
    with ExitStack() as held:
        subject = of_stream(tmp_path, clock, held)
        subject.vanish(True)
        said = complaint(subject.camera)
        subject.camera.close()
    assert "secret" not in said
    assert "http://127.0.0.1:" in said
