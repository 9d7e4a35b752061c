"""What trials in a virtual machine share: expectations, told as they come about, and the journal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable

from service import Journal, until

BEGAN_S = time.monotonic()
LAST_LINES = 25
"""Of the journal, shown with what did not come about."""


def say(line: str) -> None:
    """At once: whoever watches wants to know how far it is."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Trials:
    """One after the other, of the same service."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.failures = 0

    def run(self, trials: Iterable[Callable[[], None]]) -> None:
        """Each of them, under its own title."""
        for trial in trials:
            say(f"--- {trial.__doc__}")
            trial()

    def expect(self, what: str, is_so: object, told: object = "") -> bool:
        """One line, and a count of what did not come about."""
        self.failures += not is_so
        say(f"{time.monotonic() - BEGAN_S:6.1f} s  {'ok' if is_so else 'NOT OK'}: {what}  {told}")
        if not is_so:
            for line in self.journal.lines()[-LAST_LINES:]:
                say(f"          | {line.at_s:.1f}  {line.text}")
        return bool(is_so)

    def came(self, what: str, kind: str, since_s: float, within_s: float) -> float | None:
        """When the first event of that kind since then was told; None, which is a failure, if it was not in time."""
        until(lambda: self.journal.events(kind, since_s), within_s)
        found = self.journal.events(kind, since_s)
        if not self.expect(what, found, found[0].text if found else ""):
            return None
        return found[0].at_s
