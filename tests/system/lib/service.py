"""The installed service, as systemd and the journal tell of it."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faceauthd.message_ids import MESSAGE_IDS

NAME = "faceauthd.service"
CONFIGURATION = Path("/etc/faceauthd/faceauthd.yaml")
DROP_INS = Path("/run/systemd/system/faceauthd.service.d")
_KINDS = {message_id: kind for kind, message_id in MESSAGE_IDS.items()}


@dataclass(frozen=True)
class Line:
    """A line of the journal. `at_s` is when journald got it, on the clock of time.monotonic; `kind` is the event's, if
    it is one."""

    at_s: float
    text: str
    priority: int
    kind: str


def systemctl(*arguments: str) -> int:
    return subprocess.run(["systemctl", "--quiet", *arguments], check=False, capture_output=True).returncode


def properties(*names: str) -> list[str]:
    command = ["systemctl", "show", *(f"--property={name}" for name in names), NAME]
    rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    values = dict(row.split("=", 1) for row in rows)
    return [values[name] for name in names]


def main_pid() -> int:
    return int(properties("MainPID")[0])


def is_active() -> bool:
    return properties("ActiveState")[0] == "active"


class Journal:
    """What the service wrote, followed: to ask for it again and again would take the processor that it needs."""

    def __init__(self) -> None:
        command = ["journalctl", "--unit", NAME, "--output", "json", "--follow", "--lines", "all"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._lines: list[Line] = []
        threading.Thread(target=self._read, daemon=True).start()

    def lines(self, since_s: float = 0.0) -> list[Line]:
        """Everything since then."""
        return [line for line in self._lines if line.at_s >= since_s]

    def events(self, kind: str, since_s: float = 0.0) -> list[Line]:
        return [line for line in self.lines(since_s) if line.kind == kind]

    def _read(self) -> None:
        for row in self._process.stdout or ():
            self._lines.append(_line(json.loads(row)))


def _line(row: dict[str, Any]) -> Line:
    """journald gives what is no text as a list of bytes."""
    message = row.get("MESSAGE") or ""
    text = message if isinstance(message, str) else bytes(message).decode(errors="replace")
    kind = _KINDS.get(row.get("MESSAGE_ID", ""), "")
    return Line(int(row["__MONOTONIC_TIMESTAMP"]) / 1e6, text, int(row.get("PRIORITY", 6)), kind)


def until(is_so: Callable[[], object], within_s: float, pause_s: float = 0.2) -> bool:
    """Wait for it; False if it did not come about in time."""
    deadline_s = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(pause_s)
    return True
