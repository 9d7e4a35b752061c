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
from datetime import datetime
from pathlib import Path

from faceauthd.adapters.clock_trust import Doubt, Voucher, doubt_of
from faceauthd.adapters.newer_file import NewerFormat, check_known, set_aside

log = logging.getLogger(__name__)

_ASK = "`faceauthd doctor` says what to do"
CLOCK_FILE = "clock.json"
"""Beside the gallery."""
WRITE_EVERY_S = 3600.0
"""24 writes a day at the most. A power cut forgets an hour, for which the battery or the server has to make up."""
_FORMAT = 1


def newest_in(path: Path) -> float:
    """The newest time that was believed; 0 if none was. Raises OSError, NewerFormat, and ValueError and its like."""
    try:
        kept = json.loads(path.read_bytes())
    except FileNotFoundError:
        return 0.0
    check_known(kept, _FORMAT)
    newest = float(kept["newest"])
    if kept["crc32"] != _checksum(newest) or not math.isfinite(newest):
        raise ValueError("its checksum is wrong")
    return newest


DAMAGED = (OSError, ValueError, KeyError, TypeError, RecursionError)
"""What `newest_in` raises besides."""


class CalendarFile:
    """Keeps the newest believed time beside the gallery. Only the loop's thread calls it; it never raises."""

    def __init__(self, path: Path, is_vouched_for: Voucher) -> None:
        self._path = path
        self._is_vouched_for = is_vouched_for
        self._has_been = False
        self._is_ours = True
        self._newest = self._written = self._read()
        self._doubt: Doubt | None = None

    def is_believed(self, wall: datetime) -> bool:
        """Whether `wall` is what a clock on the wall would show."""
        doubt = doubt_of(wall, self._newest, self._has_been_vouched_for)
        if doubt != self._doubt:
            self._doubt = doubt
            if doubt is None:
                log.info("the clock is believed: %s", wall.isoformat(timespec="seconds"))
            else:
                log.warning(
                    "the clock is not believed, and people with limits in time stay outside: %s; %s", doubt.said, _ASK
                )
        if doubt is None:
            self._newest = max(self._newest, wall.timestamp())
            if self._newest - self._written >= WRITE_EVERY_S:
                self.close()
        return doubt is None

    def close(self) -> None:
        """Write the newest time down, if it was not."""
        if self._newest <= self._written or not self._is_ours:
            return
        self._written = self._newest
        try:
            _replace(self._path, self._newest)
        except OSError as error:
            log.warning("%s: the time cannot be kept for a restart: %s", self._path, error)

    def _has_been_vouched_for(self, now: float) -> bool:
        """Once is enough: the network may go again."""
        self._has_been = self._has_been or self._is_vouched_for(now)
        return self._has_been

    def _read(self) -> float:
        """The newest time that was believed; a damaged file tells none, and one of a later format is left as it is."""
        try:
            return newest_in(self._path)
        except NewerFormat as error:
            log.warning(
                "%s cannot be used (%s): %s; what time it was before is not known", self._path, error, self._keep_off()
            )
        except DAMAGED as error:
            log.warning("%s cannot be read (%s); what time it was before is not known", self._path, error)
        return 0.0

    def _keep_off(self) -> str:
        try:
            return f"it is kept as {set_aside(self._path).name}"
        except OSError as wrong:
            self._is_ours = False
            return f"it stays, and no time is kept, for it cannot be set aside ({wrong.strerror})"


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
