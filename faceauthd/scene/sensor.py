"""The noise of an image sensor: photons that arrive by chance, and electronics that hiss."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from faceauthd.scene.blur import blur
from faceauthd.scene.light import GAMMA

_SHOT = 1.0
"""Deviation that the photons' chance leaves in pixel values, as a small sensor with its own noise reduction has it
indoors. It grows with the root of the light, which the gamma curve undoes: nearly the same in bright and dark parts."""

_READ = 0.05
"""Deviation of the electronics at full white, in pixel values; the gamma curve makes it more the darker a part is."""

_GRAIN_PX = 0.45
"""Blur that demosaicing leaves on the noise."""

_LEVELS = 64
_WIDEST = 3.2
"""Noise is drawn from this many levels between plus and minus so many deviations."""

_SHIFTS = 128
_STRIDE = 7919
"""A prime, so that frame after frame takes another of the 128 * 128 shifts before one comes again."""


class Sensor:
    """Noise for frames of one size. No two of 16,384 frames in a row get the same."""

    def __init__(self, size: tuple[int, int], seed: int, strength: float = 1.0) -> None:
        width, height = size
        rng = np.random.default_rng(seed)
        grain = blur(rng.standard_normal((height + _SHIFTS, width + _SHIFTS, 3), dtype=np.float32), _GRAIN_PX)
        levels = (grain / grain.std() / _WIDEST + 1.0) * (_LEVELS / 2)
        self._grain = np.ascontiguousarray(np.moveaxis(np.clip(levels, 0, _LEVELS - 1), 2, 0)).astype(np.uint16)
        self._strength = strength
        self._first = int(rng.integers(_SHIFTS**2))
        self._height, self._width = height, width
        self._tables: dict[float, NDArray[np.uint8]] = {}

    def read(self, image: NDArray[np.float32], index: int, gain: float = 1.0) -> NDArray[np.uint8]:
        """Pixels (height, width, 3) that frame number `index` gets of `image`, planes (3, height, width) of 0 and more.

        Dim light needs `gain`, which multiplies the noise. `image` is overwritten.
        """
        down, right = divmod((self._first + index * _STRIDE) % _SHIFTS**2, _SHIFTS)
        values = np.minimum(image, np.float32(255), out=image).astype(np.uint16)
        values *= np.uint16(_LEVELS)
        values += self._grain[:, down : down + self._height, right : right + self._width]
        return np.ascontiguousarray(np.moveaxis(self._table(round(gain, 1)).take(values), 0, 2))

    def _table(self, gain: float) -> NDArray[np.uint8]:
        """The pixel for each clean value and level of noise, flat."""
        if gain not in self._tables:
            values = np.arange(256, dtype=np.float64)[:, np.newaxis]
            steepness = np.clip(values / 255, 0.02, 1.0) ** (1.0 - GAMMA)
            deviation = np.sqrt(_SHOT**2 + (_READ * steepness) ** 2) * self._strength * gain
            levels = ((np.arange(_LEVELS) + 0.5) * 2 / _LEVELS - 1.0) * _WIDEST
            self._tables[gain] = np.clip(np.rint(values + deviation * levels), 0, 255).astype(np.uint8).ravel()
        return self._tables[gain]
