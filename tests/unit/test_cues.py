"""Cues on drawn sequences whose truth is known: a plane that moves by a homography, a head that turns, a room."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from faceauthd.presentation import Stand, judge, stand_of
from faceauthd.types import Cues, Frame, Quality
from faceauthd.vision.motion import Look, between, flattened
from faceauthd.vision.presence import SHOWN_FOR_S, UNSEEN, Presence, Shown, _most_different, log_odds
from faceauthd.vision.registration import Patch, moved, sample

Floats = NDArray[np.float32]

SIZE = (320, 240)
MIDDLE = np.array((160.0, 120.0))
WIDTH = 70.0


def texture(seed: int, x: Floats, y: Floats, period: float) -> Floats:
    """A smooth random picture at points, grey values about 128."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(0, 2 * math.pi / period, (10, 2))
    phases = rng.uniform(0, 6, 10)
    angles = x[..., None] * waves[:, 0] + y[..., None] * waves[:, 1] + phases
    values: Floats = (128 + 17 * np.sin(angles).sum(axis=-1)).astype(np.float32)
    return values


def constellation() -> Floats:
    """68 points on an ellipse and within it, the 31st the tip of the nose."""
    angles = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    radius = np.where(np.arange(68) % 2, 1.0, 0.6)
    points = MIDDLE + np.stack((np.cos(angles), np.sin(angles)), axis=1) * radius[:, None] * WIDTH / 2
    points[30] = (MIDDLE[0], MIDDLE[1] + 2)
    return points.astype(np.float32)


def height(x: Floats, y: Floats, *, has_nose: bool) -> Floats:
    """How far the face stands out, in pixels: its nose, if it has one."""
    nose = np.exp(-(((x - MIDDLE[0]) / 9) ** 2) - ((y - MIDDLE[1]) / 12) ** 2)
    out: Floats = (12 * nose * has_nose).astype(np.float32)
    return out


def scene(
    turn: float, shift: tuple[float, float], *, has_nose: bool, is_framed: bool, seed: int
) -> tuple[NDArray[np.uint8], Floats]:
    """A frame and its landmarks: a face moved by `shift`, its nose besides by `turn` (a sine) times its height, in a
    room that stays or, framed, goes along."""
    x, y = np.meshgrid(np.arange(SIZE[0], dtype=np.float32), np.arange(SIZE[1], dtype=np.float32))
    u, v = x - np.float32(shift[0]), y - np.float32(shift[1])
    for _ in range(6):
        u = x - np.float32(shift[0]) - np.float32(turn) * height(u, v, has_nose=has_nose)
    face = texture(1, u, v, 9.0)
    around = texture(2, *((u, v) if is_framed else (x, y)), 12.0)
    inside = np.hypot((u - MIDDLE[0]) / (0.55 * WIDTH), (v - MIDDLE[1]) / (0.7 * WIDTH)) < 1
    noise = np.random.default_rng(seed).normal(0, 1.0, x.shape)
    picture = np.clip(np.where(inside, face, around) + noise, 0, 255).astype(np.uint8)
    return picture, (constellation() + np.array(shift)).astype(np.float32)


def watched(
    *,
    has_nose: bool = True,
    is_framed: bool = False,
    moves: float = 1.0,
    p_live: float = 0.9,
    presence: Presence | None = None,
    yaw_deg: Callable[[float], float] = lambda swing: 4 * swing,
) -> Cues:
    """A second of looks at 15 a second: a face that sways and turns from side to side, by `yaw_deg` as it seems."""
    presence, cues = presence or Presence(), None
    for number in range(16):
        swing = math.sin(number / 15 * 2 * math.pi)
        shift = (6.0 * moves * swing, 2.0 * moves * math.cos(number / 3))
        grey, points = scene(0.3 * moves * swing, shift, has_nose=has_nose, is_framed=is_framed, seed=number)
        frame = Frame(np.repeat(grey[..., None], 3, axis=2), number / 15)
        quality = Quality(1.0, yaw_deg=yaw_deg(moves * swing))
        (cues,) = presence.see(frame, [Shown(1, points, quality, p_live)])
    assert cues is not None
    return cues


def stays(presence: Presence, until_s: float) -> Cues:
    """Three looks a second, from the second second on, of a face that does not turn any more."""
    cues = None
    for number in range(round((until_s - 1.2) * 3) + 1):
        swing = math.sin(number)
        grey, points = scene(0.0, (swing, 0.0), has_nose=True, is_framed=False, seed=number)
        frame = Frame(np.repeat(grey[..., None], 3, axis=2), 1.2 + number / 3)
        (cues,) = presence.see(frame, [Shown(1, points, Quality(1.0), 0.9)])
    assert cues is not None
    return cues


