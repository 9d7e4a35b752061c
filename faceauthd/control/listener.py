"""A listening Unix socket that is never, not for an instant, open to more people than it should be."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import logging
import os
import socket
import stat
from pathlib import Path

from faceauthd.errors import ControlError

log = logging.getLogger(__name__)

SOCKET_MODE = 0o660
_PATH_LIMIT_BYTES = 107
"""sun_path of unix(7), less its closing null byte."""
_BACKLOG = 128
"""Connections the kernel keeps while the thread is busy; more get EAGAIN."""


class Listener:
    """The socket at `path`, mode 0660, owned by `group` where this machine has it.

    The lock file beside it is what decides between two daemons; it stays there for good, since whoever removed it
    could remove the lock of a third. Raises ControlError with the remedy.
    """

    def __init__(self, path: Path, group: str | None = None) -> None:
        self.path = path
        if len(os.fsencode(path)) > _PATH_LIMIT_BYTES:
            raise ControlError(f"{path}: has more than {_PATH_LIMIT_BYTES} bytes; set a shorter control.socket")
        with contextlib.ExitStack() as undo:
            self._lock = _locked(path)
            undo.callback(os.close, self._lock)
            _clear(path)
            self.socket = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
            self._identity = _bound(self.socket, path, group)
            undo.pop_all()

    def close(self) -> None:
        """Stop listening and take the socket away, if it is still this one. Safe to call twice."""
        if self._lock < 0:
            return
        self.socket.close()
        with contextlib.suppress(OSError):
            if _identity(self.path) == self._identity:
                self.path.unlink()
        os.close(self._lock)
        self._lock = -1


def _locked(path: Path) -> int:
    """Take the lock for `path`, making its folder if that is missing."""
    beside = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as wrong:
        raise ControlError(f"{beside}: {wrong.strerror}; make the folder writable or set control.socket") from wrong
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as wrong:
        os.close(lock)
        raise _already_running(path) from wrong
    return lock


def _already_running(path: Path) -> ControlError:
    return ControlError(f"{path}: another faceauthd listens here; stop it first, or set another control.socket")


def _clear(path: Path) -> None:
    """Take away a socket that a killed daemon left, and nothing else."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as wrong:
        raise ControlError(f"{path}: {wrong.strerror}; set another control.socket") from wrong
    if not stat.S_ISSOCK(mode):
        raise ControlError(f"{path}: is there already and is not a socket; move it away or set another control.socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        answer = probe.connect_ex(os.fspath(path))
    if answer != errno.ECONNREFUSED:
        raise _already_running(path)
    try:
        path.unlink()
    except OSError as wrong:
        raise ControlError(f"{path}: the old socket cannot be removed: {wrong.strerror}; remove it") from wrong


def _bound(listening: socket.socket, path: Path, group: str | None) -> tuple[int, int]:
    """Bind, give it to the group, set the mode, and only then listen.

    Linux creates the file with the mode the unbound socket has (so fchmod counts, whatever the umask), and until
    `listen` every connect is refused: the final mode is there before anybody can get in.
    """
    try:
        os.fchmod(listening.fileno(), 0o600)
        listening.bind(os.fspath(path))
        _give_to(path, group)
        path.chmod(SOCKET_MODE)
        identity = _identity(path)
        listening.listen(_BACKLOG)
    except OSError as wrong:
        raise ControlError(f"{path}: cannot listen here: {wrong.strerror}; set another control.socket") from wrong
    return identity


def _give_to(path: Path, group: str | None) -> None:
    if group is None:
        return
    try:
        number = grp.getgrnam(group).gr_gid
        if path.stat().st_gid != number:
            os.chown(path, -1, number)
    except KeyError:
        log.info("no group %s on this machine: the control socket stays with group %d", group, path.stat().st_gid)
    except PermissionError:
        log.warning(
            "cannot give the control socket to group %s: run faceauthd as that group (Group= of the unit), or set"
            " control.group",
            group,
        )


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino
