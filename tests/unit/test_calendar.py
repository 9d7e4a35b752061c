"""When civil time is believed: never earlier than it was, also after a power cut, and only if something confirms it."""

from __future__ import annotations

import errno
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faceauthd.adapters.calendar import WRITE_EVERY_S, CalendarFile
from faceauthd.adapters.clock_trust import BATTERY_S, SLACK_S, by_battery, by_itself, by_server

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
YEAR = timedelta(days=365)


def nobody(_now: float) -> bool:
    return False


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clock.json"


@pytest.mark.parametrize("back", [YEAR, timedelta(hours=6), timedelta(seconds=SLACK_S + 1)])
def test_a_clock_that_goes_back_is_not_believed_until_it_has_caught_up(path: Path, back: timedelta) -> None:
    kept = CalendarFile(path, by_itself)
    assert kept.is_believed(NOON)
    assert not kept.is_believed(NOON - back)
    assert kept.is_believed(NOON + timedelta(seconds=1))


def test_a_time_server_may_put_it_back_a_little(path: Path) -> None:
    kept = CalendarFile(path, by_itself)
    assert kept.is_believed(NOON)
    assert kept.is_believed(NOON - timedelta(seconds=SLACK_S - 1))


@pytest.mark.parametrize("ends_well", [True, False])
def test_no_power_cut_makes_it_believe_an_earlier_time(path: Path, ends_well: bool) -> None:
    before = CalendarFile(path, by_itself)
    before.is_believed(NOON)
    before.is_believed(NOON + timedelta(seconds=WRITE_EVERY_S - 1))
    if ends_well:
        before.close()
    again = CalendarFile(path, by_itself)
    assert not again.is_believed(NOON - YEAR)
    late = NOON + timedelta(seconds=WRITE_EVERY_S - SLACK_S - 10)
    assert again.is_believed(late) is not ends_well


def test_it_writes_once_an_hour(path: Path) -> None:
    kept = CalendarFile(path, by_itself)
    seen = set()
    for minute in range(181):
        assert kept.is_believed(NOON + timedelta(minutes=minute))
        seen.add(path.read_bytes())
    assert len(seen) == 4


def test_a_clock_that_nothing_confirms_is_not_believed_and_once_confirmed_it_is(path: Path) -> None:
    """What Raspberry Pi OS restores after a power cut is plausible, and wrong by as long as the power was out."""
    server: list[bool] = []
    kept = CalendarFile(path, lambda _now: bool(server))
    assert not kept.is_believed(NOON)
    assert not path.exists(), "a time that nothing confirms is not kept either"
    server.append(True)
    assert kept.is_believed(NOON)
    server.clear()
    assert kept.is_believed(NOON + timedelta(days=3)), "the network may go again"


def test_a_clock_before_this_release_was_never_set(path: Path) -> None:
    assert not CalendarFile(path, by_itself).is_believed(datetime(1970, 1, 1, tzinfo=UTC))


def test_why_it_is_not_believed_is_told_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = CalendarFile(path, nobody)
    with caplog.at_level(logging.INFO):
        for second in range(5):
            kept.is_believed(NOON + timedelta(seconds=second))
    (told,) = caplog.records
    assert "time server" in told.getMessage()


def test_a_clock_that_went_back_is_told_of_once_and_not_every_minute(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = CalendarFile(path, by_itself)
    kept.is_believed(NOON)
    for minute in range(5):
        kept.is_believed(NOON - timedelta(days=30, minutes=-minute))
    (told,) = caplog.records
    assert "was at 2026-11-26 12:00 before" in told.getMessage()


@pytest.mark.parametrize("content", [b"", b"{}", b'{"newest": 1e12, "crc32": 1}', b"[" * 100_000, b'{"newest": NaN}'])
def test_a_damaged_file_is_told_and_replaced(path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path.write_bytes(content)
    kept = CalendarFile(path, by_itself)
    assert "cannot be read" in caplog.text
    assert kept.is_believed(NOON)
    assert not CalendarFile(path, by_itself).is_believed(NOON - YEAR)


def test_a_file_of_a_later_format_is_set_aside_and_left_as_it_is(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    later = b'{"format": 2, "newest": {"utc": 1}, "sha256": "..."}'
    path.write_bytes(later)
    for _ in range(2):
        kept = CalendarFile(path, by_itself)
        assert kept.is_believed(NOON)
        kept.close()
    assert "it was written by a newer faceauthd" in caplog.text
    assert path.with_name("clock.newer-1.json").read_bytes() == later
    assert not CalendarFile(path, by_itself).is_believed(NOON - YEAR)
    assert sorted(each.name for each in path.parent.iterdir()) == ["clock.json", "clock.newer-1.json"]


def test_what_cannot_be_set_aside_is_not_replaced_either(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = b'{"format": 2}'
    path.write_bytes(later)
    monkeypatch.setattr(os, "link", no_link)
    kept = CalendarFile(path, by_itself)
    assert kept.is_believed(NOON)
    assert not kept.is_believed(NOON - YEAR)
    kept.close()
    assert path.read_bytes() == later


def no_link(*_: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def test_a_folder_that_takes_no_file_does_not_end_anything(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = CalendarFile(tmp_path / "gone" / "clock.json", by_itself)
    assert kept.is_believed(NOON)
    assert "cannot be kept" in caplog.text


@pytest.mark.parametrize(
    ("content", "agrees"),
    [("0", False), (f"{NOON.timestamp() - BATTERY_S + 1:.0f}\n", True), ("99999999999", False), ("", False)],
)
def test_a_battery_counts_only_if_its_clock_agrees(tmp_path: Path, content: str, agrees: bool) -> None:
    """A Pi 5 has the clock without the battery."""
    file = tmp_path / "since_epoch"
    assert not by_battery(NOON.timestamp(), file)
    file.write_text(content)
    assert by_battery(NOON.timestamp(), file) is agrees


def test_a_time_server_counts_once_it_has_set_the_clock(tmp_path: Path) -> None:
    file = tmp_path / "synchronized"
    assert not by_server(NOON.timestamp(), file)
    file.touch()
    assert by_server(NOON.timestamp(), file)
