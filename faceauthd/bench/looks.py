"""Each stage, and the whole look: from a frame to a sighting that the gate can judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.bench.kit import owners_of, random_units
from faceauthd.bench.sample import interleaved
from faceauthd.gallery import Matcher
from faceauthd.recognizer import FaceRecognizer
from faceauthd.types import Box, Frame, Wants
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.detect import scale_boxes
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from faceauthd.bench.kit import Kit
    from faceauthd.bench.sample import Case, Durations
    from faceauthd.recognizer import Stages
    from faceauthd.types import Picture, Vector

GALLERY_ROWS = 1000
"""Templates in the gallery of these figures: 200 people, a large household's street."""


@dataclass(frozen=True, slots=True)
class _Face:
    """One frame, and what each stage hands to the next."""

    frame: Frame
    box: Box
    landmarks: NDArray[np.float32]
    crop: Picture
    probe: Vector


def small_gallery() -> Matcher:
    """A matcher over `GALLERY_ROWS` random templates."""
    matcher = Matcher()
    matcher.point_at(random_units(np.random.default_rng(6), GALLERY_ROWS), owners_of(GALLERY_ROWS))
    return matcher


def measure_looks(kit: Kit, frames: Sequence[Frame], rounds: int) -> dict[str, Durations]:
    """The stages by name and, last, the `look`; all in turns, each round on the next of `frames`.

    The stages are fed what the one before gave, made beforehand. A look is that of an undecided face: with every stage.
    """
    stages, matcher = kit.stages, small_gallery()
    faces = [_face(stages, frame) for frame in frames]
    recognizer = FaceRecognizer(stages, Tracker(), matcher)
    cases = _cases(stages, matcher, faces)
    cases["look"] = lambda number: recognizer.look(faces[number % len(faces)].frame, Wants())
    return interleaved(cases, rounds=rounds)


def _face(stages: Stages, frame: Frame) -> _Face:
    small = frame.main if frame.lores is None else frame.lores
    found = stages.detector.find(small, min_score=stages.min_score)
    box = scale_boxes([found[0].box], small.shape, frame.main.shape)[0]
    landmarks = stages.landmarker.locate(frame.main, [box])
    crop = aligned_crop(frame.main, landmarks[0])
    return _Face(frame, box, landmarks, crop, stages.embedder.embed(crop[np.newaxis]))


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
