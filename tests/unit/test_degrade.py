"""Each bad condition does what its name says, and nothing to a picture's size but where it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from faceauthd.evaluation.degrade import CONDITIONS, Condition
from faceauthd.picture import grey
from faceauthd.resources import shipped
from faceauthd.scene.face import Face, SampleFaces
from faceauthd.vision.pose import pose_of

if TYPE_CHECKING:
    from faceauthd.types import Picture

BY_NAME = {f"{one.group} {one.name}".strip(): one for one in CONDITIONS}


@pytest.fixture(scope="module")
def face() -> Face:
    return SampleFaces(shipped("faces")).face("astronaut")


def worse(condition: Condition, face: Face) -> Picture:
    return condition.apply(face.picture, face.landmarks, np.random.default_rng(1))


def centre(picture: Picture, points: NDArray[np.float32]) -> float:
    x, y = points[30].astype(int)
    return float(grey(picture)[y - 20 : y + 20, x - 20 : x + 20].mean())


@pytest.mark.parametrize("condition", CONDITIONS, ids=list(BY_NAME))
def test_every_condition_gives_a_picture_the_same_each_time_and_none_but_the_first_leaves_it(
    face: Face, condition: Condition
) -> None:
    picture = worse(condition, face)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert np.array_equal(picture, worse(condition, face))
    assert (picture.shape == face.picture.shape) is (condition.group != "far away")
    assert np.array_equal(picture, face.picture) is (condition.group == "as it is")


def test_names_are_not_given_twice() -> None:
    assert len(BY_NAME) == len(CONDITIONS) >= 25


def test_darkness_is_of_light_and_backlight_leaves_the_window_white(face: Face) -> None:
    lit = centre(face.picture, face.landmarks)
    dark = centre(worse(BY_NAME["darkness 1/10 of the light"], face), face.landmarks)
    assert dark / lit == pytest.approx(0.1 ** (1 / 2.2), abs=0.03)
    behind = worse(BY_NAME["backlight face at 1/12"], face)
    assert centre(behind, face.landmarks) < 0.5 * lit
    assert behind[2, 2].min() == 255


def test_what_is_worn_covers_eyes_or_mouth_and_nothing_else(face: Face) -> None:
    points = face.landmarks.astype(int)

    def changed(name: str, index: int) -> bool:
        x, y = points[index]
        return bool((worse(BY_NAME[name], face)[y, x] != face.picture[y, x]).any())

    eye, mouth, brow_middle = 38, 62, 27
    assert [changed("glasses dark", index) for index in (eye, mouth)] == [True, False]
    assert [changed("mask over mouth and nose", index) for index in (eye, mouth)] == [False, True]
    x, y = points[36:42].mean(axis=0)
    rims = worse(BY_NAME["glasses rims"], face)
    assert np.array_equal(rims[int(y), int(x)], face.picture[int(y), int(x)]), "one sees through"
    assert changed("glasses rims", brow_middle)


def test_a_turn_moves_the_nose_against_the_eyes(face: Face) -> None:
    """By the very head that turns the picture, so that no landmark model enters."""
    from faceauthd.scene.head import Head, Turn

    turned = Head.of(face.landmarks).turned(face.landmarks, Turn(30.0, 0.0))
    assert pose_of(turned).yaw_deg - pose_of(face.landmarks).yaw_deg > 15
