"""A USB camera as far as it goes without one: what FFmpeg is asked for, and what is said of a device that is none."""

from __future__ import annotations

import pytest

from faceauthd.adapters.camera_av_live import LiveAvCamera, WantedStream, _attempts
from faceauthd.adapters.clock import MonotonicClock
from faceauthd.adapters.video_limits import OPTIONS
from tests.integration.test_camera_contract import QUICK, complaint


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("/dev/video-none", "/dev/video-none cannot be opened: it is not there; is it plugged in? `v4l2-ctl"),
        ("/dev/null", "/dev/null cannot be opened: it is no camera; `v4l2-ctl --list-devices` shows what is"),
    ],
)
def test_a_device_that_is_no_camera_is_named_with_the_remedy_and_tried_again(device: str, says: str) -> None:
    pytest.importorskip("av", reason="USB cameras need the extra 'av'")
    clock = MonotonicClock()
    camera = LiveAvCamera(device, WantedStream(), clock, patience=QUICK)
    assert complaint(camera).startswith(says)
    assert not camera.healthy(clock.now())
    assert not camera.is_stuck
    camera.close()


def test_a_usb_camera_is_asked_for_jpeg_first_and_for_whatever_it_has_then() -> None:
    first, second = _attempts("/dev/video0", WantedStream((1280, 720), 15.0))
    assert first == {
        "format": "v4l2",
        "options": {"video_size": "1280x720", "framerate": "15", "input_format": "mjpeg", **OPTIONS},
    }
    assert second == {"format": "v4l2", "options": {"video_size": "1280x720", "framerate": "15", **OPTIONS}}


@pytest.mark.parametrize("url", ["rtsp://host/path", "http://host/video"])
def test_a_stream_is_opened_once_as_what_it_is(url: str) -> None:
    (only,) = _attempts(url, WantedStream())
    assert "format" not in only
    assert only["options"]["rtsp_transport"] == "tcp"
