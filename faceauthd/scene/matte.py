"""The edge of somebody cut out of a picture: only their own colours, none of the wall they stood before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import resize
from faceauthd.scene.blur import blur

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Picture

NEARBY_PX = 4.0
"""Deviation of what counts as near a pixel."""

_CERTAIN = 0.9
"""Alpha from which a pixel's colour begins to count as the person's own."""


def own_colours(picture: Picture, alpha: NDArray[np.float32]) -> Picture:
    """`picture` with the person's own colours continued over their edge and beyond it."""
    colours = picture.astype(np.float32)
    certain = np.clip((alpha - _CERTAIN) / (1.0 - _CERTAIN), 0.0, 1.0)
    kept = certain[..., np.newaxis]
    own: Picture = np.rint(kept * colours + (1.0 - kept) * mean_near(colours, certain)).astype(np.uint8)
    return own


def mean_near(colours: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of `colours` (h, w, 3) around each pixel, by `weights` (h, w); where none are near, that of them all."""
    amount = weights[..., np.newaxis]
    everywhere = (colours * amount).mean(axis=(0, 1)) / max(float(weights.mean()), 1e-6)
    near = blur(amount, NEARBY_PX) + np.float32(1e-4)
    mean: NDArray[np.float32] = (blur(colours * amount, NEARBY_PX) + np.float32(1e-4) * everywhere) / near
    return mean


def of_picture(matte: Picture, size: tuple[int, int]) -> NDArray[np.float32]:
    """Alpha 0 to 1 from grey pixels, scaled to `size` (width, height)."""
    fitting = matte if matte.shape[1::-1] == size else resize(matte, size)
    alpha: NDArray[np.float32] = fitting[..., 0].astype(np.float32) / np.float32(255)
    return alpha
