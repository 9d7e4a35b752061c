"""From an aligned face to the numbers that are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.vision.tone import cleared

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from faceauthd.types import Picture
    from faceauthd.vision.net import Net

SIZE = 512
AT_ONCE = 1
"""Faces in one run. A run of four takes as long as four runs (4.1 ms a face, one x86 thread, 2026-11-24), and needs
10 MB for each face, which are then kept."""


class Embedder:
    """MobileFaceNet on the crop and its mirror image: half the errors' variance for twice the time."""

    def __init__(self, net: Net, prepare: Callable[[Picture], Picture] = cleared) -> None:
        """`prepare` is what is done to each crop before; see `vision.tone`."""
        self._net = net
        self._prepare = prepare

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit rows (n, 512) of aligned faces (n, 112, 112, 3). Raises ModelError."""
        if not len(crops):
            return np.zeros((0, SIZE), dtype=np.float32)
        crops = np.stack([self._prepare(crop) for crop in crops])
        both = np.concatenate([self._both(crops[at : at + AT_ONCE]) for at in range(0, len(crops), AT_ONCE)])
        both /= np.linalg.norm(both, axis=1, keepdims=True)
        return both

    def _both(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The sum of what is said of the crops and of their mirror images."""
        (rows,) = self._net.run(np.concatenate((crops, crops[:, :, ::-1])))
        return rows[: len(crops)] + rows[len(crops) :]
