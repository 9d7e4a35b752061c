"""A coarse grid over a region of pixels: smooth fields are computed at its nodes and filled in between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPACING_PX = 4
"""Linear between such nodes a turn errs by at most 0.3 pixels of the frame, beside the nose of a face that fills it
(both sample faces, yaw 12 and pitch 5 degrees, 2026-11-23)."""


class Grid:
    """Nodes over the pixels of `rows` and `columns`."""

    def __init__(self, rows: slice, columns: slice) -> None:
        self._down, self._across = _Axis(rows), _Axis(columns)

    def through(self, matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        """The nodes (h, w, 2), x and y of pixel centres, mapped by the affine `matrix` (at least 2, 3)."""
        x, y = self._across.nodes, self._down.nodes
        mapped = np.empty((len(y), len(x), 2), dtype=np.float32)
        for axis in (0, 1):
            mapped[..., axis] = matrix[axis, 0] * x + (matrix[axis, 1] * y + matrix[axis, 2])[:, np.newaxis]
        return mapped

    def filled(self, field: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values of a `field` (h, w) given at the nodes, at each pixel of the region: (rows, columns)."""
        down, across = self._down, self._across
        tall = field[down.before] + down.share[:, np.newaxis] * (field[down.before + 1] - field[down.before])
        step = np.diff(tall, axis=1).take(across.before, axis=1)
        step *= across.share
        step += tall.take(across.before, axis=1)
        filled: NDArray[np.float32] = step
        return filled


class _Axis:
    """Nodes along one axis, and for each pixel the node before it and its share of the way to the next."""

    def __init__(self, pixels: slice) -> None:
        count = pixels.stop - pixels.start
        steps = max(1, math.ceil((count - 1) / SPACING_PX))
        at = np.arange(count) * (steps / max(1, count - 1))
        self.nodes = np.linspace(pixels.start, pixels.stop - 1, steps + 1) + 0.5
        self.before = np.minimum(at.astype(np.intp), steps - 1)
        self.share = (at - self.before).astype(np.float32)
