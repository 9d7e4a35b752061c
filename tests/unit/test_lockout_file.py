"""The lockout on disk: what a restart, a moved clock, a damaged file or a full disk makes of it is never shorter."""

from __future__ import annotations

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
    keeper = LockoutFile(path, clock)
    assert keeper.load(clock.now()) == Lockout()
    keeper.save(after_refusals(3, clock.now()), clock.now())
    assert path.exists()
    keeper.save(Lockout(), clock.now())
    assert list(path.parent.iterdir()) == []


def test_what_is_left_goes_on_after_a_reboot(path: Path, clock: TwoClocks) -> None:
    LockoutFile(path, clock).save(after_refusals(3, clock.now()), clock.now())
    clock.pass_(10)
    clock.reboot()
    lockout = LockoutFile(path, clock).load(clock.now())
    assert lockout.level == 1
    assert left_s(lockout, clock.now()) == pytest.approx(20.0)
    clock.pass_(25)
    assert LockoutFile(path, clock).load(clock.now()) == Lockout((), 1, None)


def test_refusals_before_a_reboot_count(path: Path, clock: TwoClocks) -> None:
    """Else two tries, the plug, and two tries again would go on for ever."""
    LockoutFile(path, clock).save(after_refusals(2, clock.now()), clock.now())
    clock.pass_(10)
    clock.reboot()
    lockout = LockoutFile(path, clock).load(clock.now())
    assert not lockout.is_on(clock.now())
    assert refused(lockout, clock.now(), POLICY).is_on(clock.now())
    clock.pass_(60)
    assert not refused(lockout, clock.now(), POLICY).is_on(clock.now()), "long ago they count no more"


def test_a_clock_that_went_back_begins_the_delay_anew(path: Path, clock: TwoClocks) -> None:
    LockoutFile(path, clock).save(after_refusals(3, clock.now()), clock.now())
    clock.pass_(29)
    clock.reboot()
    clock.civil_s -= 3600
    assert left_s(LockoutFile(path, clock).load(clock.now()), clock.now()) == pytest.approx(30.0)


def test_the_first_format_is_read(path: Path, clock: TwoClocks) -> None:
    path.write_text(json.dumps({"level": 2, "delay_s": 60.0, "since": clock.wall().timestamp() - 20}))
    lockout = LockoutFile(path, clock).load(clock.now())
    assert (lockout.level, left_s(lockout, clock.now())) == (2, pytest.approx(40.0))


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
    lockout = LockoutFile(path, clock).load(clock.now())
    assert left_s(lockout, clock.now()) == 300.0
    assert len(caplog.records) == 1
    assert "clear-lockout" in caplog.text
    again = refused(refused(refused(ended(lockout), 1e4, POLICY), 1e4, POLICY), 1e4, POLICY)
    assert left_s(again, 1e4) == POLICY.delays_s[-1]


def test_every_flipped_bit_is_noticed(path: Path, clock: TwoClocks) -> None:
    LockoutFile(path, clock).save(after_refusals(3, clock.now()), clock.now())
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        raw = bytearray(whole)
        raw[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(raw))
        assert left_s(LockoutFile(path, clock).load(clock.now()), clock.now()) >= 30.0, f"bit {bit}"


def test_every_cut_is_noticed(path: Path, clock: TwoClocks) -> None:
    LockoutFile(path, clock).save(after_refusals(3, clock.now()), clock.now())
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert left_s(LockoutFile(path, clock).load(clock.now()), clock.now()) >= 30.0, f"{length} bytes"


def test_it_is_on_the_medium_when_save_returns(path: Path, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file before its new name, and then the folder that holds the name."""
    done: list[str] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        name = Path(f"/proc/self/fd/{fd}").readlink().name
        done.append(f"{name} {path.exists()}")
        real(fd)

    monkeypatch.setattr(lockout_file.os, "fsync", fsync)
    LockoutFile(path, clock).save(after_refusals(3, clock.now()), clock.now())
    assert done == ["lockout.new False", f"{path.parent.name} True"]


def test_a_folder_that_is_gone_is_a_warning(tmp_path: Path, clock: TwoClocks, caplog: pytest.LogCaptureFixture) -> None:
    LockoutFile(tmp_path / "gone" / "lockout.json", clock).save(after_refusals(3, clock.now()), clock.now())
    assert "cannot be kept for a restart" in caplog.text


def test_only_its_owner_may_read_it(path: Path, clock: TwoClocks) -> None:
    LockoutFile(path, clock).save(after_refusals(3, clock.now()), clock.now())
    assert path.stat().st_mode & 0o777 == 0o600


ACTS = st.lists(
    st.one_of(
        st.just("refused"),
        st.just("reboot"),
        st.floats(0.1, 200.0).map(lambda seconds: seconds),
        st.floats(-1e5, -1.0).map(lambda seconds: ("clock back", seconds)),
    ),
    max_size=30,
)


@given(acts=ACTS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_reboot_and_no_clock_that_goes_back_shortens_it(tmp_path: Path, acts: list[object]) -> None:
    """Beside a door that is never rebooted: the rebooted one is locked out whenever that one is."""
    path, clock = tmp_path / "lockout.json", TwoClocks()
    path.unlink(missing_ok=True)
    steady = rebooted = Lockout()
    true_s = 0.0  # runs through, for the steady door

    def tidy() -> None:
        nonlocal steady, rebooted
        if steady.until_s is not None and not steady.is_on(true_s):
            steady = ended(steady)
        if rebooted.until_s is not None and not rebooted.is_on(clock.now()):
            rebooted = ended(rebooted)
            LockoutFile(path, clock).save(rebooted, clock.now())

    for act in acts:
        if isinstance(act, float):
            true_s += act
            clock.pass_(act)
        elif act == "reboot":
            clock.reboot()
            rebooted = LockoutFile(path, clock).load(clock.now())
        elif act == "refused" and not rebooted.is_on(clock.now()):
            if not steady.is_on(true_s):
                steady = refused(steady, true_s, POLICY)
            rebooted = refused(rebooted, clock.now(), POLICY)
            LockoutFile(path, clock).save(rebooted, clock.now())
        elif isinstance(act, tuple):
            clock.civil_s += act[1]
        tidy()
        assert left_s(rebooted, clock.now()) >= left_s(steady, true_s) - 1e-6
