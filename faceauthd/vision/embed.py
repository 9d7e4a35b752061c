"""From an aligned face to the numbers that are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.vision.net import Net

SIZE = 512


class Embedder:
    """MobileFaceNet on the crop and its mirror image: half the errors' variance for twice the time."""

    def __init__(self, net: Net) -> None:
        self._net = net

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit rows (n, 512) of aligned faces (n, 112, 112, 3). Raises ModelError."""
        if not len(crops):
            return np.zeros((0, SIZE), dtype=np.float32)
        (rows,) = self._net.run(np.concatenate((crops, crops[:, :, ::-1])))
        both: NDArray[np.float32] = rows[: len(crops)] + rows[len(crops) :]
        both /= np.linalg.norm(both, axis=1, keepdims=True)
        return both
