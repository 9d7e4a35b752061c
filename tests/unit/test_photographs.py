"""Photographs that become templates, and those that do not: whose they are, and whether they add anything."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from faceauthd.photographs import PhotographExaminer, Taken
from faceauthd.picture import as_jpeg
from faceauthd.recognizer import Stages
from faceauthd.types import Box, Match, NewTemplate, Quality, Reason

ALICE, BOB = 1, 2
THRESHOLD = 0.6
BOX = Box(0, 0, 10, 10)
BLACK = as_jpeg(np.zeros((32, 32, 3), np.uint8), [])


def at(cosine: float) -> NDArray[np.float32]:
    """A probe of this cosine to `at(1.0)`."""
    return np.array([cosine, (1.0 - cosine**2) ** 0.5], np.float32)


@dataclass
class Nearest:
    match: Match | None

    def best(self, probes: NDArray[np.float32]) -> list[Match | None]:
        return [self.match]


def examined(
    match: Match | None, *, whose: int | None = None, before: tuple[float, ...] = (), cosine: float = 1.0
) -> Taken:
    """What comes of a photograph whose face is `match` to the gallery, and `before` to the photographs before it."""
    stages = SimpleNamespace(
        detector=SimpleNamespace(find=lambda _picture, min_score: [SimpleNamespace(box=BOX)]),
        landmarker=SimpleNamespace(locate=lambda _picture, _boxes: [np.zeros((68, 2), np.float32)]),
        eyes=SimpleNamespace(openness=lambda _picture, _landmarks: np.ones((1, 2), np.float32)),
        gauge=SimpleNamespace(judge=lambda *_: Quality(score=0.9, face_px=100)),
        embedder=SimpleNamespace(embed=lambda _crops: at(cosine)[None]),
        view=lambda picture, _landmarks: picture,
        min_score=0.7,
    )
    examiner = PhotographExaminer(cast(Stages, stages), Nearest(match))
    taken = tuple(NewTemplate(at(one), 0.9) for one in before)
    return examiner.examine(BLACK, taken, THRESHOLD, whose)


def test_a_newcomer_is_taken_and_somebody_enrolled_is_named() -> None:
    assert examined(None).template is not None
    assert examined(Match(BOB, 0.3, 0.1)).template is not None
    known = examined(Match(BOB, 0.7, 0.1))
    assert (known.reason, known.whom) == (Reason.ALREADY_ENROLLED, BOB)


@pytest.mark.parametrize(
    ("match", "reason", "whom"),
    [
        (Match(ALICE, 0.7, 0.1), None, None),
        (Match(BOB, 0.7, 0.1), Reason.OTHER_FACE, BOB),
        (Match(BOB, 0.5, 0.1), Reason.OTHER_FACE, None),
        (Match(ALICE, 0.1, 0.0), Reason.OTHER_FACE, None),
        (Match(ALICE, 0.7, 0.65), Reason.AMBIGUOUS, None),
        (None, Reason.OTHER_FACE, None),
    ],
)
def test_an_improvement_has_to_show_the_person(match: Match | None, reason: Reason | None, whom: int | None) -> None:
    came = examined(match, whose=ALICE)
    assert (came.reason, came.whom, came.template is None) == (reason, whom, reason is not None)


def test_all_photographs_show_one_face() -> None:
    assert examined(None, before=(0.7,)).template is not None
    assert examined(None, before=(0.7, 0.1)).reason is Reason.OTHER_FACE


def test_what_is_as_good_as_the_same_picture_adds_nothing() -> None:
    for same in (examined(None, before=(0.7, 0.96)), examined(Match(ALICE, 0.96, 0.1), whose=ALICE)):
        assert (same.template, same.reason) == (None, None)
        assert same.problem is not None
        assert "same picture" in same.problem
    assert examined(Match(ALICE, 0.94, 0.1), whose=ALICE, before=(0.94,)).template is not None
