"""A plausible room behind whoever stands there: wall, door, shelf and lamp light, out of focus and made from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.scene.blur import blur

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OUT_OF_FOCUS = 0.006
"""Blur of the background as part of the frame's width: a fixed-focus camera set to one metre."""


def room(size: tuple[int, int], seed: int) -> NDArray[np.float32]:
    """A background (height, width, 3) of values 0 to 255 for frames of `size` (width, height)."""
    width, height = size
    rng = np.random.default_rng(seed)
    picture = _wall(size, rng)
    _door(picture, rng)
    _shelf(picture, rng)
    _skirting(picture)
    soft = blur(picture, _OUT_OF_FOCUS * width)
    plaster = blur(rng.normal(0.0, 3.0, (height, width, 1)), 1.5)
    finished: NDArray[np.float32] = np.clip(soft + plaster, 0, 255)
    return finished


def _wall(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    width, height = size
    paint = _varied((172, 166, 154), rng)
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    lamp = rng.uniform(0.25, 0.75)
    glow = 0.78 + 0.34 * np.exp(-(((x - lamp) / 0.6) ** 2 + ((y - 0.05) / 0.9) ** 2))
    return (paint * glow[..., np.newaxis]).astype(np.float32)


def _door(picture: NDArray[np.float32], rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    left = int(width * rng.uniform(0.04, 0.12))
    right, top = left + int(width * 0.27), int(height * 0.1)
    frame = max(2, int(width * 0.018))
    wood = _varied((126, 96, 68), rng)
    _paint(picture, (left - frame, top - frame, right + frame, height), np.array((205, 200, 190)), 0.08)
    _paint(picture, (left, top, right, height), wood, 0.2)
    inset = int((right - left) * 0.16)
    for share in (0.08, 0.56):
        upper = top + int((height - top) * share)
        _paint(picture, (left + inset, upper, right - inset, upper + int((height - top) * 0.36)), wood * 0.86, 0.25)
    handle = (right - inset, int(height * 0.62))
    _paint(
        picture, (handle[0], handle[1], handle[0] + frame * 2, handle[1] + frame // 2 + 1), np.array((190,) * 3), 0.1
    )


def _shelf(picture: NDArray[np.float32], rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    left, right = int(width * rng.uniform(0.62, 0.68)), int(width * 0.98)
    thick = max(2, height // 60)
    for board in (0.30, 0.62):
        base = int(height * board)
        at = left + int(width * 0.01)
        while at < right - width * 0.04:
            wide, high = int(width * rng.uniform(0.014, 0.034)), int(height * rng.uniform(0.12, 0.22))
            colour = rng.uniform(45, 185) * (0.72 + 0.28 * rng.random(3))
            if rng.random() < 0.85:
                _paint(picture, (at, base - high, at + wide, base), colour, 0.3)
            at += wide + int(width * rng.uniform(0.0, 0.006))
        _paint(picture, (left, base, right, base + thick), np.array((112, 86, 62)), 0.15)
        _paint(picture, (left, base + thick, right, base + 3 * thick), np.array((118, 112, 104)), 0.1)


def _skirting(picture: NDArray[np.float32]) -> None:
    height, width = picture.shape[:2]
    _paint(picture, (0, int(height * 0.95), width, height), np.array((88, 78, 70)), 0.1)


def _varied(colour: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """`colour` lighter or darker, and a little of another hue."""
    return np.array(colour) + rng.uniform(-14, 14) + rng.uniform(-5, 5, 3)


def _paint(
    picture: NDArray[np.float32], box: tuple[int, int, int, int], colour: NDArray[np.floating], shade: float
) -> None:
    """Fill `box` (left, top, right, bottom) with `colour`, darker to the right and below by `shade`."""
    height, width = picture.shape[:2]
    left, top, right, bottom = max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])
    if left >= right or top >= bottom:
        return
    across, down = np.linspace(0, 1, right - left), np.linspace(0, 1, bottom - top)
    fall = 1.0 - shade * (0.6 * across[np.newaxis, :] ** 2 + 0.4 * down[:, np.newaxis])
    picture[top:bottom, left:right] = colour * fall[..., np.newaxis]
