"""From a frame to sightings: each stage runs only where its answer can change the verdict.

    detect -> track -> (undecided faces) landmarks -> quality -> (usable looks) align -> embed -> match, liveness

A track that has its verdict costs detection only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from faceauthd.ports import Matching
from faceauthd.types import Box, Frame, Quality, Sighting, Wants
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.detect import Detection, scale_boxes
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Picture, Vector


class Detecting(Protocol):
    def find(self, picture: Picture, *, min_score: float) -> list[Detection]: ...


class Locating(Protocol):
    def locate(self, picture: Picture, boxes: Sequence[Box]) -> NDArray[np.float32]: ...


class Judging(Protocol):
    def judge(self, picture: Picture, box: Box, landmarks: NDArray[np.float32], eyes_open: float | None) -> Quality: ...


class Opening(Protocol):
    def openness(self, picture: Picture, landmarks: NDArray[np.float32]) -> NDArray[np.float32]: ...


class Embedding(Protocol):
    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]: ...


class Livening(Protocol):
    def score(self, picture: Picture, boxes: Sequence[Box]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Stages:
    """One of each; `liveness` is None where the check is switched off."""

    detector: Detecting
    landmarker: Locating
    gauge: Judging
    eyes: Opening
    embedder: Embedding
    liveness: Livening | None
    min_score: float = 0.7


class FaceRecognizer:
    """The recognizer on real models. Remembers the last probe of each track, nothing else."""

    def __init__(self, stages: Stages, tracker: Tracker, gallery: Matching) -> None:
        self._stages = stages
        self._tracker = tracker
        self._gallery = gallery
        self._last: dict[int, tuple[float, Vector]] = {}

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        """Every face in the frame. Raises ModelError if a model breaks."""
        boxes = self._detect(frame)
        tracks = self._tracker.follow(boxes, frame.time_s)
        now_s = frame.time_s
        self._last = {track: last for track, last in self._last.items() if 0 <= now_s - last[0] <= _REMEMBER_S}
        seen = [Sighting(track, box, Quality(0.0)) for track, box in zip(tracks, boxes, strict=True)]
        asked = [i for i, face in enumerate(seen) if wants.identify and face.track not in wants.decided]
        if asked:
            self._examine(frame, seen, asked, wants)
        return tuple(seen)

    def _detect(self, frame: Frame) -> list[Box]:
        picture = frame.main if frame.lores is None else frame.lores
        found = self._stages.detector.find(picture, min_score=self._stages.min_score)
        boxes = [face.box for face in found]
        return boxes if frame.lores is None else scale_boxes(boxes, frame.lores.shape, frame.main.shape)

    def _examine(self, frame: Frame, seen: list[Sighting], asked: list[int], wants: Wants) -> None:
        """Fill in quality for the faces `asked` for, and the rest for those that are usable."""
        picture = frame.main
        landmarks = self._stages.landmarker.locate(picture, [seen[i].box for i in asked])
        eyes = self._stages.eyes.openness(picture, landmarks)
        usable: list[tuple[int, NDArray[np.float32]]] = []
        for i, points, lids in zip(asked, landmarks, eyes, strict=True):
            quality = self._stages.gauge.judge(picture, seen[i].box, points, float(lids.max()))
            seen[i] = replace(seen[i], quality=quality)
            if quality.is_usable:
                usable.append((i, points))
        if usable:
            self._identify(frame, seen, usable, wants)

    def _identify(
        self, frame: Frame, seen: list[Sighting], usable: list[tuple[int, NDArray[np.float32]]], wants: Wants
    ) -> None:
        picture = frame.main
        probes = self._stages.embedder.embed(np.stack([aligned_crop(picture, points) for _, points in usable]))
        matches = self._gallery.best(probes)
        liveness = self._stages.liveness
        living = liveness.score(picture, [seen[i].box for i, _ in usable]) if liveness else None
        for row, (i, _) in enumerate(usable):
            probe = probes[row]
            seen[i] = replace(
                seen[i],
                probe=probe,
                match=matches[row],
                liveness=float(living[row]) if living is not None else None,
                continuity=_cosine(self._last.get(seen[i].track), probe),
                kinship=min((float(taken @ probe) for taken in wants.taken), default=None),
            )
            self._last[seen[i].track] = (frame.time_s, probe)


_REMEMBER_S = 30.0
"""Longer than any track may be out of sight (`gate.forget_s`, at most 10) or wait after a refusal the first time. The
probe must outlive the frames without the face, else another face could come back under the same number unnoticed."""


def _cosine(before: tuple[float, Vector] | None, probe: Vector) -> float | None:
    return None if before is None else float(before[1] @ probe)
