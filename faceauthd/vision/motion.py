"""How a face and what surrounds it moved between two looks.

A plane in any pose moves by a homography. So does a photograph, paper or panel, and so do its edge and the background
printed on it; a living face turns its nose out of that plane, moves lips and lids, and the room behind it stays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceauthd.vision.align import similarity
from faceauthd.vision.registration import Patch, moved, sample

Floats = NDArray[np.float32]

WIDTH = 320
"""Of the pictures that are compared, in pixels: at the face sizes of a door a face is then 25 to 90 pixels wide."""

_FLATTEN_PX = 9
"""Side of the square whose mean is taken off, so that a light that changes slowly over the face counts for little."""
_NOISE_SHARE = 0.5
_NOISE_OF_SHARE = 0.1426
"""Mean of the smaller half of squared normal deviates."""
_LEAST_NOISE = 0.3
"""Variance that rounding to whole grey values alone leaves between two pictures, with some to spare."""
_ALIKE, _UNLIKE = 2.0, 5.0
"""Deviations of the noise within which two grey values are the same, and beyond which they are not."""
_SMOOTHED = 0.6
"""Share of the noise between two pictures that is left where one of them is sampled between its pixels. What the face's
plane leaves is noise at most: where a sheet fills the view, nothing in it stands still to tell the noise by."""
_LEAST_WIDTH_PX = 8.0
"""Of the landmarks: a face so small shows nothing of itself."""
_NOSE = 0.16
"""Radius of the nose in widths of the face's landmarks."""
_PITCH_SHARE = 1.6
"""How far up or down a nod moves the nose for each degree of pitch, against a turn for each of yaw: angles of pitch are
read small. From 1.0 to 2.5 masks and living heads are told apart alike (attack kit, 27 tuning people, 2026-11-26)."""


def _grid(low: tuple[float, float], high: tuple[float, float], columns: int, rows: int) -> Floats:
    x, y = np.meshgrid(np.linspace(low[0], high[0], columns), np.linspace(low[1], high[1], rows))
    return np.stack((x, y), axis=-1).reshape(-1, 2).astype(np.float32)


_FACE = _grid((-0.42, -0.12), (0.42, 0.42), 33, 24)
"""From the eyes to the chin, about the tip of the nose, in widths of the landmarks. Lids are not in it: living eyes may
look through holes in a mask."""
_AROUND = _grid((-1.7, -1.7), (1.7, 0.4), 45, 29)
_HEAD = (0.92, 1.15)
_FACE_ONLY = (0.7, 0.9)
_CROWN, _CHIN = -0.1, 0.4
"""Beside and above the head, not its hair and not the shoulders, about the middle of the landmarks, in their widths:
half axes of what is left out as head, how high its middle is, and where the shoulders begin."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look: a `flattened` picture WIDTH wide (h, w), 68 landmarks (68, 2) in its pixels, with pixel centres at
    whole numbers, and the angles of the face in degrees."""

    at_s: float
    flat: Floats
    landmarks: Floats
    yaw_deg: float
    pitch_deg: float

    @property
    def width(self) -> float:
        """Of the landmarks, in pixels."""
        return float(np.ptp(self.landmarks[:, 0]))


@dataclass(frozen=True, slots=True)
class Motion:
    """What two looks differ by.

    `noise` is the mean square, in grey values squared, by which two pictures of the same would differ;
    `around_still` and `around_follows` are those of the surroundings if they stand still or go with the face, `goes`
    the share of the points nearer to it that clearly go with it. `nose` and `cheeks` are what the plane of
    all but the nose leaves unexplained there: squares of shifts in hundredths of the face's width. `sway` is how far
    the face moved, in those, and `nose_went` how far the nose went beyond its plane, to the right and down.
    `head_turned` is where the landmarks say that it should have gone, in hundredths of its height.
    """

    noise: float
    around_still: float
    around_follows: float
    goes: float
    nose: float
    cheeks: float
    sway: float
    nose_went: tuple[float, float]
    head_turned: tuple[float, float]


