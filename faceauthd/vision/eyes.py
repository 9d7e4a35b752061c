"""Are the eyes open: a small classifier on each eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import grey, resize
from faceauthd.types import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Picture
    from faceauthd.vision.net import Net

SIDE = 24
GROWTH = 2.0
"""Side of the square that is looked at, in widths of the eye. Of 1.0 to 2.4 it calls the fewest eyes closed whose lids
stand apart (6 %; the package's own 1.6 calls 10 %; 693 LFW pictures, 2026-11-23)."""
_OPEN = 1
"""By experiment: class 0 grows as the lids' landmarks come together, and is rare on LFW, whose people look up."""
_EYES = ((36, 39, (37, 38, 40, 41)), (42, 45, (43, 44, 46, 47)))
"""Of each eye, left in the picture first: its corners and its lid points."""


class EyeModel:
    """Gives one look's probabilities."""

    def __init__(self, net: Net) -> None:
        self._net = net

    def openness(self, picture: Picture, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """P(open) (n, 2) of the eye left and right in the picture, of faces with `landmarks` (n, 68, 2).

        Glasses, shade and small eyes fool it: on LFW 20 % of faces have an eye below 0.5, but only 1.4 % have both
        below 0.05. So ask of the better eye, and ask little. Raises ModelError.
        """
        if not len(landmarks):
            return np.zeros((0, 2), dtype=np.float32)
        squares = [eye_square(points, eye) for points in landmarks for eye in (0, 1)]
        crops = [grey(resize(picture, (SIDE, SIDE), square)) for square in squares]
        (probabilities,) = self._net.run(np.stack(crops))
        return probabilities[:, _OPEN].reshape(-1, 2)


def lid_gap(points: NDArray[np.float32]) -> float:
    """How far the lids of 68 points are apart, in widths of the eye: the mean of both (the "eye aspect ratio" of
    Soukupova and Cech, 2016). Turning the picture changes nothing, tilting it by 16 degrees a twenty-fifth."""
    gaps = []
    for outer, inner, (up, next_up, down, next_down) in _EYES:
        width = max(1e-6, float(np.hypot(*(points[inner] - points[outer]))))
        lids = (points[up] - points[next_down], points[next_up] - points[down])
        gaps.append(sum(float(np.hypot(*lid)) for lid in lids) / 2 / width)
    return sum(gaps) / 2


def eye_square(points: NDArray[np.float32], eye: int) -> Box:
    """The square around eye 0 (left in the picture) or 1, from 68 points."""
    outer, inner, lids = _EYES[eye]
    x, y = points[list(lids)].mean(axis=0)
    half = max(1.0, float(np.hypot(*(points[inner] - points[outer]))) * GROWTH / 2)
    return Box(float(x) - half, float(y) - half, float(x) + half, float(y) + half)
