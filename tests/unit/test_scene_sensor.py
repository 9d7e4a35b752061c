"""The sensor's noise: as strong as it should be, of no mean, and never the same."""

from __future__ import annotations

import numpy as np
import pytest

from faceauthd.scene.sensor import Sensor

SIZE = (64, 48)


def flat(value: float) -> np.ndarray:
    return np.full((3, SIZE[1], SIZE[0]), value, dtype=np.float32)


@pytest.mark.parametrize("value", [60, 128, 200])
def test_noise_has_about_the_deviation_of_a_small_sensor_and_no_mean(value: int) -> None:
    read = np.stack([Sensor(SIZE, 1).read(flat(value), index) for index in range(40)]).astype(float)
    assert read.shape == (40, 48, 64, 3)
    assert read.std() == pytest.approx(1.1, abs=0.35)
    assert read.mean() == pytest.approx(value, abs=0.3)


def test_the_dark_and_a_gain_hiss_more() -> None:
    sensor = Sensor(SIZE, 1)
    middle, dark, gained = (
        sensor.read(flat(value), 0, gain).astype(float).std() for value, gain in ((128, 1), (25, 1), (128, 3))
    )
    assert dark > 1.2 * middle
    assert gained == pytest.approx(3 * middle, rel=0.15)


def test_no_noise_changes_nothing() -> None:
    assert np.array_equal(Sensor(SIZE, 1, strength=0.0).read(flat(77), 5), np.full((48, 64, 3), 77))


def test_no_two_of_thousands_of_frames_get_the_same_noise() -> None:
    sensor = Sensor(SIZE, 3)
    assert len({sensor.read(flat(128), index).tobytes() for index in range(3000)}) == 3000


def test_too_bright_is_white() -> None:
    assert Sensor(SIZE, 1).read(flat(400), 0).min() > 245
