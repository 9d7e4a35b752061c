"""Too little light, and what a sensor adds where it has too little: lifted for the detector, cleared for the embedder.

Only what is dark or noisy is changed; of any other picture the very bytes are given back, so that what was enrolled and
measured in good light stays as it was. What each of these buys is in docs/evaluation.md (robustness).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import grey, reduced, resize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Picture

DARK_ROOM = 0.2
"""Median grey below which a picture is lifted before faces are looked for."""
_ROOM_LIFTED_TO = 0.4
_ROOM_CELL = 16
"""Pixels: light is taken to change slowly, over cells of this size of the detector's 320x240."""
DARK_FACE = 0.35
"""Mean grey to which a darker face is brightened: nine of ten faces of LFW are brighter."""
MOST_GAIN = 12.0
"""A gain of light as of pixels, for frames are stored with a gamma: beyond it there is noise alone."""
_GAIN_STEPS = 16
"""Of a gain of 1, so that the field of gains fits into the bytes that Pillow scales."""
NOISY = 3.0
"""Deviation of the noise, in pixel values after brightening, from which a face is smoothed. Of LFW's photographs 19 of
20 stay below 1.3; a small sensor at a tenth of a lit room's light comes to 2 to 5, at a thirtieth to 4 to 12."""
_SMOOTHING = 0.35
"""Deviation of the Gaussian in pixels for each root of the noise: chosen on the tuning people (0.8 pixels is best for
noise of 6, 1.3 for noise of 15)."""
_MIDDLE = np.s_[36:104, 24:88]
"""Of a crop 112 pixels wide: the face itself. Of wider pictures likewise, in proportion."""


def lifted(picture: Picture) -> Picture:
    """A dark `picture` with its light evened out, cell by cell; any other as it is."""
    cells = grey(reduced(picture, _ROOM_CELL)).astype(np.float32) / np.float32(255)
    if float(np.median(cells)) >= DARK_ROOM:
        return picture
    gains = np.clip(_ROOM_LIFTED_TO / np.maximum(_neighbourly(cells), 1e-3), 1.0, MOST_GAIN)
    steps = np.rint(gains * _GAIN_STEPS).astype(np.uint8)
    field = resize(steps, (picture.shape[1], picture.shape[0])).astype(np.float32) / np.float32(_GAIN_STEPS)
    return _bytes(picture * field[..., np.newaxis])


def cleared(crop: Picture) -> Picture:
    """A face `crop` (side, side, 3), brightened if it is dark and smoothed if it is noisy; any other as it is."""
    face = _middle(grey(crop)).astype(np.float32)
    gain = min(MOST_GAIN, max(1.0, 255 * DARK_FACE / max(1.0, float(face.mean()))))
    noise = gain * noise_of(face)
    if noise < NOISY:
        return crop if gain == 1.0 else _bytes(crop * np.float32(gain))
    return _bytes(_smoothed(crop * np.float32(gain), _SMOOTHING * math.sqrt(noise)))


def noise_of(face: NDArray[np.float32]) -> float:
    """Deviation of the noise in a grey `face`, in its own units.

    Immerkaer, "Fast noise variance estimation", 1996: a mask that planes and straight edges do not answer to; by the
    median, so that the few places with detail do not count.
    """
    across = face[:, :-2] - 2 * face[:, 1:-1] + face[:, 2:]
    mask = across[:-2] - 2 * across[1:-1] + across[2:]
    return float(np.median(np.abs(mask))) / (0.6745 * 6)


def _middle(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = face.shape[0] / 112
    rows, columns = (slice(round(part.start * scale), round(part.stop * scale)) for part in _MIDDLE)
    return face[rows, columns]


def _neighbourly(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each cell's mean with its eight neighbours, the edge repeated."""
    wide = np.pad(cells, 1, mode="edge")
    tall = wide[:-2] + wide[1:-1] + wide[2:]
    mean: NDArray[np.float32] = (tall[:, :-2] + tall[:, 1:-1] + tall[:, 2:]) / np.float32(9)
    return mean


def _smoothed(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    half = max(1, math.ceil(2.5 * sigma))
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2).astype(np.float32)
    weights /= weights.sum()
    for axis in (0, 1):
        padded = np.pad(values, [(half, half) if each == axis else (0, 0) for each in range(3)], mode="edge")
        moved = np.moveaxis(padded, axis, 0)
        length = values.shape[axis]
        total = sum(weight * moved[shift : shift + length] for shift, weight in enumerate(weights))
        values = np.moveaxis(np.asarray(total), 0, axis)
    return values


def _bytes(values: NDArray[np.floating]) -> Picture:
    pixels: Picture = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels
