"""When the detector looks: at whatever may show somebody new, and at little else."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from faceauthd.types import Box, Frame
from faceauthd.vision.attention import AT_LEAST_EVERY_S, CROWDED_EVERY_S, Attention
from faceauthd.vision.change import ChangeMap, bodies, tiny

Picture = NDArray[np.uint8]
SIZE = (240, 320)
FPS = 10


def wall(level: float = 90.0) -> NDArray[np.float64]:
    """A room in grey values, (240, 320): a ramp with a door frame."""
    room = np.tile(np.linspace(level - 20, level + 20, SIZE[1]), (SIZE[0], 1))
    room[:, 40:50] += 25
    return room


def shot(room: NDArray[np.float64], rng: np.random.Generator, noise: float) -> Picture:
    values = room[:, :, np.newaxis] + rng.normal(0, noise, (*SIZE, 3))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def with_face(room: NDArray[np.float64], middle: float, high: float = 60.0) -> NDArray[np.float64]:
    """Somebody's head, `high` pixels, darker hair above a lighter face, before the room."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    head = ((x - middle) / (0.4 * high)) ** 2 + ((y - 110) / (0.5 * high)) ** 2 < 1
    return np.where(head, np.where(y < 110 - 0.2 * high, 35.0, 150.0), room)


def looks(
    rooms: Iterable[NDArray[np.float64]],
    *,
    noise: float = 1.5,
    is_watching: bool = False,
    resting: Callable[[int], list[Box]] = lambda number: [],
) -> list[int]:
    """The numbers of the frames that were looked at, at ten a second."""
    rng, attention = np.random.default_rng(3), Attention()
    return [
        number
        for number, room in enumerate(rooms)
        if attention.is_due(
            Frame(shot(room, rng, noise), number / FPS), is_watching=is_watching, resting=resting(number)
        )
    ]


def test_an_empty_room_is_looked_at_once_a_second() -> None:
    assert looks([wall()] * 100) == list(range(0, 100, round(AT_LEAST_EVERY_S * FPS)))


@pytest.mark.parametrize("noise", [5.0, 12.0])
def test_noise_of_a_dark_room_is_learnt(noise: float) -> None:
    late = [number for number in looks([wall(40.0)] * 500, noise=noise) if number >= 300]
    assert len(late) <= 25


@pytest.mark.parametrize("noise", [1.5, 5.0, 12.0])
def test_whoever_steps_in_is_looked_at_in_the_same_frame(noise: float) -> None:
    quiet, arrival = [wall()] * 407, 407
    seen = looks([*quiet, *[with_face(wall(), 160 + 2 * step) for step in range(8)]], noise=noise)
    assert set(range(arrival, arrival + 8)) <= set(seen)


def test_the_least_face_that_is_found_is_seen_to_come() -> None:
    seen = looks([*[wall()] * 33, with_face(wall(), 160, high=14.0), wall()])
    assert 33 in seen


def test_nobody_waits_longer_than_a_second_whatever_the_gate_says() -> None:
    """The bound itself, which the other tests count in: with the change map blind, frames still come through."""
    picture = np.zeros((24, 32, 3), np.uint8)
    for resting, most_s in (([], 1.0), ([FACE], 0.5)):
        attention = Attention()
        attention._change.changed = lambda picture, at_s: np.zeros((1, 1), np.bool_)  # type: ignore[method-assign]
        due = [
            n / FPS for n in range(100) if attention.is_due(Frame(picture, n / FPS), is_watching=False, resting=resting)
        ]
        assert max(np.diff(due)) <= most_s + 1e-6


def test_somebody_who_fades_in_is_looked_at_within_a_second() -> None:
    share = np.linspace(0, 1, 600)  # a minute: far too slow to be a change from frame to frame
    fading = [(1 - part) * wall() + part * with_face(wall(), 160) for part in share]
    seen = looks(fading)
    assert max(np.diff([*seen, 600])) <= round(AT_LEAST_EVERY_S * FPS)


def test_somebody_who_walks_slowly_is_looked_at_all_the_way() -> None:
    coming = [with_face(wall(), 60 + 0.6 * step) for step in range(300)]
    seen = looks([*[wall()] * 50, *coming])
    assert max(np.diff([number for number in seen if number >= 50])) <= 3


def test_light_that_is_switched_on_is_a_change() -> None:
    assert 25 in looks([*[wall(40.0)] * 25, *[wall(110.0)] * 5])


