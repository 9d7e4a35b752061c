"""Moire: the beat of a display's pixel grid with the sensor's."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tools.attack_kit.clip import Draws
from tools.attack_kit.medium import View

Floats = NDArray[np.float32]

_INCH_M = 0.0254
_CUTOFF_CYCLES = 1.1
"""Spatial frequency, in cycles a sensor pixel, above which the lens lets nothing through: 0.9 for f/2.9 and 1.4 for
f/1.8 at 1.4 micrometres a pixel and 550 nm."""


class GridBeat:
    """A grid of `ppi` pixels an inch, three stripes each, sampled by a sensor finer than the frame.

    The sensor's photosites are `photosite_px` of the frame wide, and of one colour every second of them: the grid is
    folded down by the harmonic of that lattice nearest to it. What is left of it is its own depth, less what photosite,
    lens, defocus and the scaling to the frame average away. At face sizes of a door camera that is usually nothing.
    """

    def __init__(self, draws: Draws, ppi: float, focal_px: float) -> None:
        self._pitch_m = _INCH_M / ppi
        self._focal_px = focal_px
        self._photosite_px = draws.choice("photosite_px", (1.0, 0.5, 1 / 3.6, 1 / 7.2))
        self._depth = draws.uniform("grid_depth", 0.3, 0.9)
        self._phase = draws.uniform("grid_phase", 0.0, 2 * math.pi)

    def upon(self, emitted: Floats, view: View, distance_m: float) -> None:
        """Multiply planes (3, h, w) by the beat, in place."""
        cycles = distance_m / self._focal_px / self._pitch_m  # of the grid in a pixel of the frame, facing the camera
        depth = self._depth * self._passed(cycles * self._photosite_px)
        if depth < 1e-3:
            return
        height, width = emitted.shape[1:]
        rows, columns = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
        lattice = 2 * self._photosite_px
        for along, pixels, axis in ((view.u, columns[np.newaxis, :], 1), (view.v, rows[:, np.newaxis], 0)):
            turns = along * np.float32(1 / self._pitch_m)
            slope = np.median(np.diff(turns, axis=axis))
            harmonic = round(float(slope) * lattice) / lattice
            beat = abs(float(slope) - harmonic)
            seen_depth = depth * float(np.exp(-2 * (math.pi * beat * 0.5) ** 2))
            angle = np.float32(2 * math.pi) * (turns - np.float32(harmonic) * pixels) + np.float32(self._phase)
            for plane in range(3):
                stripe = np.float32(2 * math.pi / 3 * (plane - 1)) if axis == 1 else np.float32(0)
                emitted[plane] *= 1 + np.float32(seen_depth) * np.cos(angle + stripe)

    def _passed(self, cycles: float) -> float:
        """What a photosite's width and the lens leave of a grid of so many `cycles` a photosite."""
        if cycles >= _CUTOFF_CYCLES:
            return 0.0
        share = cycles / _CUTOFF_CYCLES
        lens = 2 / math.pi * (math.acos(share) - share * math.sqrt(1 - share**2))
        return abs(float(np.sinc(cycles))) * lens
