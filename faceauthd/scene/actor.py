"""One person as a camera sees them: placed, turned, lit and blurred."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import warp
from faceauthd.scene.eyes import Features
from faceauthd.scene.grid import Grid
from faceauthd.scene.head import PUPILS_MM, Turn
from faceauthd.scene.portrait import Portrait

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.scene.face import Face
    from faceauthd.scene.motion import Pose

_LENS_PX = 0.45
"""Deviation of the blur of a lens in focus, in pixels of the frame."""

_MODELLING = 0.3
"""How much brighter a cheek is that faces the light, when all light comes from one side."""


@dataclass(frozen=True, slots=True)
class Optics:
    """A camera: the frame's size in pixels and the width of its view."""

    size: tuple[int, int]
    hfov_deg: float

    @property
    def focal_px(self) -> float:
        return self.size[0] / 2 / math.tan(math.radians(self.hfov_deg) / 2)

    def placed(self, face: Face, pose: Pose) -> NDArray[np.float64]:
        """The map (2, 3) from the face's picture to the frame that puts the eyes where `pose` says."""
        eyes = face.landmarks[36:48].mean(axis=0)
        scale = self.focal_px * PUPILS_MM / 1000 / pose.distance_m / face.head.pupils_px
        angle = math.radians(pose.roll_deg)
        turn = scale * np.array(((math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))))
        neck = np.array((face.head.centre[0], face.head.centre[1] + 1.2 * face.head.radii[1]))
        per_metre = self.focal_px / pose.distance_m
        middle = np.array(self.size) / 2
        seen = middle + per_metre * np.array((pose.x_m, -pose.y_m))
        pivot = seen + (neck - eyes) * scale
        return np.column_stack((turn, pivot - turn @ neck))


@dataclass(frozen=True, slots=True)
class Layer:
    """Part of a frame: planes (4, h, w) of red, green and blue from 0 to 255 and alpha from 0 to 1, and its corner."""

    planes: NDArray[np.float32]
    left: int
    top: int


class Actor:
    """Draws one face in any pose."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._portrait = Portrait(face)
        self._features = Features(face)

    def draw(self, pose: Pose, side: float, optics: Optics, travel_px: tuple[float, float]) -> Layer | None:
        """What of the person the frame shows, or None if nothing.

        Light comes from `side` (-1 to 1); `travel_px` is the way that they go during the exposure.
        """
        matrix = optics.placed(self._face, pose)
        window = _window(matrix, self._portrait.size, optics.size)
        if window is None:
            return None
        left, top, right, bottom = window
        shrink = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
        texture, stored = self._portrait.blurred(_blur_needed(shrink, pose.blur_px * optics.size[0] / 640))
        matrix[:, 2] -= (left, top)
        matrix[:, :2] /= stored
        planes = _planes(warp(texture, matrix, (right - left, bottom - top)))
        self._draw_head(planes, matrix, stored, pose, side, texture)
        planes[3] *= np.float32(1 / 255)
        return Layer(travelled(planes, travel_px), left, top)

    def _draw_head(
        self,
        planes: NDArray[np.float32],
        matrix: NDArray[np.float64],
        stored: float,
        pose: Pose,
        side: float,
        texture: NDArray[np.uint8],
    ) -> None:
        """Draw over the flat portrait the head as it is turned, with its lids, and lit."""
        region = self._head_region(planes, matrix, stored)
        if region is None:
            return
        head, (rows, columns) = self._face.head, region
        grid = Grid(rows, columns)
        points = grid.through(np.linalg.inv(np.vstack((matrix, (0, 0, 1))))) / np.float32(stored)
        source = head.turned_from(points, Turn(pose.yaw_deg, pose.pitch_deg))
        x, y = grid.filled(source[..., 0]), grid.filled(source[..., 1])
        self._features.fetch(x, y, pose.shut, pose.jaw)
        drawn = sampled(texture, x * np.float32(stored), y * np.float32(stored))
        if side:
            drawn[:3] *= 1.0 + grid.filled(np.float32(_MODELLING * side) * head.normals(points)[..., 0])
        planes[:, rows, columns] = drawn

    def _head_region(
        self, planes: NDArray[np.float32], matrix: NDArray[np.float64], stored: float
    ) -> tuple[slice, slice] | None:
        centre, radii = np.array(self._face.head.centre), np.array(self._face.head.reach)
        corners = np.array([centre + radii * corner for corner in ((-1, -1), (1, -1), (-1, 1), (1, 1))]) * stored
        window = _bounds(corners, matrix, (planes.shape[2], planes.shape[1]))
        if window is None:
            return None
        left, top, right, bottom = window
        return slice(top, bottom), slice(left, right)


def _blur_needed(shrink: float, blur_px: float) -> float:
    """Deviation, in the portrait's pixels, that keeps a portrait shrunk so from aliasing, plus lens and focus."""
    aliasing = max(0.0, 1.0 / shrink**2 - 1.0) * 0.5**2
    return math.sqrt(aliasing + (_LENS_PX**2 + blur_px**2) / shrink**2)