def test_a_lamp_that_flickers_is_learnt_and_hides_nobody() -> None:
    def flickering(number: int, room: NDArray[np.float64]) -> NDArray[np.float64]:
        lit = room.copy()
        lit[:80, 200:] += 5.0 * (number % 2)
        return lit

    rooms = [flickering(number, wall()) for number in range(600)]
    assert len([number for number in looks(rooms) if number >= 300]) <= 60
    rooms[507:] = [flickering(number, with_face(wall(), 250)) for number in range(507, 600)]
    assert 507 in looks(rooms)


def test_while_somebody_is_watched_every_frame_is_looked_at() -> None:
    assert looks([wall()] * 30, is_watching=True) == list(range(30))


FACE = Box(130.0, 80.0, 190.0, 140.0)


def test_a_decided_face_that_stands_still_is_looked_at_twice_a_second() -> None:
    seen = looks([with_face(wall(), 160)] * 50, resting=lambda number: [FACE] if number else [])
    assert seen == list(range(0, 50, round(CROWDED_EVERY_S * FPS)))


def test_a_decided_face_that_moves_is_looked_at_in_every_second_or_third_frame() -> None:
    swaying = [with_face(wall(), 160 + 6 * np.sin(number)) for number in range(60)]
    seen = looks(swaying, resting=lambda number: [FACE] if number else [])
    assert set(np.diff(seen)) <= {2, 3}


def with_shoulders(room: NDArray[np.float64], middle: float) -> NDArray[np.float64]:
    """Somebody whose shoulders, three and a half faces wide, show from below the chin to the picture's lower edge."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    return with_face(np.where((y > 145) & (abs(x - middle) < 105), 200.0, room), middle)


def test_ones_own_shoulders_are_nobody_else() -> None:
    """A body sways with its head, and does not keep the detector awake at every frame."""
    swaying = [with_shoulders(wall(), 160 + 6 * np.sin(number)) for number in range(60)]
    seen = looks(swaying, resting=lambda number: [FACE] if number else [])
    assert set(np.diff(seen)) <= {2, 3}


def test_whoever_comes_up_before_the_shoulders_is_looked_at_within_three_frames() -> None:
    alone = with_shoulders(wall(), 160)
    child = np.roll(with_face(np.full(SIZE, np.nan), 220), 75, axis=0)
    both = np.where(np.isnan(child), alone, child)
    seen = looks([*[alone] * 23, *[both] * 4], resting=lambda number: [FACE] if number else [])
    assert set(seen) & {23, 24, 25}


def test_somebody_else_who_comes_is_looked_at_at_once() -> None:
    alone, both = with_face(wall(), 160), with_face(with_face(wall(), 160), 270)
    seen = looks([*[alone] * 23, *[both] * 4], resting=lambda number: [FACE] if number else [])
    assert {23, 24, 25, 26} <= set(seen)


def test_a_clock_that_was_set_back_or_another_picture_size_is_looked_at() -> None:
    attention = Attention()
    small, large = np.full((24, 32, 3), 90, np.uint8), np.full((48, 64, 3), 90, np.uint8)
    cases = [(small, 9.0, True), (small, 9.1, False), (small, 1.0, True), (small, 1.1, False), (large, 1.2, True)]
    for picture, at_s, is_due in cases:
        assert attention.is_due(Frame(picture, at_s), is_watching=False, resting=[]) is is_due


def test_the_small_picture_is_used_where_there_is_one() -> None:
    attention = Attention()
    grey, dark = np.full((240, 320, 3), 90, np.uint8), np.zeros((480, 640, 3), np.uint8)
    attention.is_due(Frame(dark, 0.0, grey), is_watching=False, resting=[])
    assert not attention.is_due(Frame(dark + 99, 0.1, grey), is_watching=False, resting=[])


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (16, 16), (240, 320), (480, 640), (719, 1279), (4000, 90)])
def test_pictures_of_any_shape_have_means_of_their_green(shape: tuple[int, int]) -> None:
    picture = np.zeros((*shape, 3), np.uint8)
    picture[:, :, 1] = 77
    assert (tiny(picture) == 77).all()
    assert ChangeMap().changed(picture, 0.0).all()


def test_a_body_is_below_its_face_and_within_the_picture() -> None:
    covered = bodies([Box(-20, 120, 20, 160)], (240, 320), (30, 40))
    assert covered[12:, :7].all()
    assert not covered[:12].any()
    assert not covered[:20, 8:].any(), "beside the face hands only"
    assert covered[20:, :11].all(), "shoulders"
    assert not covered[:, 12:].any()


def test_noise_that_could_hide_a_face_is_never_learnt_away() -> None:
    seen = looks([wall(90.0)] * 300, noise=30.0)
    assert len([number for number in seen if number >= 200]) >= 90
