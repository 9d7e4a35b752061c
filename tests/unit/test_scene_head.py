"""A turned portrait moves as a head does, not as the sheet of paper that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from faceauthd.scene.face import SampleFaces
from faceauthd.scene.head import Turn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.scene.face import Face

NOSE_TIP, JAW_ENDS = 30, [0, 16]


@pytest.fixture(scope="module", params=SampleFaces().names)
def face(request: pytest.FixtureRequest) -> Face:
    return SampleFaces().face(request.param)


def homography_residual(before: NDArray[np.floating], after: NDArray[np.floating]) -> float:
    """RMS distance, in pixels, that is left when the best homography maps `before` to `after`: 0 for any plane."""
    middle, size = before.mean(axis=0), before.std()
    (x, y), (u, v) = ((before - middle) / size).T, ((after - middle) / size).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    rows = np.concatenate(
        (
            np.stack((x, y, one, zero, zero, zero, -u * x, -u * y, -u), axis=1),
            np.stack((zero, zero, zero, x, y, one, -v * x, -v * y, -v), axis=1),
        )
    )
    matrix = np.linalg.svd(rows)[2][-1].reshape(3, 3)
    mapped = np.stack((x, y, one), axis=1) @ matrix.T
    apart = mapped[:, :2] / mapped[:, 2:] - np.stack((u, v), axis=1)
    return float(np.sqrt((apart**2).sum(axis=1).mean()) * size)


@pytest.mark.parametrize("turn", [Turn(15, 0), Turn(-15, 0), Turn(0, 12), Turn(0, -12), Turn(10, 8)])
def test_landmarks_of_a_turning_head_move_as_no_plane_could(face: Face, turn: Turn) -> None:
    turned = face.head.turned(face.landmarks, turn)
    assert homography_residual(face.landmarks, turned) > 0.025 * face.head.pupils_px


def test_a_turning_sheet_of_paper_has_no_such_residual(face: Face) -> None:
    far = 8 * face.head.pupils_px
    flat = face.landmarks.astype(np.float64) - face.landmarks.mean(axis=0)
    angle = np.radians(15)
    scale = far / (far - flat[:, :1] * np.sin(angle))
    paper = flat * (np.cos(angle), 1.0) * scale
    assert homography_residual(face.landmarks, paper) < 0.001 * face.head.pupils_px


def test_the_nose_goes_farther_than_the_ears_to_the_side_it_is_turned_to(face: Face) -> None:
    for yaw in (-20.0, 20.0):
        moved = face.head.turned(face.landmarks, Turn(yaw, 0.0)) - face.landmarks
        assert np.sign(moved[NOSE_TIP, 0]) == np.sign(yaw)
        assert abs(moved[NOSE_TIP, 0]) > 1.4 * np.abs(moved[JAW_ENDS, 0]).max()


def test_the_nose_stands_out_of_the_face(face: Face) -> None:
    moved = face.head.turned(face.landmarks, Turn(20.0, 0.0)) - face.landmarks
    beside = moved[[31, 35, 39, 42], 0].mean()
    assert 0.04 < (moved[NOSE_TIP, 0] - beside) / face.head.pupils_px < 0.25


def test_looking_up_moves_the_nose_up(face: Face) -> None:
    moved = face.head.turned(face.landmarks, Turn(0.0, 10.0)) - face.landmarks
    assert moved[NOSE_TIP, 1] < -0.1 * face.head.pupils_px


@pytest.mark.parametrize("turn", [Turn(5, 0), Turn(25, 0), Turn(-20, 12), Turn(12, -15), Turn(0, 0)])
def test_turned_from_undoes_turned(face: Face, turn: Turn) -> None:
    height, width = face.picture.shape[:2]
    points = np.stack(np.meshgrid(np.arange(0, width, 7.0), np.arange(0, height, 7.0)), axis=-1)
    there_and_back = face.head.turned(face.head.turned_from(points, turn), turn)
    assert np.abs(there_and_back - points).max() < 0.25


def test_what_is_beyond_the_head_stays_where_it_is(face: Face) -> None:
    angles = np.linspace(0, 2 * np.pi, 40)
    ring = face.head.centre + np.stack((np.cos(angles), np.sin(angles)), axis=1) * face.head.reach * 1.01
    away = np.linalg.norm(ring - face.landmarks.mean(axis=0), axis=1) > 2.5 * face.head.pupils_px
    turned = face.head.turned_from(ring[away], Turn(25, 10))
    assert np.abs(turned - ring[away]).max() < 0.5


def test_light_from_the_right_falls_on_the_right_cheek(face: Face) -> None:
    left, right = face.landmarks[2], face.landmarks[14]
    facing = face.head.normals(np.stack((left, right)))[:, 0]
    assert facing[0] < -0.2
    assert facing[1] > 0.2
