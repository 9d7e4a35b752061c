"""The simulated chip's lines: a finger on a button, and what was ever written to the others, with the time."""

from __future__ import annotations

import math
import os
import re
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BUTTON = 27
BAR = (13, 16, 18, 19, 20, 21)
"""Left free by config/boards/pi-door.yaml, as in config/boards/pi-bar.yaml from left to right."""
NAMES = {17: "relay", 22: "red", 23: "green", 24: "blue", 25: "buzzer", 26: "alarm", 12: "light"} | {
    line: f"bar {index}" for index, line in enumerate(BAR)
}
"""What is driven: the default pins, and those of a door with everything."""

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
    """All changes since the chip is there, by line; a lamp on PWM makes hundreds a second."""

    def __init__(self) -> None:
        self._pipe = os.open(_TRACE, os.O_RDONLY | os.O_NONBLOCK)
        self._rest = ""
        self._changes: dict[str, list[Change]] = {name: [] for name in NAMES.values()}
        self.writes = 0

    def changes(self, name: str, since_s: float = 0.0, until_s: float = math.inf) -> Sequence[Change]:
        """All of one line between the two times, oldest first."""
        self._read()
        changes = self._changes[name]
        first, last = (bisect_left(changes, at_s, key=lambda change: change.at_s) for at_s in (since_s, until_s))
        return changes[first:last]

    def rises(self, name: str, since_s: float = 0.0, until_s: float = math.inf) -> list[Change]:
        return [change for change in self.changes(name, since_s, until_s) if change.level]

    def falls(self, name: str, since_s: float = 0.0) -> list[Change]:
        return [change for change in self.changes(name, since_s) if not change.level and not change.is_claim]

    def claims(self, name: str, since_s: float = 0.0) -> list[Change]:
        return [change for change in self.changes(name, since_s) if change.is_claim]

    def brightness(self, name: str, since_s: float, until_s: float) -> float:
        """The share of the time between the two that the line was high."""
        before = self.changes(name, 0.0, since_s)
        level, at_s, high_s = before[-1].level if before else 0, since_s, 0.0
        for change in self.changes(name, since_s, until_s):
            high_s += level * (change.at_s - at_s)
            level, at_s = change.level, change.at_s
        return (high_s + level * (until_s - at_s)) / (until_s - since_s)

    def _read(self) -> None:
        """Take in what was traced meanwhile."""
        while True:
            try:
                self._rest += os.read(self._pipe, 65536).decode(errors="replace")
            except BlockingIOError:
                return
            *rows, self._rest = self._rest.split("\n")
            for row in rows:
                if "LOST" in row:
                    raise SystemExit(f"the trace overflowed: {row}")
                self._take(row)

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
        changes = self._changes[name]
        if is_claim or level != (changes[-1].level if changes else 0):
            changes.append(Change(at_s, name, level, is_claim))


def level_of(line: int) -> int:
    """What the chip says of the line now."""
    return int(next(_SIM.glob(f"gpiochip*/sim_gpio{line}/value")).read_text())


def press(seconds: float = 0.3, line: int = BUTTON) -> float:
    """A finger on the button for so long; when it came down."""
    at_s = connect(line, is_closed=True)
    time.sleep(seconds)
    connect(line, is_closed=False)
    return at_s


def connect(line: int, *, is_closed: bool) -> float:
    """A contact to ground, which wins over the pull-up of an input; when it moved."""
    at_s = time.monotonic()
    next(_SIM.glob(f"gpiochip*/sim_gpio{line}/pull")).write_text("pull-down" if is_closed else "pull-up")
    return at_s
