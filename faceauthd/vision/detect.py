"""Where faces are: Ultra-Light RFB-320 on a picture stretched to 320x240.

Stretching finds farther faces than fitting with the aspect kept, and costs no accuracy of recognition
(docs/adr/0002-the-detector-sees-a-stretched-picture.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import reduced, resize
from faceauthd.types import Box
from faceauthd.vision.tone import lifted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from faceauthd.types import Picture
    from faceauthd.vision.net import Net

NET_WIDTH, NET_HEIGHT = 320, 240
MOST_STRETCH = 2.4
"""How much more one side may be scaled than the other: enough for 9:16 held upright. Longer strips get a margin."""
MARGIN_GREY = 127
"""Fills that margin; the net takes it as zero."""
NMS_IOU = 0.4
"""Of two boxes that overlap more than this, the better is kept: the package's own setting."""
MOST_WIDE = 1.3
"""A box wider than this share of its height is hair or a badge: over 700 LFW pictures the face in the middle was never
wider than 1.14 of its height (half at most 0.71), while such things reach 1.5 to 1.7 (2026-11-23)."""
_NET_SIZE = np.array((NET_WIDTH, NET_HEIGHT, NET_WIDTH, NET_HEIGHT), dtype=np.float64)
_MAX_CANDIDATES = 300
_FARTHEST = 0.5
"""How far a box may reach over the net's input, as a share of its side."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A face's box in the picture's pixels and its score, 0 to 1."""

    box: Box
    score: float


class Detector:
    """Finds most faces whose box is 1/18 of the picture's height or more, and few smaller ones."""

    def __init__(self, net: Net, prepare: Callable[[Picture], Picture] = lifted) -> None:
        """`prepare` is what is done to the net's input before; see `vision.tone`."""
        self._net = net
        self._prepare = prepare

    def find(self, picture: Picture, *, min_score: float = 0.65) -> list[Detection]:
        """Faces in `picture`, of any size and shape, best first. Raises ModelError."""
        pixels, scale, shift = fitted(picture)
        scores, boxes = self._net.run(self._prepare(pixels)[np.newaxis])
        faces = scores[0, :, 1]
        wanted = np.flatnonzero(faces >= min_score)
        wanted = wanted[np.argsort(-faces[wanted], kind="stable")][:_MAX_CANDIDATES]
        corners = np.clip(boxes[0, wanted], -_FARTHEST, 1 + _FARTHEST) * _NET_SIZE
        kept = suppressed(corners, NMS_IOU)
        corners = (corners - np.tile(shift, 2)) / np.tile(scale, 2)
        found = [Detection(Box(*map(float, corners[i])), float(faces[wanted[i]])) for i in kept]
        return [face for face in found if face.box.width <= MOST_WIDE * face.box.height]


def fitted(picture: Picture) -> tuple[Picture, NDArray[np.float64], NDArray[np.float64]]:
    """`picture` as the net's 240x320x3, and the scale and shift (x, y) that bring its coordinates there."""
    height, width = picture.shape[:2]
    scale = np.array((NET_WIDTH / width, NET_HEIGHT / height))
    scale = np.minimum(scale, MOST_STRETCH * scale.min())
    across, down = max(1, round(width * scale[0])), max(1, round(height * scale[1]))
    shrunk = _shrunk(picture, across, down)
    if (across, down) == (NET_WIDTH, NET_HEIGHT):
        return shrunk, scale, np.zeros(2)
    left, top = (NET_WIDTH - across) // 2, (NET_HEIGHT - down) // 2
    framed = np.full((NET_HEIGHT, NET_WIDTH, 3), MARGIN_GREY, dtype=np.uint8)
    framed[top : top + down, left : left + across] = shrunk
    return framed, scale, np.array((left, top), dtype=np.float64)


def _shrunk(picture: Picture, across: int, down: int) -> Picture:
    """Means of squares where that comes out even, as it does for a camera's usual sizes: a sixth of the time."""
    height, width = picture.shape[:2]
    factor = width // across
    if (factor * across, factor * down) == (width, height):
        return reduced(picture, factor)
    return resize(picture, (across, down))


def suppressed(corners: NDArray[np.floating], most_overlap: float) -> list[int]:
    """Indices of the boxes (n, 4), best first, that overlap no better one by more than `most_overlap` (IoU)."""
    areas = np.prod(np.clip(corners[:, 2:] - corners[:, :2], 0, None), axis=1)
    left = np.arange(len(corners))
    kept = []
    while left.size:
        best, rest = left[0], left[1:]
        kept.append(int(best))
        low, high = np.maximum(corners[rest, :2], corners[best, :2]), np.minimum(corners[rest, 2:], corners[best, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        left = rest[shared <= most_overlap * (areas[rest] + areas[best] - shared)]
    return kept


def scale_boxes(boxes: Sequence[Box], found_in: tuple[int, ...], wanted_in: tuple[int, ...]) -> list[Box]:
    """The same places in another picture of the same view; both given by their `shape`, (height, width, ...)."""
    down, across = wanted_in[0] / found_in[0], wanted_in[1] / found_in[1]
    return [Box(box.left * across, box.top * down, box.right * across, box.bottom * down) for box in boxes]
