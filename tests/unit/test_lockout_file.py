"""The lockout on disk: what a restart, a moved clock, a damaged file or a full disk makes of it is never shorter."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faceauthd.adapters import lockout_file
from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.lockout import Lockout, LockoutPolicy, ended, refused

POLICY = LockoutPolicy(3, 60.0, (30.0, 60.0, 300.0, 900.0))


@dataclass
class TwoClocks:
    """A monotonic clock that starts anew with each boot, and civil time that can be set."""

    at_s: float = 100.0
    civil_s: float = 0.0
    boots: int = 0

    def now(self) -> float:
        return self.at_s

    def wall(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=self.civil_s)

    def sleep_until(self, at_s: float) -> None:
        self.pass_(at_s - self.at_s)

    def pass_(self, seconds: float) -> None:
        self.at_s += seconds
        self.civil_s += seconds

    def reboot(self) -> None:
        self.at_s = 5.0
        self.boots += 1


def keeper_at(path: Path, clock: TwoClocks) -> LockoutFile:
    """As a process would make it that starts now."""
    return LockoutFile(path, clock, f"boot {clock.boots}")


@pytest.fixture
def clock() -> TwoClocks:
    return TwoClocks()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lockout.json"


def after_refusals(count: int, now_s: float) -> Lockout:
    lockout = Lockout()
    for _ in range(count):
        lockout = refused(lockout, now_s, POLICY)
    return lockout


def left_s(lockout: Lockout, now_s: float) -> float:
    return max(0.0, lockout.until_s - now_s) if lockout.until_s is not None else 0.0


def test_nothing_is_kept_of_nothing(path: Path, clock: TwoClocks) -> None:
    keeper = keeper_at(path, clock)
    assert keeper.load(clock.now()) == Lockout()
    keeper.save(after_refusals(3, clock.now()), clock.now())
    assert path.exists()
    keeper.save(Lockout(), clock.now())
    assert list(path.parent.iterdir()) == []


def test_what_is_left_goes_on_after_a_restart(path: Path, clock: TwoClocks) -> None:
    keeper_at(path, clock).save(after_refusals(3, clock.now()), clock.now())
    clock.pass_(10)
    lockout = keeper_at(path, clock).load(clock.now())
    assert lockout.level == 1
    assert left_s(lockout, clock.now()) == pytest.approx(20.0)
    clock.pass_(25)
    assert keeper_at(path, clock).load(clock.now()) == Lockout((), 1, None)


@pytest.mark.parametrize("step_s", [-3600.0, 0.0, 3600.0, 30 * 86400.0])
def test_off_time_does_not_count_whatever_civil_time_says(path: Path, clock: TwoClocks, step_s: float) -> None:
    keeper_at(path, clock).save(after_refusals(3, clock.now()), clock.now())
    clock.pass_(10)
    clock.reboot()
    clock.civil_s += step_s
    assert left_s(keeper_at(path, clock).load(clock.now()), clock.now()) == pytest.approx(30.0)


def test_a_clock_that_is_set_while_it_runs_and_the_plug_pulled_end_no_lockout(path: Path, clock: TwoClocks) -> None:
    """A box without a battery for its clock, which hears the time from the network after the lockout began."""
    clock.civil_s = -30 * 86400.0
    keeper, lockout = keeper_at(path, clock), after_refusals(3, clock.now())
    for _ in range(5):
        keeper.save(lockout, clock.now())
        clock.pass_(1)
    clock.civil_s += 30 * 86400.0
    keeper.save(lockout, clock.now())
    clock.reboot()
    assert left_s(keeper_at(path, clock).load(clock.now()), clock.now()) >= 25.0


def test_a_power_cut_lengthens_a_lockout_by_a_minute_at_most(path: Path, clock: TwoClocks) -> None:
    keeper, lockout = keeper_at(path, clock), Lockout((), 4, clock.now() + 900.0)
    for _ in range(850):
        keeper.save(lockout, clock.now())
        clock.pass_(1)
    clock.reboot()
    assert 50.0 <= left_s(keeper_at(path, clock).load(clock.now()), clock.now()) <= 110.0


def test_what_is_told_every_tick_is_written_now_and_then(
    path: Path, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[float] = []
    monkeypatch.setattr(lockout_file.os, "fsync", lambda fd: written.append(clock.now()))
    keeper, lockout = keeper_at(path, clock), after_refusals(2, clock.now())
    for _ in range(24 * 3600):
        keeper.save(lockout, clock.now())
        clock.pass_(1)
    assert 2 <= len(written) / 2 <= 10, "the file and its folder, each time"
    clock.reboot()
    lockout = keeper_at(path, clock).load(clock.now())
    assert clock.now() - lockout.refused_at_s[-1] > 1800, "long ago is known to be long ago"


@pytest.mark.parametrize("boot_id", ["", None])
def test_where_the_kernel_tells_no_boot_every_start_is_one(path: Path, clock: TwoClocks, boot_id: str | None) -> None:
    LockoutFile(path, clock, boot_id).save(after_refusals(3, clock.now()), clock.now())
    clock.pass_(10)
    left = left_s(LockoutFile(path, clock, boot_id).load(clock.now()), clock.now())
    assert left == pytest.approx(30.0 if boot_id == "" else 20.0)


def test_refusals_before_a_reboot_count(path: Path, clock: TwoClocks) -> None:
    """Else two tries, the plug, and two tries again would go on for ever."""
    keeper_at(path, clock).save(after_refusals(2, clock.now()), clock.now())
    clock.pass_(10)
    clock.reboot()
    lockout = keeper_at(path, clock).load(clock.now())
    assert not lockout.is_on(clock.now())
    assert refused(lockout, clock.now(), POLICY).is_on(clock.now())
    clock.pass_(61)
    assert not refused(lockout, clock.now(), POLICY).is_on(clock.now()), "long ago they count no more"


@pytest.mark.parametrize("format_keys", [{}, {"refused_ago_s": [5.0], "crc32": 0}], ids=["first", "second"])
def test_earlier_formats_are_read(path: Path, clock: TwoClocks, format_keys: dict[str, object]) -> None:
    """They tell civil time alone, so the whole delay begins anew."""
    kept: dict[str, object] = {"level": 2, "delay_s": 60.0, "since": clock.wall().timestamp() - 20} | format_keys
    if kept.pop("crc32", None) is not None:
        kept["crc32"] = lockout_file._checksum(kept)
    path.write_text(json.dumps(kept))
    lockout = keeper_at(path, clock).load(clock.now())
    assert (lockout.level, left_s(lockout, clock.now())) == (2, pytest.approx(60.0))
    assert len(lockout.refused_at_s) == len(format_keys) // 2


LATER = json.dumps({"format": 3, "level": 0, "until": None, "sha256": "of all that is in it"}).encode()
"""Nobody is locked out, it says, in ways and with a checksum that this version does not know."""


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_later_format_is_a_lockout_and_is_kept(
    path: Path, clock: TwoClocks, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(LATER)
    keeper = keeper_at(path, clock)
    lockout = keeper.load(clock.now())
    assert (lockout.level, left_s(lockout, clock.now())) == (3, 300.0)
    assert "written by a newer faceauthd" in caplog.text
    assert "kept as lockout.newer-1.json" in caplog.text
    keeper.save(lockout, clock.now())
    assert files_in(path.parent)["lockout.newer-1.json"] == LATER
    clock.pass_(100)
    again = keeper_at(path, clock).load(clock.now())
    assert left_s(again, clock.now()) == pytest.approx(200.0), "a restart begins no other"
    keeper.save(Lockout(), clock.now())
    assert files_in(path.parent) == {"lockout.newer-1.json": LATER}


def test_no_later_file_that_was_kept_is_ever_overwritten(path: Path, clock: TwoClocks) -> None:
    """Forth and back, and forth and back again; and a plug that is pulled before anything took its place."""
    second = LATER.replace(b'"level": 0', b'"level": 1')
    for later in (LATER, LATER, second):
        path.write_bytes(later)
        for _ in range(2):
            keeper = keeper_at(path, clock)
            lockout = keeper.load(clock.now())
        keeper.save(lockout, clock.now())
    kept = files_in(path.parent)
    assert kept.pop("lockout.json") not in (LATER, second)
    assert kept == {"lockout.newer-1.json": LATER, "lockout.newer-2.json": LATER, "lockout.newer-3.json": second}


def test_a_later_file_that_cannot_be_kept_is_not_replaced(
    path: Path, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Then nothing is remembered for a restart, and each start is a lockout: nobody gets in sooner by that."""

    def no_link(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    path.write_bytes(LATER)
    for _ in range(2):
        keeper = keeper_at(path, clock)
        assert left_s(keeper.load(clock.now()), clock.now()) == 300.0
        for lockout in (after_refusals(3, clock.now()), Lockout()):
            keeper.save(lockout, clock.now())
            assert files_in(path.parent) == {"lockout.json": LATER}
    assert "it stays, and this at each start" in caplog.text


@pytest.mark.parametrize("number", [True, "3", None, 2.5, -1])
def test_what_says_no_number_is_damaged_and_not_of_a_later_format(path: Path, clock: TwoClocks, number: object) -> None:
    path.write_text(json.dumps({"format": number, "level": 1}))
    keeper = keeper_at(path, clock)
    keeper.save(keeper.load(clock.now()), clock.now())
    assert list(files_in(path.parent)) == ["lockout.json"]


def test_an_earlier_version_can_read_it(path: Path, clock: TwoClocks) -> None:
    """An upgrade that does not start goes back to the version before, which counts by civil time."""
    keeper_at(path, clock).save(after_refusals(3, clock.now()), clock.now())
    kept = json.loads(path.read_text())
    assert kept["since"] == clock.wall().timestamp()
    assert (kept["level"], kept["delay_s"], kept["refused_ago_s"]) == (1, 30.0, [])


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"level": 1}', b"[" * 100_000, b"0" * 5000]
    + [
        json.dumps({"level": 1, "delay_s": 30.0, "since": 0.0} | change).encode()
        for change in ({"level": -5}, {"delay_s": float("nan")}, {"delay_s": 1e300}, {"since": float("inf")}, {"x": 1})
    ],
)
def test_damage_is_a_lockout_and_a_warning(
    path: Path, clock: TwoClocks, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(content)
    lockout = keeper_at(path, clock).load(clock.now())
    assert left_s(lockout, clock.now()) == 300.0
    assert len(caplog.records) == 1
    assert "`faceauthctl lockout --clear`" in caplog.text
    again = refused(refused(refused(ended(lockout), 1e4, POLICY), 1e4, POLICY), 1e4, POLICY)
    assert left_s(again, 1e4) == POLICY.delays_s[-1]


def test_every_flipped_bit_is_noticed(path: Path, clock: TwoClocks) -> None:
    keeper_at(path, clock).save(after_refusals(3, clock.now()), clock.now())
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        raw = bytearray(whole)
        raw[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(raw))
        assert left_s(keeper_at(path, clock).load(clock.now()), clock.now()) >= 30.0, f"bit {bit}"


def test_every_cut_is_noticed(path: Path, clock: TwoClocks) -> None:
    keeper_at(path, clock).save(after_refusals(3, clock.now()), clock.now())
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert left_s(keeper_at(path, clock).load(clock.now()), clock.now()) >= 30.0, f"{length} bytes"


def test_it_is_on_the_medium_when_save_returns(path: Path, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file before its new name, and then the folder that holds the name."""
    done: list[str] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        name = Path(f"/proc/self/fd/{fd}").readlink().name
        done.append(f"{name} {path.exists()}")
        real(fd)

    monkeypatch.setattr(lockout_file.os, "fsync", fsync)
    keeper_at(path, clock).save(after_refusals(3, clock.now()), clock.now())
    assert done == ["lockout.new False", f"{path.parent.name} True"]


def test_a_folder_that_is_gone_is_a_warning(tmp_path: Path, clock: TwoClocks, caplog: pytest.LogCaptureFixture) -> None:
    keeper_at(tmp_path / "gone" / "lockout.json", clock).save(after_refusals(3, clock.now()), clock.now())
    assert "cannot be kept for a restart" in caplog.text


def test_a_disk_that_was_full_is_tried_again_and_said_once(
    tmp_path: Path, clock: TwoClocks, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gone" / "lockout.json"
    keeper, lockout = keeper_at(path, clock), after_refusals(3, clock.now())
    for _ in range(20):
        keeper.save(lockout, clock.now())
        clock.pass_(1)
    path.parent.mkdir()
    for _ in range(6):
        keeper.save(lockout, clock.now())
        clock.pass_(1)
    assert len(caplog.records) == 1
    assert keeper_at(path, clock).load(clock.now()).level == 1


def test_only_its_owner_may_read_it(path: Path, clock: TwoClocks) -> None:
    keeper_at(path, clock).save(after_refusals(3, clock.now()), clock.now())
    assert path.stat().st_mode & 0o777 == 0o600


ACTS = st.lists(
    st.one_of(
        st.just("refused"),
        st.just("reboot"),
        st.just("restart"),
        st.floats(0.1, 200.0).map(lambda seconds: seconds),
        st.floats(-1e7, 1e7).map(lambda seconds: ("clock set", seconds)),
    ),
    max_size=30,
)


@given(acts=ACTS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_reboot_and_no_clock_shortens_it(tmp_path: Path, acts: list[object]) -> None:
    """Beside a door that is never rebooted: the rebooted one is locked out whenever that one is."""
    path, clock = tmp_path / "lockout.json", TwoClocks()
    path.unlink(missing_ok=True)
    keeper = keeper_at(path, clock)
    steady = rebooted = Lockout()
    true_s = 0.0  # runs through, for the steady door

    for act in acts:
        if isinstance(act, float):
            true_s += act
            clock.pass_(act)
        elif act in ("reboot", "restart"):
            if act == "reboot":
                clock.reboot()
            keeper = keeper_at(path, clock)
            rebooted = keeper.load(clock.now())
        elif act == "refused" and not rebooted.is_on(clock.now()):
            if not steady.is_on(true_s):
                steady = refused(steady, true_s, POLICY)
            rebooted = refused(rebooted, clock.now(), POLICY)
        elif isinstance(act, tuple):
            clock.civil_s += act[1]
        if steady.until_s is not None and not steady.is_on(true_s):
            steady = ended(steady)
        if rebooted.until_s is not None and not rebooted.is_on(clock.now()):
            rebooted = ended(rebooted)
        keeper.save(rebooted, clock.now())
        assert left_s(rebooted, clock.now()) >= left_s(steady, true_s) - 1e-6
