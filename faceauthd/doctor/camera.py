"""Does the camera open, and does it give a picture? Bounded, because a camera that hangs does so for ever."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import closing

from faceauthd.config import SourceKind
from faceauthd.config.inputs import Camera as CameraSettings
from faceauthd.doctor.finding import Finding, bad, from_error, good, warning
from faceauthd.doctor.running import Daemon
from faceauthd.errors import FaceauthdError
from faceauthd.ports import Camera

CHECK = "camera"
PATIENCE_S = 15.0
"""A camera that was just plugged in may take ten."""
_FRAME_S = 0.5
_REMEDY = "look at its cable, and whether another program holds it (`rpicam-hello --list-cameras`)"


def check_camera(
    settings: CameraSettings, daemon: Daemon, open_camera: Callable[[], Camera], patience_s: float = PATIENCE_S
) -> Finding:
    """Open it, take one frame, close it; a running daemon's is only asked after."""
    source = settings.parsed_source
    if source.kind is SourceKind.NONE:
        return warning(CHECK, "declared absent (none): nobody is recognised", "set camera.source: picamera2")
    if daemon.is_running:
        return _of_daemon(daemon)
    answer: queue.Queue[Finding] = queue.Queue()
    looking = threading.Thread(
        target=lambda: answer.put(_look(str(source), open_camera, patience_s)), name="doctor-camera", daemon=True
    )
    looking.start()
    try:
        return answer.get(timeout=2 * patience_s)
    except queue.Empty:
        return bad(CHECK, f"{source} does not answer: opening or closing it hangs", _REMEDY)


def _of_daemon(daemon: Daemon) -> Finding:
    told = daemon.status.get("camera")
    if isinstance(told, dict) and told.get("healthy") is False:
        return bad(CHECK, "the running service gets no pictures from it", _REMEDY)
    return good(CHECK, "in use by the running service")


def _look(source: str, open_camera: Callable[[], Camera], patience_s: float) -> Finding:
    try:
        with closing(open_camera()) as camera:
            for _ in range(max(1, round(patience_s / _FRAME_S))):
                frame = camera.next_frame(_FRAME_S)
                if frame is not None:
                    height, width = frame.main.shape[:2]
                    return good(CHECK, f"{source} gives pictures of {width} x {height}")
                if camera.finished:
                    break
    except FaceauthdError as error:
        return from_error(CHECK, error)
    return bad(CHECK, f"{source} opens and gives no picture", _REMEDY)
