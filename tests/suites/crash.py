"""SIGKILL at random instants: of the gallery's writer, and of the real daemon while clients and the button change it.

After each kill the gallery is opened and compared with what was confirmed: everybody confirmed is there with their
templates, role and rules, nobody else is, nobody is half there, and nothing of anybody removed is left in any file.
Disks that fail, are full or lose power at each single step are `tests/integration/test_gallery_crash.py`, run here too.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from faceauthd.control.client import ControlClient
from faceauthd.errors import FaceauthdError, GalleryError
from faceauthd.gallery import Gallery
from faceauthd.resources import shipped
from faceauthd.vision.pack import ModelPack
from tests.gallery_kit import unit_vectors
from tests.integration import crash_trials
from tests.suites.daemon_under_attack import TEMPLATES, live
from tests.suites.figures import Budget, Figures

LONGEST_LIFE_S = 0.5
LIVES_OF_A_FOLDER = 10
MOST_PEOPLE = 6
WAIT_S = 60.0


@dataclass(frozen=True)
class Known:
    """What is known of somebody: whose looks, and what was set."""

    seed: int
    role: str = "member"
    is_disabled: bool = False
    has_end: bool = False


State = dict[str, Known]


def apply(state: State, event: dict[str, object]) -> State:
    """The state after an event of the journal."""
    name, kind, detail = str(event["person"]), event["event"], str(event["detail"])
    seed = event["seed"]
    assert isinstance(seed, int)
    if kind == "enrolled":
        return {**state, name: Known(seed, detail.partition(",")[0])}
    if kind == "removed":
        return {other: known for other, known in state.items() if other != name}
    if kind == "renamed":
        old = detail.removeprefix("was ").partition(",")[0]
        return {**{other: known for other, known in state.items() if other != old}, name: state[old]}
    changes: dict[object, dict[str, object]] = {
        "role-changed": {"role": detail.partition(" to ")[2].partition(",")[0]},
        "disabled": {"is_disabled": True},
        "enabled": {"is_disabled": False},
        "rules-changed": {"has_end": True},
    }
    return {**state, name: replace(state[name], **changes[kind])} if kind in changes else state  # type: ignore[arg-type]


class Client(threading.Thread):
    """Asks for one change after the other until the daemon is gone; `asked` is the one that was under way."""

    def __init__(self, folder: Path, pid: int, state: State, dice: random.Random) -> None:
        super().__init__()
        self._folder, self._pid, self._dice = folder, pid, dice
        self._names = sorted(state)
        self.asked: tuple[str, dict[str, object]] | None = None
        self.answers: Counter[str] = Counter()

    def run(self) -> None:
        path = self._folder / "control.sock"
        with contextlib.suppress(OSError, FaceauthdError), ControlClient(path, WAIT_S) as client:
            while True:
                verb, args = self._choose()
                if verb == "press":
                    os.kill(self._pid, signal.SIGUSR1)
                    time.sleep(0.01)
                    continue
                self.asked = verb, args
                answer = client.ask(verb, args)  # type: ignore[arg-type]
                self.asked = None
                self.answers[f"{verb} {type(answer).__name__}"] += 1
                if type(answer).__name__ == "Done":
                    self._note(verb, args)

    def _note(self, verb: str, args: dict[str, object]) -> None:
        if verb == "enroll":
            self._names.append(str(args["name"]))
        elif verb == "remove":
            self._names.remove(str(args["name"]))
        elif verb == "rename":
            self._names[self._names.index(str(args["old"]))] = str(args["new"])

    def _choose(self) -> tuple[str, dict[str, object]]:
        dice, fresh = self._dice, f"n{self._dice.getrandbits(40):010x}"
        if not self._names or (len(self._names) < MOST_PEOPLE and dice.random() < 0.4):
            return ("press", {}) if dice.random() < 0.3 else ("enroll", {"name": fresh, "role": "member"})
        name = dice.choice(self._names)
        return dice.choice(
            [
                ("rename", {"old": name, "new": fresh}),
                ("remove", {"name": name, "last": True}),
                ("remove", {"name": name, "last": True}),
                ("role", {"name": name, "role": dice.choice(["admin", "member", "guest"])}),
                ("disable", {"name": name}),
                ("enable", {"name": name}),
                ("expire", {"name": name, "valid_until": time.time() + 86400.0}),
            ]
        )


def one_life(folder: Path, state: State, dice: random.Random, seed: int) -> tuple[State, list[State], Client | None]:
    """A daemon from fork to kill: what it confirmed, and what it may be in as well."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        try:
            live(folder, writer, seed)
        finally:
            os._exit(1)
    os.close(writer)
    lifetime_s = dice.random() * LONGEST_LIFE_S
    client: Client | None = None
    with os.fdopen(reader) as pipe:
        if dice.random() < 0.9:  # else killed while it starts, its gallery being opened and mended
            first = pipe.readline()
            if "serving" not in first:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise AssertionError(f"the daemon did not start: {first!r}")
            client = Client(folder, child, state, dice)
            client.start()
        time.sleep(lifetime_s)
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        events = [json.loads(line) for line in pipe if line.endswith("\n")]
    if client is not None:
        client.join(WAIT_S)
    if not os.WIFSIGNALED(status):
        raise AssertionError("the daemon ended by itself")
    for event in events:
        if "person" in event:
            state = apply(state, event)
    return state, [state, *_under_way(state, client, events)], client


