"""What the stages do around their models: fit, cut out, suppress, combine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceauthd.errors import ModelError
from faceauthd.types import Box
from faceauthd.vision.detect import MARGIN_GREY, MOST_STRETCH, Detector, fitted, scale_boxes, suppressed
from faceauthd.vision.embed import Embedder
from faceauthd.vision.eyes import EyeModel, eye_square, lid_gap
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.liveness import GROWTH, LivenessModel, surroundings
from faceauthd.vision.tone import cleared

SIDES = st.integers(16, 900)


class SayingNet:
    """Answers with what a function makes of the pixels, and keeps them."""

    def __init__(self, answer: Callable[[np.ndarray], tuple[np.ndarray, ...]]) -> None:
        self.seen: list[np.ndarray] = []
        self._answer = answer

    def run(self, pixels: np.ndarray) -> tuple[np.ndarray, ...]:
        self.seen.append(pixels)
        return self._answer(pixels)


def detecting(*faces: tuple[float, float, float, float, float]) -> SayingNet:
    """A detector's net that finds (score, corners in 0..1)."""
    table = np.array(faces, dtype=np.float32)
    scores = np.stack((1 - table[:, 0], table[:, 0]), axis=1)
    return SayingNet(lambda _: (scores[np.newaxis], table[np.newaxis, :, 1:]))


@given(width=SIDES, height=SIDES)
def test_any_picture_is_fitted_whole(width: int, height: int) -> None:
    picture = np.full((height, width, 3), 200, dtype=np.uint8)

    pixels, scale, (left, top) = fitted(picture)

    assert pixels.shape == (240, 320, 3)
    bright = np.argwhere(pixels[:, :, 0] == 200)
    assert set(np.unique(pixels)) <= {200, MARGIN_GREY}
    assert bright[0].tolist() == [top, left]
    assert bright[-1, 1] + 1 - left == pytest.approx(width * scale[0], abs=1)
    assert bright[-1, 0] + 1 - top == pytest.approx(height * scale[1], abs=1)
    assert scale.max() <= MOST_STRETCH * scale.min() * (1 + 1e-9)
    assert width * scale[0] == pytest.approx(320) or height * scale[1] == pytest.approx(240)


@pytest.mark.parametrize(("width", "height"), [(320, 240), (1280, 720), (250, 250), (480, 1080), (2000, 30)])
def test_a_box_comes_back_to_the_pictures_pixels(width: int, height: int) -> None:
    across, down = 320 / width, 240 / height
    across, down = min(across, 2.4 * down), min(down, 2.4 * across)
    left, top = (320 - width * across) / 2, (240 - height * down) / 2
    wanted = Box(width * 0.25, height * 0.25, width * 0.25 + height * 0.4, height * 0.75)
    corners = [(wanted.left * across + left) / 320, (wanted.top * down + top) / 240]
    corners += [(wanted.right * across + left) / 320, (wanted.bottom * down + top) / 240]

    (found,) = Detector(detecting((0.9, *corners))).find(np.zeros((height, width, 3), np.uint8))

    assert found.score == pytest.approx(0.9)
    pixel = 1 / min(across, down)
    for side in ("left", "top", "right", "bottom"):
        assert getattr(found.box, side) == pytest.approx(getattr(wanted, side), abs=pixel)


def test_faces_come_best_first_and_each_once() -> None:
    net = detecting((0.8, 0.1, 0.1, 0.3, 0.4), (0.95, 0.11, 0.1, 0.31, 0.4), (0.9, 0.6, 0.5, 0.8, 0.9))

    found = Detector(net).find(np.zeros((240, 320, 3), np.uint8), min_score=0.7)

    assert [face.score for face in found] == pytest.approx([0.95, 0.9])
    assert not Detector(net).find(np.zeros((240, 320, 3), np.uint8), min_score=0.96)


def test_what_is_far_wider_than_high_is_no_face() -> None:
    net = detecting((0.99, 0.1, 0.1, 0.5, 0.4), (0.9, 0.6, 0.5, 0.8, 0.9))  # 128x72 and 64x96 pixels of 320x240

    assert [face.score for face in Detector(net).find(np.zeros((240, 320, 3), np.uint8))] == pytest.approx([0.9])


def test_suppression_keeps_boxes_that_overlap_little() -> None:
    corners = np.array([(0, 0, 10, 10), (0, 0, 10, 9), (6, 0, 16, 10), (20, 0, 30, 10)], dtype=float)

    assert suppressed(corners, 0.4) == [0, 2, 3]
    assert suppressed(corners[:0], 0.4) == []


def test_boxes_scale_to_another_picture_of_the_view() -> None:
    assert scale_boxes([Box(10, 20, 30, 40)], (240, 320, 3), (720, 1280, 3)) == [Box(40, 60, 120, 120)]


def test_landmarks_are_relative_to_their_box() -> None:
    net = SayingNet(lambda pixels: (np.tile(np.array((0.5, 0.25), np.float32), (len(pixels), 68)),))

    points = Landmarker(net).locate(np.zeros((100, 100, 3), np.uint8), [Box(10, 20, 50, 60), Box(-8, 0, 32, 80)])

    assert points.shape == (2, 68, 2)
    assert points[0, 0].tolist() == [30.0, 30.0]
    assert points[1, 67].tolist() == [12.0, 20.0]
    assert net.seen[0].shape == (2, 64, 64)


