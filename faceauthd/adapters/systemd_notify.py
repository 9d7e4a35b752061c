"""What the service manager hears: ready, alive, status, stopping.

The protocol is one datagram of text, and sd_notify(3) promises its stability and invites reimplementation. So this is
ours, twenty lines, and not systemd-python: that needs a compiler, and a `Type=notify` service without it would never
be ready and be killed at each start.
"""

from __future__ import annotations

import logging
import math
import os
import socket
from collections.abc import Callable, Mapping

from faceauthd.ports import Notifier
from faceauthd.prose import printable

_log = logging.getLogger(__name__)

UNWATCHED_S = 10.0
"""Stands in for the watchdog's time where none is set: how much longer a start may take with each sign of life."""

STATUS_EVERY_S = 1.0
"""A status with figures in it changes with each frame; nobody reads it oftener than this."""


class NullNotifier:
    """For a process that no service manager started."""

    def ready(self) -> None:
        """Nobody waits."""

    def alive(self, status: str) -> None:
        """Nobody watches."""

    def status(self, status: str) -> None:
        """Nobody reads."""

    def stopping(self) -> None:
        """Nobody waits."""


class SystemdNotifier:
    """Speaks to the socket `address` (a path, or `@name` for an abstract one). A message that cannot be sent is given
    up: the next tick sends a newer one, and a lock does not fail because nobody listens.

    `watchdog_s` is the time after which systemd gives us up, None if it does not watch; a third of it lies between two
    pings, so that one may be lost. Until `ready`, each ping also asks for as much time again: a camera that is missing
    may come in an hour, and TimeoutStartSec must not end the process that waits for it.
    """

    def __init__(self, address: str, *, now: Callable[[], float], watchdog_s: float | None = None) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._now = now
        self._patience_s = watchdog_s or UNWATCHED_S
        self._is_watched = watchdog_s is not None
        self._is_ready = False
        self._pinged_s = -math.inf
        self._told = ""
        self._told_s = -math.inf
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def ready(self) -> None:
        """The start is over: the daemon serves."""
        self._is_ready = True
        self._send("READY=1")

    def alive(self, status: str) -> None:
        """Ping the watchdog if it is time, and publish `status` if it changed."""
        now_s = self._now()
        ping = self._ping()
        if ping and now_s - self._pinged_s >= self._patience_s / 3 and self._send(ping):
            self._pinged_s = now_s
        if now_s - self._told_s >= STATUS_EVERY_S:
            self.status(status)

    def status(self, status: str) -> None:
        """Publish `status`, a sentence, if it changed; the watchdog is not fed."""
        if status != self._told and self._send(f"STATUS={printable(status, 400)}"):
            self._told, self._told_s = status, self._now()

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")
        self._socket.close()

    def _ping(self) -> str:
        """The sign of life; empty if nobody waits for one."""
        extend = "" if self._is_ready else f"EXTEND_TIMEOUT_USEC={self._patience_s * 1e6:.0f}"
        return "\n".join(filter(None, ("WATCHDOG=1" if self._is_watched else "", extend)))

    def _send(self, message: str) -> bool:
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError as error:
            _log.debug("the service manager did not hear %s: %s", message, error)
            return False
        return True


def open_notifier(environ: Mapping[str, str], *, now: Callable[[], float]) -> Notifier:
    """The notifier for this process's `environ`: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as systemd sets it."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return NullNotifier()
    return SystemdNotifier(address, now=now, watchdog_s=_watchdog_s(environ))


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    """None unless systemd watches this very process. A value that is no number is systemd's fault, and not watched."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    micros = environ.get("WATCHDOG_USEC", "")
    return int(micros) / 1e6 if micros.isascii() and micros.isdigit() and int(micros) > 0 else None