def between(past: Look, now: Look) -> Motion | None:
    """How the one became the other, or None if too little of it is in the pictures."""
    if not (past.width >= _LEAST_WIDTH_PX and now.width >= _LEAST_WIDTH_PX):
        return None
    before, after = past.flat, now.flat
    noise = _noise(before, after)
    start = np.vstack((similarity(past.landmarks, now.landmarks), (0.0, 0.0, 1.0)))
    width = past.width
    face = Patch(before, past.landmarks[30] + width * _FACE)
    plane = face.register(after, start)
    if not np.isfinite(plane.residual):
        return None
    noise = max(_LEAST_NOISE, min(noise, plane.residual / _SMOOTHED))
    around = Patch(before, _surroundings(past, now, _HEAD))
    still, follows = around.difference(after, np.eye(3)), around.difference(after, plane.matrix)
    if not np.isfinite(still):
        return None
    follows = follows if np.isfinite(follows) else still
    goes = _goes(Patch(before, _surroundings(past, now, _FACE_ONLY)), after, plane.matrix, noise)
    is_nose = _is_nose(face, past.landmarks[30], width)
    # A plane that is fitted to the nose, too, explains a part of what the nose does out of it; without it, relief tells
    # masks with eyes cut out from faces far better (attack kit, 27 tuning people, 2026-11-26).
    beside = face.part(~is_nose).register(after, start)
    if not np.isfinite(beside.residual):
        return None
    nose, cheeks = _unexplained(face, after, beside.matrix, is_nose, width, noise)
    way = moved(face.points, plane.matrix) - face.points
    sway = 100 / width * float(np.sqrt((way**2).sum(axis=1).mean()))
    right, down = face.part(is_nose).stray(after, beside.matrix) * (100 / width)
    return Motion(noise, still, follows, goes, nose, cheeks, sway, (right, down), _head_turned(past, now))


def _head_turned(past: Look, now: Look) -> tuple[float, float]:
    """The change of the sines of yaw and pitch, in hundredths: to the right and down."""
    right = math.sin(math.radians(now.yaw_deg)) - math.sin(math.radians(past.yaw_deg))
    up = math.sin(math.radians(now.pitch_deg)) - math.sin(math.radians(past.pitch_deg))
    return 100 * right, -100 * _PITCH_SHARE * up


def _goes(around: Patch, now: Floats, plane: NDArray[np.float64], noise: float) -> float:
    """The share of the points that the face's motion explains, and rest does not."""
    if not len(around.points):
        return 0.0
    there = moved(around.points, plane)
    gone = np.abs(sample(now, there[:, 0], there[:, 1]) - around.grey)
    here = np.abs(sample(now, around.points[:, 0], around.points[:, 1]) - around.grey)
    deviation = noise**0.5
    return float(((gone < _ALIKE * deviation) & (here > _UNLIKE * deviation)).mean())


def _surroundings(past: Look, now: Look, head: tuple[float, float]) -> Floats:
    """Points (n, 2) around the past face that neither it nor the present one covers."""
    points = _AROUND * np.float32(past.width) + _middle(past)
    bare = np.ones(len(points), dtype=bool)
    for look in (past, now):
        across, down = ((points - _middle(look)) / np.float32(look.width)).T
        bare &= (np.hypot(across / head[0], (down - _CROWN) / head[1]) > 1) & (down < _CHIN + 1e-3)
    free: Floats = points[bare]
    return free


def _middle(look: Look) -> Floats:
    middle: Floats = (look.landmarks.min(axis=0) + look.landmarks.max(axis=0)) / 2
    return middle


def flattened(grey: NDArray[np.uint8]) -> Floats:
    """The picture less its local mean."""
    reach = _FLATTEN_PX // 2
    total = np.pad(grey.astype(np.uint16), reach, mode="edge")
    height, width = grey.shape
    total = sum((total[first : first + height] for first in range(1, _FLATTEN_PX)), start=total[:height])
    total = sum((total[:, first : first + width] for first in range(1, _FLATTEN_PX)), start=total[:, :width])
    flat: Floats = grey.astype(np.float32) - total.astype(np.float32) / np.float32(_FLATTEN_PX**2)
    return flat


def _noise(before: Floats, after: Floats) -> float:
    """Variance between pictures of what stands still, told by the half of the frame that changed least."""
    squared = np.sort(((after - before)[::4, ::4] ** 2).ravel())
    half = squared[: max(1, round(_NOISE_SHARE * len(squared)))]
    return max(_LEAST_NOISE, float(half.mean()) / _NOISE_OF_SHARE)


def _is_nose(face: Patch, tip: Floats, width: float) -> NDArray[np.bool_]:
    """Which of the face's points (n,) are."""
    aside = face.points - tip + np.array((0.0, 0.05 * width), dtype=np.float32)
    return np.asarray(np.hypot(aside[:, 0], aside[:, 1]) < _NOSE * width)


def _unexplained(
    face: Patch, now: Floats, plane: NDArray[np.float64], is_nose: NDArray[np.bool_], width: float, noise: float
) -> tuple[float, float]:
    """What the plane leaves at the nose and beside it, turned into a displacement by the grey values' slopes there."""
    there = moved(face.points, plane)
    rest = sample(now, there[:, 0], there[:, 1]) - face.grey
    rest -= rest.mean()
    return tuple(_shift(rest[part], face, part, noise, width) for part in (is_nose, ~is_nose))  # type: ignore[return-value]


def _shift(rest: Floats, face: Patch, part: NDArray[np.bool_], noise: float, width: float) -> float:
    if not part.any():
        return 0.0
    slope = float((face.across[part] ** 2 + face.down[part] ** 2).mean())
    return max(0.0, float((rest**2).mean()) - 0.7 * noise) / (slope + 1e-3) * (100 / width) ** 2
