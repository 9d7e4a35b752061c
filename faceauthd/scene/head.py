"""The shape of a head, so that a portrait can be turned as a head turns and not as a sheet of paper does.

The head is a dome that stands out of the plane of its outline, the face stands out of the dome, and the nose out of
the face. A turn about the neck shifts each point by its height, so the nose moves more than the ears and landmarks
move as those of no plane could. The outline itself stays where it is, as that of a ball would.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PUPILS_MM = 63.0
"""Distance between the pupils of an adult, mean over men and women (Dodgson 2004, 3,976 adults)."""

_DOME_MM = 75.0
_FACE_MM = 24.0
_NOSE_MM = 22.0
"""Heights of the three. From the axis of the neck to the tip of the nose it is 120 mm and the nose itself stands out
by 15 to 25 mm in adults (Farkas, Anthropometry of the Head and Face, 1994)."""

_DOME_REACH = 1.35
"""Radius at which the dome ends, in radii of the head: beyond its outline, so that the hair moves with the face."""

_MOST_STEPS = 24
_CLOSE_PX = 0.05
"""A turn is undone by fixed-point iteration, until it moves nothing by more than this. Each step leaves of the error
at most the steepest slope beside the nose, about 2, times the sine of the turn: 3 steps at 5 degrees, 13 at 20."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a head faces, in degrees: yaw positive to the picture's right, pitch positive upwards."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0

    @property
    def is_none(self) -> bool:
        return self.yaw_deg == 0.0 and self.pitch_deg == 0.0

    def shift(self) -> tuple[float, float]:
        """How far a point moves right and down for each unit of its height."""
        return math.sin(math.radians(self.yaw_deg)), -math.sin(math.radians(self.pitch_deg))

    def narrowing(self) -> tuple[float, float]:
        """How much less wide and high the turned head is, as a part of its size."""
        return 1.0 - math.cos(math.radians(self.yaw_deg)), 1.0 - math.cos(math.radians(self.pitch_deg))


@dataclass(frozen=True, slots=True)
class Head:
    """A head in a portrait, in the portrait's pixels: the outline, and what stands out of it.

    `centre` and `radii` are those of the outline, hair and hat included.
    """

    centre: tuple[float, float]
    radii: tuple[float, float]
    face: tuple[float, float]
    face_radii: tuple[float, float]
    nose_bridge: tuple[float, float]
    pupils_px: float

    @classmethod
    def of(
        cls,
        landmarks: NDArray[np.floating],
        centre: tuple[float, float] | None = None,
        radii: tuple[float, float] | None = None,
    ) -> Head:
        """The head to which 68 `landmarks` (68, 2) belong; centre and radii are guessed if not given."""
        jaw_width = float(np.ptp(landmarks[:17, 0]))
        chin, brows = float(landmarks[8, 1]), float(landmarks[17:27, 1].mean())
        height = chin - brows
        middle = float(landmarks[[0, 16], 0].mean())
        pupils_px = float(np.linalg.norm(landmarks[36:42].mean(axis=0) - landmarks[42:48].mean(axis=0)))
        return cls(
            centre=centre or (middle, brows + 0.25 * height),
            radii=radii or (0.68 * jaw_width, 1.0 * height),
            face=(float(landmarks[27:36, 0].mean()), brows + 0.5 * height),
            face_radii=(0.55 * jaw_width, 0.75 * height),
            nose_bridge=(float(landmarks[30, 0]), float(landmarks[30, 1]) - 0.08 * pupils_px),
            pupils_px=pupils_px,
        )

    @property
    def reach(self) -> tuple[float, float]:
        """Radii beyond which nothing moves when the head turns."""
        return _DOME_REACH * self.radii[0], _DOME_REACH * self.radii[1]

    def turned(self, points: NDArray[np.floating], turn: Turn) -> NDArray[np.float32]:
        """Where points (..., 2) of the portrait come to lie when the head turns."""
        source = np.asarray(points, dtype=np.float32)
        moved: NDArray[np.float32] = source + self._moved(source, turn)
        return moved

    def turned_from(self, points: NDArray[np.floating], turn: Turn) -> NDArray[np.float32]:
        """For points (..., 2) of the turned portrait, where in the portrait they come from: `turned`, undone."""
        target: NDArray[np.float32] = np.asarray(points, dtype=np.float32)
        source: NDArray[np.float32] = target
        for _ in range(_MOST_STEPS):
            nearer: NDArray[np.float32] = np.subtract(target, self._moved(source, turn), dtype=np.float32)
            step_px = np.abs(nearer - source).max(initial=0.0)
            source = nearer
            if step_px < _CLOSE_PX:
                break
        return source

    def height(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """How far the head stands out at points (..., 2) of the portrait, in its pixels."""
        at = np.asarray(points, dtype=np.float32)
        nose = np.exp(-_squared(at, self.nose_bridge, (0.22 * self.pupils_px, 0.36 * self.pupils_px)))
        face = _bump(_squared(at, self.face, self.face_radii))
        mm = np.float32(self.pupils_px / PUPILS_MM)
        return np.asarray(mm * (_DOME_MM * self._dome(at) + _FACE_MM * face + _NOSE_MM * nose), dtype=np.float32)

    def normals(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """How much the surface seen at points (..., 2) faces right and down, each -1 to 1; 0 beyond the head."""
        flat = (np.asarray(points, dtype=np.float32) - _pair(self.centre)) / _pair(self.radii)
        squared = (flat**2).sum(axis=-1, keepdims=True)
        faces: NDArray[np.float32] = flat * np.where(
            squared > 1.0, _bump(squared / _DOME_REACH**2) / _bump(1 / _DOME_REACH**2), 1.0
        )
        return faces

    def _moved(self, points: NDArray[np.floating], turn: Turn) -> NDArray[np.float32]:
        by_height = self.height(points)[..., np.newaxis] * _pair(turn.shift())
        inwards = (points - _pair(self.centre)) * _pair(turn.narrowing())
        moved: NDArray[np.float32] = by_height - inwards * self._dome(points)[..., np.newaxis]
        return moved

    def _dome(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        return _bump(_squared(points, self.centre, self.radii) / np.float32(_DOME_REACH**2))


def _pair(values: tuple[float, float]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def _bump(squared: NDArray[np.float32] | float) -> NDArray[np.float32]:
    """1 in the middle and 0 from radius 1 on, smooth at both."""
    return np.asarray(np.clip(1.0 - np.asarray(squared, dtype=np.float32), 0.0, None) ** 2)


def _squared(
    points: NDArray[np.float32], centre: tuple[float, float], radii: tuple[float, float]
) -> NDArray[np.float32]:
    """Squared distance from `centre` in units of `radii`."""
    across = (points[..., 0] - np.float32(centre[0])) / np.float32(radii[0])
    down = (points[..., 1] - np.float32(centre[1])) / np.float32(radii[1])
    return across * across + down * down