def test_relief_that_was_shown_is_remembered_of_a_face_that_stays() -> None:
    presence = Presence()
    turned = watched(presence=presence)
    after = stays(presence, SHOWN_FOR_S - 0.2)
    assert after.relief is not None
    assert after.shown is not None
    assert after.relief < 1.0 < 2.0 < after.shown
    assert after.shown == turned.shown


@pytest.mark.parametrize("seems", [lambda swing: -4 * swing, lambda swing: 0.0])
def test_a_nose_that_does_not_go_where_the_head_turns_is_no_relief(seems: Callable[[float], float]) -> None:
    odd, plain = watched(yaw_deg=seems), watched()
    assert odd.relief is not None
    assert odd.relief > 2.0, "something moves out of the plane"
    assert odd.shown is not None
    assert plain.shown is not None
    assert odd.shown < 0.2 < 1.9 < plain.shown


def test_a_nod_shows_relief_as_a_turn_does() -> None:
    presence, told = Presence(), None
    for number in range(16):
        swing = math.sin(number / 15 * 2 * math.pi)
        grey, points = scene(0.3 * swing, (0.0, 0.0), has_nose=True, is_framed=False, seed=number)
        frame = Frame(np.repeat(grey.T[..., None], 3, axis=2), number / 15)
        (told,) = presence.see(frame, [Shown(1, points[:, ::-1], Quality(1.0, pitch_deg=-4 * swing), 0.9)])
    assert told is not None
    assert told.shown is not None
    assert told.shown > 1.5


def test_angles_that_are_no_numbers_show_no_relief() -> None:
    told = watched(yaw_deg=lambda swing: math.nan)
    assert told.shown is None or told.shown < 0


def test_how_far_points_went_beyond_a_plane_is_told_to_a_tenth_of_a_pixel() -> None:
    x, y = np.meshgrid(np.arange(SIZE[0], dtype=np.float32), np.arange(SIZE[1], dtype=np.float32))
    points = np.stack((x, y), axis=-1)[110:130:2, 150:170:2].reshape(-1, 2)
    before, after = texture(1, x, y, 9.0), texture(1, x - 4.0 - 0.7, y + 2.0 - 0.4, 9.0)
    plane = np.array(((1.0, 0.0, 4.0), (0.0, 1.0, -2.0), (0.0, 0.0, 1.0)))
    assert Patch(before, points).stray(after, plane) == pytest.approx((0.7, 0.4), abs=0.1)
    assert (Patch(before, points[:59]).stray(after, plane) == 0).all(), "too few to tell"


def test_relief_is_not_remembered_for_ever_nor_of_another_face() -> None:
    presence = Presence()
    watched(presence=presence)
    after = stays(presence, SHOWN_FOR_S + 1.2)
    assert after.shown is not None
    assert after.shown < 1.0
    presence = Presence()
    watched(presence=presence)
    presence.restart(1)
    after = stays(presence, 4.0)
    assert after.shown is not None
    assert after.shown < 1.0


def test_relief_of_a_few_looks_is_noise() -> None:
    presence = Presence()
    told = []
    for number in range(16):
        grey, points = scene(0.3 * math.sin(number), (0.0, 0.0), has_nose=True, is_framed=False, seed=number)
        frame = Frame(np.repeat(grey[..., None], 3, axis=2), number / 15)
        told += presence.see(frame, [Shown(1, points, Quality(1.0), 0.9)])
    assert [cues.shown is not None for cues in told] == [number / 15 >= 0.6 for number in range(16)]
    assert told[5].relief is not None


def test_a_room_that_stays_and_a_frame_that_goes_along_are_told_apart() -> None:
    free, framed = watched(), watched(is_framed=True, has_nose=False)
    assert free.goes is not None
    assert framed.goes is not None
    assert free.follows is not None
    assert framed.follows is not None
    assert free.goes < 0.02
    assert framed.goes > 0.2
    assert free.follows < -0.5
    assert framed.follows > 0.5


def test_a_nose_shows_its_relief_when_the_head_turns_and_a_sheet_has_none() -> None:
    head, sheet = watched(), watched(has_nose=False)
    assert head.relief is not None
    assert sheet.relief is not None
    assert head.relief > 2.15, "2.30; a plane that is fitted to the nose, too, leaves 2.00"
    assert abs(sheet.relief) < 0.5


def test_nothing_living_keeps_as_still_as_a_picture_on_a_stand() -> None:
    stand, living = watched(moves=0.0), watched(moves=0.2)
    assert stand.sway is not None
    assert living.sway is not None
    assert stand.sway < 0.2
    assert living.sway > 1.0


def test_the_model_speaks_with_the_mean_of_its_log_odds() -> None:
    assert watched(p_live=0.9).model == pytest.approx(math.log(9))
    assert watched(p_live=0.9).watched_s == pytest.approx(1.0)
    assert (log_odds(0.0), log_odds(1.0)) == (-9.0, 9.0)
    assert math.isnan(log_odds(math.nan))


