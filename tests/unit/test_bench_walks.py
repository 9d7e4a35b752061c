"""The walk-ups that are timed: as different from each other as people at a door, and always the same ones."""

from __future__ import annotations

import pytest

from faceauthd.bench.walks import WALKERS, _spec


def test_no_two_walk_ups_share_person_path_pace_and_light() -> None:
    specs = [_spec(number, 15.0) for number in range(20)]
    assert {spec.visits[0].who for spec in specs} == set(WALKERS)
    for each in ("pose", "at_s"):
        assert len({getattr(spec.visits[0].path[1], each) for spec in specs}) == 20
    assert len({spec.light for spec in specs}) == 20
    assert {spec.visits[0].path[0].pose.x_m > 0 for spec in specs} == {True, False}, "from both sides"


def test_a_walk_up_is_the_same_at_any_rate_and_each_time() -> None:
    slow, fast = _spec(3, 15.0), _spec(3, 30.0)
    assert (slow.visits, slow.light, slow.seed) == (fast.visits, fast.light, fast.seed)
    assert _spec(3, 15.0) == slow


def test_whoever_comes_stands_and_looks_until_the_door_could_open() -> None:
    for spec in (_spec(number, 15.0) for number in range(20)):
        _, came, turned, back, stood, went = spec.visits[0].path
        assert stood.at_s - came.at_s >= 1.9
        assert went.at_s <= spec.duration_s
        assert abs(turned.pose.yaw_deg - came.pose.yaw_deg) == pytest.approx(10.0)
        assert came.pose == back.pose == stood.pose
