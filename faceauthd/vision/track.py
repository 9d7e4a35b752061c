"""Following faces from frame to frame by how much their boxes overlap.

Greedy matching by intersection over union, best pair first. A box that moved too far begins a new track: that costs a
living person a few looks. That two faces swap within one track is caught by the cosine between its looks
(`evidence.SAME_FACE_COSINE`), so the overlap asked for may be small: somebody who walks up briskly moves half a face's
width between two looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faceauthd.types import Box


@dataclass(slots=True)
class _Known:
    id: int
    box: Box
    seen_s: float


class Tracker:
    """Gives each box of a frame the number of its track. Numbers are never used again."""

    def __init__(self, *, min_iou: float = 0.15, forget_s: float = 1.0) -> None:
        self._min_iou = min_iou
        self._forget_s = forget_s
        self._known: list[_Known] = []
        self._next_id = 1

    def follow(self, boxes: Sequence[Box], at_s: float) -> list[int]:
        """The track of each box, in the order given. `at_s` is when the frame was captured."""
        self._forget(at_s)
        ids = self._matched(boxes)
        for index, box in enumerate(boxes):
            if index not in ids:
                ids[index] = self._begin(box, at_s).id
        by_id = {known.id: known for known in self._known}
        for index, box in enumerate(boxes):
            known = by_id[ids[index]]
            known.box, known.seen_s = box, at_s
        return [ids[index] for index in range(len(boxes))]

    def known(self, at_s: float) -> list[int]:
        """The tracks that were seen lately enough to be followed on."""
        self._forget(at_s)
        return [known.id for known in self._known]

    def _forget(self, at_s: float) -> None:
        self._known = [known for known in self._known if 0 <= at_s - known.seen_s <= self._forget_s]

    def _matched(self, boxes: Sequence[Box]) -> dict[int, int]:
        pairs = sorted(
            ((known.box.iou(box), known.id, index) for known in self._known for index, box in enumerate(boxes)),
            reverse=True,
        )
        ids: dict[int, int] = {}
        for iou, track, index in pairs:
            if iou >= self._min_iou and index not in ids and track not in ids.values():
                ids[index] = track
        return ids

    def _begin(self, box: Box, at_s: float) -> _Known:
        known = _Known(self._next_id, box, at_s)
        self._next_id += 1
        self._known.append(known)
        return known
