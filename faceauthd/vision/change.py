"""What of a picture has changed: a tiny grey picture against the one that was looked at last.

Nothing is modelled of the background. What has not changed since the detector looked and found nobody would be answered
the same, and only that is asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from faceauthd.types import Box, Picture

SAMPLES_ACROSS = 160
"""Pixels that are read of each row, or a few more; of a picture 320 wide every second one."""
BLOCK = 4
"""Samples along a block's side. The least face that is found is 1/18 of the picture's height: two blocks high."""
LEAST_LEVELS = 3.0
"""A block's mean must change by this many of 256 grey levels: sixteen pixels that are noisy by 3 levels each, as a
small sensor is indoors, differ by 1 between two frames."""
MOST_LEVELS = 24.0
"""Whatever flickers, a change beyond this counts: hair and brows are farther from skin, and a face from most walls.
Noise of over 14 levels a pixel is never learnt away: then every frame is looked at."""
NOISE_FACTOR = 6.0
"""Mean absolute differences of what stands still that make a change: 4.8 standard deviations of normal noise, which
1,200 blocks exceed once in 500 frames, and two at once next to never."""
LEARN_S = 10.0
"""How slowly a block learns how much it flickers: somebody who passes is not learnt, a lamp that flickers is."""

Mask = NDArray[np.bool_]


class ChangeMap:
    """Compares pictures with the one that was `mark`ed last, and learns how much each place flickers by itself."""

    def __init__(self) -> None:
        self._now: NDArray[np.float32] | None = None
        self._marked: NDArray[np.float32] | None = None
        self._flicker: NDArray[np.float32] = np.zeros(0, np.float32)
        self._at_s = 0.0

    def changed(self, picture: Picture, at_s: float) -> Mask:
        """Which blocks (rows, columns) differ from the marked picture; all of them if none of this size is marked."""
        now = tiny(picture)
        self._now = now
        if self._marked is None or self._marked.shape != now.shape:
            self._flicker = np.full(now.shape, LEAST_LEVELS / NOISE_FACTOR, np.float32)
            self._at_s = at_s
            return np.ones(now.shape, np.bool_)
        difference = np.abs(now - self._marked)
        is_changed: Mask = difference > np.clip(NOISE_FACTOR * self._flicker, LEAST_LEVELS, MOST_LEVELS)
        self._learn(difference, min(1.0, max(0.0, at_s - self._at_s) / LEARN_S))
        self._at_s = at_s
        return is_changed

    def mark(self) -> None:
        """The picture last given to `changed` is the one to compare the next ones with."""
        self._marked = self._now

    def _learn(self, difference: NDArray[np.float32], share: float) -> None:
        """A single difference counts for at most twice the mean and a bit, so that one passer-by is not learnt."""
        capped = np.minimum(difference, 2 * self._flicker + 0.5)
        self._flicker += np.float32(share) * (capped - self._flicker)


def tiny(picture: Picture) -> NDArray[np.float32]:
    """Means of blocks of the green channel, (rows, columns), 0 to 255: about 30x40 of a picture of 4:3."""
    step = max(1, picture.shape[1] // SAMPLES_ACROSS)
    green = picture[step // 2 :: step, step // 2 :: step, 1]
    rows, columns = max(1, green.shape[0] // BLOCK), max(1, green.shape[1] // BLOCK)
    green = green[: rows * BLOCK, : columns * BLOCK]
    blocks = green.reshape(rows, green.shape[0] // rows, columns, green.shape[1] // columns)
    means: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


BESIDE_FACE, BESIDE_CHIN = 1.0, 1.8
"""How far a head and its hands, and below the chin the shoulders, reach to each side of a face, in its widths.
Shoulders sway with their owner: uncovered, they had the detector look at nine frames of ten (somebody of the scene
player's at 0.75 m, 2026-11-26); covered at four. A face that comes up there is still searched for every
`attention.FOLLOW_EVERY_S`."""


def bodies(boxes: Sequence[Box], shape: tuple[int, ...], blocks: tuple[int, ...]) -> Mask:
    """The blocks that people with faces in `boxes`, in a picture of `shape`, may cover with head, hands and body."""
    covered = np.zeros(blocks[:2], np.bool_)
    down, across = blocks[0] / shape[0], blocks[1] / shape[1]
    for box in boxes:
        for top, beside in ((box.top - 0.5 * box.height, BESIDE_FACE), (box.bottom, BESIDE_CHIN)):
            left, right = (box.left - beside * box.width) * across, (box.right + beside * box.width) * across
            covered[max(0, int(top * down)) :, max(0, int(left)) : max(0, int(np.ceil(right)))] = True
    return covered
