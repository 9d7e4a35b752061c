"""How urgent a line on standard error is, where the journal reads it: sd-daemon(3)'s prefix, `<3>` for an error.

So `journalctl --priority warning` finds what went wrong also where it is not an event of its own.
"""

from __future__ import annotations

import logging
import os
from typing import Protocol

ERROR, WARNING = 3, 4
_OF_LEVEL = ((logging.CRITICAL, 2), (logging.ERROR, ERROR), (logging.WARNING, WARNING), (logging.INFO, 6))
_DEBUG = 7


class File(Protocol):
    """Something with a descriptor."""

    def fileno(self) -> int: ...


def mark(stream: File, priority: int) -> str:
    """The prefix of a line of that syslog(3) priority; empty if `stream` does not lead to the journal."""
    return f"<{priority}>" if _leads_to_journal(stream) else ""


class MarkedFormatter(logging.Formatter):
    """Each line of a record with the prefix of its level, if `stream` leads to the journal."""

    def __init__(self, text: str, stream: File) -> None:
        super().__init__(text)
        self._stream = stream

    def format(self, record: logging.LogRecord) -> str:
        priority = next((each for level, each in _OF_LEVEL if record.levelno >= level), _DEBUG)
        prefix = mark(self._stream, priority)
        return "\n".join(f"{prefix}{line}" for line in super().format(record).splitlines())


def _leads_to_journal(stream: File) -> bool:
    """systemd names the socket it gave as standard error; whoever was given another since is not meant."""
    try:
        there = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"
