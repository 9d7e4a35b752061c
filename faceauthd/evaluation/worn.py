"""Things that people wear, drawn on a face by its landmarks: glasses and a mask.

Plain shapes in one colour with soft edges: they cover what the real thing covers, and that is what is asked about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Picture

    Drawing = Callable[[Picture, NDArray[np.float32]], Picture]

_RIM, _LENS, _CLOTH = (24, 22, 20), (18, 18, 22), (172, 196, 214)
_LENS_WIDTH, _LENS_HEIGHT = 0.40, 0.30
"""Half of a lens, in distances between the eyes: about 50 by 38 mm, the middle of what is sold."""
_RIM_THICKNESS = 0.05
_LENS_DENSITY = 0.92
"""Share of the light that a dark lens (category 3 of ISO 12312-1 lets 8 to 18 % pass) takes away."""
_SOFT_PX = 0.7


def glasses(picture: Picture, points: NDArray[np.float32]) -> Picture:
    """Rims, a bridge and arms."""
    return _laid(picture, _rims(picture, points), _RIM)


def sunglasses(picture: Picture, points: NDArray[np.float32]) -> Picture:
    """Dark lenses in rims."""
    inside = np.maximum.reduce([_cover(1.0 - _lens(picture, points, eye)[0], points, picture) for eye in (0, 1)])
    return glasses(_laid(picture, _LENS_DENSITY * inside, _LENS), points)


def mask(picture: Picture, points: NDArray[np.float32]) -> Picture:
    """A surgical mask: from the bridge of the nose over the cheeks to below the chin."""
    chin = points[4:13] + 0.06 * (points[4:13] - points[30])
    outline = np.concatenate((points[1:4], chin, points[13:16], points[[28]]))
    return _laid(picture, _inside(picture, outline), _CLOTH)


def _rims(picture: Picture, points: NDArray[np.float32]) -> NDArray[np.float64]:
    eyes = _eyes(points)
    apart = float(np.linalg.norm(eyes[1] - eyes[0]))
    parts = []
    for eye in (0, 1):
        distance, scale = _lens(picture, points, eye)
        ring = _RIM_THICKNESS * apart / 2 - np.abs(distance - 1.0) * scale
        parts.append(np.clip(0.5 + ring / (2 * _SOFT_PX), 0.0, 1.0))
    along = (eyes[1] - eyes[0]) / max(apart, 1e-6)
    inner = _LENS_WIDTH * apart * along
    for start, end in (
        (eyes[0] + inner, eyes[1] - inner),
        (eyes[0] - inner, points[0]),
        (eyes[1] + inner, points[16]),
    ):
        bar = _RIM_THICKNESS * apart / 2 - _from_line(picture, start, end)
        parts.append(np.clip(0.5 + bar / (2 * _SOFT_PX), 0.0, 1.0))
    drawn: NDArray[np.float64] = np.maximum.reduce(parts)
    return drawn


def _eyes(points: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.stack((points[36:42].mean(axis=0), points[42:48].mean(axis=0))).astype(np.float64)


def _lens(picture: Picture, points: NDArray[np.float32], eye: int) -> tuple[NDArray[np.float64], float]:
    """How far each pixel is from the lens's middle, 1 at its rim, and how many pixels that is."""
    eyes = _eyes(points)
    along = eyes[1] - eyes[0]
    apart = max(float(np.linalg.norm(along)), 1e-6)
    out = _pixels(picture) - eyes[eye]
    across = (out @ along) / apart**2 / _LENS_WIDTH
    down = (out @ np.array((-along[1], along[0]))) / apart**2 / _LENS_HEIGHT
    return (across**4 + down**4) ** 0.25, apart * (_LENS_WIDTH + _LENS_HEIGHT) / 2


def _cover(inwards: NDArray[np.float64], points: NDArray[np.float32], _: Picture) -> NDArray[np.float64]:
    apart = float(np.linalg.norm(np.diff(_eyes(points), axis=0)))
    return np.clip(0.5 + inwards * apart * _LENS_HEIGHT / (2 * _SOFT_PX), 0.0, 1.0)


def _from_line(picture: Picture, start: NDArray[np.floating], end: NDArray[np.floating]) -> NDArray[np.float64]:
    way = np.asarray(end - start, dtype=np.float64)
    out = _pixels(picture) - start
    share = np.clip((out @ way) / max(float(way @ way), 1e-6), 0.0, 1.0)
    away: NDArray[np.float64] = np.linalg.norm(out - share[..., np.newaxis] * way, axis=-1)
    return away


def _inside(picture: Picture, outline: NDArray[np.float32]) -> NDArray[np.float64]:
    """1 inside the polygon, 0 outside (even-odd rule), soft at the edge."""
    spots = _pixels(picture)
    x, y = spots[..., 0], spots[..., 1]
    odd = np.zeros(x.shape, dtype=bool)
    away = np.full(x.shape, np.inf)
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        crosses = (a[1] > y) != (b[1] > y)
        rise = b[1] - a[1] if abs(b[1] - a[1]) > 1e-9 else 1e-9
        odd ^= crosses & (x < (b[0] - a[0]) * (y - a[1]) / rise + a[0])
        away = np.minimum(away, _from_line(picture, a, b))
    return np.clip(0.5 + np.where(odd, away, -away) / (2 * _SOFT_PX), 0.0, 1.0)


def _laid(picture: Picture, cover: NDArray[np.float64], colour: tuple[int, int, int]) -> Picture:
    share = cover[..., np.newaxis]
    return np.rint(picture * (1 - share) + np.array(colour) * share).astype(np.uint8)


def _pixels(picture: Picture) -> NDArray[np.float64]:
    x, y = np.meshgrid(np.arange(picture.shape[1]) + 0.5, np.arange(picture.shape[0]) + 0.5)
    return np.stack((x, y), axis=-1)
