"""Cutting a person out of a portrait along an outline drawn by hand.

Along the outline each pixel is explained as a mixture of the colours inside and outside nearby; where the two are too
alike to tell, the outline decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.scene.blur import blur
from faceauthd.scene.matte import mean_near

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Picture

TELLABLE = 40.0
"""Distance of two colours (RGB, 0 to 255) at which colours and outline have the same say."""

OVERSAMPLING = 4
FAR_FROM_OUTLINE = 0.023
"""What a Gaussian leaves beyond two of its deviations, here the band."""


def polygon_mask(outline: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float32]:
    """How much of each pixel lies inside the polygon `outline` (n, 2), for a picture of `size` (width, height)."""
    width, height = size
    fine = np.zeros((height * OVERSAMPLING, width * OVERSAMPLING), dtype=np.float32)
    columns = (np.arange(fine.shape[1]) + 0.5) / OVERSAMPLING
    following = np.roll(outline, -1, axis=0)
    for row in range(fine.shape[0]):
        y = (row + 0.5) / OVERSAMPLING
        crosses = (outline[:, 1] <= y) != (following[:, 1] <= y)
        start, end = outline[crosses], following[crosses]
        at = np.sort(start[:, 0] + (y - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0]))
        fine[row] = np.searchsorted(at, columns) % 2
    mask: NDArray[np.float32] = fine.reshape(height, OVERSAMPLING, width, OVERSAMPLING).mean(axis=(1, 3))
    return mask


def refine(picture: Picture, mask: NDArray[np.float32], band_px: float) -> NDArray[np.float32]:
    """Alpha 0 to 1, of the shape of `mask`: its outline, moved by up to `band_px` to where the colours change."""
    near = blur(mask, band_px / 2)
    inside, outside = near > 1.0 - FAR_FROM_OUTLINE, near < FAR_FROM_OUTLINE
    colours = picture.astype(np.float32)
    person, wall = mean_near(colours, inside.astype(np.float32)), mean_near(colours, outside.astype(np.float32))
    apart = person - wall
    contrast = (apart**2).sum(axis=2)
    share = ((colours - wall) * apart).sum(axis=2) / (contrast + 1e-6)
    trust = contrast / (contrast + TELLABLE**2)
    alpha = trust * np.clip((share - 0.1) / 0.8, 0.0, 1.0) + (1.0 - trust) * blur(mask, 0.8)
    alpha = np.where(inside, 1.0, np.where(outside, 0.0, alpha)).astype(np.float32)
    smooth: NDArray[np.float32] = np.clip(blur(alpha, 0.5), 0.0, 1.0)
    return smooth
