"""Dark and noisy pictures are mended; all others are given back as they are, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from faceauthd.picture import load_picture, resize
from faceauthd.resources import shipped
from faceauthd.vision.tone import DARK_FACE, MOST_GAIN, cleared, lifted, noise_of

if TYPE_CHECKING:
    from faceauthd.types import Picture

RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def face() -> Picture:
    return resize(load_picture(shipped("faces") / "astronaut.jpg"), (112, 112))


def dimmed(picture: Picture, level: float, noise: float = 0.0) -> Picture:
    return np.clip(np.rint(picture * level + RNG.normal(0, noise, picture.shape)), 0, 255).astype(np.uint8)


def mean(crop: Picture) -> float:
    return float(crop[36:104, 24:88].mean()) / 255


def test_a_face_in_good_light_is_shown_as_it_is(face: Picture) -> None:
    assert cleared(face) is face
    assert lifted(resize(face, (320, 240))).mean() == resize(face, (320, 240)).mean()


@pytest.mark.parametrize("level", [0.5, 0.25, 0.1])
def test_a_dark_face_is_brightened_to_the_same(face: Picture, level: float) -> None:
    assert mean(cleared(dimmed(face, level))) == pytest.approx(DARK_FACE, abs=0.03)


def test_a_black_picture_stays_black_and_finite() -> None:
    black = np.zeros((112, 112, 3), np.uint8)
    assert not cleared(black).any()
    assert not lifted(np.zeros((240, 320, 3), np.uint8)).any()


@pytest.mark.parametrize("deviation", [6.0, 12.0, 24.0])
def test_noise_is_measured_and_smoothed_away(deviation: float) -> None:
    flat = np.full((112, 112, 3), 140, np.uint8)
    noisy = flat + np.rint(RNG.normal(0, deviation, (112, 112, 1))).astype(np.int16)
    crop = np.clip(noisy, 0, 255).astype(np.uint8)
    assert noise_of(crop[..., 0].astype(np.float32)) == pytest.approx(deviation, rel=0.12)
    assert cleared(crop)[8:-8, 8:-8].std() < 0.6 * crop.std()


def test_little_noise_is_left_alone(face: Picture) -> None:
    bright = dimmed(face, 1.0, 1.0)
    assert cleared(bright) is bright


def test_a_dark_room_is_lifted_where_it_is_dark_and_no_further_than_it_may_be() -> None:
    room = np.full((240, 320, 3), 12, np.uint8)
    room[:, 280:] = 250
    seen = lifted(room)
    assert 0.3 * 255 < seen[100:140, 40:200].mean() <= 12 * MOST_GAIN
    assert seen[:, 300:].min() == 250
    bright = np.full((240, 320, 3), 120, np.uint8)
    assert lifted(bright) is bright
