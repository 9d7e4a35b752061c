"""Lets go of something when whoever holds it says nothing for too long: the relay must not outlive a loop that hangs.

A thread of its own, since what hangs is the loop's. It can be kept from running by native code that holds the
interpreter's lock; for that there is the service manager's watchdog.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

_END_S = 1.0
"""How long the end of the thread is waited for; it is a daemon, and ends with the process anyway."""


class DeadMan:
    """Calls `let_go` once if the seconds of a `hold` pass with neither another one nor a `rest`, and `tell` after that.

    `let_go` runs in the dead man's thread and must do nothing that can wait for somebody: no log above all, for what
    the loop hangs on may be the log's stream or its lock. No call of `hold` or `rest` blocks for longer than `let_go`
    takes. `tell` may block for ever: it has a thread of its own, and is left out while an earlier one still hangs.
    """

    def __init__(self, let_go: Callable[[], None], tell: Callable[[], None] = lambda: None) -> None:
        self._let_go = let_go
        self._tell = tell
        self._telling: threading.Thread | None = None
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
        while self._wait_and_let_go():
            if self._telling is None or not self._telling.is_alive():
                self._telling = threading.Thread(target=self._tell, name="dead-man-tells", daemon=True)
                with suppress(RuntimeError):  # no more threads; what counts is done
                    self._telling.start()

    def _wait_and_let_go(self) -> bool:
        """True once it was let go of, False when it is over. Letting go excludes `hold`: one that comes in between
        would be forgotten by the `rest` that follows, and what it holds never be let go of.
        """
        with self._changed:
            while not self._is_over:
                if self._due_s is None:
                    self._changed.wait()
                elif (left_s := self._due_s - time.monotonic()) > 0:
                    self._changed.wait(left_s)
                else:
                    self._due_s = None
                    self._let_go()
                    return True
        return False