def test_no_face_asks_no_model() -> None:
    def unasked(_: np.ndarray) -> tuple[np.ndarray, ...]:
        raise AssertionError("the model was run for nobody")

    net, picture = SayingNet(unasked), np.zeros((50, 50, 3), np.uint8)
    assert Landmarker(net).locate(picture, []).shape == (0, 68, 2)
    assert LivenessModel(net).score(picture, []).shape == (0,)
    assert EyeModel(net).openness(picture, np.zeros((0, 68, 2), np.float32)).shape == (0, 2)
    assert Embedder(net).embed(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0, 512)


def test_what_is_embedded_was_mended_before() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1, 112, 112, 3), dtype=np.uint8)
    net = SayingNet(lambda pixels: (pixels.reshape(len(pixels), -1)[:, :512].astype(np.float32),))
    Embedder(net).embed(noise)
    assert np.array_equal(net.seen[0][0], cleared(noise[0]))


def test_an_embedding_is_the_sum_of_crop_and_mirror() -> None:
    crops = np.random.default_rng(1).integers(0, 256, (2, 112, 112, 3), dtype=np.uint8)
    net = SayingNet(lambda pixels: (pixels.reshape(len(pixels), -1)[:, :512].astype(np.float32),))

    rows = Embedder(net, prepare=lambda crop: crop).embed(crops)

    for crop, seen in zip(crops, net.seen, strict=True):
        assert np.array_equal(seen, np.stack((crop, crop[:, ::-1]))), "a face at a time, with its mirror image"
    sums = crops.reshape(2, -1)[:, :512].astype(float) + crops[:, :, ::-1].reshape(2, -1)[:, :512]
    np.testing.assert_allclose(rows, sums / np.linalg.norm(sums, axis=1, keepdims=True), rtol=1e-5)


@given(
    width=SIDES,
    height=SIDES,
    left=st.floats(-100, 800),
    top=st.floats(-100, 800),
    across=st.floats(8, 400),
    down=st.floats(8, 400),
)
def test_surroundings_stay_inside_and_keep_their_shape(
    width: int, height: int, left: float, top: float, across: float, down: float
) -> None:
    grown = surroundings(Box(left, top, left + across, top + down), width, height)

    assert grown.left >= 0
    assert grown.top >= 0
    assert grown.right <= width + 1e-6
    assert grown.bottom <= height + 1e-6
    assert grown.width / grown.height == pytest.approx(across / down)
    assert grown.width <= GROWTH * across + 1e-6


def test_surroundings_are_centred_where_there_is_room() -> None:
    assert surroundings(Box(400, 300, 500, 420), 2000, 1500) == Box(315, 198, 585, 522)


def test_lids_are_measured_in_widths_of_the_eye_however_large_or_tilted() -> None:
    points = np.zeros((68, 2), dtype=np.float32)
    for first, x in ((36, 20), (42, 60)):
        points[first : first + 6] = [(x, 50), (x + 5, 47), (x + 15, 47), (x + 20, 50), (x + 15, 53), (x + 5, 53)]
    assert lid_gap(points) == pytest.approx(6 / 20)
    turn = np.array([[0.8, -0.6], [0.6, 0.8]], dtype=np.float32)
    assert lid_gap(3 * points @ turn) == pytest.approx(6 / 20)
    points[[37, 38], 1] = 50
    assert lid_gap(points) == pytest.approx(4.5 / 20), "the upper lid of one eye is half-way down"


def test_each_eye_is_looked_at_in_its_own_square() -> None:
    points = np.zeros((1, 68, 2), np.float32)
    points[0, 36:42] = (30, 50)
    points[0, (36, 39), 0] = (25, 35)
    points[0, 42:48] = (70, 50)
    points[0, (42, 45), 0] = (65, 75)
    net = SayingNet(lambda pixels: (np.stack((1 - pixels[:, 12, 12] / 255, pixels[:, 12, 12] / 255), axis=1),))
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:, 50:] = 255

    assert eye_square(points[0], 0) == Box(20, 40, 40, 60)
    assert EyeModel(net).openness(picture, points).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_landmarks_that_are_no_numbers_are_a_model_that_breaks(value: float) -> None:
    net = SayingNet(lambda pixels: (np.full((len(pixels), 136), value, np.float32),))
    with pytest.raises(ModelError, match="not finite"):
        Landmarker(net).locate(np.zeros((100, 100, 3), np.uint8), [Box(10, 20, 50, 60)])


@pytest.mark.parametrize("value", [3e38, -3e38])
def test_landmarks_far_from_any_face_stay_near_enough_to_be_reckoned_with(value: float) -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    net = SayingNet(lambda pixels: (np.full((len(pixels), 136), value, np.float32),))
    points = Landmarker(net).locate(picture, [Box(10, 20, 50, 60)])
    assert np.abs(points).max() < 1000
    openness = EyeModel(SayingNet(lambda pixels: (np.full((len(pixels), 2), 0.5, np.float32),))).openness(
        picture, points
    )
    assert openness.shape == (1, 2)
