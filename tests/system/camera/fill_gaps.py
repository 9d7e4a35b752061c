"""Test only: lets an unmodified picamera2 work with the virtual pipeline of libcamera 0.4.0, which lacks four things.

Only libcamera's Python module is touched: roles the pipeline does not know, buffers of two planes, the status of a
frame, which it leaves uninitialised, and a pace, for it gives frames as fast as they are taken. At the same place the
camera can be made to fail: the file of $VIRTUAL_CAMERA_MOOD says `starve` (no more frames) or `hang` (no call returns).
"""

import os
import time
from pathlib import Path

import libcamera

_generate = libcamera.Camera.generate_configuration
_ROLES = libcamera.StreamRole


def _generate_configuration(camera, roles):
    """picamera2 asks for raw streams to learn the sensor's modes; this answers with a picture, as USB cameras do."""
    if "Virtual" in camera.id:
        roles = [_ROLES.Viewfinder if role == _ROLES.Raw else role for role in roles]
    return _generate(camera, roles)


libcamera.Camera.generate_configuration = _generate_configuration

_FrameBuffer = libcamera.FrameBuffer


class FrameBuffer:
    """picamera2 describes a buffer as one plane; the pipeline writes NV12 into two: two thirds grey, then colour."""

    Plane = _FrameBuffer.Plane

    def __new__(cls, planes, *rest):
        if len(planes) == 1 and planes[0].length % 3 == 0:
            grey, colour = planes[0], _FrameBuffer.Plane()
            colour.fd = grey.fd
            colour.length = grey.length // 3
            grey.length -= colour.length
            colour.offset = grey.offset + grey.length
            planes = [grey, colour]
        return _FrameBuffer(planes, *rest)


libcamera.FrameBuffer = FrameBuffer

_status = libcamera.FrameMetadata.status
_SUCCESS = libcamera.FrameMetadata.Status.Success


def _known_status(metadata):
    status = _status.fget(metadata)
    return status if 0 <= int(status) <= 2 else _SUCCESS


libcamera.FrameMetadata.status = property(_known_status)

_queue = libcamera.Camera.queue_request
_period_s = 1 / float(os.environ.get("VIRTUAL_CAMERA_FPS", "15"))
_mood = Path(os.environ.get("VIRTUAL_CAMERA_MOOD", "/nonexistent"))
_due_s = 0.0


def _queue_request(camera, request):
    global _due_s
    mood = _mood.read_text().strip() if _mood.exists() else ""
    while mood == "hang":
        time.sleep(3600)
    if mood == "starve":
        return None
    now_s = time.monotonic()
    _due_s = max(now_s, _due_s + _period_s)
    time.sleep(_due_s - now_s)
    return _queue(camera, request)


libcamera.Camera.queue_request = _queue_request
