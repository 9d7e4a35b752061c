"""What a suite found out: figures, tables, and what went against a promise."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Figures:
    """Filled in by a suite while it runs. Any violation makes the command fail."""

    suite: str
    numbers: dict[str, object] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def number(self, name: str, value: object) -> None:
        self.numbers[name] = value

    def count(self, name: str, by: int = 1) -> None:
        before = self.numbers.get(name, 0)
        assert isinstance(before, int)
        self.numbers[name] = before + by

    def worst(self, name: str, value: float) -> None:
        """Keep the largest."""
        before = self.numbers.get(name, 0.0)
        assert isinstance(before, float)
        self.numbers[name] = round(max(before, value), 4)

    def violation(self, what: str) -> None:
        self.violations.append(what)

    def skip(self, what: str) -> None:
        """Something was not tried, and why."""
        self.left_out.append(what)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table as it stands in docs/reliability.md."""
        lines = [head, ["---"] * len(head), *rows]
        self.tables.append("\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines))

    def text(self) -> str:
        width = max((len(name) for name in self.numbers), default=0)
        parts = [f"{self.suite}: {'FAILED' if self.violations else 'no violation'}"]
        parts += [f"  {name:<{width}}  {value}" for name, value in self.numbers.items()]
        parts += self.tables
        parts += [f"  not tried: {what}" for what in self.left_out]
        parts += [f"  VIOLATION: {what}" for what in self.violations[:20]]
        if len(self.violations) > 20:
            parts.append(f"  ... and {len(self.violations) - 20} more violations")
        return "\n".join(parts) + "\n"


class Budget:
    """Time that a suite may take; it ends its trials when that is used up, and says how many it made."""

    def __init__(self, seconds: float) -> None:
        self._end_s = time.monotonic() + seconds

    @property
    def is_left(self) -> bool:
        return time.monotonic() < self._end_s
