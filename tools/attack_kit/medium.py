"""A picture on a sheet, drawn as the camera sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceauthd.picture import resize
from faceauthd.scene.actor import Layer, sampled, travelled
from faceauthd.scene.blur import blur
from faceauthd.scene.grid import Grid
from tools.attack_kit.stage import Stage
from tools.attack_kit.surface import Placement

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LENS_PX = 0.45
"""Deviation of the blur of a lens in focus, in pixels of the frame; the same as for living people (scene/actor.py)."""

_STEPS_PER_OCTAVE = 4
_SHARPEST_PX = 0.35
_MARGIN_PX = 3


class Texture:
    """What is on a sheet: RGBA texels (h, w, 4), `per_m` of them a metre, the origin at `eyes` (x, y) in texels.

    Kept at every sharpness that a frame may ask for, as `scene.portrait` does.
    """

    def __init__(self, texels: Pixels, per_m: float, eyes: tuple[float, float], round_m: float = 0.0) -> None:
        self.texels, self.per_m, self.eyes = texels, per_m, eyes
        self.round_m = round_m
        self._levels: dict[int, Pixels] = {}

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom edge in metres from the origin."""
        height, width = self.texels.shape[:2]
        x, y = self.eyes
        return -x / self.per_m, -y / self.per_m, (width - x) / self.per_m, (height - y) / self.per_m

    def blurred(self, sigma_texels: float) -> Pixels:
        """The texels blurred by about `sigma_texels`."""
        step = 0
        if sigma_texels > _SHARPEST_PX:
            step = 1 + round(_STEPS_PER_OCTAVE * math.log2(sigma_texels / _SHARPEST_PX))
        if step not in self._levels:
            sigma = _SHARPEST_PX * 2 ** ((step - 1) / _STEPS_PER_OCTAVE)
            self._levels[step] = np.rint(blur(self.texels, sigma)).astype(np.uint8) if step else self.texels
        return self._levels[step]

    def shrunk(self, share: float) -> Texture:
        """The same with `share` of the texels along each side; cheaper to blur where the sheet is far away."""
        height, width = self.texels.shape[:2]
        size = (max(8, round(width * share)), max(8, round(height * share)))
        planes = (resize(self.texels[..., :3], size), resize(self.texels[..., 3], size))
        eyes = (self.eyes[0] * size[0] / width, self.eyes[1] * size[1] / height)
        return Texture(np.dstack(planes), self.per_m * size[0] / width, eyes, self.round_m)


@dataclass(frozen=True, slots=True)
class View:
    """A sheet as seen: planes (4, h, w) of its texels, 0 to 255, sheet coordinates `u` and `v` (h, w) in metres,
    how much of each pixel the sheet covers (h, w), and the surface's normals at the nodes of `grid`."""

    planes: Floats
    u: Floats
    v: Floats
    cover: Floats
    normals: Floats
    rays: Floats
    grid: Grid
    left: int
    top: int

    def layer(self, colours: Floats, travel_px: tuple[float, float]) -> Layer:
        """The layer of these lit `colours` (3, h, w), smeared along the way that the sheet goes while exposed."""
        return Layer(travelled(np.concatenate((colours, self.cover[np.newaxis])), travel_px), self.left, self.top)


def seen(stage: Stage, texture: Texture, at: Placement) -> View | None:
    """How the camera sees the `texture` on a sheet placed `at`, or None if it is out of view."""
    window = _window(stage, texture, at)
    if window is None:
        return None
    left, top, right, bottom = window
    grid = Grid(slice(top, bottom), slice(left, right))
    nodes = grid.through(np.eye(3)[:2])
    sheet, normals = at.met(nodes, stage.optics)
    u, v = grid.filled(sheet[..., 0]), grid.filled(sheet[..., 1])
    per_metre = stage.optics.focal_px / at.z_m
    lens_px = math.hypot(LENS_PX, stage.defocus_px(at.z_m))
    texels = texture.blurred(_blur_texels(per_metre / texture.per_m, lens_px))
    scale = np.float32(texture.per_m)
    planes = sampled(texels, u * scale + np.float32(texture.eyes[0]), v * scale + np.float32(texture.eyes[1]))
    cover = _cover(u, v, texture, per_metre, lens_px)
    rays = (nodes - np.array(stage.optics.size, dtype=np.float32) / 2) / np.float32(stage.optics.focal_px)
    return View(planes, u, v, cover, normals, rays.astype(np.float32), grid, left, top)


def travel(stage: Stage, now: Placement, before: Placement) -> tuple[float, float]:
    """How far the sheet's middle goes in the frame while it is exposed, in pixels right and down."""
    middle = np.zeros((1, 2))
    way = (now.project(middle, stage.optics) - before.project(middle, stage.optics))[0]
    return float(way[0]), float(way[1])


def _blur_texels(shrink: float, lens_px: float) -> float:
    """Deviation of the blur, in texels, that keeps texels shrunk so from aliasing, plus that of the lens."""
    aliasing = max(0.0, 1.0 / shrink**2 - 1.0) * 0.5**2
    return math.sqrt(aliasing + lens_px**2 / shrink**2)


def _window(stage: Stage, texture: Texture, at: Placement) -> tuple[int, int, int, int] | None:
    left, top, right, bottom = texture.bounds
    across, down = np.meshgrid(np.linspace(left, right, 9), np.linspace(top, bottom, 9))
    edge = at.project(np.column_stack((across.ravel(), down.ravel())), stage.optics)
    low = np.clip(np.floor(edge.min(axis=0)) - _MARGIN_PX, 0, stage.optics.size).astype(int)
    high = np.clip(np.ceil(edge.max(axis=0)) + _MARGIN_PX, 0, stage.optics.size).astype(int)
    if (high - low < 2).any():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _cover(u: Floats, v: Floats, texture: Texture, per_metre: float, lens_px: float) -> Floats:
    """How much of each pixel lies within the sheet's edge, which the lens makes soft."""
    left, top, right, bottom = texture.bounds
    across = np.abs(u - np.float32((left + right) / 2)) - np.float32((right - left) / 2)
    down = np.abs(v - np.float32((top + bottom) / 2)) - np.float32((bottom - top) / 2)
    outside = np.maximum(across, down)
    if texture.round_m:
        radius = np.float32(texture.round_m)
        corner = np.hypot(np.maximum(across + radius, 0), np.maximum(down + radius, 0)) - radius
        outside = np.where((across > -radius) & (down > -radius), corner, outside)
    softness = 1.0 + 2.5 * lens_px
    cover: Floats = np.clip(np.float32(0.5) - outside * np.float32(per_metre / softness), 0.0, 1.0)
    return cover
