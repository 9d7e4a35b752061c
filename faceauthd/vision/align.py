"""Bring a face to where the embedder was taught to look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Picture

CROP_SIDE = 112
TEMPLATE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)
"""Eyes, nose and mouth corners in the crop: the ArcFace template (Deng et al. 2019)."""


def five_points(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Eyes' centres, nose tip and mouth corners (5, 2) of 68 points: each eye is the mean of its four lid points."""
    return np.stack(
        (
            landmarks[[37, 38, 40, 41]].mean(axis=0),
            landmarks[[43, 44, 46, 47]].mean(axis=0),
            landmarks[30],
            landmarks[[48, 60]].mean(axis=0),
            landmarks[[54, 64]].mean(axis=0),
        )
    )


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The turn, scale and shift (2, 3) that bring `source` (n, 2) nearest to `target`, least squares.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991.
    Raises ValueError if all source points are one.
    """
    source, target = source.astype(np.float64), target.astype(np.float64)
    from_middle, to_middle = source.mean(axis=0), target.mean(axis=0)
    spread = ((source - from_middle) ** 2).sum() / len(source)
    if spread < np.finfo(np.float32).tiny:
        raise ValueError("no similarity: all points are one")
    left, stretch, right = np.linalg.svd((target - to_middle).T @ (source - from_middle) / len(source))
    signs = np.array((1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))))  # a turn, never a reflection
    turn = (left * signs) @ right
    scale = (stretch * signs).sum() / spread
    return np.column_stack((scale * turn, to_middle - scale * turn @ from_middle))


def aligned_crop(picture: Picture, landmarks: NDArray[np.float32], side: int = CROP_SIDE) -> Picture:
    """The face with these 68 points, upright and scaled, (side, side, 3). Raises ValueError if all points are one."""
    target = TEMPLATE * (side / CROP_SIDE)
    return warp(picture, similarity(five_points(landmarks), target), (side, side))