def test_a_look_is_compared_with_the_most_turned_one_that_is_not_turned_too_far() -> None:
    grey, points = scene(0, (0, 0), has_nose=True, is_framed=False, seed=0)
    looks = [Look(0.1 * number, flattened(grey), points, yaw, 0.0) for number, yaw in enumerate((20.0, 7.0, -3.0, 1.0))]
    now = Look(0.6, flattened(grey), points, 0.0, 0.0)
    assert _most_different(looks, now) is looks[1]
    assert _most_different(looks[:1], now) is looks[0], "better than none"
    nearer = replace(looks[0], yaw_deg=9.0)
    assert _most_different([looks[0], nearer], now) is nearer
    assert _most_different([replace(looks[3], at_s=0.5)], now) is None, "too close in time"


def comes(growth: float, until: int = 6) -> list[Cues]:
    """Twelve looks of a face that grows by `growth` a second until it stands."""
    grey, points = scene(0, (0, 0), has_nose=True, is_framed=False, seed=0)
    picture, presence, told = np.repeat(grey[..., None], 3, axis=2), Presence(), list[Cues]()
    for number in range(12):
        size = np.float32(math.exp(0.11 * growth * min(number, until)))
        near = size * (points - points[30]) + points[30]
        told += presence.see(Frame(picture, 0.11 * number), [Shown(1, near, Quality(1.0), 0.9)])
    return told


def test_a_face_that_grows_comes_nearer_until_it_stands() -> None:
    assert [cues.is_coming for cues in comes(0.4)] == [False] * 2 + [True] * 7 + [False] * 3
    assert not any(cues.is_coming for cues in comes(0.24))
    assert not any(cues.is_coming for cues in comes(-0.4))


def test_what_was_seen_on_the_way_is_forgotten_once_a_face_stands() -> None:
    assert [cues.looks for cues in comes(0.4)] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 3, 4, 5]
    assert [cues.looks for cues in comes(0.0)] == list(range(1, 13))


def test_one_look_shows_no_motion() -> None:
    grey, points = scene(0, (0, 0), has_nose=True, is_framed=False, seed=0)
    frame = Frame(np.repeat(grey[..., None], 3, axis=2), 0.0)
    (cues,) = Presence().see(frame, [Shown(1, points, Quality(1.0), 0.9)])
    assert (cues.looks, cues.watched_s, cues.goes, cues.follows, cues.relief, cues.sway) == (1, 0.0, *[None] * 4)


def looks_of(presence: Presence, times: list[float], track: int = 1) -> list[Cues]:
    grey, points = scene(0, (0, 0), has_nose=True, is_framed=False, seed=0)
    picture = np.repeat(grey[..., None], 3, axis=2)
    return [presence.see(Frame(picture, at), [Shown(track, points, Quality(1.0), 0.9)])[0] for at in times]


def test_what_is_older_than_the_window_is_forgotten_and_tracks_are_kept_apart() -> None:
    presence = Presence()
    assert [cues.looks for cues in looks_of(presence, [0.0, 0.5, 1.0, 2.2, 2.4])] == [1, 2, 3, 3, 4]
    assert looks_of(presence, [2.5], track=2)[0].looks == 1
    assert looks_of(presence, [9.0])[0].looks == 1


def test_seldom_looks_reach_back_farther_as_long_as_none_is_missed() -> None:
    presence = Presence()
    assert [cues.looks for cues in looks_of(presence, [0.0, 1.4, 2.8, 4.2, 5.8])] == [1, 2, 3, 3, 2]
    assert looks_of(presence, [7.9])[0].looks == 1


def test_a_look_is_compared_with_one_nearby_rather_than_with_the_last_but_one() -> None:
    presence = Presence()
    looks_of(presence, [0.0, 1.0, 1.1, 1.3])
    assert [look.at_s for look in presence._tracks[1].looks] == [1.0, 1.1, 1.3]


def test_a_track_that_shows_another_face_starts_again() -> None:
    presence = Presence()
    looks_of(presence, [0.0, 0.3])
    presence.restart(1)
    assert looks_of(presence, [0.5])[0].looks == 1


def test_memory_is_bounded_whatever_the_frame_rate() -> None:
    presence = Presence()
    looks_of(presence, [number / 240 for number in range(480)])
    kept = presence._tracks[1]
    assert len(kept.notes) <= 61
    assert len(kept.looks) <= 9


