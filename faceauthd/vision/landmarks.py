"""68 points of a face, in iBUG order: 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.errors import ModelError
from faceauthd.picture import grey, resize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from faceauthd.types import Box, Picture
    from faceauthd.vision.net import Net

SIDE = 64
POINTS = 68
_FARTHEST = 4.0
"""Box widths that a point may lie outside: what is farther is no face either way, and would overflow further on."""


class Landmarker:
    """Finds the points inside a detector's box."""

    def __init__(self, net: Net) -> None:
        self._net = net

    def locate(self, picture: Picture, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """The points (n, 68, 2), x and y in the picture's pixels, of the face in each box. Raises ModelError."""
        if not boxes:
            return np.zeros((0, POINTS, 2), dtype=np.float32)
        crops = np.stack([grey(resize(picture, (SIDE, SIDE), box)) for box in boxes])
        (relative,) = self._net.run(crops)
        if not np.isfinite(relative).all():
            raise ModelError("the landmarks are not finite numbers; restore the models folder from the release")
        relative = relative.clip(-_FARTHEST, 1 + _FARTHEST)
        origins = np.array([[(box.left, box.top)] for box in boxes], dtype=np.float32)
        sizes = np.array([[(box.width, box.height)] for box in boxes], dtype=np.float32)
        return relative.reshape(-1, POINTS, 2) * sizes + origins
