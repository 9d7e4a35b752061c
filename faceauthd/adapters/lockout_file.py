"""A lockout that outlives a restart: pulling the plug must not be a way around it."""

from __future__ import annotations

import json
import logging
import math
import os
import zlib
from pathlib import Path

from faceauthd.lockout import Lockout
from faceauthd.ports import Clock

log = logging.getLogger(__name__)

_FIRST_FORMAT = frozenset({"level", "delay_s", "since"})
"""Written before there was a checksum, and before refusals were kept."""
_DAMAGED_LEVEL, _DAMAGED_S = 3, 300.0
"""What a file that cannot be read stands for. It is there only if somebody was refused, and it is replaced whole, so
it was damaged or touched: no way to a shorter lockout. Five minutes is the third of the delays in the reference
configuration; the next lockout takes the last of them."""
_LONGEST_S = 7 * 86400.0
"""No delay that can be configured is longer; a larger number is damage."""
_MOST_REFUSALS = 100


class LockoutFile:
    """Keeps level, end and recent refusals in one small file, replaced whole. Neither method raises."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def load(self, now_s: float) -> Lockout:
        """The lockout as it stands now.

        What is left runs on civil time. If that went backwards (a Pi without a battery starts in the past), the whole
        delay begins anew, and if the file is damaged a long one does: nobody gets in sooner by touching either.
        """
        try:
            kept = _read(self._path.read_bytes())
        except FileNotFoundError:
            return Lockout()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            log.warning(
                "%s cannot be read (%s); locked out for %.0f s, which `faceauthctl clear-lockout` ends",
                self._path,
                error,
                _DAMAGED_S,
            )
            return Lockout((), _DAMAGED_LEVEL, now_s + _DAMAGED_S)
        level, delay_s, since, ages_s = kept
        passed_s = max(0.0, self._clock.wall().timestamp() - since)
        left_s = delay_s - passed_s
        refused_at_s = tuple(sorted(now_s - age_s - passed_s for age_s in ages_s))
        return Lockout(refused_at_s, level, now_s + left_s if left_s > 0 else None)

    def save(self, lockout: Lockout, now_s: float) -> None:
        """Put `lockout` on disk, or take the file away if there is nothing to remember."""
        try:
            if lockout.level == 0 and not lockout.refused_at_s:
                self._path.unlink(missing_ok=True)
            else:
                self._replace(lockout, now_s)
        except OSError as error:
            log.warning("%s: the lockout cannot be kept for a restart: %s", self._path, error)

    def _replace(self, lockout: Lockout, now_s: float) -> None:
        kept: dict[str, object] = {
            "level": lockout.level,
            "delay_s": max(0.0, lockout.until_s - now_s) if lockout.until_s is not None else 0.0,
            "since": self._clock.wall().timestamp(),
            "refused_ago_s": [now_s - at_s for at_s in lockout.refused_at_s[-_MOST_REFUSALS:]],
        }
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(json.dumps({**kept, "crc32": _checksum(kept)}))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        _sync_folder(self._path.parent)


def _read(content: bytes) -> tuple[int, float, float, list[float]]:
    """Level, delay, since when, and the ages of the refusals. Raises ValueError and its like for what is damaged."""
    kept = json.loads(content)
    if kept.keys() != _FIRST_FORMAT and kept.pop("crc32") != _checksum(kept):
        raise ValueError("its checksum is wrong")
    level, delay_s, since = int(kept["level"]), float(kept["delay_s"]), float(kept["since"])
    ages_s = [float(age_s) for age_s in kept.get("refused_ago_s", ())]
    is_sound = math.isfinite(since) and all(0 <= seconds <= _LONGEST_S for seconds in (delay_s, *ages_s))
    if not is_sound or not 0 <= level <= 10**6:
        raise ValueError("its numbers make no sense")
    return level, delay_s, since, ages_s


def _checksum(kept: dict[str, object]) -> int:
    return zlib.crc32(json.dumps(kept, sort_keys=True).encode())


def _sync_folder(folder: Path) -> None:
    """A new name is not on the medium before its folder is: a plug pulled right after a lockout began would undo it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
