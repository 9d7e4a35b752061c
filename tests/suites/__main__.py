"""Run a suite: `python -m tests.suites NAME [--long] [--seed N]`, or `all`; without a name, list them."""

from __future__ import annotations

import argparse
import importlib
import random
import subprocess
import sys
import time
from typing import Protocol

from tests.suites.figures import Figures

NAMES = {
    "faults": "every port of the loop failing in every way we know; the door's state at each tick",
    "crash": "daemon, writer, renewal, upgrade and faceauthctl killed at random instants; disks that fail and lie",
    "writes": "each write failed, cut short or caught by a power cut: gallery, lockout, export, backup",
    "damage": "each file of the state folder and the models damaged in every way; never a false accept",
    "fuzz": "configuration, control protocol, pictures, model cards, journal fields, damaged at random",
    "load": "twenty people in view, a thousand enrolled, a hundred clients, a day at 20 times the speed",
    "mutants": "the decision code altered line by line; at least nine of ten alterations are noticed by a test",
}
SHORT = ("faults", "crash", "writes", "damage", "fuzz", "load")
"""What `all` runs: mutants need a tool that the other suites do not."""


class Suite(Protocol):
    def run(self, figures: Figures, *, is_long: bool, seed: int) -> None: ...


def run(name: str, *, is_long: bool, seed: int) -> Figures:
    suite: Suite = importlib.import_module(f"tests.suites.{name}")
    figures = Figures(name)
    began_s = time.monotonic()
    suite.run(figures, is_long=is_long, seed=seed)
    figures.number("seed", seed)
    figures.number("seconds", round(time.monotonic() - began_s))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev suite", description="Attack the product, and print the figures.")
    parser.add_argument("name", nargs="?", choices=[*NAMES, "all"])
    parser.add_argument("--long", action="store_true", help="the long form, whose figures stand in docs/reliability.md")
    parser.add_argument("--seed", type=int, default=None, help="repeat what an earlier run drew")
    asked = parser.parse_args()
    if asked.name is None:
        sys.stdout.write("".join(f"  {name:<8} {what}\n" for name, what in NAMES.items()) + f"  all      {SHORT}\n")
        return 0
    seed = random.SystemRandom().getrandbits(32) if asked.seed is None else asked.seed
    if asked.name == "all":
        return max(_apart(name, is_long=asked.long, seed=seed) for name in SHORT)
    figures = run(asked.name, is_long=asked.long, seed=seed)
    sys.stdout.write(figures.text())
    return 1 if figures.violations else 0


def _apart(name: str, *, is_long: bool, seed: int) -> int:
    """A suite in a process of its own: what one puts in the place of something is not in the way of the next."""
    command = [sys.executable, "-m", "tests.suites", name, "--seed", str(seed), *(["--long"] if is_long else [])]
    return int(subprocess.run(command, check=False).returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
