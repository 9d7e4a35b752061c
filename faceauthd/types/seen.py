"""What the camera gave and what was seen in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from faceauthd.types.cues import Suspicion
    from faceauthd.types.people import Reason

    Picture = NDArray[np.uint8]
    Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """One image with the monotonic time of its capture.

    `main` and `lores` are uint8 RGB of shape (height, width, 3), of the same instant and field of view.
    `lux` is how bright the scene is, as the camera estimates it; None where it does not say.
    """

    main: Picture
    time_s: float
    lores: Picture | None = None
    lux: float | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the `main` picture; it may reach over the picture's edge."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        if across <= 0 or down <= 0:
            return 0.0
        shared = across * down
        return shared / (self.area + other.area - shared)


@dataclass(frozen=True, slots=True)
class Quality:
    """What can be said of a face before it is embedded.

    `score` is 0 to 1 and weighs a look; `reasons` is empty if the look is usable.
    Angles are degrees: yaw positive to the picture's right, pitch positive upwards, roll clockwise.
    """

    score: float
    reasons: tuple[Reason, ...] = ()
    face_px: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    sharpness: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    eyes_open: float | None = None
    lids: float = 0.0
    """How far the lids are apart, in widths of the eye, by the landmarks; the mean of both eyes."""

    @property
    def is_usable(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Match:
    """The best person for a probe, and how good the next best other person is (cosines, -1 to 1)."""

    person_id: int
    score: float
    runner_up: float = -1.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one frame showed of one track.

    `match`, `liveness` and `probe` are None where the stage was not run (unusable or decided look), or the track
    was not watched for long enough yet. `liveness` is the score of `presentation`, and `suspicion` why it is below 0.5.
    `match` is also None if the gallery holds nobody to compare with; then `probe` is set.
    `continuity` is the cosine to the same track's previous probe, None for its first.
    `kinship` is the lowest cosine to the probes an enrolment has taken so far, None if it has none.
    `rest_yaw_deg` is where the head was in the last seconds, None where nobody asked whether the face is alive.
    """

    track: int
    box: Box
    quality: Quality
    match: Match | None = None
    liveness: float | None = None
    probe: Vector | None = field(default=None, compare=False, repr=False)
    continuity: float | None = None
    kinship: float | None = None
    suspicion: Suspicion | None = None
    rest_yaw_deg: float | None = None

    @property
    def is_judged(self) -> bool:
        """Whether its quality was looked at; a face that had its answer, or is one of too many, only costs a box."""
        return bool(self.quality.reasons) or self.quality.face_px > 0


@dataclass(frozen=True, slots=True)
class Wants:
    """What the gate would like the recognizer to find out, so that no stage runs for nothing.

    Without `liveness` nobody asks whether a face is alive. `decided` tracks need detection only.
    `taken` are the probes an enrolment has collected.
    """

    identify: bool = True
    decided: frozenset[int] = frozenset()
    taken: tuple[Vector, ...] = field(default=(), compare=False, repr=False)
    liveness: bool = True
