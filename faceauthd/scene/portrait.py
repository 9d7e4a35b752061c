"""A person cut out of a picture, kept at every sharpness that a frame may ask for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import resize
from faceauthd.scene.blur import blur, convolve, gaussian
from faceauthd.scene.face import Face

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXTRA_BODY = 0.6
"""How far a portrait is continued downwards, as part of its height, so that nobody far away ends in mid-air."""

_STEPS_PER_OCTAVE = 4
_SHARPEST = 0.35
"""Blur in pixels below which nothing is blurred: half of it is lost in the sampling anyhow."""

_LOWEST_ROWS = 3


class Portrait:
    """The cut-out of one face, ready to be drawn at any size. Rows below the picture continue its lowest part."""

    def __init__(self, face: Face) -> None:
        self.face = face
        alpha = np.rint(face.alpha * 255).astype(np.uint8)
        self._whole = _continued(np.dstack((face.colours, alpha)), round(face.picture.shape[0] * _EXTRA_BODY))
        self._levels: dict[int, tuple[NDArray[np.uint8], float]] = {}

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the face's picture, the continuation below included."""
        return self._whole.shape[1], self._whole.shape[0]

    def blurred(self, sigma_px: float) -> tuple[NDArray[np.uint8], float]:
        """RGBA blurred by about `sigma_px` of the face's picture, and the scale at which it is stored (1, 1/2, ...)."""
        step = 0 if sigma_px <= _SHARPEST else 1 + round(_STEPS_PER_OCTAVE * math.log2(sigma_px / _SHARPEST))
        if step not in self._levels:
            self._levels[step] = self._level(step)
        return self._levels[step]

    def _level(self, step: int) -> tuple[NDArray[np.uint8], float]:
        if step == 0:
            return self._whole, 1.0
        sigma = _SHARPEST * 2 ** ((step - 1) / _STEPS_PER_OCTAVE)
        halvings = max(0, math.floor(math.log2(sigma / 1.2))) if sigma > 1.2 else 0
        smooth = np.rint(blur(self._whole, sigma)).astype(np.uint8)
        if halvings == 0:
            return smooth, 1.0
        scale = 0.5**halvings
        width, height = (max(2, round(side * scale)) for side in self.size)
        colours, alpha = smooth[..., :3], np.repeat(smooth[..., 3:], 3, axis=2)
        small = (resize(colours, (width, height)), resize(alpha, (width, height))[..., :1])
        return np.dstack(small), scale


def _continued(rgba: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
    """`rgba` with `rows` more below: its lowest rows carried on, ever less sharp from side to side."""
    lowest = rgba[-_LOWEST_ROWS:].astype(np.float32).mean(axis=0, keepdims=True)
    soft, softest = convolve(lowest, gaussian(4.0), 1), convolve(lowest, gaussian(16.0), 1)
    share = np.linspace(0.0, 1.0, rows, dtype=np.float32)[:, np.newaxis, np.newaxis]
    below = np.where(share < 0.1, lowest + 10 * share * (soft - lowest), soft + (share - 0.1) / 0.9 * (softest - soft))
    return np.concatenate((rgba, np.rint(below).astype(np.uint8)))
