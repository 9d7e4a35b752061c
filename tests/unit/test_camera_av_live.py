"""A frame that was taken before its camera went is not looked at afterwards: its memory may be the driver's."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from faceauthd.adapters.camera_av_live import _Device
from faceauthd.adapters.orientation import Orientation
from faceauthd.errors import CameraError


def opened() -> _Device:
    """As after opening, over a container that has one frame."""
    device = object.__new__(_Device)
    frame = SimpleNamespace(width=4, height=2, to_ndarray=lambda format: np.zeros((2, 4, 3), np.uint8))  # noqa: A006
    device._name, device._orientation, device._errors = "/dev/video0", Orientation(), (OSError,)
    device._in_use, device._is_closed = threading.Lock(), False
    device._container = SimpleNamespace(close=lambda: None)
    device._frames, device._now = iter([frame]), lambda: 1.0
    return device


def test_a_frame_is_developed_while_the_camera_is_open_and_not_after() -> None:
    device = opened()
    shot = device.read()
    assert shot.develop()[0].shape == (2, 4, 3)
    device.close()
    with pytest.raises(CameraError, match="/dev/video0 is lost"):
        shot.develop()
