"""Lets go of something when whoever holds it says nothing for too long: the relay must not outlive a loop that hangs.

A thread of its own, since what hangs is the loop's. It can be kept from running by native code that holds the
interpreter's lock; for that there is the service manager's watchdog.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_END_S = 1.0
"""How long the end of the thread is waited for; it is a daemon, and ends with the process anyway."""


class DeadMan:
    """Calls `let_go` once if the seconds of a `hold` pass with neither another one nor a `rest`.

    `let_go` runs in the dead man's thread. No call of `hold` or `rest` blocks for longer than `let_go` takes.
    """

    def __init__(self, let_go: Callable[[], None]) -> None:
        self._let_go = let_go
        self._changed = threading.Condition()
        self._due_s: float | None = None
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="dead-man", daemon=True)
        self._thread.start()

    def hold(self, for_s: float) -> None:
        """It is held for `for_s` from now, instead of whatever was said before."""
        with self._changed:
            due_s = time.monotonic() + for_s
            is_sooner = self._due_s is None or due_s < self._due_s
            self._due_s = due_s
            if is_sooner:
                self._changed.notify()

    def rest(self) -> None:
        """Nothing is held."""
        with self._changed:
            self._due_s = None

    def close(self) -> None:
        """End the thread. Safe to call twice."""
        with self._changed:
            self._is_over = True
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(_END_S)

    def _run(self) -> None:
        with self._changed:
            while not self._is_over:
                if self._due_s is None:
                    self._changed.wait()
                elif (left_s := self._due_s - time.monotonic()) > 0:
                    self._changed.wait(left_s)
                else:
                    self._due_s = None
                    self._let_go()
