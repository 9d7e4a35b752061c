#!/usr/bin/env python3
"""Write the table of signals in docs/hardware.md, out of what the signals do.

python tools/signal_table.py            # write it
python tools/signal_table.py --check    # only say whether it is out of date, and exit with 1 if it is
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from faceauthd.prose import signal_text
from faceauthd.signals import described
from faceauthd.types import Signal, SignalKind

PAGE = Path(__file__).resolve().parents[1] / "docs/hardware.md"
BETWEEN = re.compile(r"(?<=<!-- signals -->\n).*?(?=<!-- end of signals -->)", re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if it is out of date")
    is_check = parser.parse_args().check
    page = PAGE.read_text()
    fresh, count = BETWEEN.subn(lambda _: table(), page)
    if count != 1:
        print(f"{PAGE.name}: there is not one place for the table")
        return 1
    if fresh == page:
        return 0
    print(f"{PAGE.name} is out of date")
    if not is_check:
        PAGE.write_text(fresh)
    return int(is_check)


def table() -> str:
    rows = ["| state | it says | lamp | bar | buzzer |", "| --- | --- | --- | --- | --- |"]
    for kind in SignalKind:
        shown = described(kind)
        cells = (f"`{kind}`", signal_text(Signal(kind, 0.0, 0.0)), shown.lamp, shown.bar, shown.sound)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
