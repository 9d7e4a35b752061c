"""A terminal that is written without waiting for it, or not for long.

A terminal that is stopped (Ctrl-S), or whose window does not read, blocks whoever writes to it. The loop that closes
the door must not hang on that, so this opens the terminal once more, non-blocking, and keeps what it does not take.
"""

from __future__ import annotations

import io
import os
import select
import time


class TerminalOutlet(io.TextIOBase):
    """A text stream to the terminal behind `fd`, which itself stays as it is. Raises OSError if that is no terminal.

    A terminal takes 4 KiB at once and a drawing is longer, so `flush` waits for the rest, up to `patience_s`.
    """

    def __init__(self, fd: int, patience_s: float) -> None:
        super().__init__()
        self._fd = os.open(os.ttyname(fd), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        self._patience_s = patience_s
        self._pending = b""

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has not taken all that was written, although it was asked once more."""
        self._push()
        return bool(self._pending)

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Keep `text` until `flush`."""
        self._pending += text.encode("utf-8", "backslashreplace")
        return len(text)

    def flush(self) -> None:
        """Give the terminal what it takes within the patience there is. Raises OSError if it is gone."""
        if not self.closed:
            self.drain(self._patience_s)

    def drain(self, timeout_s: float) -> None:
        """Wait until the terminal has taken everything, for `timeout_s` at most. Raises OSError if it is gone."""
        deadline_s = time.monotonic() + timeout_s
        while self.is_behind and (left_s := deadline_s - time.monotonic()) > 0:
            select.select((), (self._fd,), (), left_s)

    def close(self) -> None:
        """Drop what was not taken. Safe to call twice."""
        if not self.closed:
            self._pending = b""
            os.close(self._fd)
        super().close()

    def _push(self) -> None:
        try:
            while self._pending:
                self._pending = self._pending[os.write(self._fd, self._pending) :]
        except BlockingIOError:
            return