def _under_way(state: State, client: Client | None, events: list[dict[str, object]]) -> list[State]:
    """What may have been carried out without anybody having been told."""
    seeds = [event["seed"] for event in events if "seed" in event]
    last = seeds[-1] if seeds else -1
    assert isinstance(last, int)
    ended = [
        event["event"] for event in events if event.get("event") in ("enroll-began", "enrolled", "enroll-cancelled")
    ]
    enrolling = bool(ended) and ended[-1] == "enroll-began"
    possible: list[State] = []
    names = [f"person-{number}" for number in range(1, 400) if f"person-{number}" not in state][:1]
    if client is not None and client.asked is not None:
        verb, args = client.asked
        name, event = str(args.get("name")), {"person": str(args.get("name")), "detail": "", "seed": 0}
        match verb:
            case "enroll":
                names.append(name)
            case "rename" if args["old"] in state:
                possible.append(
                    apply(state, event | {"event": "renamed", "person": args["new"], "detail": f"was {args['old']},"})
                )
            case "remove":
                possible.append(apply(state, event | {"event": "removed"}))
            case "role" if name in state:
                possible.append(apply(state, event | {"event": "role-changed", "detail": f"from x to {args['role']},"}))
            case "disable" | "enable" if name in state:
                possible.append(apply(state, event | {"event": verb + "d"}))
            case "expire" if name in state:
                possible.append(apply(state, event | {"event": "rules-changed"}))
    if enrolling:
        roles = ("member", "admin")
        possible += [{**state, name: Known(last, role)} for name in names for role in roles]
    return possible


def found(folder: Path, allowed: list[State], ever: set[str]) -> State:
    """The one of the allowed states that the gallery opens in. Raises AssertionError if it is in none."""
    embedder = pack().embedder_id
    with Gallery.open(folder / "gallery", embedder_id=embedder) as gallery:
        state = next((each for each in allowed if _is_in(gallery, each)), None)
        names = sorted(person.name for person in gallery.people())
        assert state is not None, f"found {names}, allowed {[sorted(each) for each in allowed]}"
        for name, known in state.items():
            person = gallery.person(name)
            assert person is not None
            assert person.templates == TEMPLATES, f"{name} has {person.templates} templates"
            best = gallery.matcher.best(unit_vectors(known.seed, 1))[0]
            is_matched = best is not None and best.person_id == person.id and best.score > 0.999
            assert is_matched, f"{name} is not matched"
    raw = b"".join(path.read_bytes() for path in (folder / "gallery").iterdir() if path.name != "lockout.json")
    ever.update(*allowed)
    left = [name for name in ever - set(state) if name.startswith("n") and name.encode() in raw]
    assert not left, f"of {left}, who are gone, something is left"
    return state


def _is_in(gallery: Gallery, state: State) -> bool:
    """Whether it holds exactly these people with these roles and rules."""
    found = {
        person.name: (str(person.role), person.rules.is_disabled, person.rules.valid_until is not None)
        for person in gallery.people()
    }
    return found == {name: (known.role, known.is_disabled, known.has_end) for name, known in state.items()}


@functools.cache
def pack() -> ModelPack:
    return ModelPack.open(shipped("models"), threads=1)


def daemons(figures: Figures, trials: int, budget: Budget, dice: random.Random) -> None:
    """Kill so many daemons."""
    pack()
    ModelPack.open = lambda *_, **__: pack()  # type: ignore[method-assign, assignment]  # forked, it is loaded already
    answers: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as home:
        state: State = {}
        folder, ever = Path(home), set[str]()
        for trial in range(trials):
            if not budget.is_left:
                figures.skip(f"{trials - trial} of {trials} kills of the daemon: the time was used up")
                break
            if trial % LIVES_OF_A_FOLDER == 0:
                folder, state = Path(home) / f"{trial}", {}
                folder.mkdir()
            try:
                confirmed, allowed, client = one_life(folder, state, dice, seed=1000 * trial + 1)
                began_s = time.monotonic()
                state = found(folder, allowed, ever)
            except (AssertionError, GalleryError) as error:
                figures.violation(f"kill {trial} of the daemon: {str(error)[:300]}")
                folder, state = Path(home) / f"{trial}-anew", {}
                folder.mkdir()
                continue
            figures.worst("daemon: worst time to open after a kill, s", time.monotonic() - began_s)
            figures.count("daemon: kills")
            figures.count(
                "daemon: kills in the middle of a request", int(client is not None and client.asked is not None)
            )
            answers.update(client.answers if client else ())
            del confirmed
    figures.number("daemon: changes confirmed", sum(many for what, many in answers.items() if what.endswith("Done")))
    figures.number("daemon: of these", {what: many for what, many in sorted(answers.items()) if what.endswith("Done")})


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
    """1,000 kills of the daemon and 1,000 of the writer in the long form."""
    logging.disable(logging.CRITICAL)
    kills = 1000 if is_long else 60
    daemons(figures, kills, Budget(3600.0 if is_long else 70.0), random.Random(seed))
    writers(figures, kills if is_long else 150, seed)
    disks(figures)
    logging.disable(logging.NOTSET)
