"""What the recognizer remembers of a track between frames; its stages are stand-ins that say what the test wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from faceauthd.recognizer import MOST_FOLLOWED, FaceRecognizer, Stages
from faceauthd.types import Box, Cues, Frame, Match, Quality, Reason, Sighting, Suspicion, Wants
from faceauthd.vision.detect import Detection
from faceauthd.vision.presence import Presence, Shown
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
        self,
        picture: NDArray[np.uint8],
        box: Box,
        landmarks: NDArray[np.float32],
        eyes_open: float | None,
        crop: NDArray[np.uint8] | None,
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


@dataclass
class Told:
    """Attention that is due where `due` says so, and notes what it was asked."""

    due: list[bool]
    asked: list[tuple[bool, int]] = field(default_factory=list)

    def is_due(self, frame: Frame, *, is_watching: bool, resting: Sequence[Box]) -> bool:
        self.asked.append((is_watching, len(resting)))
        return self.due[len(self.asked) - 1]


def test_where_no_look_is_due_the_faces_found_last_still_stand_there() -> None:
    seen, attention = Seen([unit(0), unit(0)]), Told([True, False, False, True])
    stages = Stages(seen, seen, seen, seen, seen, None)
    recognizer = FaceRecognizer(stages, Tracker(), seen, attention=attention)
    decided = Wants(decided=frozenset({1}))
    looked = [recognizer.look(Frame(PICTURE, 0.4 * number), decided) for number in range(4)]
    assert [[face.track for face in faces] for faces in looked] == [[1]] * 4
    assert seen.now == 1, "the detector ran twice"
    assert attention.asked == [(False, 0), (False, 1), (False, 1), (False, 1)]


def test_a_face_is_watched_until_it_is_decided_and_again_when_that_is_forgotten() -> None:
    seen, attention = Seen([unit(0)] * 5), Told([True] * 5)
    recognizer = FaceRecognizer(Stages(seen, seen, seen, seen, seen, None), Tracker(), seen, attention=attention)
    wants = [Wants(), Wants(), Wants(decided=frozenset({1})), Wants(), Wants(identify=False)]
    for number, each in enumerate(wants):
        recognizer.look(Frame(PICTURE, 0.1 * number), each)
    assert [is_watching for is_watching, _ in attention.asked] == [False, True, False, True, False]


def test_a_face_that_left_for_a_frame_is_still_watched_for() -> None:
    seen, attention = Seen([unit(0), None, None]), Told([True] * 3)
    recognizer = FaceRecognizer(Stages(seen, seen, seen, seen, seen, None), Tracker(), seen, attention=attention)
    for number in range(3):
        recognizer.look(Frame(PICTURE, 0.1 * number), Wants())
    assert attention.asked[2] == (True, 0)


def test_where_somebody_stood_before_a_long_gap_is_looked_at_anew() -> None:
    seen, attention = Seen([unit(0), None]), Told([True, True])
    recognizer = FaceRecognizer(
        Stages(seen, seen, seen, seen, seen, None), Tracker(forget_s=0.3), seen, attention=attention
    )
    recognizer.look(Frame(PICTURE, 0.0), Wants(decided=frozenset({1})))
    assert recognizer.look(Frame(PICTURE, 0.4), Wants(decided=frozenset({1}))) == ()
    assert attention.asked[1] == (True, 1)


@dataclass
class Living(Seen):
    """Says of every face that it is alive."""

    def score(self, picture: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.float32]:
        return np.ones(len(boxes), np.float32)


class Turning(Presence):
    """Says of every face that it has shown its relief."""

    def see(self, frame: Frame, shown: Sequence[Shown]) -> list[Cues]:
        return [replace(cues, relief=1.0, shown=1.0) for cues in super().see(frame, shown)]


class Stiff(Presence):
    """Says of every face that it stands before a room that stays, and has not turned; from `wrong_from` looks on, that
    it is flat."""

    def __init__(self, wrong_from: int = 1000) -> None:
        super().__init__()
        self._wrong_from = wrong_from

    def see(self, frame: Frame, shown: Sequence[Shown]) -> list[Cues]:
        told = super().see(frame, shown)
        return [
            replace(cues, goes=0.0, follows=-3.0, relief=0.0 if cues.looks < self._wrong_from else -2.0, sway=5.0)
            for cues in told
        ]


def watched(
    faces: list[NDArray[np.float32] | None], watch_s: float, presence: Presence | None = None
) -> list[Sighting]:
    """Of faces that turn, unless another `presence` says so."""
    seen = Living(faces)
    stages = Stages(seen, seen, seen, seen, seen, seen)
    recognizer = FaceRecognizer(stages, Tracker(), seen, watch_s=watch_s, presence=presence or Turning())
    return [recognizer.look(Frame(PICTURE, 0.1 * number), Wants())[0] for number in range(len(faces))]


def test_looks_are_given_once_their_track_was_watched_for_long_enough() -> None:
    given = [face.probe is not None for face in watched([unit(0)] * 6, 0.25)]
    assert given == [False, False, False, True, True, True]


def test_a_face_that_does_not_turn_is_asked_to_and_never_given() -> None:
    faces = watched([unit(0)] * 8, 0.25, Stiff())
    assert [face.probe is not None for face in faces] == [False] * 8
    assert [face.quality.reasons for face in faces] == [()] * 6 + [(Reason.STIFF,)] * 2


def test_how_much_relief_has_to_be_shown_is_asked_of_the_face() -> None:
    seen = Living([unit(0)] * 6)
    stages = Stages(seen, seen, seen, seen, seen, seen)
    recognizer = FaceRecognizer(stages, Tracker(), seen, watch_s=0.25, relief_min=1.1, presence=Turning())
    looks = [recognizer.look(Frame(PICTURE, 0.1 * number), Wants())[0] for number in range(6)]
    assert [face.probe for face in looks] == [None] * 6


def test_a_face_that_does_not_turn_is_given_to_be_refused_after_the_longer_watch() -> None:
    faces = watched([unit(0)] * 8, 0.25, Stiff(wrong_from=2))
    assert [face.probe is not None for face in faces] == [False] * 6 + [True] * 2
    assert [face.suspicion for face in faces[6:]] == [Suspicion.FLAT] * 2
    assert all(face.quality.is_usable for face in faces)


def test_looks_held_back_have_no_liveness_and_those_given_have() -> None:
    for face in watched([unit(0)] * 5, 0.25):
        assert (face.liveness is None) is (face.probe is None)
        assert face.match is None


def test_where_the_head_rests_is_told_by_the_looks_held_back_as_well() -> None:
    class Glancing(Turning):
        def see(self, frame: Frame, shown: Sequence[Shown]) -> list[Cues]:
            yaw_deg = 9.0 if frame.time_s > 0.25 else 2.0
            return super().see(frame, [replace(one, quality=replace(one.quality, yaw_deg=yaw_deg)) for one in shown])

    faces = watched([unit(0)] * 9, 0.25, Glancing())
    assert [face.rest_yaw_deg for face in faces] == [None] * 3 + [2.0, 2.0, 5.5] + [9.0] * 3


def test_the_first_look_given_adds_to_none_before_it() -> None:
    assert [face.continuity for face in watched([unit(0)] * 5, 0.25)] == [None, None, None, None, 1.0]


def test_another_face_on_the_track_is_watched_anew_and_adds_to_none_before_it() -> None:
    faces = watched([unit(0)] * 4 + [unit(1)] * 5, 0.25)
    assert [face.probe is not None for face in faces] == [False] * 3 + [True] + [False] * 3 + [True] * 2
    assert [face.continuity for face in faces[3:]] == [None, None, None, None, None, 1.0]


def test_without_liveness_nothing_is_held_back() -> None:
    seen = Seen([unit(0)])
    recognizer = FaceRecognizer(Stages(seen, seen, seen, seen, seen, None), Tracker(), seen, watch_s=1.0)
    (face,) = recognizer.look(Frame(PICTURE, 0.0), Wants())
    assert face.probe is not None
    assert (face.liveness, face.suspicion, face.rest_yaw_deg) == (None, None, None)


def test_liveness_is_asked_for_only_where_it_is_wanted() -> None:
    """Where the door takes any face: nothing is held back, until somebody is enrolled or vouches."""
    seen = Living([unit(0)] * 12)
    stages = Stages(seen, seen, seen, seen, seen, seen)
    recognizer = FaceRecognizer(stages, Tracker(), seen, watch_s=0.25, presence=Turning())
    wants = [Wants(liveness=False)] * 3 + [Wants()] * 6
    looks = [recognizer.look(Frame(PICTURE, 0.1 * number), each)[0] for number, each in enumerate(wants)]
    assert [face.probe is not None for face in looks] == [True] * 3 + [False] * 3 + [True] * 3
    assert all(face.liveness is None for face in looks[:6])
    assert all(face.liveness is not None for face in looks[6:])


@dataclass
class Crowd(Seen):
    """Many faces at once, the last ones nearest; notes how many were looked at closely."""

    boxes: list[Box] = field(default_factory=list)
    located: list[list[Box]] = field(default_factory=list)

    def find(self, picture: NDArray[np.uint8], *, min_score: float) -> list[Detection]:
        self.now = 0
        return [Detection(box, 0.99) for box in self.boxes]

    def locate(self, picture: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.float32]:
        self.located.append(list(boxes))
        return super().locate(picture, boxes)


def crowd(count: int) -> tuple[FaceRecognizer, Crowd]:
    boxes = [Box(50.0 * i, 0.0, 50.0 * i + 10 + 0.1 * i, 12 + 0.1 * i) for i in range(count)]
    seen = Crowd([unit(0)], boxes=boxes)
    return FaceRecognizer(Stages(seen, seen, seen, seen, seen, None), Tracker(), seen), seen


def test_of_a_crowd_the_nearest_are_examined_and_then_the_others() -> None:
    recognizer, seen = crowd(12)
    decided: frozenset[int] = frozenset()
    for number in range(4):
        faces = recognizer.look(Frame(PICTURE, 0.1 * number), Wants(decided=decided))
        assert len(faces) == 12, "all are followed"
        decided |= {face.track for face in faces if face.probe is not None}
    assert [len(boxes) for boxes in seen.located] == [5, 5, 2], "each had a turn, and then nobody is left"
    assert seen.located[0] == seen.boxes[-5:]


def test_a_poster_of_a_multitude_is_not_even_followed() -> None:
    recognizer, seen = crowd(300)
    faces = recognizer.look(Frame(PICTURE, 0.0), Wants())
    assert [face.box for face in faces] == seen.boxes[-MOST_FOLLOWED:]
