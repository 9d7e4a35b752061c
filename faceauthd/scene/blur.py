"""Gaussian blur of arrays, in numpy alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REACH = 2.5
"""Half the kernel's length in standard deviations: 98.8 % of a Gaussian's weight."""


def blur(image: NDArray[np.floating] | NDArray[np.uint8], sigma_px: float) -> NDArray[np.float32]:
    """Blur `image`, of shape (height, width) or (height, width, channels), edges repeated; float32."""
    blurred = np.asarray(image, dtype=np.float32)
    if sigma_px < 0.1:
        return blurred
    kernel = gaussian(sigma_px)
    for axis in (0, 1):
        blurred = convolve(blurred, kernel, axis)
    return blurred


def gaussian(sigma_px: float) -> NDArray[np.float32]:
    """A kernel of odd length whose weights add up to one."""
    half = max(1, math.ceil(_REACH * sigma_px))
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma_px) ** 2)
    kernel: NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return kernel


def convolve(image: NDArray[np.float32], kernel: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Convolve along one axis with a kernel of odd length, edges repeated."""
    half = len(kernel) // 2
    padding = [(0, 0)] * image.ndim
    padding[axis] = (half, half)
    padded = np.moveaxis(np.pad(image, padding, mode="edge"), axis, 0)
    length = image.shape[axis]
    total = np.zeros_like(padded[:length])
    for offset, weight in enumerate(kernel):
        total += weight * padded[offset : offset + length]
    return np.moveaxis(total, 0, axis)
