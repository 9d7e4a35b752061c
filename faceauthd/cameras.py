"""The camera that the configuration asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from faceauthd.adapters.camera_live import Patience
from faceauthd.adapters.orientation import Orientation
from faceauthd.config import SourceKind
from faceauthd.config.inputs import Camera as CameraSettings
from faceauthd.ports import Camera, Clock
from faceauthd.types import Edge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from faceauthd.recognizer import Stages
    from faceauthd.types import Picture

log = logging.getLogger(__name__)


def open_camera(settings: CameraSettings, clock: Clock, press: Callable[[Edge], None], stages: Stages) -> Camera:
    """Open it. `press` is a finger for the scenes that press the button. Raises CameraError or SceneError."""
    source = settings.parsed_source
    match source.kind:
        case SourceKind.SCENE:
            from faceauthd.adapters.camera_scene import SceneCamera
            from faceauthd.scene.library import load_scene

            scene = load_scene(source.target, landmarks_of=lambda picture: _landmarks(picture, stages))
            return SceneCamera(
                scene, clock, at_end=settings.at_end, pace=settings.pace, on_edge=press, stall_s=settings.stall_s
            )
        case SourceKind.AV if source.is_live:
            return _stream(settings, source.target, clock)
        case SourceKind.AV:
            return _video(settings, source.target, clock)
        case SourceKind.REPLAY if Path(source.target).is_file():
            return _video(settings, source.target, clock)
        case SourceKind.REPLAY:
            from faceauthd.adapters.camera_replay import ReplayCamera

            return ReplayCamera(
                Path(source.target),
                clock,
                fps=settings.replay_fps,
                at_end=settings.at_end,
                pace=settings.pace,
                stall_s=settings.stall_s,
                orientation=_orientation(settings),
                on_problem=lambda what: log.warning("camera: %s", what),
            )
        case SourceKind.PICAMERA2:
            return _pi_camera(settings, source.camera_number, clock)
        case SourceKind.NONE:
            from faceauthd.adapters.camera_none import NoCamera

            return NoCamera(clock)


def source_name(settings: CameraSettings) -> str:
    """The source as clients may see it: without the password that a stream's address may hold."""
    source = settings.parsed_source
    if source.kind is not SourceKind.AV:
        return str(source)
    from faceauthd.adapters.camera_av_live import public_name

    return f"{source.kind}:{public_name(source.target)}"


def _video(settings: CameraSettings, file: str, clock: Clock) -> Camera:
    from faceauthd.adapters.camera_av import AvCamera

    return AvCamera(
        file,
        clock,
        at_end=settings.at_end,
        pace=settings.pace,
        stall_s=settings.stall_s,
        orientation=_orientation(settings),
    )


def _pi_camera(settings: CameraSettings, number: int, clock: Clock) -> Camera:
    from faceauthd.adapters.camera_picamera2 import Picamera2Camera, Wanted

    wanted = Wanted(
        size=(settings.width, settings.height),
        lores_size=(settings.lores_width, settings.lores_height),
        fps=settings.fps,
        orientation=_orientation(settings),
        exposure_us=settings.exposure_us,
        exposure_ev=settings.exposure_ev,
        focus_m=settings.focus_m,
    )
    return Picamera2Camera(number, wanted, clock, patience=Patience(stall_s=settings.stall_s))


def _stream(settings: CameraSettings, target: str, clock: Clock) -> Camera:
    from faceauthd.adapters.camera_av_live import LiveAvCamera, WantedStream

    wanted = WantedStream((settings.width, settings.height), settings.fps, _orientation(settings))
    return LiveAvCamera(target, wanted, clock, patience=Patience(stall_s=settings.stall_s))


def _orientation(settings: CameraSettings) -> Orientation:
    return Orientation(settings.rotation, settings.hflip, settings.vflip)


def _landmarks(picture: Picture, stages: Stages) -> NDArray[np.floating] | None:
    """The landmarks of the one face in a picture."""
    found = stages.detector.find(picture, min_score=stages.min_score)
    return stages.landmarker.locate(picture, [found[0].box])[0] if len(found) == 1 else None
