"""What light and lens do to a whole frame: level, colour, a brighter side, darker corners, and an uneven exposure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAMMA = 2.2
"""Frames are stored with this exponent. Under a pure power, a gain of light is a gain of pixel values too."""

NEUTRAL_K = 5200.0
_SLOPE = 0.18
"""How much the far sides of a room differ from its middle when all light comes from one side."""

_MAINS_HZ = 100.0
_ROWS_PER_S = 480 * 30.0
"""A rolling shutter that reads its rows within a frame of 1/30 s, under lamps that flicker at twice 50 Hz."""


@dataclass(frozen=True, slots=True)
class Light:
    """`level` 1 is a well-lit room; `side` -1 comes from the left, +1 from the right; `kelvin` tints."""

    level: float = 1.0
    side: float = 0.0
    kelvin: float = NEUTRAL_K

    def tint(self) -> NDArray[np.float32]:
        """Gains (3,) of pixel values for the colour temperature: red falls as blue rises."""
        warmth = math.log(NEUTRAL_K / self.kelvin)
        return np.exp(np.array((0.22, 0.02, -0.30)) * warmth).astype(np.float32)

    def gain(self) -> float:
        """Gain of pixel values for the level."""
        return float(self.level ** (1.0 / GAMMA))


def vignette(size: tuple[int, int], strength: float) -> NDArray[np.float32]:
    """Gain (height, width) that falls to `1 - strength` in the corners."""
    width, height = size
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    squared = (x**2 * width**2 + y**2 * height**2) / (width**2 + height**2)
    return (1.0 - strength * squared).astype(np.float32)


def lit(light: Light, corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gain (3, height, width) of each colour for `light`, under the vignette `corners` (height, width)."""
    across = 1.0 + _SLOPE * light.side * np.linspace(-1, 1, corners.shape[1], dtype=np.float32)
    field: NDArray[np.float32] = corners * across * (light.gain() * light.tint())[:, np.newaxis, np.newaxis]
    return field


def exposure(height: int, time_s: float, phase: float) -> NDArray[np.float32]:
    """Gain (height, 1) of each row: the automatic exposure hunts a little, and mains flicker rolls through."""
    hunting = 0.012 * math.sin(1.7 * time_s + phase) + 0.006 * math.sin(4.1 * time_s + 2 * phase)
    rows = time_s + np.arange(height, dtype=np.float64) / _ROWS_PER_S
    flicker = 0.004 * np.sin(2 * math.pi * _MAINS_HZ * rows + phase)
    return (1.0 + hunting + flicker).astype(np.float32)[:, np.newaxis]
