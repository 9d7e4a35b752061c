"""Is it a person, or a picture of one: MiniFASNet on the face and its surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import resize
from faceauthd.types import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from faceauthd.types import Picture
    from faceauthd.vision.net import Net

SIDE = 128
GROWTH = 2.7
"""How much of the surroundings the model was taught with, in widths of the face's box (Silent-Face, "2.7_80x80")."""
_LIVE = 0


class LivenessModel:
    """Gives one look's probability; no single look is proof."""

    def __init__(self, net: Net) -> None:
        self._net = net

    def score(self, picture: Picture, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """P(live) (n,), 0 to 1, of the face in each detector's box. Raises ModelError."""
        if not boxes:
            return np.zeros(0, dtype=np.float32)
        height, width = picture.shape[:2]
        crops = [resize(picture, (SIDE, SIDE), surroundings(box, width, height)) for box in boxes]
        (probabilities,) = self._net.run(np.stack(crops))
        return probabilities[:, _LIVE]


def surroundings(box: Box, width: int, height: int) -> Box:
    """`box` grown about its centre, less where the picture is too small for it, and pushed back inside the picture."""
    growth = min(GROWTH, width / box.width, height / box.height)
    across, down = box.width * growth, box.height * growth
    left = max(0.0, min((box.left + box.right - across) / 2, width - across))
    top = max(0.0, min((box.top + box.bottom - down) / 2, height - down))
    return Box(left, top, left + across, top + down)
