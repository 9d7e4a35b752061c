"""When civil time is right, and who says so: the one rule, of the door and of `faceauthd doctor` alike."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

SET_FROM = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time than this release was never set."""
SLACK_S = 300.0
"""Time servers put a clock back by seconds; what is believed may lag by as much, and nobody's stay by more."""
BATTERY_S = 120.0
"""How far apart the system's clock and the one with the battery may be. A Pi 5 has one without a battery: it begins in
1970 after a power cut, however plausible the system's clock was made."""

SERVER_FILE = Path("/run/systemd/timesync/synchronized")
BATTERY_FILE = Path("/sys/class/rtc/rtc0/since_epoch")

Voucher = Callable[[float], bool]
"""Whether something vouches for this time, in seconds since the epoch."""


class Why(enum.Enum):
    NEVER_SET = "never set"
    WENT_BACK = "went back"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a time is not believed. Two are the same if they are of one kind, whatever the clock shows by then."""

    why: Why
    said: str = field(compare=False)

    @property
    def is_wrong(self) -> bool:
        """Whether it cannot be the time; otherwise it is only that nothing confirms it."""
        return self.why is not Why.UNCONFIRMED


def doubt_of(wall: datetime, newest: float, is_vouched_for: Voucher) -> Doubt | None:
    """Why `wall` is not what a clock on the wall would show, None if it is.

    `newest` is the newest time that was believed before.
    """
    now = wall.timestamp()
    if wall < SET_FROM:
        return Doubt(Why.NEVER_SET, f"it shows {wall:%Y-%m-%d}, and was never set")
    if now < newest - SLACK_S:
        before = datetime.fromtimestamp(newest, wall.tzinfo)
        return Doubt(Why.WENT_BACK, f"it shows {wall:%Y-%m-%d %H:%M}, and was at {before:%Y-%m-%d %H:%M} before")
    if not is_vouched_for(now):
        said = "neither a time server nor a clock with a battery has confirmed it since the start (clock.trust)"
        return Doubt(Why.UNCONFIRMED, said)
    return None


def by_server(_now: float, file: Path = SERVER_FILE) -> bool:
    """Whether systemd-timesyncd has set the clock since the machine started."""
    return file.exists()


def by_battery(now: float, file: Path = BATTERY_FILE) -> bool:
    """Whether there is a clock with a battery, and it agrees."""
    try:
        return abs(float(file.read_text()) - now) <= BATTERY_S
    except (OSError, ValueError):
        return False


def by_either(now: float) -> bool:
    return by_server(now) or by_battery(now)


def by_itself(_now: float) -> bool:
    """Whoever sets the clock by hand vouches for it."""
    return True


VOUCHERS: Mapping[str, Voucher] = {"auto": by_either, "server": by_server, "itself": by_itself}
"""By `clock.trust`."""
