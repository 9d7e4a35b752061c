"""What the recognizer remembers of a track between frames; its stages are stand-ins that say what the test wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from faceauthd.recognizer import FaceRecognizer, Stages
from faceauthd.types import Box, Frame, Match, Quality, Wants
from faceauthd.vision.detect import Detection
from faceauthd.vision.track import Tracker
from tests.fakes import GOOD, PICTURE

FACE = Box(10, 8, 40, 44)


def unit(index: int) -> NDArray[np.float32]:
    return np.eye(512, dtype=np.float32)[index]


@dataclass
class Seen:
    """All stages in one: `faces` is the embedding of each frame's face, None for a frame without one."""

    faces: list[NDArray[np.float32] | None]
    now: int = -1
    embedded: int = field(default=0)

    def find(self, picture: NDArray[np.uint8], *, min_score: float) -> list[Detection]:
        self.now += 1
        return [] if self.faces[self.now] is None else [Detection(FACE, 0.99)]

    def locate(self, picture: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.float32]:
        rng = np.random.default_rng(1)
        return rng.uniform(10, 40, (len(boxes), 68, 2)).astype(np.float32)

    def openness(self, picture: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ones((len(landmarks), 2), np.float32)

    def judge(
        self, picture: NDArray[np.uint8], box: Box, landmarks: NDArray[np.float32], eyes_open: float | None
    ) -> Quality:
        return GOOD

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.embedded += 1
        face = self.faces[self.now]
        assert face is not None
        return np.stack([face] * len(crops))

    def best(self, probes: NDArray[np.float32]) -> list[Match | None]:
        return [None] * len(probes)


def continuities(faces: list[NDArray[np.float32] | None]) -> list[float | None]:
    seen = Seen(faces)
    recognizer = FaceRecognizer(Stages(seen, seen, seen, seen, seen, None), Tracker(forget_s=1.0), seen)
    looks = [recognizer.look(Frame(PICTURE, 0.1 * number), Wants()) for number in range(len(faces))]
    assert {face.track for look in looks for face in look} == {1}
    return [look[0].continuity for look in looks if look]


def test_the_first_look_has_nothing_to_be_compared_with_and_the_next_has() -> None:
    assert continuities([unit(0), unit(0), unit(1)]) == [None, 1.0, 0.0]


def test_another_face_that_takes_over_a_track_behind_an_empty_frame_is_noticed() -> None:
    assert continuities([unit(0), None, unit(1)]) == [None, 0.0]


def test_decided_tracks_are_not_embedded() -> None:
    seen = Seen([unit(0)])
    recognizer = FaceRecognizer(Stages(seen, seen, seen, seen, seen, None), Tracker(), seen)
    (face,) = recognizer.look(Frame(PICTURE, 0.0), Wants(decided=frozenset({1})))
    assert (face.probe, seen.embedded) == (None, 0)
