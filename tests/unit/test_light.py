"""The light for the dark: by night a room is played second by second, in which the light itself is bright."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faceauthd.light import LINGER_S, RECHECK_S, SETTLE_S, Light, LightPolicy

TICK_S = 0.1
POLICY = LightPolicy(below_lux=10.0)
ALL_NIGHT = LightPolicy(below_lux=10.0, all_night=True)


def played(
    seconds: float,
    ambient: Callable[[float], float | None],
    somebody: Callable[[float], bool],
    policy: LightPolicy = POLICY,
    own_lux: float = 200.0,
) -> list[tuple[float, bool]]:
    """When the light changed, and to what. The camera sees the room's light and that of the light itself."""
    light, changes = Light(), []
    for tick in range(round(seconds / TICK_S)):
        now_s = tick * TICK_S
        lux = ambient(now_s)
        if lux is not None and light.is_lit:
            lux += own_lux
        after = light.after(now_s, lux, somebody(now_s), policy)
        if after.is_lit != light.is_lit:
            changes.append((round(now_s, 1), after.is_lit))
        light = after
    return changes


def test_somebody_in_the_dark_lights_it_until_a_while_after_leaving() -> None:
    changes = played(60, lambda _: 2.0, lambda now_s: 5.0 <= now_s < 20.0)
    assert changes == [(5.0, True), (19.9 + LINGER_S, False)]


def test_by_day_and_with_nobody_there_it_stays_out() -> None:
    assert played(60, lambda _: 10.0, lambda _: True) == []
    assert played(60, lambda _: 0.5, lambda _: False) == []


@pytest.mark.parametrize("own_lux", [0.0, 5.0, 30.0, 3000.0])
def test_its_own_brightness_does_not_put_it_out(own_lux: float) -> None:
    assert played(600, lambda _: 2.0, lambda now_s: now_s >= 1.0, own_lux=own_lux) == [(1.0, True)]


def test_a_camera_that_does_not_say_lights_nothing() -> None:
    assert played(60, lambda _: None, lambda _: True) == []
    assert played(60, lambda _: None, lambda _: True, ALL_NIGHT) == []


def test_a_camera_that_falls_silent_leaves_it_to_whether_somebody_is_there() -> None:
    changes = played(60, lambda now_s: 2.0 if now_s < 10 else None, lambda now_s: now_s < 20.0)
    assert changes == [(0.0, True), (19.9 + LINGER_S, False)]


def test_dusk_is_no_reason_to_flicker() -> None:
    """People come every 15 s while the room wavers about the limit: once it was dark, it has to be twice as bright."""
    changes = played(
        300, lambda now_s: 9.0 if now_s < 30 else 15.0 if now_s < 200 else 21.0, lambda now_s: now_s % 15 < 1
    )
    lit = [at_s for at_s, is_lit in changes if is_lit]
    assert lit == [15.0 * visit for visit in range(14)], "the visit at 210 s is in daylight"


def test_what_it_measures_just_after_it_went_out_does_not_count() -> None:
    light = Light(is_lit=True, is_dark=True, changed_s=0.0, seen_s=0.0).after(LINGER_S, None, False, POLICY)
    assert not light.is_lit
    assert light.after(LINGER_S + SETTLE_S - 0.1, 500.0, False, POLICY).is_dark, "that was its own afterglow"
    assert not light.after(LINGER_S + SETTLE_S, 500.0, False, POLICY).is_dark


def test_all_night_it_is_lit_and_looks_now_and_then_whether_it_is_day() -> None:
    day_s = 2.5 * RECHECK_S
    changes = played(4 * RECHECK_S, lambda now_s: 1.0 if now_s < day_s else 400.0, lambda _: False, ALL_NIGHT)
    assert [is_lit for _, is_lit in changes] == [True, False, True, False, True, False]
    times = [at_s for at_s, _ in changes]
    assert [times[2] - times[1], times[4] - times[3]] == pytest.approx([SETTLE_S + 1.0] * 2, abs=0.2)
    assert times[5] - times[4] == pytest.approx(RECHECK_S, abs=0.2)


def test_it_does_not_look_for_the_day_while_somebody_stands_there() -> None:
    changes = played(2 * RECHECK_S, lambda _: 1.0, lambda now_s: now_s > 5.0, ALL_NIGHT)
    assert [is_lit for _, is_lit in changes] == [True]


def test_somebody_who_comes_while_it_looks_has_light_at_once() -> None:
    comes_s = RECHECK_S + 0.5
    changes = played(RECHECK_S + 10, lambda _: 1.0, lambda now_s: now_s >= comes_s, ALL_NIGHT)
    assert [is_lit for _, is_lit in changes] == [True, False, True]
    assert changes[-1][0] == pytest.approx(comes_s, abs=0.15)
