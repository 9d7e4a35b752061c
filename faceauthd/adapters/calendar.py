"""Whether civil time can be believed. A Pi without a battery starts in the past, hours or years ago.

Two things have to hold. The clock never shows an earlier time than the newest that was believed before; that is kept in
a small file, for it has to outlive a power cut. And something other than the file system's memory vouches for it since
the start: a time server, or a clock with a battery that agrees. `clock.trust` says how much of that is asked for.
"""

from __future__ import annotations

import json
import logging
import math
import os
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

SET_FROM = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time than this release was never set."""
SLACK_S = 300.0
"""Time servers put a clock back by seconds; what is believed may lag by as much, and nobody's stay by more."""
WRITE_EVERY_S = 3600.0
"""24 writes a day at the most. A power cut forgets an hour, for which the battery or the server has to make up."""
BATTERY_S = 120.0
"""How far apart the system's clock and the one with the battery may be. A Pi 5 has one without a battery: it begins in
1970 after a power cut, however plausible the system's clock was made."""

SERVER_FILE = Path("/run/systemd/timesync/synchronized")
BATTERY_FILE = Path("/sys/class/rtc/rtc0/since_epoch")

Voucher = Callable[[float], bool]
"""Whether something vouches for this time, in seconds since the epoch."""


class CalendarFile:
    """Keeps the newest believed time beside the gallery. Only the loop's thread calls it; it never raises."""

    def __init__(self, path: Path, is_vouched_for: Voucher) -> None:
        self._path = path
        self._is_vouched_for = is_vouched_for
        self._has_been = False
        self._newest = self._written = _read(path)
        self._doubt: str | None = None

    def is_believed(self, wall: datetime) -> bool:
        """Whether `wall` is what a clock on the wall would show."""
        doubt = self._why_not(wall)
        if doubt != self._doubt:
            self._doubt = doubt
            if doubt is None:
                log.info("the clock is believed: %s", wall.isoformat(timespec="seconds"))
            else:
                log.warning("the clock is not believed, and people with limits in time stay outside: %s", doubt)
        if doubt is None:
            self._newest = max(self._newest, wall.timestamp())
            if self._newest - self._written >= WRITE_EVERY_S:
                self.close()
        return doubt is None

    def close(self) -> None:
        """Write the newest time down, if it was not."""
        if self._newest <= self._written:
            return
        self._written = self._newest
        try:
            _replace(self._path, self._newest)
        except OSError as error:
            log.warning("%s: the time cannot be kept for a restart: %s", self._path, error)

    def _why_not(self, wall: datetime) -> str | None:
        now = wall.timestamp()
        if wall < SET_FROM:
            return f"it shows {wall:%Y-%m-%d}, and was never set"
        if now < self._newest - SLACK_S:
            newest = datetime.fromtimestamp(self._newest, wall.tzinfo)
            return f"it shows {wall:%Y-%m-%d %H:%M}, and was at {newest:%Y-%m-%d %H:%M} before ({self._path})"
        self._has_been = self._has_been or self._is_vouched_for(now)
        if not self._has_been:
            return "neither a time server nor a clock with a battery has confirmed it since the start (clock.trust)"
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


def _read(path: Path) -> float:
    """The newest time that was believed; 0 if none is known. A damaged file is none, and is told."""
    try:
        kept = json.loads(path.read_bytes())
        newest = float(kept["newest"])
        if kept["crc32"] != _checksum(newest) or not math.isfinite(newest):
            raise ValueError("its checksum is wrong")
    except FileNotFoundError:
        return 0.0
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        log.warning("%s cannot be read (%s); what time it was before is not known", path, error)
        return 0.0
    return newest


def _replace(path: Path, newest: float) -> None:
    """Whole or not at all."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(json.dumps({"newest": newest, "crc32": _checksum(newest)}))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _checksum(newest: float) -> int:
    return zlib.crc32(repr(newest).encode())
