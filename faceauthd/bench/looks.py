"""Each stage, and the whole look: from a frame to a sighting that the gate can judge."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.bench.kit import Passing, owners_of, random_units
from faceauthd.bench.sample import interleaved
from faceauthd.gallery import Matcher
from faceauthd.recognizer import FaceRecognizer
from faceauthd.types import Box, Frame, Quality, Wants
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.detect import scale_boxes
from faceauthd.vision.presence import Presence, Shown
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from faceauthd.bench.kit import Kit
    from faceauthd.bench.sample import Case, Durations
    from faceauthd.ports import Matching
    from faceauthd.recognizer import Stages
    from faceauthd.types import Picture, Sighting, Vector

GALLERY_ROWS = 1000
"""Templates in the gallery of these figures: 200 people, a large household's street."""


WARM_UP = 8
"""Rounds after which a track has a past as long as motion is told over."""


@dataclass(frozen=True, slots=True)
class _Face:
    """One frame, and what each stage hands to the next."""

    frame: Frame
    box: Box
    landmarks: NDArray[np.float32]
    crop: Picture
    probe: Vector
    quality: Quality


def small_gallery() -> Matcher:
    """A matcher over `GALLERY_ROWS` random templates."""
    matcher = Matcher()
    matcher.point_at(random_units(np.random.default_rng(6), GALLERY_ROWS), owners_of(GALLERY_ROWS))
    return matcher


def measure_looks(kits: Mapping[str, Kit], frames: Sequence[Frame], rounds: int) -> dict[str, dict[str, Durations]]:
    """For each of `kits` the stages by name and, last, the `look`; all in turns, each round on the next of `frames`.

    The stages are fed what the one before gave, made beforehand. A look is that of an undecided face that has been
    watched for a while: with every stage and the cues of motion.
    """
    matcher = small_gallery()
    cases = {
        (label, name): case
        for label, kit in kits.items()
        for name, case in _all_cases(kit.stages, matcher, frames).items()
    }
    taken = interleaved(cases, rounds=rounds, warm_up=WARM_UP)
    return {label: {name: each for (of, name), each in taken.items() if of == label} for label in kits}


def _all_cases(stages: Stages, matcher: Matcher, frames: Sequence[Frame]) -> dict[str, Case]:
    faces = [_face(stages, frame) for frame in frames]
    cases = _cases(stages, matcher, faces)
    if stages.liveness is not None:
        cases["motion cues"] = _motion(faces)
    cases["look"] = whole_look(stages, frames, matcher)
    return cases


def whole_look(stages: Stages, frames: Sequence[Frame], gallery: Matching) -> Callable[[int], tuple[Sighting, ...]]:
    """A look at the next of `frames` at each call, as at somebody undecided whom the camera goes on seeing."""
    recognizer, passing = FaceRecognizer(stages, Tracker(), gallery), Passing(frames)
    return lambda _: recognizer.look(passing.next(), Wants())


def _face(stages: Stages, frame: Frame) -> _Face:
    small = frame.main if frame.lores is None else frame.lores
    found = stages.detector.find(small, min_score=stages.min_score)
    box = scale_boxes([found[0].box], small.shape, frame.main.shape)[0]
    landmarks = stages.landmarker.locate(frame.main, [box])
    crop = aligned_crop(frame.main, landmarks[0])
    quality = stages.gauge.judge(frame.main, box, landmarks[0], 1.0, crop)
    return _Face(frame, box, landmarks, crop, stages.embedder.embed(crop[np.newaxis]), quality)


def _motion(faces: Sequence[_Face]) -> Case:
    """How the face moved, and what is around it: `vision.presence`, on frames that pass."""
    presence, passing = Presence(), Passing([face.frame for face in faces])
    shown = [Shown(1, face.landmarks[0], face.quality, 0.9) for face in faces]
    count = itertools.count()
    return lambda _: presence.see(passing.next(), [shown[passing.place(next(count))]])


def _cases(stages: Stages, matcher: Matcher, faces: Sequence[_Face]) -> dict[str, Case]:
    def face(number: int) -> _Face:
        return faces[number % len(faces)]

    def detect(number: int) -> object:
        frame = face(number).frame
        return stages.detector.find(frame.main if frame.lores is None else frame.lores, min_score=stages.min_score)

    def judge(number: int) -> object:
        one = face(number)
        return stages.gauge.judge(one.frame.main, one.box, one.landmarks[0], 1.0, one.crop)

    cases: dict[str, Case] = {
        "detect": detect,
        "landmarks": lambda number: stages.landmarker.locate(face(number).frame.main, [face(number).box]),
        "eyes": lambda number: stages.eyes.openness(face(number).frame.main, face(number).landmarks),
        "quality": judge,
        "align": lambda number: aligned_crop(face(number).frame.main, face(number).landmarks[0]),
        "embed": lambda number: stages.embedder.embed(face(number).crop[np.newaxis]),
        "match": lambda number: matcher.best(face(number).probe),
    }
    liveness = stages.liveness
    if liveness is not None:
        cases["liveness"] = lambda number: liveness.score(face(number).frame.main, [face(number).box])
    return cases
