"""Alignment: the similarity that Umeyama describes, and a crop that shows the face where the embedder looks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceauthd.vision.align import CROP_SIDE, TEMPLATE, aligned_crop, five_points, similarity

SHIFTS = st.floats(-500, 500)


def moved(points: np.ndarray, turn: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    rotation = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    return scale * points @ rotation.T + shift


def landmarks_at(five: np.ndarray) -> np.ndarray:
    """68 points whose five-point reduction is `five`."""
    points = np.zeros((68, 2), dtype=np.float32)
    for group, point in zip(((37, 38, 40, 41), (43, 44, 46, 47), (30,), (48, 60), (54, 64)), five, strict=True):
        points[list(group)] = point
    return points


@given(turn=st.floats(-3, 3), scale=st.floats(0.05, 20), across=SHIFTS, down=SHIFTS)
def test_alignment_inverts(turn: float, scale: float, across: float, down: float) -> None:
    face = moved(TEMPLATE, turn, scale, (across, down))

    matrix = similarity(face, TEMPLATE)

    np.testing.assert_allclose(face @ matrix[:, :2].T + matrix[:, 2], TEMPLATE, atol=1e-6)


def test_a_similarity_never_mirrors() -> None:
    mirrored = TEMPLATE * (-1, 1)

    turn = similarity(mirrored, TEMPLATE)[:, :2]

    assert np.linalg.det(turn) > 0
    np.testing.assert_allclose(turn @ turn.T, np.eye(2) * np.linalg.det(turn), atol=1e-9)


def test_similarity_is_the_least_squares_one() -> None:
    rng = np.random.default_rng(5)
    face = TEMPLATE + rng.normal(0, 4, TEMPLATE.shape)
    matrix = similarity(face, TEMPLATE)

    def error(candidate: np.ndarray) -> float:
        return float(((face @ candidate[:, :2].T + candidate[:, 2] - TEMPLATE) ** 2).sum())

    for turn, scale, shift in ((0.01, 1, 0), (-0.01, 1, 0), (0, 1.01, 0), (0, 0.99, 0), (0, 1, 0.3), (0, 1, -0.3)):
        step = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))]) * scale
        other = np.column_stack((step @ matrix[:, :2], step @ matrix[:, 2] + shift))
        assert error(matrix) < error(other)


def test_points_that_are_all_one_are_refused() -> None:
    with pytest.raises(ValueError, match="all points are one"):
        similarity(np.full((5, 2), 7.0), TEMPLATE)


def test_five_points_average_lids_and_mouth() -> None:
    points = np.arange(136, dtype=np.float32).reshape(68, 2)

    five = five_points(points)

    assert five[0].tolist() == [78.0, 79.0]  # mean of 37, 38, 40, 41
    assert five[1].tolist() == [90.0, 91.0]
    assert five[2].tolist() == [60.0, 61.0]
    assert five[3].tolist() == [108.0, 109.0]  # mean of 48, 60
    assert five[4].tolist() == [118.0, 119.0]


def test_a_mark_on_the_nose_lands_on_the_templates_nose() -> None:
    five = moved(TEMPLATE, 0.4, 2.5, (200.0, 150.0))
    picture = np.full((700, 700, 3), 60, dtype=np.uint8)
    x, y = np.rint(five[2] - 0.5).astype(int)
    picture[y - 4 : y + 5, x - 4 : x + 5] = 255

    crop = aligned_crop(picture, landmarks_at(five))

    assert crop.shape == (CROP_SIDE, CROP_SIDE, 3)
    rows, columns = np.nonzero(crop[:, :, 0] > 150)
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(TEMPLATE[2], abs=0.5)


def test_a_crop_beyond_the_pictures_edge_is_black_there() -> None:
    five = TEMPLATE - (60, 0)  # the left half of the face is outside
    picture = np.full((112, 112, 3), 200, dtype=np.uint8)

    crop = aligned_crop(picture, landmarks_at(five))

    assert crop[:, :58].max() == 0
    assert crop[2:110, 64:].min() == 200
