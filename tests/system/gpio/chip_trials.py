"""What the trials on the simulated chip share."""

from __future__ import annotations

from lines import Lines
from service import Journal, until
from trials import Trials

LATE_S = 1.0
"""A tick lasts as long as a frame's inference at most: in an emulated machine some tenths of a second."""


def ms(since_s: float, until_s: float) -> str:
    return f"{1000 * (until_s - since_s):.0f} ms"


class ChipTrials(Trials):
    """One after the other, on the same chip, whose every change `lines` holds."""

    def __init__(self, lines: Lines, journal: Journal) -> None:
        super().__init__(journal)
        self.lines = lines

    def follows(self, name: str, since_s: float, within_s: float) -> None:
        until(lambda: self.lines.rises(name, since_s), within_s)
        rises = self.lines.rises(name, since_s)
        self.expect(f"the line of {name} follows", rises, f"after {ms(since_s, rises[0].at_s)}" if rises else "")
