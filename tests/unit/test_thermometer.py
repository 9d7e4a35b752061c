"""The kernel's thermometer."""

from pathlib import Path

import pytest

from faceauthd.adapters.thermometer import READ_EVERY_S, Thermometer, celsius_of
from tests.fakes import FakeClock


@pytest.mark.parametrize(
    ("text", "celsius"),
    [("41352\n", 41.352), ("-3000", -3.0), ("0", 0.0), ("", None), ("hot", None), ("4.1", None), ("\u0664", None)],
)
def test_thousandths_become_degrees_and_anything_else_nothing(text: str, celsius: float | None) -> None:
    assert celsius_of(text) == celsius


def test_it_is_read_now_and_then(tmp_path: Path) -> None:
    zone, clock = tmp_path / "temp", FakeClock()
    zone.write_text("41352")
    thermometer = Thermometer(clock.now, zone)
    assert thermometer.celsius() == 41.352
    zone.write_text("55000")
    clock.at_s += READ_EVERY_S / 2
    assert thermometer.celsius() == 41.352
    clock.at_s += READ_EVERY_S
    assert thermometer.celsius() == 55.0


def test_where_there_is_none_it_says_nothing(tmp_path: Path) -> None:
    assert Thermometer(FakeClock().now, tmp_path / "gone").celsius() is None
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert Thermometer(FakeClock().now, tmp_path / "binary").celsius() is None
