"""Sends entries to journald without ever waiting for it, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL).

Not by systemd-python: that sends blocking, and holds the interpreter's lock meanwhile. A journald that hangs, or is
stopped, would stop every thread of ours at the next entry, the one that lets go of the relay among them; and an unlock
is an entry. Whatever is sent here is in the kernel's hands when the call returns, and survives our own death.
"""

from __future__ import annotations

import errno
import logging
import socket
import struct
import threading
import time
from collections import deque
from pathlib import Path

_log = logging.getLogger(__name__)

JOURNALD = Path("/run/systemd/journal/socket")
MOST_KEPT = 512
"""Entries that wait for a journald that does not listen: some hours of a busy door, and less than a megabyte."""
RETRY_S = 0.2
_NOBODY_LISTENS = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ECONNREFUSED, errno.ENOENT})
"""Its queue is full, or it is being started anew. Anything else is wrong with the entry, or with us."""


class JournaldSocket:
    """Called like `systemd.journal.send`. While journald does not listen, entries wait in their order, `MOST_KEPT` at
    most, and a thread of its own sends them once it does. Raises OSError if an entry is lost.
    """

    def __init__(self, path: Path = JOURNALD, *, retry_s: float = RETRY_S) -> None:
        self._path = str(path)
        self._retry_s = retry_s
        self._sender: threading.Thread | None = None
        self._waiting: deque[bytes] = deque()
        self._lost = 0
        self._lock = threading.Lock()

    def __call__(self, message: str, **fields: str) -> None:
        """Send or keep one entry; never waits for journald."""
        entry = encoded({"MESSAGE": message, **fields})
        with self._lock:
            is_first = not self._waiting
            trouble = self._send(entry) if is_first else None
            if is_first and trouble is None:
                return
            self._keep(entry)
            if self._sender is None or not self._sender.is_alive():
                self._sender = threading.Thread(target=self._send_later, name="journald", daemon=True)
                self._sender.start()
        if is_first:
            _log.warning("journald does not listen (%s); what happens is kept until it does", trouble)

    def _keep(self, entry: bytes) -> None:
        """The first ones stay: how it began says more than how it goes on."""
        if len(self._waiting) < MOST_KEPT:
            self._waiting.append(entry)
            return
        self._lost += 1
        if self._lost == 1:
            raise OSError(errno.ENOBUFS, f"{MOST_KEPT} entries wait for journald already; from now on they are lost")

    def _send(self, entry: bytes) -> str | None:
        """Why nobody listens, None if it is sent."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.setblocking(False)
                out.sendto(entry, self._path)
        except OSError as error:
            if error.errno in _NOBODY_LISTENS:
                return error.strerror or str(error)
            raise
        return None

    def _send_later(self) -> None:
        while not self._is_all_sent():
            time.sleep(self._retry_s)

    def _is_all_sent(self) -> bool:
        with self._lock:
            while self._waiting:
                try:
                    if self._send(self._waiting[0]) is not None:
                        return False
                except OSError:
                    self._lost += 1
                self._waiting.popleft()
            lost, self._lost = self._lost, 0
            self._sender = None
        _log.warning("journald listens again; %d entries were lost", lost)
        return True


def encoded(fields: dict[str, str]) -> bytes:
    """One entry, `KEY=value` a line; a value of several lines by its length, so that it cannot pass for a field."""
    return b"".join(_field(key.encode(), value.encode("utf-8", "backslashreplace")) for key, value in fields.items())


def _field(key: bytes, value: bytes) -> bytes:
    if b"\n" in value:
        return key + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"
    return key + b"=" + value + b"\n"