@pytest.mark.parametrize(
    "spoil",
    [
        lambda points: np.full_like(points, 50.0),
        lambda points: points + 5000,
        lambda points: np.full_like(points, np.nan),
    ],
)
def test_landmarks_that_cannot_be_of_a_face_give_no_motion_and_no_error(spoil: Callable[[Floats], Floats]) -> None:
    grey, points = scene(0, (0, 0), has_nose=True, is_framed=False, seed=0)
    flat = flattened(grey)
    past, now = Look(0.0, flat, points, 0, 0), Look(0.3, flat, spoil(points), 0, 0)
    assert between(past, now) is None
    assert between(now, past) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_homography_is_found_to_a_tenth_of_a_pixel(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = np.eye(3) + rng.uniform(-0.02, 0.02, (3, 3))
    true[:2, 2] = rng.uniform(-2, 2, 2) - (true - np.eye(3))[:2, :2] @ MIDDLE
    true[2] = (*rng.uniform(-2e-4, 2e-4, 2), 1.0)
    true[2, 2] = 1 - true[2, :2] @ MIDDLE
    back = np.linalg.inv(true)
    x, y = np.meshgrid(np.arange(SIZE[0], dtype=np.float32), np.arange(SIZE[1], dtype=np.float32))
    where = moved(np.stack((x, y), axis=-1).reshape(-1, 2), back)
    past = texture(7, x, y, 12.0)
    now = texture(7, where[:, 0].reshape(x.shape), where[:, 1].reshape(x.shape), 12.0) * 1.05 + 3
    points = np.stack(np.meshgrid(np.linspace(125, 195, 30), np.linspace(85, 155, 30)), -1).reshape(-1, 2)
    patch = Patch(past, points.astype(np.float32))
    found = patch.register(now, np.eye(3))
    off = moved(patch.points, found.matrix) - moved(patch.points, true)
    assert np.abs(off).max() < 0.1
    assert found.residual < 0.05 * patch.difference(now, np.eye(3))


def test_sampling_gives_the_pixels_and_what_lies_between() -> None:
    picture = np.arange(12, dtype=np.float32).reshape(3, 4)
    x, y = np.array((0, 2, 1.5), dtype=np.float32), np.array((0, 1, 0.5), dtype=np.float32)
    assert sample(picture, x, y).tolist() == [0.0, 6.0, 3.5]


def test_flattening_takes_off_what_changes_slowly_and_nothing_else() -> None:
    ramp = np.tile(np.linspace(0, 200, 320), (240, 1)).astype(np.uint8)
    assert np.abs(flattened(ramp)[20:-20, 20:-20]).max() < 1.5
    spot = np.zeros((240, 320), dtype=np.uint8)
    spot[100, 100] = 81
    assert flattened(spot)[100, 100] == pytest.approx(80.0)


def test_no_picture_outlives_the_window_although_nobody_comes() -> None:
    presence = Presence()
    looks_of(presence, [0.0, 0.3])
    empty = np.zeros((48, 64, 3), dtype=np.uint8)
    assert presence.see(Frame(empty, 1.9), ()) == []
    assert presence._tracks
    assert presence.see(Frame(empty, 2.4), ()) == []
    assert not presence._tracks


def coming(px_a_second: float) -> list[Cues]:
    """A second on the way and another one there, at 15 looks a second."""
    presence, told = Presence(), []
    for number in range(31):
        way = px_a_second * (min(number / 15, 1.0) - 1.0)
        grey, points = scene(0, (way, 0.0), has_nose=True, is_framed=False, seed=number)
        frame = Frame(np.repeat(grey[..., None], 3, axis=2), number / 15)
        told += presence.see(frame, [Shown(1, points, Quality(1.0), 0.9)])
    return told


def test_a_face_that_goes_by_is_not_judged_until_it_stops() -> None:
    """At 30 pixels a second of 70 it sways, at 80 it goes by."""
    sways, goes = coming(30.0), coming(80.0)
    assert [cues.looks for cues in sways] == list(range(1, 32))
    assert all(cues == UNSEEN for cues in goes[4:16])
    assert all(cues != UNSEEN for cues in goes[-5:])
    assert goes[-1].looks < 25
    assert stand_of(UNSEEN, judge(UNSEEN), 0.0) is Stand.EARLY


def test_a_head_that_turns_quickly_does_not_go_by() -> None:
    """By 21 degrees in 0.33 s, which moves its landmarks by 0.7 of the face's width a second."""
    presence, told = Presence(), []
    for number in range(21):
        share = min(max(0.0, (number - 12) / 5), 1.0)
        grey, points = scene(0.36 * share, (16.0 * share, 0.0), has_nose=True, is_framed=False, seed=number)
        frame = Frame(np.repeat(grey[..., None], 3, axis=2), number / 15)
        told += presence.see(frame, [Shown(1, points, Quality(1.0, yaw_deg=21 * share), 0.9)])
    assert [cues.looks for cues in told] == list(range(1, 22))
