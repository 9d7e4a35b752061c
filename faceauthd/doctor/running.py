"""Whether faceauthd runs already: what it holds is asked of it, not opened a second time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from faceauthd.config import Config
from faceauthd.control.client import ControlClient, Done, NotRunning
from faceauthd.errors import ControlError
from faceauthd.gallery.opening import LOCK_NAME

ANSWER_S = 5.0
_LOCKS = Path("/proc/locks")


@dataclass(frozen=True, slots=True)
class Daemon:
    """`status` is what it told of itself, empty if it did not answer."""

    is_running: bool = False
    status: Mapping[str, object] = field(default_factory=dict)


def find_daemon(config: Config, locks: Path = _LOCKS) -> Daemon:
    """Ask on the control socket; a daemon that has not opened it yet is known by the gallery's lock."""
    try:
        with ControlClient(config.control.socket, ANSWER_S) as client:
            answer = client.ask("status")
    except NotRunning:
        return Daemon(is_locked(config.gallery.path / LOCK_NAME, locks))
    except ControlError:
        return Daemon(is_running=True)
    return Daemon(True, answer.result if isinstance(answer, Done) else {})


def is_locked(path: Path, locks: Path = _LOCKS) -> bool:
    """Whether somebody holds a lock on `path`, read off the kernel's list: trying the lock would be holding it."""
    try:
        found, held = path.stat(), locks.read_text()
    except OSError:
        return False
    mark = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    return any(mark in line.split() for line in held.splitlines())
