"""The keyboard as the panel's button: space presses it, `l` holds it down, `q` quits.

A thread reads the terminal and only calls what it was given. A terminal tells of a key, never of letting it go, so
the button is let go after a set time.
"""

from __future__ import annotations

import atexit
import os
import select
import termios
import threading
import time
import tty
from collections.abc import Callable

from faceauthd.types import Edge

KEYS_HELP = "space: press the button   l: long press   q: quit"


class TerminalKeys:
    """Reads keys from the terminal `fd` until `close`, which puts the terminal back as it was; so does the
    interpreter's end.

    `on_edge` gets the button's edges, stamped with `now`; `on_quit` is called once for `q`. Both run in the reader's
    thread. `short_s` must be longer than the debounce time, and `long_s` than a long press.
    """

    def __init__(
        self,
        fd: int,
        *,
        on_edge: Callable[[Edge], object],
        on_quit: Callable[[], object],
        now: Callable[[], float],
        short_s: float = 0.12,
        long_s: float = 1.8,
    ) -> None:
        self._fd = fd
        self._on_edge = on_edge
        self._on_quit = on_quit
        self._now = now
        self._holds_s = {b" ": short_s, b"l": long_s, b"L": long_s}
        self._release_s: float | None = None
        self._saved = termios.tcgetattr(fd)
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._read, name="keys", daemon=True)
        atexit.register(self.close)
        tty.setcbreak(fd, termios.TCSADRAIN)
        self._thread.start()

    def close(self) -> None:
        """Stop reading and restore the terminal. Safe to call twice."""
        if self._wake_write < 0:
            return
        atexit.unregister(self.close)
        os.close(self._wake_write)
        self._wake_write = -1
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=1.0)
        try:
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._saved)
        except (termios.error, OSError):
            return  # the terminal is gone, there is nothing to restore

    def _read(self) -> None:
        while self._wake_write >= 0:  # a key may have closed it, from this very thread
            ready, _, _ = select.select((self._fd, self._wake_read), (), (), self._patience_s())
            if self._release_s is not None and time.monotonic() >= self._release_s:
                self._release_s = None
                self._on_edge(Edge(is_down=False, at_s=self._now()))
            if self._wake_read in ready or (self._fd in ready and not self._take_key()):
                break
        os.close(self._wake_read)

    def _take_key(self) -> bool:
        """Act on one key; False if there will be no more."""
        try:
            key = os.read(self._fd, 1)
        except OSError:
            return False
        if key in (b"q", b"Q"):
            self._on_quit()
        elif key in self._holds_s and self._release_s is None:
            self._release_s = time.monotonic() + self._holds_s[key]
            self._on_edge(Edge(is_down=True, at_s=self._now()))
        return key != b""

    def _patience_s(self) -> float | None:
        return None if self._release_s is None else max(0.0, self._release_s - time.monotonic())
