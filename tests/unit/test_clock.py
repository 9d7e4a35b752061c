"""Both clocks keep the promises of `ports.Clock`; the manual one jumps."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from faceauthd.adapters.clock import ManualClock, MonotonicClock
from faceauthd.ports import Clock


@pytest.fixture(params=[MonotonicClock, ManualClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_sleeping_ends_when_the_time_is_reached_and_not_before(clock: Clock) -> None:
    at_s = clock.now() + 0.02
    clock.sleep_until(at_s)
    assert clock.now() >= at_s


def test_sleeping_until_the_past_returns_at_once(clock: Clock) -> None:
    before = clock.now()
    clock.sleep_until(before - 100)
    assert 0 <= clock.now() - before < 1


def test_civil_time_knows_its_zone(clock: Clock) -> None:
    assert clock.wall().tzinfo is not None


def test_an_hour_on_the_manual_clock_takes_no_time() -> None:
    clock, began = ManualClock(10.0), time.monotonic()
    wall = clock.wall()
    clock.sleep_until(3610.0)
    assert clock.now() == 3610.0
    assert clock.wall() - wall == timedelta(hours=1)
    assert time.monotonic() - began < 1


def test_the_wall_clock_steps_and_the_monotonic_one_does_not() -> None:
    clock = ManualClock()
    wall, now = clock.wall(), clock.now()
    clock.step_wall(-86400)
    assert (clock.wall() - wall, clock.now()) == (timedelta(days=-1), now)


def test_the_manual_clock_never_goes_back() -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        ManualClock().advance(-1)
    with pytest.raises(ValueError, match="time zone"):
        ManualClock(started=datetime(2026, 1, 1))  # noqa: DTZ001
