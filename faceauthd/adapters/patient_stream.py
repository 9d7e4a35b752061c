"""Standard error for a door: what is written there is waited for, but only so long.

A pipe that nobody reads, or a terminal that somebody has stopped with Ctrl-S, blocks whoever writes to it. The loop is
not to be among them: it hears the exit button.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import TextIO

MOST_KEPT = 512
"""Texts that wait for a reader: hours of a door's events, and less than a megabyte."""
WAIT_S = 0.5
"""How long one is waited for. Well below the watchdog's patience, and hardly noticed by whoever wants to get out."""


class PatientStream:
    """Writes to the file behind `stream`, in a thread of its own.

    `flush` returns once all that was there before is written, as that of any stream, but after `wait_s` at the latest;
    after that it waits no more until somebody reads again. Meanwhile texts are kept in their order, the first
    `MOST_KEPT` of them: how it began says more than how it goes on. How many were lost is written in the end.
    """

    def __init__(self, stream: TextIO, *, wait_s: float = WAIT_S) -> None:
        self._fd = os.dup(stream.fileno())  # its own: a number that was closed may be another file by now
        self._encoding = stream.encoding
        self._wait_s = wait_s
        self._changed = threading.Condition()
        self._waiting: deque[str] = deque()
        self._taken = self._written = 0
        self._is_stuck = False
        self._lost = 0
        self._trouble: OSError | None = None
        threading.Thread(target=self._write_all, name="standard error", daemon=True).start()

    def fileno(self) -> int:
        """Of the file behind it."""
        return self._fd

    def write(self, text: str) -> int:
        """Put it in the line; never waits."""
        with self._changed:
            if len(self._waiting) < MOST_KEPT:
                self._take(text)
            else:
                self._lost += 1
        return len(text)

    def flush(self) -> None:
        """Wait until it is written, within reason. Raises the OSError of what could not be."""
        with self._changed:
            wait_s = 0.0 if self._is_stuck else self._wait_s
            mine = self._taken  # what others write meanwhile is not waited for
            self._is_stuck = not self._changed.wait_for(lambda: self._written >= mine, wait_s)
            trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble

    def _take(self, text: str) -> None:
        self._waiting.append(text)
        self._taken += 1
        self._changed.notify_all()

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                text = self._waiting[0]
            trouble = self._put_out(text)
            with self._changed:
                self._waiting.popleft()
                self._written += 1
                self._is_stuck = False
                self._trouble = trouble or self._trouble
                if self._lost and not self._waiting:
                    self._take(f"WARNING faceauthd: nobody read this; {self._lost} lines were lost\n")
                    self._lost = 0
                self._changed.notify_all()

    def _put_out(self, text: str) -> OSError | None:
        """By descriptor: a buffer has a lock, for which the end of the interpreter would wait, and then abort."""
        left = text.encode(self._encoding, "backslashreplace")
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError as error:
            return error
        return None


def patient(stream: TextIO) -> TextIO | PatientStream:
    """`stream`, waited for within reason if there is a file behind it."""
    try:
        stream.fileno()
    except (OSError, ValueError):
        return stream
    return PatientStream(stream)
