"""A lockout that outlives a restart: pulling the plug must not be a way around it, nor setting the clock.

Time is counted on the clock that never goes back, which is one and the same for all processes until the machine is
started again. How long it was off nobody here can know: civil time comes from a network, a battery or a file, and
whoever pulls the plug may have a hand in any of these. So that time does not count, and what was left goes on.
"""

from __future__ import annotations

import json
import logging
import math
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from faceauthd.adapters.newer_file import NewerFormat, check_known, set_aside, sync_folder
from faceauthd.lockout import Lockout
from faceauthd.ports import Clock

log = logging.getLogger(__name__)

_FORMAT = 2
_FIRST_FORMAT = frozenset({"level", "delay_s", "since"})
"""Written before there was a checksum, and before refusals were kept."""
_DAMAGED_LEVEL, _DAMAGED_S = 3, 300.0
"""What a file that cannot be read stands for, or one of a later format. It is there only if somebody was refused, and
it is replaced whole, so it was damaged or touched, or an earlier version was put back: no way to a shorter lockout.
Five minutes is the third of the delays in the reference configuration; the next lockout takes the last of them."""
_LONGEST_S = 7 * 86400.0
"""No delay that can be configured is longer; a larger number is damage."""
_MOST_REFUSALS = 100
_REFRESH_S = 60.0
"""While a lockout is on the file is at most this old: a power cut makes it so much longer, and no shorter. Refusals
are written anew when they are twice as old as the file says, so some ten times until nothing counts them any more."""
_FORGOTTEN_S = 3600.0
"""No refusal counts for longer, however it is configured."""
_RETRY_S = 5.0
"""How often a full disk is tried again."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class _Kept:
    level: int
    delay_s: float
    ages_s: tuple[float, ...]
    boot_id: str
    at_s: float


class LockoutFile:
    """Keeps level, end and recent refusals in one small file, replaced whole. Neither method raises.

    `boot_id` is another one after each start of the machine; the kernel's own, if it is not given.
    """

    def __init__(self, path: Path, clock: Clock, boot_id: str | None = None) -> None:
        self._path = path
        self._clock = clock
        self._boot_id = _this_boot() if boot_id is None else boot_id
        self._saved: Lockout | None = None
        self._saved_s = 0.0
        self._failed: Lockout | None = None
        self._failed_s = -math.inf
        self._is_ours = True

    def load(self, now_s: float) -> Lockout:
        """The lockout as it stands now. If the file is damaged a long one is on: nobody gets in sooner by touching it,
        or the clock.
        """
        try:
            kept = _read(self._path.read_bytes())
        except FileNotFoundError:
            return Lockout()
        except NewerFormat as error:
            return self._keep_off(error, now_s)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            log.warning(
                "%s cannot be read (%s); locked out for %.0f s, which `faceauthctl lockout --clear` ends",
                self._path,
                error,
                _DAMAGED_S,
            )
            return Lockout((), _DAMAGED_LEVEL, now_s + _DAMAGED_S)
        is_same_boot = kept.boot_id == self._boot_id != "" and kept.at_s <= now_s
        passed_s = now_s - kept.at_s if is_same_boot else 0.0
        left_s = kept.delay_s - passed_s
        refused_at_s = tuple(sorted(now_s - age_s - passed_s for age_s in kept.ages_s))
        return Lockout(refused_at_s, kept.level, now_s + left_s if left_s > 0 else None)

    def save(self, lockout: Lockout, now_s: float) -> None:
        """Put `lockout` on disk, or take the file away if there is nothing to remember. Asked at every tick, it writes
        when something changed, or what it wrote has become old. A file of a later format that could not be set aside
        stays as it is, and every start is a lockout.
        """
        if not self._is_ours:
            return
        is_waiting = lockout == self._failed and now_s - self._failed_s < _RETRY_S
        if is_waiting or not self._is_due(lockout, now_s):
            return
        try:
            if lockout.level == 0 and not lockout.refused_at_s:
                self._path.unlink(missing_ok=True)
            else:
                self._replace(lockout, now_s)
        except OSError as error:
            if self._failed is None:
                log.warning("%s: the lockout cannot be kept for a restart: %s", self._path, error)
            self._failed, self._failed_s = lockout, now_s
        else:
            self._saved, self._saved_s, self._failed = lockout, now_s, None

    def _keep_off(self, error: NewerFormat, now_s: float) -> Lockout:
        """What an earlier version does that was put back: it lets nobody in for long, and leaves the file as it is."""
        try:
            kept = f"it is kept as {set_aside(self._path).name}"
        except OSError as wrong:
            self._is_ours = False
            kept = f"it stays, and this at each start, for it cannot be set aside ({wrong.strerror})"
        log.warning(
            "%s cannot be used (%s): %s; locked out for %.0f s, which `faceauthctl lockout --clear` ends",
            self._path,
            error,
            kept,
            _DAMAGED_S,
        )
        return Lockout((), _DAMAGED_LEVEL, now_s + _DAMAGED_S)

    def _is_due(self, lockout: Lockout, now_s: float) -> bool:
        if lockout != self._saved:
            return True
        if lockout.is_on(now_s):
            return now_s - self._saved_s >= _REFRESH_S
        if not lockout.refused_at_s or now_s - lockout.refused_at_s[-1] > _FORGOTTEN_S:
            return False
        return now_s - self._saved_s >= max(_REFRESH_S, self._saved_s - lockout.refused_at_s[-1])

    def _replace(self, lockout: Lockout, now_s: float) -> None:
        kept: dict[str, object] = {
            "format": _FORMAT,
            "level": lockout.level,
            "delay_s": max(0.0, lockout.until_s - now_s) if lockout.until_s is not None else 0.0,
            "boot": self._boot_id,
            "at_s": now_s,
            "since": self._clock.wall().timestamp(),  # for an earlier version, should one come back
            "refused_ago_s": [now_s - at_s for at_s in lockout.refused_at_s[-_MOST_REFUSALS:]],
        }
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(json.dumps({**kept, "crc32": _checksum(kept)}))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        sync_folder(self._path.parent)  # a plug pulled right after a lockout began would undo it


def _read(content: bytes) -> _Kept:
    """Raises NewerFormat, and ValueError and its like for what is damaged."""
    kept = json.loads(content)
    check_known(kept, _FORMAT)
    if kept.keys() != _FIRST_FORMAT and kept.pop("crc32") != _checksum(kept):
        raise ValueError("its checksum is wrong")
    level, delay_s, since = int(kept["level"]), float(kept["delay_s"]), float(kept["since"])
    boot_id, at_s = str(kept.get("boot", "")), float(kept.get("at_s", 0.0))
    ages_s = tuple(float(age_s) for age_s in kept.get("refused_ago_s", ()))
    is_sound = math.isfinite(since + at_s) and all(0 <= seconds <= _LONGEST_S for seconds in (delay_s, *ages_s))
    if not is_sound or not 0 <= level <= 10**6:
        raise ValueError("its numbers make no sense")
    return _Kept(level, delay_s, ages_s, boot_id, at_s)


def _checksum(kept: dict[str, object]) -> int:
    return zlib.crc32(json.dumps(kept, sort_keys=True).encode())


def _this_boot() -> str:
    """Empty where the kernel does not tell; then every start counts as one of the machine."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
