"""SIGKILL at random instants: of the real daemon while clients and the button change it, of the gallery's writer, of a
renewal, of an upgrade from format 1, and of `faceauthctl` while it exports, imports and makes a backup.

After each kill everything is opened and compared with what was confirmed: everybody confirmed is there with their
templates, role and rules, nobody else is, nobody is half there, and nothing of anybody removed is left in any file.
Disks that fail, are full or lose power at each single step are `tests/integration/test_gallery_crash.py`, run here too.
"""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.integration import crash_trials
from tests.suites.crash_cli import commands
from tests.suites.crash_daemon import daemons
from tests.suites.crash_steps import renewals, upgrades
from tests.suites.figures import Budget, Figures


def writers(figures: Figures, trials: int, seed: int) -> None:
    """Kill the gallery's writer, as `./dev slow` does."""
    with tempfile.TemporaryDirectory() as home:
        told = crash_trials.run(trials, seed, Path(home))
    figures.number("gallery's writer: kills", trials)
    figures.number("gallery's writer: killed during", told["killed_during"])
    losses = told["losses"]
    assert isinstance(losses, list)
    for loss in losses:
        figures.violation(f"gallery's writer: {loss}")


def disks(figures: Figures) -> None:
    """Power cut, full or failing disk at every step of a story of seven changes."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/integration/test_gallery_crash.py",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    figures.number("disks that fail or lose power", done.stdout.strip().splitlines()[-1])
    if done.returncode:
        figures.violation(f"disks that fail: {done.stdout[-300:]}")


def run(figures: Figures, *, is_long: bool, seed: int) -> None:
    """1,000 kills of the daemon and 1,000 of the writer in the long form, and 300 of each of the others."""
    logging.disable(logging.CRITICAL)
    kills, others = (1000, 300) if is_long else (30, 15)
    daemons(figures, kills, Budget(3600.0 if is_long else 40.0), random.Random(seed))
    writers(figures, kills if is_long else 60, seed)
    renewals(figures, others, Budget(1200.0 if is_long else 15.0), random.Random(seed))
    upgrades(figures, others, random.Random(seed))
    commands(figures, others, Budget(1800.0 if is_long else 20.0), random.Random(seed))
    disks(figures)
    logging.disable(logging.NOTSET)
