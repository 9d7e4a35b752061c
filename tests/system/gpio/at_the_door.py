"""In the virtual machine, as root: what the installed service does on the lines of a simulated chip.

Prints a line for each thing that is expected, and ends with 1 if one of them did not come about.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice, pairwise

import lgpio
from chip_trials import LATE_S, ChipTrials, ms
from every_part import EveryPart
from lines import Lines, level_of, press
from service import CONFIGURATION, DROP_INS, NAME, Journal, Line, is_active, main_pid, properties, systemctl, until
from trials import say

RELAY, BUZZER = 17, 25
UNLOCK_S = 5.0
"""The default of gate.unlock_s."""
STARTS = 20


def shown(folder: str) -> None:
    """Another film for the camera, from the next start on."""
    text = CONFIGURATION.read_text()
    for name in ("day", "walk_up"):
        text = text.replace(f"/opt/gpio-test/{name}", f"/opt/gpio-test/{folder}")
    CONFIGURATION.write_text(text)


def has_ended() -> bool:
    """The service's process and its ExecStopPost."""
    return properties("MainPID", "ControlPID") == ["0", "0"]


class DefaultPanel(ChipTrials):
    """The parts of config/boards/pi-default.yaml, and who comes by."""

    def boot(self) -> None:
        """After the boot, it was enabled by install.sh."""
        self.expect("it runs", until(is_active, 90), properties("StatusText")[0])
        self.expect("it claimed the relay's line, as low", self.lines.claims("relay") and not self.lines.rises("relay"))
        self.follows("green", self.lines.claims("relay")[0].at_s, 8)

    def enrolment(self) -> None:
        """The first press of all: nobody is enrolled, so whoever stands there becomes administrator."""
        systemctl("restart", NAME)
        pressed_s = press()
        if self.came("a press begins an enrolment", "enroll-began", pressed_s, 10) is None:
            return
        self.follows("buzzer", pressed_s, 3)
        self.follows("blue", pressed_s, 5)
        enrolled_s = self.came("the face before the replay camera is enrolled", "enrolled", pressed_s, 120)
        if enrolled_s is None:
            return
        looks = len(self.journal.events("enroll-step", pressed_s))
        say(f"          {enrolled_s - pressed_s:.1f} s after the press, {looks} looks")
        time.sleep(3)
        notes = [rise for rise in self.lines.rises("buzzer", enrolled_s - LATE_S) if rise.at_s < enrolled_s + 2]
        self.expect("the buzzer says so", notes, f"{len(notes)} times")
        self.expect("so does green", self.lines.rises("green", enrolled_s - LATE_S))
        self.expect("the relay has not moved so far", not self.lines.rises("relay"))

    def walk_up(self) -> None:
        """Who was enrolled goes, and comes again."""
        since_s = time.monotonic()
        unlocked_s = self.came("the door opens", "unlocked", since_s, 120)
        if unlocked_s is None:
            return
        locked_s = self.came("and is locked again", "locked", unlocked_s, UNLOCK_S + 5)
        rises, falls = self.lines.rises("relay", since_s), self.lines.falls("relay", since_s)
        if not self.expect("the relay's line was active once", len(rises) == len(falls) == 1, [*rises, *falls]):
            return
        rise, fall = rises[0].at_s, falls[0].at_s
        self.expect(f"for {UNLOCK_S:g} s", UNLOCK_S - 0.05 <= fall - rise <= UNLOCK_S + LATE_S, f"{fall - rise:.3f} s")
        self.expect("from the verdict on", abs(unlocked_s - rise) < LATE_S, f"told {ms(rise, unlocked_s)} later")
        self.expect("to its end", locked_s and abs(locked_s - fall) < LATE_S)
        for name in ("green", "buzzer"):
            risen = self.lines.rises(name, rise - LATE_S, fall)
            self.expect(f"{name} with it", risen, f"{ms(rise, risen[-1].at_s)} after the relay" if risen else "")
        dark = [each for each in self.lines.falls("green", rise + 0.5) if each.at_s < fall - 0.1]
        self.expect("green stays lit while it is open", not dark, dark)

    def stranger(self) -> None:
        """Somebody else."""
        since_s = time.monotonic()
        refused_s = self.came("a stranger is refused", "refused", since_s, 120)
        if refused_s is None:
            return
        time.sleep(2.5)
        flashes = self.lines.rises("red", refused_s - LATE_S)
        self.expect("red flashes", len(flashes) >= 2, f"{len(flashes)} times")
        self.expect("the relay stays", not self.lines.rises("relay", since_s))

    def starts(self) -> None:
        """Starts that are ended before there can be a verdict."""
        shown("walk_up")
        systemctl("stop", NAME)
        since_s, writes = time.monotonic(), self.lines.writes
        ways: dict[str, tuple[Callable[[], object], bool]] = {
            "stopped when ready": (lambda: systemctl("stop", NAME), True),
            "SIGKILL when ready": (lambda: os.kill(main_pid(), signal.SIGKILL), True),
            "SIGKILL when the line is claimed": (lambda: os.kill(main_pid(), signal.SIGKILL), False),
            "SIGABRT when ready": (lambda: os.kill(main_pid(), signal.SIGABRT), True),
        }
        good = sum(self.ended_start(*ways[way]) for way in islice(cycle(ways), STARTS))
        rises = self.lines.rises("relay", since_s)
        what = f"{STARTS} starts ({', '.join(ways)}): the relay's line was claimed, low and never active"
        told = f"{good} of {STARTS}; {self.lines.writes - writes} writes to all lines; {rises}"
        self.expect(what, good == STARTS and not rises, told)
        until(lambda: len(self.closed(since_s)) >= STARTS, 5)
        closed = len(self.closed(since_s))
        self.expect("ExecStopPost wrote it locked after each", closed >= STARTS, f"{closed} times")

    def closed(self, since_s: float) -> list[Line]:
        """What faceauthd panel-lock said."""
        return [line for line in self.journal.lines(since_s) if line.text.startswith("Locked: GPIO")]

    def ended_start(self, end: Callable[[], object], when_ready: bool) -> bool:
        """Start it, or wait until systemd does so by itself, and end it."""
        begun_s = time.monotonic()
        systemctl("--no-block", "start", NAME)
        is_there = is_active if when_ready else lambda: self.lines.claims("relay", begun_s)
        if not until(is_there, 60):
            say(f"          it does not start: {properties('ActiveState', 'Result')}")
            return False
        end()
        return until(has_ended, 20) and bool(self.lines.claims("relay", begun_s)) and not level_of(RELAY)

    def death_while_open(self) -> None:
        """The worst moment to die, or to hang."""
        self.ended_while_open(signal.SIGKILL, "is killed", 2.0)
        # The watchdog's 10 s from its last ping, and 2 s for SIGABRT.
        self.ended_while_open(signal.SIGSTOP, "hangs", 14.0)

    def ended_while_open(self, number: signal.Signals, what: str, within_s: float) -> None:
        since_s = time.monotonic()
        systemctl("--no-block", "start", NAME)
        if not self.expect(f"the door is open, and it {what}", until(lambda: level_of(RELAY), 120, 0.05)):
            return
        pid, ended_s = main_pid(), time.monotonic()
        os.kill(pid, number)
        until(lambda: not level_of(RELAY), 30, 0.02)
        took_s = time.monotonic() - ended_s
        self.expect("the line is low again", took_s < within_s, f"{took_s:.2f} s later")
        told = until(lambda: self.closed(ended_s), 20)
        self.expect("ExecStopPost wrote it too", told and len(self.lines.claims("relay", since_s)) == 2)
        self.expect("it is back by itself", until(lambda: is_active() and main_pid() != pid, 60))
        status = properties("StatusText")[0]
        self.expect("with the gallery intact", "1 person, 5 templates" in status, status)
        systemctl("stop", NAME)

    def what_it_may_not_have(self) -> None:
        """A line that something else holds, then a chip that the service may not use."""
        since_s = time.monotonic()
        chip = lgpio.gpiochip_open(0)
        lgpio.gpio_claim_output(chip, BUZZER)
        systemctl("--no-block", "start", NAME)
        self.refused(since_s, "panel.pins.buzzer: GPIO25 cannot be driven")
        lgpio.gpiochip_close(chip)

        self.set_groups(["gpasswd", "--delete"], "[Service]\nSupplementaryGroups=\nSupplementaryGroups=video\n")
        without_s = time.monotonic()
        self.refused(without_s, "group gpio")
        until(lambda: len(self.errors(since_s)) > 2, 20)
        apart_s = [round(b.at_s - a.at_s, 1) for a, b in pairwise(self.errors(since_s))]
        self.expect("systemd tries again, not oftener than it should", apart_s and min(apart_s) >= 3, apart_s)
        self.expect("the relay stays", not self.lines.rises("relay", since_s) and not level_of(RELAY))
        self.set_groups(["gpasswd", "--add"], "")
        self.expect("with all it needs it comes by itself", until(is_active, 60))

    def refused(self, since_s: float, why: str) -> None:
        told = until(lambda: self.errors(since_s), 60) and self.errors(since_s)[0].text
        self.expect("it says what is wrong, as an error", told and why in told, told)
        status = properties("StatusText")[0]
        self.expect("so does its status", "the door is locked" in status and why in status)

    def set_groups(self, change: list[str], drop_in: str) -> None:
        subprocess.run([*change, "faceauthd", "gpio"], check=True, capture_output=True)
        DROP_INS.mkdir(parents=True, exist_ok=True)
        (DROP_INS / "groups.conf").write_text(drop_in)
        systemctl("daemon-reload")

    def errors(self, since_s: float) -> list[Line]:
        """What faceauthd itself told as an error."""
        return [
            line for line in self.journal.lines(since_s) if line.priority <= 3 and line.text.startswith("faceauthd: ")
        ]

    def in_all(self) -> None:
        """Everything that was written to the relay's line since the chip is there."""
        rises = self.lines.rises("relay")
        until(lambda: len(self.journal.events("unlocked")) >= len(rises), 5)
        told = self.journal.events("unlocked")
        pairs = list(zip(rises, told, strict=False))
        for_each = len(rises) == len(told) and all(abs(rise.at_s - line.at_s) < LATE_S for rise, line in pairs)
        self.expect("active once for each verdict, and never else", for_each, f"{len(rises)} times for {len(told)}")


def main() -> int:
    """0 if all came about."""
    lines, journal = Lines(), Journal()
    default = DefaultPanel(lines, journal)
    default.run(
        (
            default.boot,
            default.enrolment,
            default.walk_up,
            default.stranger,
            default.starts,
            default.death_while_open,
            default.what_it_may_not_have,
            default.in_all,
        )
    )
    every = EveryPart(lines, journal)
    every.run((every.start,))
    if is_active():
        every.run(
            (
                every.long_press,
                every.unplugged,
                every.way_out,
                every.door,
                every.plugged_in,
                every.examined,
                every.rehearsed,
                every.dimmed_lamps,
            )
        )
    failures = default.failures + every.failures
    if failures:
        for line in journal.lines()[-150:]:
            say(f"{line.at_s:8.2f} {line.text}")
    say(f"{failures} failures, {lines.writes} writes to the lines")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
