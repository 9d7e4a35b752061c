"""Paths along keyframes, and the small movements of somebody alive."""

from __future__ import annotations

import numpy as np

from faceauthd.scene.motion import Life, Path, Pose
from faceauthd.scene.spec import Keyframe

KEYS = (
    Keyframe(1.0, Pose(x_m=0.0, distance_m=2.0)),
    Keyframe(2.0, Pose(x_m=1.0, distance_m=1.0), is_smooth=False),
    Keyframe(4.0, Pose(x_m=1.0, distance_m=0.5)),
)


def test_nobody_is_there_before_the_first_and_after_the_last_keyframe() -> None:
    path = Path(KEYS)
    assert path.pose(0.99) is None
    assert path.pose(4.01) is None
    assert path.pose(1.0) == KEYS[0].pose
    assert path.pose(4.0) == KEYS[2].pose


def test_an_even_way_is_gone_evenly_and_a_smooth_one_starts_slowly() -> None:
    path = Path(KEYS)
    quarter, early = path.pose(1.25), path.pose(2.2)
    assert quarter is not None
    assert quarter.x_m == 0.25
    assert early is not None
    assert 0.97 < early.distance_m < 1.0


def test_somebody_who_stands_still_sways_a_little_and_smoothly() -> None:
    life = Life(1, 60.0)
    times = np.arange(0, 60, 1 / 30)
    x = np.array([life.stir(Pose(), time_s).x_m for time_s in times])
    assert 0.003 < x.std() < 0.012
    assert np.abs(np.diff(x)).max() < 0.004
    assert len(np.unique(x)) == len(x)


def test_two_people_do_not_sway_together() -> None:
    one, other = (
        [Life(seed, 30.0).stir(Pose(), time_s).yaw_deg for time_s in np.arange(0, 30, 0.1)] for seed in (1, 2)
    )
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.5


def test_eyes_blink_about_seventeen_times_a_minute_and_not_if_told_not_to() -> None:
    times = np.arange(0, 300, 1 / 60)
    life, staring = Life(3, 300.0), Life(3, 300.0, blinks=False)
    shut = np.array([life.stir(Pose(), time_s).shut for time_s in times])
    blinks = np.count_nonzero((shut[1:] > 0.5) & (shut[:-1] <= 0.5))
    assert 60 <= blinks <= 115
    assert 0.0 <= shut.min() <= shut.max() <= 1.0
    assert all(staring.stir(Pose(), time_s).shut == 0 for time_s in times[::50])


def test_without_sway_nothing_stirs_but_the_lids() -> None:
    stirred = Life(4, 10.0, sway=0.0, blinks=False).stir(Pose(x_m=0.3, yaw_deg=5), 3.21)
    assert stirred == Pose(x_m=0.3, yaw_deg=5)
