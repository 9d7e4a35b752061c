"""The geometry and the light of the attack kit: planes move as planes do, heads do not, and glare runs over glass."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from faceauthd.scene.actor import Optics
from faceauthd.scene.face import SampleFaces
from faceauthd.scene.grid import Grid
from faceauthd.scene.head import Turn
from tools.attack_kit import face_of
from tools.attack_kit.clip import Draws, Shot
from tools.attack_kit.grid_beat import GridBeat
from tools.attack_kit.hands import Hands
from tools.attack_kit.matte import mended
from tools.attack_kit.medium import Texture, View, seen
from tools.attack_kit.person import made_whole
from tools.attack_kit.prints import Ink, mirrored
from tools.attack_kit.stage import Stage
from tools.attack_kit.surface import Placement

if TYPE_CHECKING:
    from faceauthd.scene.face import Face

OPTICS = Optics((640, 480), 66.0)
TILTED = Placement(0.02, -0.01, 0.45, yaw_deg=14.0, pitch_deg=-9.0, roll_deg=5.0)
BENT = Placement(0.02, -0.01, 0.45, yaw_deg=14.0, pitch_deg=-9.0, bend_per_m=5.0, bend_axis_deg=10.0)


@cache
def face() -> Face:
    return SampleFaces().face("astronaut")


def printed_landmarks() -> np.ndarray:
    """Where the 68 landmarks are on a life-size print, in metres from the eyes."""
    points = face().landmarks.astype(np.float64)
    return (points - points[36:48].mean(axis=0)) * 0.063 / face().head.pupils_px


def off_plane_px(before: np.ndarray, after: np.ndarray) -> float:
    """The largest distance of `after` from the homography of `before` that fits best."""
    ones = np.ones(len(before))
    x, y = before.T
    zero = np.zeros_like(x)
    across = np.column_stack((x, y, ones, zero, zero, zero, -after[:, 0] * x, -after[:, 0] * y))
    down = np.column_stack((zero, zero, zero, x, y, ones, -after[:, 1] * x, -after[:, 1] * y))
    solved = np.linalg.lstsq(np.vstack((across, down)), np.concatenate(after.T), rcond=None)[0]
    moved = np.column_stack((x, y, ones)) @ np.append(solved, 1.0).reshape(3, 3).T
    return float(np.linalg.norm(moved[:, :2] / moved[:, 2:] - after, axis=1).max())


def test_a_flat_print_moves_as_a_plane_and_a_bent_one_or_a_head_does_not() -> None:
    level = Placement(z_m=0.5).project(printed_landmarks(), OPTICS)
    assert off_plane_px(level, TILTED.project(printed_landmarks(), OPTICS)) < 1e-6
    assert off_plane_px(level, BENT.project(printed_landmarks(), OPTICS)) > 0.5
    scale = 62.0 / face().head.pupils_px  # as large as the print
    turned = face().head.turned(face().landmarks, Turn(12.0, 4.0))
    assert off_plane_px(face().landmarks * scale, turned * scale) > 2.0


@pytest.mark.parametrize("at", [Placement(), TILTED, BENT, Placement(0.0, 0.0, 0.3, bend_per_m=-4.0)])
def test_rays_meet_the_sheet_where_its_points_are_seen(at: Placement) -> None:
    points = np.random.default_rng(2).uniform(-0.1, 0.1, (40, 2))
    met, normals = at.met(at.project(points, OPTICS)[np.newaxis].astype(np.float32), OPTICS)
    np.testing.assert_allclose(met[0], points, atol=2e-5)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1.0, atol=1e-5)
    assert (normals[..., 2] < 0).all()


@pytest.mark.parametrize(
    ("at", "axis", "sign"),
    [(Placement(yaw_deg=20.0), 0, 1), (Placement(pitch_deg=20.0), 1, -1)],
    ids=["yaw to the right", "pitch up"],
)
def test_a_sheet_turns_the_way_a_head_does(at: Placement, axis: int, sign: int) -> None:
    _, normals = at.met(np.full((1, 1, 2), (320.0, 240.0), dtype=np.float32), OPTICS)
    assert sign * normals[0, 0, axis] == pytest.approx(np.sin(np.radians(20.0)), abs=1e-6)


def test_the_edges_of_a_bent_sheet_go_away_from_the_camera() -> None:
    edge = np.array(((0.1, 0.0),))
    flat, bent = (Placement(bend_per_m=bend).project(edge, OPTICS)[0, 0] for bend in (0.0, 5.0))
    assert bent < flat


@pytest.mark.parametrize("at", [TILTED, BENT])
def test_texels_are_drawn_where_the_geometry_says(at: Placement) -> None:
    texels = np.zeros((400, 400, 4), dtype=np.uint8)
    texels[..., 3] = 255
    texels[98:102, 278:282, :3] = 255
    texture = Texture(texels, 2000.0, (200.0, 200.0))
    view = seen(Stage(Draws(np.random.default_rng(0)), Shot()), texture, at)
    assert view is not None
    bright = view.planes[0].astype(np.float64)
    rows, columns = np.indices(bright.shape)
    centre = (columns * bright).sum() / bright.sum() + view.left + 0.5, (rows * bright).sum() / bright.sum() + 0.5
    expected = at.project(np.array(((80 / 2000, -100 / 2000),)), OPTICS)[0]
    np.testing.assert_allclose((centre[0], centre[1] + view.top), expected, atol=0.3)


def test_a_sheet_covers_what_lies_within_its_edges() -> None:
    texture = Texture(np.full((300, 200, 4), 255, dtype=np.uint8), 2000.0, (100.0, 120.0))
    stage = Stage(Draws(np.random.default_rng(0)), Shot())
    view = seen(stage, texture, Placement(z_m=0.5))
    assert view is not None
    assert view.cover.sum() == pytest.approx(0.1 * 0.15 * (stage.optics.focal_px / 0.5) ** 2, rel=0.03)
    assert seen(stage, texture, Placement(x_m=3.0, z_m=0.5)) is None


def test_glare_runs_over_glass_twice_as_fast_as_it_turns() -> None:
    angles = np.radians(np.linspace(-20, 20, 401))
    rays = np.stack((np.tan(angles), np.zeros_like(angles)), axis=-1)[np.newaxis].astype(np.float32)

    def brightest_deg(yaw_deg: float) -> float:
        normal = np.array((np.sin(np.radians(yaw_deg)), 0.0, -np.cos(np.radians(yaw_deg))), dtype=np.float32)
        lobe = mirrored(np.broadcast_to(normal, (1, 401, 3)), rays, np.array((0.0, 0.0, -1.0)), 2.0)
        return float(np.degrees(angles[lobe[0].argmax()]))

    assert brightest_deg(0.0) == pytest.approx(0.0, abs=0.1)
    assert abs(brightest_deg(4.0) - brightest_deg(0.0)) == pytest.approx(8.0, abs=0.3)


def test_printed_black_is_not_black_and_printed_white_not_white() -> None:
    ink = Ink(Draws(np.random.default_rng(4)))
    black, white = (ink.printed(np.full((80, 80, 3), value, dtype=np.uint8), 800.0).mean() for value in (0, 255))
    assert 38 < black < 80
    assert 215 < white < 246


@pytest.mark.parametrize(("ppi", "contrast"), [(66.0, True), (440.0, False)])
def test_a_coarse_grid_beats_with_the_sensor_and_a_fine_one_does_not(ppi: float, contrast: bool) -> None:
    draws = Draws(np.random.default_rng(1))
    beat = GridBeat(draws, ppi, OPTICS.focal_px)
    draws.taken.clear()
    beat._photosite_px = 1 / 3.6
    grid = Grid(slice(100, 200), slice(100, 220))
    sheet, normals = Placement(z_m=0.35).met(grid.through(np.eye(3)[:2]), OPTICS)
    u, v = grid.filled(sheet[..., 0]), grid.filled(sheet[..., 1])
    view = View(np.zeros((4, *u.shape), np.float32), u, v, np.ones_like(u), normals, sheet, grid, 100, 100)
    emitted = np.ones((3, *u.shape), dtype=np.float32)
    beat.upon(emitted, view, 0.35)
    assert (float(emitted.std()) > 0.005) is contrast


def test_hands_tremble_as_hands_do() -> None:
    stage = Stage(Draws(np.random.default_rng(0)), Shot(seconds=20.0))
    draws = Draws(np.random.default_rng(3))
    hands = Hands(draws, stage, 0.8, handling="held")
    times = np.arange(0, 20, 1 / 200)
    middle = np.array([hands.at(time_s).x_m for time_s in times])
    power = np.abs(np.fft.rfft(middle - middle.mean())) ** 2
    rates = np.fft.rfftfreq(len(times), 1 / 200)
    fast = power[(rates > 7.5) & (rates < 12.5)].sum()
    assert power[(rates > 3) & (rates < 7.5) | (rates > 12.5)].sum() < 0.05 * fast
    tremor_m = np.sqrt(2 * fast) / len(times)
    expected_m = draws.taken["tremor_px"] * hands.nearest_m / stage.optics.focal_px
    assert tremor_m == pytest.approx(expected_m, rel=0.25)


def test_shaking_shakes() -> None:
    stage = Stage(Draws(np.random.default_rng(0)), Shot())

    def turned_deg(handling: str) -> float:
        hands = Hands(Draws(np.random.default_rng(3)), stage, 0.8, handling=handling, can_bend=True)
        return float(np.ptp([hands.at(time_s).yaw_deg for time_s in np.linspace(0, 2.5, 50)]))

    assert turned_deg("shaken") > 2 * turned_deg("held")


def test_black_corners_are_filled_and_dark_clothes_are_kept() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(90, 160, (120, 100, 3), dtype=np.uint8)
    picture[:20, :30] = 1
    picture[90:, 40:80] = rng.integers(6, 14, (30, 40, 3), dtype=np.uint8)
    filled = mended(picture)
    assert filled[:18, :28].min() > 60
    assert filled[100:, 45:75].max() < 20


def test_a_person_is_told_from_a_wall_of_another_colour() -> None:
    sample = face()
    wall = np.array((40, 170, 60), dtype=np.float32)
    alpha = sample.alpha[..., np.newaxis]
    picture = np.rint(sample.colours * alpha + wall * (1 - alpha)).astype(np.uint8)
    found = face_of(picture)
    head = slice(0, int(sample.landmarks[8, 1]))
    wrong = np.abs(found.alpha - sample.alpha)[head].mean()
    assert wrong < 0.03


def test_a_person_made_whole_keeps_their_face() -> None:
    whole = made_whole(face())
    assert whole.picture.shape[0] > 1.4 * face().picture.shape[0]
    shift = whole.landmarks[0] - face().landmarks[0]
    eyes = face().landmarks[36:48].astype(int)
    for x, y in eyes:
        np.testing.assert_array_equal(whole.colours[y, x + int(shift[0])], face().colours[y, x])
    assert whole.head.centre[0] - face().head.centre[0] == shift[0]
