"""`faceauthd panel-test` on the chip, with somebody who uses every contact when it asks for that."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass, field

from lines import BUTTON, connect, press

EXIT_BUTTON, DOOR = 5, 6


@dataclass
class Rehearsal:
    """What it said, and when: the first word of a row is the signal that is shown from then on."""

    rows: list[str] = field(default_factory=list)
    begun_s: dict[str, float] = field(default_factory=dict)
    status: int = -1


def rehearse(*command: str, until: str = "") -> Rehearsal:
    """Run it to its end, or until it shows a signal; then it is interrupted, as by Ctrl-C."""
    shown = Rehearsal()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for row in process.stdout or ():
            shown.rows.append(row.strip())
            shown.begun_s.setdefault(row.split()[0], time.monotonic())
            if until and row.split()[0] == until:
                process.send_signal(signal.SIGINT)
            elif "use each now" in row:
                _use_each()
        shown.status = process.wait()
    return shown


def _use_each() -> None:
    """The door stands open until then: where an input is claimed, the simulated line follows its pull-up."""
    time.sleep(0.5)
    press(line=BUTTON)
    press(line=EXIT_BUTTON)
    connect(DOOR, is_closed=True)
