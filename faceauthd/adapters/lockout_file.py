"""A lockout that outlives a restart: pulling the plug must not be a way around it."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from faceauthd.lockout import Lockout
from faceauthd.ports import Clock

log = logging.getLogger(__name__)


class LockoutFile:
    """Keeps level and end of a lockout in one small file, replaced whole. Neither method raises."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def load(self, now_s: float) -> Lockout:
        """The lockout as it stands now.

        What is left runs on civil time. If that went backwards (a Pi without a battery starts in the past), or the
        file is damaged, the whole delay begins anew: nobody gets in sooner by touching the clock.
        """
        try:
            kept = json.loads(self._path.read_text())
            level, delay_s, since = int(kept["level"]), float(kept["delay_s"]), float(kept["since"])
        except FileNotFoundError:
            return Lockout()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be read (%s); a lockout that it may have kept is lost", self._path, error)
            return Lockout()
        passed_s = self._clock.wall().timestamp() - since
        left_s = delay_s - passed_s if passed_s >= 0 else delay_s
        return Lockout((), level, now_s + left_s if left_s > 0 else None)

    def save(self, lockout: Lockout, now_s: float) -> None:
        """Put `lockout` on disk, or take the file away if there is nothing to remember."""
        try:
            if lockout.level == 0:
                self._path.unlink(missing_ok=True)
            else:
                self._replace(lockout, now_s)
        except OSError as error:
            log.warning("%s: the lockout cannot be kept for a restart: %s", self._path, error)

    def _replace(self, lockout: Lockout, now_s: float) -> None:
        left_s = max(0.0, lockout.until_s - now_s) if lockout.until_s is not None else 0.0
        kept = {"level": lockout.level, "delay_s": left_s, "since": self._clock.wall().timestamp()}
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(json.dumps(kept))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
