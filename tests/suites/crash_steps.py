"""Killed at random instants: renewing templates and taking that back, and the step from format 1 to today's."""

from __future__ import annotations

import functools
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery
from faceauthd.gallery.schema import VERSION, connect_to_read, version_of
from tests.gallery_kit import EMBEDDER, unit_vectors
from tests.integration import test_renewal_crash as renewal
from tests.suites.figures import Budget, Figures

SAMPLE = Path(__file__).parents[1] / "data" / "galleries" / "v1"
LIVES_OF_A_FOLDER = 10


def killed_within(live: Callable[[int], None], longest_s: float, dice: random.Random) -> list[str]:
    """Fork, let it live for a random while, kill it; what it wrote to its pipe."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        try:
            live(writer)
        finally:
            os._exit(1)
    os.close(writer)
    time.sleep(dice.random() * longest_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader) as said:
        return said.read().splitlines()


def renewals(figures: Figures, trials: int, budget: Budget, dice: random.Random) -> None:
    """One person's templates are renewed and the renewals taken back, as fast as it goes."""
    with tempfile.TemporaryDirectory() as home:
        folder, state, at = Path(home) / "none", renewal.State(), 0
        for trial in range(trials):
            if not budget.is_left:
                figures.skip(f"{trials - trial} of {trials} kills of a renewal: the time was used up")
                break
            if trial % LIVES_OF_A_FOLDER == 0:
                folder, at = Path(home) / f"{trial}", 2
                with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=2) as gallery:
                    act, states = renewal.enroll()
                    act(gallery)
                    state = states(())[-1]
            said = killed_within(functools.partial(_renew, folder, state, at, trial), 0.4, dice)
            allowed = [state]
            for line in said:
                word, _, number = line.partition(" ")
                states = (renewal.undo() if word.endswith("undo") else renewal.adapt(float(number)))[1]
                if word.startswith("?"):
                    allowed = [state, *states(state)]
                    continue
                state = states(state)[-1]
                allowed, at = [state], at + 1
                figures.count("renewals: confirmed")
            figures.count("renewals: kills")
            figures.count("renewals: kills in the middle of one", int(len(allowed) > 1))
            try:
                renewal.check(folder, allowed)
                with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
                    state, at = renewal.state_of(gallery), at + 1
            except (AssertionError, GalleryError) as error:
                figures.violation(f"kill {trial} of a renewal: {str(error)[:300]}")
                break


def _renew(folder: Path, state: renewal.State, at: int, seed: int, pipe: int) -> None:
    """`?` stands before what begins, and without it before what is done."""
    dice = random.Random(seed)
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        while True:
            renewed = any(origin == "adapted" and not is_superseded for origin, _, is_superseded in state)
            name, (act, states) = ("undo", renewal.undo()) if renewed and dice.random() < 0.4 else ("", ((), ()))
            if not name:
                name, (act, states) = "adapt", renewal.adapt(float(at))
            os.write(pipe, f"?{name} {at}\n".encode())
            act(gallery)  # type: ignore[operator]
            os.write(pipe, f"{name} {at}\n".encode())
            state, at = states(state)[-1], at + 1  # type: ignore[operator]


def upgrades(figures: Figures, trials: int, dice: random.Random) -> None:
    """A gallery of format 1 is opened by the new program, which is killed; whoever opens it next finds all of it."""
    with tempfile.TemporaryDirectory() as home:
        for trial in range(trials):
            folder = shutil.copytree(SAMPLE, Path(home) / f"{trial}")
            said = killed_within(functools.partial(_open, folder), 0.06, dice)
            figures.count("upgrades: kills")
            with connect_to_read(folder) as connection:
                is_current = version_of(connection) == VERSION
            connection.close()
            figures.count("upgrades: killed before the new format was committed", int(not is_current))
            figures.count("upgrades: killed between the commit and the end of opening", int(is_current and not said))
            try:
                with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
                    people = [(person.name, person.templates, person.rules.is_disabled) for person in gallery.people()]
                    found = [match.person_id for match in gallery.matcher.best(unit_vectors(1, 3)) if match]
            except GalleryError as error:
                figures.violation(f"kill {trial} of an upgrade: {error}")
                continue
            if people != [("alice", 3, False), ("bob", 3, True)] or found != [1, 1, 1]:
                figures.violation(f"kill {trial} of an upgrade: {people}, {found}")
            shutil.rmtree(folder)


def _open(folder: Path, pipe: int) -> None:
    Gallery.open(folder, embedder_id=EMBEDDER)
    os.write(pipe, b"open\n")
    time.sleep(60.0)
