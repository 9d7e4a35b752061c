"""Sections for what faceauthd looks at: the camera, and how a face is found and judged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from faceauthd import resources
from faceauthd.config.base import LocalPath, Located, Section
from faceauthd.config.places import Places, absolute_path
from faceauthd.config.source import FORMS, CameraSource, absolute_source, parse_source

SHIPPED = "shipped"


def _models_place(text: str, places: Places) -> str:
    return text if text == SHIPPED else str(absolute_path(text, places))


def _checked_source(text: str) -> str:
    parse_source(text)
    return text


# The camera modules of 2026 end at 4608 x 2592 (Camera Module 3); the even sizes are what YUV420 needs.
WidthPx = Annotated[int, Field(ge=160, le=4608, multiple_of=2)]
HeightPx = Annotated[int, Field(ge=120, le=2592, multiple_of=2)]


class Camera(Section):
    """Where frames come from."""

    source: Annotated[str, Located(absolute_source), AfterValidator(_checked_source)] = Field(
        default="picamera2",
        description=f"Where frames come from: {FORMS}. "
        "replay takes a folder of images in name order, or a video file (extra av); "
        "scene takes a scene's YAML file or the name of a shipped one (scene:demo); "
        "none declares that there is no camera, and the door stays locked.",
    )
    width: WidthPx = Field(default=1280, description="Width of the main picture, from which faces are cut, in pixels.")
    height: HeightPx = Field(default=720, description="Height of the main picture in pixels.")
    lores_width: WidthPx = Field(default=320, description="Width of the small picture of the same instant, in pixels.")
    lores_height: HeightPx = Field(
        default=240, description="Height of the small picture, in which faces are found, in pixels."
    )
    fps: float = Field(default=15.0, ge=1, le=120, description="Frames a second asked of a real camera.")
    rotation: Literal[0, 90, 180, 270] = Field(
        default=0,
        description="Degrees the picture is turned clockwise to stand upright (width and height are as before that).",
    )
    hflip: bool = Field(
        default=False, description="Whether the picture is mirrored left to right (before it is turned)."
    )
    vflip: bool = Field(
        default=False, description="Whether the picture is mirrored top to bottom (before it is turned)."
    )
    exposure_us: int | None = Field(
        default=None,
        ge=10,
        le=1_000_000,
        description="How long the Pi's camera exposes each frame, in microseconds; null lets it choose. "
        "Shorter freezes movement and needs more light.",
    )
    exposure_ev: float = Field(
        default=0.0,
        ge=-4,
        le=4,
        description="How much brighter, in stops, the Pi's camera exposes than it would by itself; "
        "+1 helps where people stand before a bright window.",
    )
    focus_m: float | None = Field(
        default=None,
        ge=0.05,
        le=100,
        description="Distance in metres at which a Pi camera with a motor is focused; null lets it focus continuously.",
    )
    stall_s: float = Field(
        default=2.0, ge=0.2, le=60, description="Without a frame for this many seconds the camera counts as unhealthy."
    )
    replay_fps: float = Field(
        default=10.0, ge=0.1, le=240, description="Frames a second of a replayed folder without times.csv."
    )
    at_end: Literal["loop", "stop", "hold"] = Field(
        default="loop",
        description="What a replay does after its last frame: begin again, end faceauthd, or give no more.",
    )
    pace: Literal["real", "fast"] = Field(
        default="real",
        description="Whether a replay keeps its own time, or runs as fast as it can on a clock that jumps.",
    )

    @property
    def parsed_source(self) -> CameraSource:
        return parse_source(self.source)


class Vision(Section):
    """How a face is found, and when a look at it is good enough to be compared."""

    models: Annotated[str, Located(_models_place)] = Field(
        default=SHIPPED,
        description="Folder of the model pack with its manifest.yaml, or shipped for the one that came along.",
    )
    embedders: LocalPath = Field(
        default=Path("/etc/faceauthd/embedders"),
        description="Folder of the embedders that `faceauthd models` added; the one chosen there is used.",
    )
    threads: int = Field(default=2, ge=1, le=8, description="Processor threads that each model may use.")
    detector_score: float = Field(
        default=0.7, ge=0.1, le=0.99, description="How sure the detector must be that something is a face."
    )
    min_face_px: float = Field(
        default=48.0,
        ge=20,
        le=1000,
        description="Size of the smallest face in the main picture, in pixels (root of its box's area).",
    )
    min_face_share: float = Field(
        default=0.14,
        ge=0,
        le=0.5,
        description="The same as a share of the picture's width, whatever its pixels. Photographs pass for people more"
        " often where it is less.",
    )
    min_sharpness: float = Field(
        default=0.018,
        ge=0,
        le=1,
        description="Fine detail in a face, along the axis that has less, below which the look is blurred.",
    )
    min_brightness: float = Field(
        default=0.06,
        ge=0,
        le=1,
        description="Mean grey of a face, 0 black and 1 white, below which it is too dark.",
    )
    max_brightness: float = Field(
        default=0.92,
        ge=0,
        le=1,
        description="Mean grey of a face, 0 black and 1 white, above which it is too bright.",
    )
    min_contrast: float = Field(
        default=0.02,
        ge=0,
        le=0.5,
        description="Standard deviation of a face's grey, below which it has too little contrast.",
    )
    max_yaw_deg: float = Field(
        default=35.0, ge=5, le=60, description="Degrees a head may be turned to the left or right."
    )
    max_pitch_deg: float = Field(default=25.0, ge=5, le=60, description="Degrees a head may look up or down.")
    max_roll_deg: float = Field(default=35.0, ge=5, le=90, description="Degrees a head may be tilted to a side.")
    eyes_open_required: bool = Field(default=True, description="Whether a look counts only while the eyes are open.")

    @property
    def models_folder(self) -> Path:
        return resources.shipped("models") if self.models == SHIPPED else Path(self.models)
