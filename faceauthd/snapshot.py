"""A picture of what the camera sees, with what was made of it, to aim the camera by.

It is drawn and written in a thread of its own, into a file that the client opened: the loop only copies the frame, and
nothing is kept here.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from faceauthd.control.protocol import Code
from faceauthd.control.request import Request
from faceauthd.errors import PictureError
from faceauthd.picture import Mark, as_jpeg
from faceauthd.ports import Camera
from faceauthd.prose import REASON_WHY
from faceauthd.types import Event, EventKind, Frame, Sighting

log = logging.getLogger(__name__)

WAIT_S = 3.0
"""How long a healthy camera may take for the next frame; none takes a tenth of it."""
_LOST = "the camera gives no pictures now; look at its cable, or run `faceauthd doctor`"
_GREEN, _AMBER, _GREY = (60, 200, 90), (240, 180, 50), (190, 190, 190)


@dataclass(slots=True)
class _Order:
    request: Request
    until_s: float


class Darkroom:
    """Takes orders from the desk and waits for a frame; one picture at a time. Only the loop's thread calls it."""

    def __init__(self, camera: Camera, record: Callable[[Event], None]) -> None:
        self._camera = camera
        self._record = record
        self._order: _Order | None = None
        self._thread: threading.Thread | None = None

    def order(self, request: Request, now_s: float) -> None:
        """Answer with the next frame, or refuse the request."""
        is_busy = self._order is not None or (self._thread is not None and self._thread.is_alive())
        if is_busy:
            request.refuse(Code.BUSY, "another snapshot is being taken; try again")
        elif not self._camera.healthy(now_s):
            request.refuse(Code.REFUSED, _LOST)
        else:
            self._order = _Order(request, now_s + WAIT_S)

    def mind(self, now_s: float) -> None:
        """Called at every turn: a camera that was lost meanwhile must not keep a client waiting."""
        if self._order is not None and now_s > self._order.until_s:
            self._order.request.refuse(Code.REFUSED, _LOST)
            self._order = None

    def record(self, event: Event) -> None:
        """Nothing that happens changes a picture."""

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None:
        """Take the frame for whoever waits for one."""
        order, self._order = self._order, None
        if order is None or not order.request.is_open:
            return
        copy = Frame(frame.main.copy(), frame.time_s)
        self._record(Event(EventKind.SNAPSHOT, frame.time_s, detail=f"by {order.request.peer}"))
        self._thread = threading.Thread(target=_develop, args=(order.request, copy, tuple(seen)), daemon=True)
        self._thread.start()


def _develop(request: Request, frame: Frame, seen: tuple[Sighting, ...]) -> None:
    height, width = frame.main.shape[:2]
    try:
        content = as_jpeg(frame.main, [mark_of(face) for face in seen])
        _fill(request.fds[0], content)
    except (OSError, PictureError) as wrong:
        request.refuse(Code.REFUSED, f"the picture cannot be written: {wrong}")
        return
    faces = [_told_of(face) for face in seen]
    request.reply({"bytes": len(content), "width": width, "height": height, "faces": faces})


def mark_of(face: Sighting) -> Mark:
    """The box, and what is said of the face in it."""
    quality = face.quality
    if quality.reasons:
        return Mark(face.box, _AMBER, "; ".join(REASON_WHY[reason] for reason in quality.reasons))
    if not face.is_judged:
        return Mark(face.box, _GREY, "not looked at closely")
    size = f"{quality.face_px:.0f} px, turned {quality.yaw_deg:+.0f}/{quality.pitch_deg:+.0f} degrees"
    return Mark(face.box, _GREEN, f"good: {quality.score:.2f}, {size}")


def _told_of(face: Sighting) -> dict[str, object]:
    box, quality = face.box, face.quality
    return {
        "box": [round(edge, 1) for edge in (box.left, box.top, box.right, box.bottom)],
        "is_judged": face.is_judged,
        "quality": round(quality.score, 4),
        "reasons": [str(reason) for reason in quality.reasons],
        "face_px": round(quality.face_px, 1),
        "yaw_deg": round(quality.yaw_deg, 1),
        "pitch_deg": round(quality.pitch_deg, 1),
    }


def _fill(fd: int, content: bytes) -> None:
    """Replace what is in the client's file. Raises OSError."""
    os.ftruncate(fd, 0)
    at = 0
    while at < len(content):
        at += os.pwrite(fd, content[at:], at)
