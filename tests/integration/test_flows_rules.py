"""Rules at the door: hours, an end, disabled, removed; and a clock that jumps, is not set, or is put back."""

from __future__ import annotations

from pathlib import Path

from faceauthd.types import EventKind, Role, Rules, SignalKind
from tests.flow_kit import (
    ADMIN_ALICE,
    BEN,
    MEMBER_BEN,
    Door,
    Enrolled,
    on_disk,
    templates_of,
    visit,
    write_scene,
)

HOUR_S, YEAR_S = 3600.0, 365 * 86_400.0
NOON = 1_767_268_800.0
"""When every story begins: Thursday, 2026-01-01 12:00 UTC, in seconds since the epoch."""


def visits(folder: Path, count: int) -> Path:
    """Ben walks up so many times, once in five seconds."""
    each = [visit(BEN, 5.0 * number + 0.2, 5.0 * number + 4.0) for number in range(count)]
    return write_scene(folder, 5.0 * count, *each)


def test_hours_a_clock_forward_an_hour_and_somebody_disabled(tmp_path: Path) -> None:
    ben = Enrolled("ben", BEN, Role.MEMBER, Rules(hours="Mon-Fri 07:00-12:30"))
    with Door(tmp_path, visits(tmp_path, 4), "gate.unlock_s=1", people=[ben]) as door:
        door.run(5.0)
        assert len(door.opened) == 1
        door.clock.step_wall(HOUR_S)
        door.run(10.0)
        assert door.refused() == [("ben", "NOT_NOW", "outside Mon-Fri 07:00-12:30")]
        assert SignalKind.NOT_NOW in door.shown
        assert door.ask("hours", name="ben")["person"]["hours"] is None
        door.run(15.0)
        assert len(door.opened) == 2
        assert door.ask("disable", name="ben")["person"]["disabled"] is True
        door.run(20.0)
        assert door.refused()[-1] == ("ben", "NOT_NOW", "disabled")
        assert door.appliance.daemon.gate.lockout.refused_at_s == (), "who is known is no attacker"
        assert len(door.opened) == 2


def test_no_clock_that_goes_back_brings_a_guest_back(tmp_path: Path) -> None:
    """By a year, while it runs; and after a power cut, to the time that was kept on disk."""
    guest = Enrolled("ben", BEN, Role.GUEST, Rules(valid_until=NOON + HOUR_S))
    with Door(tmp_path, visits(tmp_path, 3), "gate.unlock_s=1", people=[guest]) as door:
        door.run(5.0)
        assert len(door.opened) == 1
        door.clock.step_wall(2 * HOUR_S)
        door.run(10.0)
        assert door.refused() == [("ben", "NOT_NOW", "not valid any more")]
        door.clock.step_wall(-YEAR_S)
        door.run(15.0)
        assert len(door.refused()) >= 2
        assert "the clock is not set, or not believed" in str(door.refused()[-1][2])
        assert len(door.opened) == 1
    with Door(tmp_path, visits(tmp_path, 1)) as door:
        assert door.clock.wall().timestamp() == NOON
        door.run(5.0)
        assert "the clock is not set, or not believed" in str(door.refused()[-1][2])
        assert door.opened == []


def test_with_an_unset_clock_only_those_without_limits_come_in(tmp_path: Path) -> None:
    office = Enrolled("ben", BEN, Role.MEMBER, Rules(hours="daily 00:00-24:00"))
    with Door(tmp_path, visits(tmp_path, 2), "gate.unlock_s=1", people=[office]) as door:
        door.clock.step_wall(-50 * YEAR_S)
        door.run(5.0)
        assert "the clock is not set" in str(door.refused()[-1][2])
        assert door.opened == []
        door.ask("hours", name="ben")
        door.until(EventKind.UNLOCKED, 10.0, person="ben")


def test_somebody_removed_is_a_stranger_and_no_row_of_theirs_is_left(tmp_path: Path) -> None:
    rows = [look.probe.tobytes() for look in templates_of(BEN)]
    with Door(tmp_path, visits(tmp_path, 2), "gate.unlock_s=1", people=[ADMIN_ALICE, MEMBER_BEN]) as door:
        door.run(5.0)
        assert len(door.opened) == 1
        assert all(row in raw(tmp_path) for row in rows)
        assert door.ask("remove", name="ben")["person"]["name"] == "ben"
        assert not any(row in raw(tmp_path) for row in rows)
        door.run(10.0)
        assert door.refused()[0][:2] == (None, "UNKNOWN")
        assert len(door.opened) == 1
    assert [name for name, _, _ in on_disk(tmp_path)] == ["alice"]
    assert b"ben" not in raw(tmp_path)


def raw(folder: Path) -> bytes:
    """Every byte of every file that is kept."""
    return b"".join(path.read_bytes() for path in sorted((folder / "gallery").iterdir()))
