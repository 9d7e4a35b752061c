"""From a frame to sightings: each stage runs only where its answer can change the verdict.

    detect -> track -> (undecided faces) landmarks -> quality -> (usable looks) align -> embed -> match, liveness

The detector looks at a frame only where that can change what is known (`vision/attention.py`); else the faces it found
last still stand there. A track that has its verdict costs detection only. A look's liveness is what all looks of its
track say by then (`vision/presence.py`, `presentation.py`). Until a track has been watched for long enough to tell, its
looks are held back, and those that would pass until it has turned; the first one given after that is compared with none
before, so that two faces never add up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from faceauthd.evidence import SAME_FACE_COSINE
from faceauthd.ports import Matching
from faceauthd.presentation import SHOWN_RELIEF, Judgement, Stand, judge, stand_of
from faceauthd.types import Box, Frame, Quality, Reason, Sighting, Wants
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.detect import Detection, scale_boxes
from faceauthd.vision.presence import Presence, Shown
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Cues, Picture, Vector


class Detecting(Protocol):
    def find(self, picture: Picture, *, min_score: float) -> list[Detection]: ...


class Locating(Protocol):
    def locate(self, picture: Picture, boxes: Sequence[Box]) -> NDArray[np.float32]: ...


class Judging(Protocol):
    def judge(
        self,
        picture: Picture,
        box: Box,
        landmarks: NDArray[np.float32],
        eyes_open: float | None,
        crop: Picture | None,
    ) -> Quality: ...


class Opening(Protocol):
    def openness(self, picture: Picture, landmarks: NDArray[np.float32]) -> NDArray[np.float32]: ...


class Embedding(Protocol):
    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]: ...


class Livening(Protocol):
    def score(self, picture: Picture, boxes: Sequence[Box]) -> NDArray[np.float32]: ...


class Attending(Protocol):
    def is_due(self, frame: Frame, *, is_watching: bool, resting: Sequence[Box]) -> bool: ...


class Watching(Protocol):
    def see(self, frame: Frame, shown: Sequence[Shown]) -> Sequence[Cues]: ...

    def restart(self, track: int) -> None: ...


View = Callable[["Picture", "NDArray[np.float32]"], "Picture"]


@dataclass(frozen=True, slots=True)
class Stages:
    """One of each; `liveness` is None where nobody ever asks for it (evaluations, photographs)."""

    detector: Detecting
    landmarker: Locating
    gauge: Judging
    eyes: Opening
    embedder: Embedding
    liveness: Livening | None
    min_score: float = 0.7
    align: View = aligned_crop
    """From a picture and a face's landmarks to the crop that quality is judged by."""
    view: View = aligned_crop
    """The same, to what the embedder is shown; where it is `align` the crop serves for both."""


