"""What a scene file says, as values. `docs/scenes.md` explains the format."""

from __future__ import annotations

from dataclasses import dataclass, field

from faceauthd.scene.light import Light
from faceauthd.scene.motion import Pose
from faceauthd.types import EventKind, Reason

HOLD_S = 0.2
"""How long a finger stays on a button."""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """Where somebody is at `at_s`; `is_smooth` eases the way there, otherwise it is gone at an even pace."""

    at_s: float
    pose: Pose
    is_smooth: bool = True


@dataclass(frozen=True, slots=True)
class LightKey:
    """The light from `at_s` on; between two keys it changes evenly."""

    at_s: float
    light: Light


@dataclass(frozen=True, slots=True)
class Visit:
    """One person in view, from the first keyframe to the last. `who` is a sample face's name or a picture's path."""

    who: str
    path: tuple[Keyframe, ...]
    line: int
    sway: float = 1.0
    blinks: bool = True
    landmarks: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """The button goes down at `at_s` and comes up after `hold_s`."""

    at_s: float
    hold_s: float = HOLD_S


@dataclass(frozen=True, slots=True)
class Expected:
    """An event that has to come, in the order of the list, between `after_s` and `by_s`."""

    event: EventKind
    person: str | None = None
    reason: Reason | None = None
    after_s: float = 0.0
    by_s: float = float("inf")


@dataclass(frozen=True, slots=True)
class CameraSpec:
    """What takes the scene: its view, its noise (1 is an ordinary small sensor indoors), its shutter."""

    hfov_deg: float = 66.0
    noise: float = 1.0
    vignette: float = 0.18
    exposure_s: float = 1 / 60


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """A whole scene. `name` is the file, for messages."""

    name: str
    size: tuple[int, int]
    fps: float
    duration_s: float
    seed: int = 0
    camera: CameraSpec = field(default_factory=CameraSpec)
    room_seed: int = 0
    room_picture: str | None = None
    light: tuple[LightKey, ...] = (LightKey(0.0, Light()),)
    visits: tuple[Visit, ...] = ()
    cues: tuple[Cue, ...] = ()
    expected: tuple[Expected, ...] = ()

    @property
    def frames(self) -> int:
        """How many frames the scene has."""
        return max(1, round(self.duration_s * self.fps))
