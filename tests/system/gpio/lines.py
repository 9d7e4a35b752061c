"""The simulated chip's lines: a finger on the button, and what was ever written to the others, with the time."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

BUTTON = 27
NAMES = {17: "relay", 22: "red", 23: "green", 24: "blue", 25: "buzzer"}
"""The default pins."""

_SIM = Path("/sys/devices/platform/gpio-sim.0")
_TRACE = Path("/sys/kernel/tracing/trace_pipe")
_ROW = re.compile(r"\s(?P<at>\d+\.\d+): (?P<what>claim|drive|drive_some|release): \(.*?\) (?P<values>.*)$")


@dataclass(frozen=True)
class Change:
    """`level` of the line called `name` from `at_s` on, on the clock of time.monotonic."""

    at_s: float
    name: str
    level: int
    is_claim: bool = False


class Lines:
    """All changes since the chip is there, in `changes`, after `read`."""

    def __init__(self) -> None:
        self._pipe = os.open(_TRACE, os.O_RDONLY | os.O_NONBLOCK)
        self._rest = ""
        self._levels = dict.fromkeys(NAMES.values(), 0)
        self.changes: list[Change] = []
        self.writes = 0

    def read(self) -> list[Change]:
        """Take in what was traced meanwhile."""
        while True:
            try:
                self._rest += os.read(self._pipe, 65536).decode(errors="replace")
            except BlockingIOError:
                return self.changes
            *rows, self._rest = self._rest.split("\n")
            for row in rows:
                if "LOST" in row:
                    raise SystemExit(f"the trace overflowed: {row}")
                self._take(row)

    def rises(self, name: str, since_s: float = 0.0) -> list[Change]:
        return [change for change in self.read() if change.name == name and change.level and change.at_s >= since_s]

    def falls(self, name: str, since_s: float = 0.0) -> list[Change]:
        changes = [change for change in self.read() if change.name == name and change.at_s >= since_s]
        return [change for change in changes if not change.level and not change.is_claim]

    def claims(self, name: str, since_s: float = 0.0) -> list[Change]:
        return [change for change in self.read() if change.name == name and change.is_claim and change.at_s >= since_s]

    def _take(self, row: str) -> None:
        if not (found := _ROW.search(row)):
            return
        at_s, what = float(found["at"]), found["what"]
        values = {key: int(value) for key, value in (pair.split("=") for pair in found["values"].split())}
        if what == "drive_some":
            driven = {line: values["levels"] >> line & 1 for line in NAMES if values["mask"] >> line & 1}
        else:
            # A line that is let go follows its pull, which is down for all but the button's.
            driven = {values["line"]: int(values.get("level", 0) > 0)}
        for line, level in driven.items():
            self._change(at_s, line, level, is_claim=what == "claim")

    def _change(self, at_s: float, line: int, level: int, *, is_claim: bool) -> None:
        name = NAMES.get(line)
        if name is None:
            return
        self.writes += 1
        if is_claim or level != self._levels[name]:
            self._levels[name] = level
            self.changes.append(Change(at_s, name, level, is_claim))


def level_of(line: int) -> int:
    """What the chip says of the line now."""
    return int(next(_SIM.glob(f"gpiochip*/sim_gpio{line}/value")).read_text())


def press(seconds: float = 0.3) -> float:
    """A finger on the button for so long; when it came down."""
    pull = next(_SIM.glob(f"gpiochip*/sim_gpio{BUTTON}/pull"))
    at_s = time.monotonic()
    pull.write_text("pull-down")
    time.sleep(seconds)
    pull.write_text("pull-up")
    return at_s