class FaceRecognizer:
    """The recognizer on real models. Remembers each track's last probe, and for some seconds how it was presented.

    A track is watched for `watch_s` seconds, or longer (`presentation.stand_of`), before its looks are given, where
    liveness is checked at all, and asked to turn its head until it has shown `relief_min`.
    Without `attention` every frame is looked at.
    """

    def __init__(
        self,
        stages: Stages,
        tracker: Tracker,
        gallery: Matching,
        *,
        watch_s: float = 0.0,
        relief_min: float = SHOWN_RELIEF,
        presence: Watching | None = None,
        attention: Attending | None = None,
    ) -> None:
        self._stages = stages
        self._tracker = tracker
        self._gallery = gallery
        self._watch_s = watch_s
        self._relief_min = relief_min
        self._presence: Watching = presence or Presence()
        self._attention = attention
        self._boxes: list[Box] = []
        self._last: dict[int, tuple[float, Vector]] = {}
        self._held_back: set[int] = set()

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        """Every face in the frame. Raises ModelError if a model breaks."""
        if self._attention is None or self._is_due(self._attention, frame, wants):
            self._boxes = self._detect(frame)
        boxes = self._boxes
        tracks = self._tracker.follow(boxes, frame.time_s)
        now_s = frame.time_s
        self._last = {track: last for track, last in self._last.items() if 0 <= now_s - last[0] <= _REMEMBER_S}
        self._held_back &= self._last.keys()
        self._presence.see(frame, ())  # a picture of somebody who left is kept no longer because nobody came since
        seen = [Sighting(track, box, Quality(0.0)) for track, box in zip(tracks, boxes, strict=True)]
        asked = [i for i, face in enumerate(seen) if wants.identify and face.track not in wants.decided]
        if asked:
            self._examine(frame, seen, _nearest(asked, boxes, MOST_EXAMINED), wants)
        return tuple(seen)

    def _is_due(self, attention: Attending, frame: Frame, wants: Wants) -> bool:
        in_view = self._tracker.known(frame.time_s)
        is_lost = len(in_view) < len(self._boxes)  # too long ago: where they stood says nothing any more
        is_watching = is_lost or (wants.identify and not wants.decided.issuperset(in_view))
        return attention.is_due(frame, is_watching=is_watching, resting=self._boxes)

    def _detect(self, frame: Frame) -> list[Box]:
        picture = frame.main if frame.lores is None else frame.lores
        found = self._stages.detector.find(picture, min_score=self._stages.min_score)
        boxes = [face.box for face in found]
        boxes = [boxes[i] for i in _nearest(range(len(boxes)), boxes, MOST_FOLLOWED)]
        return boxes if frame.lores is None else scale_boxes(boxes, frame.lores.shape, frame.main.shape)

    def _examine(self, frame: Frame, seen: list[Sighting], asked: list[int], wants: Wants) -> None:
        """Fill in quality for the faces `asked` for, and the rest for those that are usable."""
        picture = frame.main
        landmarks = self._stages.landmarker.locate(picture, [seen[i].box for i in asked])
        eyes = self._stages.eyes.openness(picture, landmarks)
        usable: list[tuple[int, NDArray[np.float32]]] = []
        crops: list[Picture] = []
        for i, points, lids in zip(asked, landmarks, eyes, strict=True):
            crop = self._crop(picture, points)
            quality = self._stages.gauge.judge(picture, seen[i].box, points, float(lids.max()), crop)
            seen[i] = replace(seen[i], quality=quality)
            if quality.is_usable and crop is not None:
                usable.append((i, points))
                shown = self._stages.view
                crops.append(crop if shown is self._stages.align else shown(picture, points))
        if usable:
            self._identify(frame, seen, usable, crops, wants)

    def _crop(self, picture: Picture, landmarks: NDArray[np.float32]) -> Picture | None:
        """None where all landmarks are one point."""
        try:
            return self._stages.align(picture, landmarks)
        except ValueError:
            return None

    def _identify(
        self,
        frame: Frame,
        seen: list[Sighting],
        usable: list[tuple[int, NDArray[np.float32]]],
        crops: Sequence[Picture],
        wants: Wants,
    ) -> None:
        probes = self._stages.embedder.embed(np.stack(crops))
        tracks = [seen[i].track for i, _ in usable]
        continuity = [_cosine(self._last.get(track), probe) for track, probe in zip(tracks, probes, strict=True)]
        self._last |= {track: (frame.time_s, probe) for track, probe in zip(tracks, probes, strict=True)}
        cues = self._watch(frame, seen, usable, continuity) if wants.liveness else [None] * len(usable)
        matches = self._gallery.best(probes)
        for row, (i, _) in enumerate(usable):
            watched = cues[row]
            track = seen[i].track
            judged, stand = self._judge(watched)
            if stand is Stand.STIFF:
                seen[i] = replace(seen[i], quality=replace(seen[i].quality, reasons=(Reason.STIFF,)))
            if stand is not Stand.JUDGED:
                self._held_back.add(track)
                continue
            seen[i] = replace(
                seen[i],
                probe=probes[row],
                match=matches[row],
                liveness=judged.score if judged else None,
                suspicion=judged.suspicion if judged else None,
                continuity=None if track in self._held_back else continuity[row],
                kinship=min((float(taken @ probes[row]) for taken in wants.taken), default=None),
                rest_yaw_deg=watched.rest_yaw_deg if watched else None,
            )
            self._held_back.discard(track)

    def _judge(self, watched: Cues | None) -> tuple[Judgement | None, Stand]:
        """Where nobody asked whether a face is alive, all of its looks count."""
        if watched is None:
            return None, Stand.JUDGED
        judged = judge(watched)
        return judged, stand_of(watched, judged, self._watch_s, self._relief_min)

    def _watch(
        self,
        frame: Frame,
        seen: list[Sighting],
        usable: list[tuple[int, NDArray[np.float32]]],
        continuity: list[float | None],
    ) -> Sequence[Cues | None]:
        """How each usable face is presented; what was seen of another face on its track is forgotten."""
        liveness = self._stages.liveness
        if liveness is None:
            return [None] * len(usable)
        for (i, _), alike in zip(usable, continuity, strict=True):
            if alike is not None and not alike >= SAME_FACE_COSINE:
                self._presence.restart(seen[i].track)
        scores = liveness.score(frame.main, [seen[i].box for i, _ in usable])
        return self._presence.see(
            frame,
            [
                Shown(seen[i].track, points, seen[i].quality, float(score))
                for (i, points), score in zip(usable, scores, strict=True)
            ],
        )


MOST_EXAMINED = 5
"""Faces that are examined in one look, the nearest of those without a verdict: about 30 ms each on one x86 thread. The
others have their turn as these get theirs. Whoever holds up a poster of a crowd must not be able to stop the loop."""
MOST_FOLLOWED = 32
"""Faces that are followed at all."""
_REMEMBER_S = 30.0
"""Longer than any track may be out of sight (`gate.forget_s`, at most 10) or wait after a refusal the first time. The
probe must outlive the frames without the face, else another face could come back under the same number unnoticed."""


def _nearest(asked: Sequence[int], boxes: Sequence[Box], most: int) -> list[int]:
    """Those of `asked` with the largest boxes, in the order given."""
    if len(asked) <= most:
        return list(asked)
    nearest = sorted(asked, key=lambda i: boxes[i].width * boxes[i].height, reverse=True)[:most]
    return sorted(nearest)


def _cosine(before: tuple[float, Vector] | None, probe: Vector) -> float | None:
    return None if before is None else float(before[1] @ probe)