def _window(
    matrix: NDArray[np.float64], source: tuple[int, int], frame: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """The part of the frame (left, top, right, bottom) that a picture of size `source` covers."""
    return _bounds(np.array([(x, y) for x in (0, source[0]) for y in (0, source[1])]), matrix, frame)


def _bounds(
    corners: NDArray[np.floating], matrix: NDArray[np.float64], frame: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """The pixels of the frame between `corners` (n, 2) after `matrix`, or None if there are fewer than two a side."""
    seen = corners @ matrix[:, :2].T + matrix[:, 2]
    low = np.clip(np.floor(seen.min(axis=0)), 0, frame).astype(int)
    high = np.clip(np.ceil(seen.max(axis=0)), 0, frame).astype(int)
    if (high - low < 2).any():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _planes(rgba: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.moveaxis(rgba, -1, 0).astype(np.float32, order="C")


def sampled(texture: NDArray[np.uint8], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Planes (4, h, w) of the RGBA texture at points x and y (h, w), bilinear."""
    height, width = texture.shape[:2]
    x = np.clip(x - np.float32(0.5), 0, np.float32(width - 1.001))
    y = np.clip(y - np.float32(0.5), 0, np.float32(height - 1.001))
    column, row = x.astype(np.int32), y.astype(np.int32)
    right, down = x - column.astype(np.float32), y - row.astype(np.float32)
    pixels = np.ascontiguousarray(texture).view(np.uint32).ravel()
    first = row * width + column

    def at(offset: int) -> NDArray[np.float32]:
        return _planes(pixels.take(first + offset)[..., np.newaxis].view(np.uint8))

    upper, lower = at(0), at(width)
    upper += right * (at(1) - upper)
    lower += right * (at(width + 1) - lower)
    upper += down * (lower - upper)
    return upper


def travelled(planes: NDArray[np.float32], travel_px: tuple[float, float]) -> NDArray[np.float32]:
    """`planes`, smeared along the way that they went during the exposure; colours are left as they are at the edge."""
    steps = math.ceil(max(abs(travel_px[0]), abs(travel_px[1])))
    if steps < 1:
        return planes
    shares = np.linspace(-0.5, 0.5, steps + 1)
    shifts = sorted({(round(travel_px[0] * share), round(travel_px[1] * share)) for share in shares})
    reach = max(max(abs(dx), abs(dy)) for dx, dy in shifts)
    if reach == 0:
        return planes
    height, width = planes.shape[1:]
    padded = np.pad(planes, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    total = np.zeros_like(planes)
    for dx, dy in shifts:
        total += padded[:, reach - dy : reach - dy + height, reach - dx : reach - dx + width]
    total *= np.float32(1 / len(shifts))
    return total
