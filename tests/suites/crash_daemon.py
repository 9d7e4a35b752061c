"""The real daemon killed at random while a client and the button change its gallery, and what is found afterwards."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from faceauthd.bundle import content
from faceauthd.control.client import ControlClient
from faceauthd.errors import FaceauthdError, GalleryError
from faceauthd.gallery import Gallery
from faceauthd.gallery.contents import Origin
from faceauthd.gallery.room import MOST_TEMPLATES
from faceauthd.gallery.taking import Entrant, Kept
from faceauthd.resources import shipped
from faceauthd.types import NewTemplate, Person, Role, Rules
from faceauthd.vision.pack import ModelPack
from tests.gallery_kit import unit_vectors
from tests.suites.daemon_under_attack import TEMPLATES, live
from tests.suites.figures import Budget, Figures

LONGEST_LIFE_S = 0.5
LIVES_OF_A_FOLDER = 10
MOST_PEOPLE = 6
FIRST_CAPACITY = 2
WAIT_S = 60.0
NAMELESS = tuple(f"person-{number}" for number in range(1, 400))
"""What the gallery calls whoever gave no name, by how many were ever enrolled in it: of whom not all were told."""


@dataclass(frozen=True)
class Known:
    """What is known of somebody: whose looks, and what was set."""

    seed: int
    role: str = "member"
    is_disabled: bool = False
    has_end: bool = False
    batches: int = 1
    """How often templates were taken: when enrolled, and with each improvement that was not taken back."""


State = dict[str, Known]
Held = dict[str, tuple[str, bool, bool, int]]
"""Of everybody in the gallery: role, whether disabled, whether there is an end, templates."""


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
    batches = state[name].batches if name in state else 0
    changes: dict[object, dict[str, object]] = {
        "role-changed": {"role": detail.partition(" to ")[2].partition(",")[0]},
        "disabled": {"is_disabled": True},
        "enabled": {"is_disabled": False},
        "rules-changed": {"has_end": True},
        "improved": {"batches": batches + 1},
        "improve-undone": {"batches": batches - 1},
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
        self.imports: list[State] = []
        """Who came with each import that was asked for and not refused, in order."""

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
                with self._handed_over(verb) as files:
                    answer = client.ask(verb, args, files=files)  # type: ignore[arg-type]
                self.asked = None
                if verb == "import" and type(answer).__name__ != "Done":
                    self.imports.pop()
                self.answers[f"{verb} {type(answer).__name__}"] += 1
                if type(answer).__name__ == "Done":
                    self._note(verb, args)

    @contextlib.contextmanager
    def _handed_over(self, verb: str) -> Iterator[Sequence[int]]:
        """An import's people as a file without a name, as `faceauthctl import` hands them over; nothing for others."""
        if verb != "import":
            yield ()
            return
        people = {f"n{self._dice.getrandbits(40):010x}": Known(self._dice.getrandbits(32)) for _ in range(2)}
        self.imports.append(people)
        fd = os.memfd_create("import")
        os.write(fd, content.encode(content.Bundle(pack().embedder_id, 1.0, tuple(map(entrant, *_columns(people))))))
        yield (fd,)
        os.close(fd)

    def _note(self, verb: str, args: dict[str, object]) -> None:
        if verb == "enroll":
            self._names.append(str(args["name"]))
        elif verb == "import":
            self._names += self.imports[-1]
        elif verb == "remove":
            self._names.remove(str(args["name"]))
        elif verb == "rename":
            self._names[self._names.index(str(args["old"]))] = str(args["new"])

    def _choose(self) -> tuple[str, dict[str, object]]:
        dice, fresh = self._dice, f"n{self._dice.getrandbits(40):010x}"
        if not self._names or (len(self._names) < MOST_PEOPLE and dice.random() < 0.4):
            how = dice.random()
            if how < 0.3:
                return "press", {}
            return ("enroll", {"name": fresh, "role": "member"}) if how < 0.8 else ("import", {})
        name = dice.choice(self._names)
        return dice.choice(
            [
                ("rename", {"old": name, "new": fresh}),
                ("remove", {"name": name, "last": True}),
                ("remove", {"name": name, "last": True}),
                ("improve", {"name": name}),
                ("improve", {"name": name}),
                ("undo", {"name": name}),
                ("role", {"name": name, "role": dice.choice(["admin", "member", "guest"])}),
                ("disable", {"name": name}),
                ("enable", {"name": name}),
                ("expire", {"name": name, "valid_until": time.time() + 86400.0}),
            ]
        )


def entrant(name: str, known: Known) -> Entrant:
    rows = unit_vectors(known.seed, TEMPLATES)
    kept = tuple(Kept(NewTemplate(row, quality=0.5), 1.0, Origin.ENROLLED) for row in rows)
    return Entrant(name, Role(known.role), 1.0, Rules(), None, kept)


def _columns(people: State) -> tuple[Sequence[str], Sequence[Known]]:
    return list(people), list(people.values())


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
    imported = iter(client.imports if client is not None else ())
    for event in events:
        if event["event"] == "imported":
            state = {**state, **next(imported)}
        elif "person" in event:
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
    names = [name for name in NAMELESS if name not in state]
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
            case "improve" if name in state:
                possible.append(apply(state, event | {"event": "improved"}))
            case "undo" if name in state and state[name].batches > 1:
                possible.append(apply(state, event | {"event": "improve-undone"}))
            case "import":
                possible.append({**state, **client.imports[-1]})
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
        kept = {person.name: _kept(person) for person in gallery.people()}
        state = next((each for each in allowed if _to_be_kept(each) == kept), None)
        if state is None:
            told = _to_be_kept(allowed[0])
            raise AssertionError(
                f"found {_without(kept, told)}, told {_without(told, kept)}, or {len(allowed) - 1} more"
            )
        for name, known in state.items():
            person = gallery.person(name)
            assert person is not None
            best = gallery.matcher.best(unit_vectors(known.seed, 1))[0]
            is_matched = best is not None and best.person_id == person.id and best.score > 0.999
            assert is_matched, f"{name} is not matched"
    raw = b"".join(path.read_bytes() for path in (folder / "gallery").iterdir() if path.name != "lockout.json")
    ever.update(*allowed)
    left = [name for name in ever - set(state) if name.startswith("n") and name.encode() in raw]
    assert not left, f"of {left}, who are gone, something is left"
    return state


def _without(these: Held, those: Held) -> Held:
    """What is different in these."""
    return {name: kept for name, kept in these.items() if those.get(name) != kept}


def _to_be_kept(state: State) -> Held:
    """Role, rules and number of templates, of which nobody gets more than the register allows."""
    return {
        name: (known.role, known.is_disabled, known.has_end, min(TEMPLATES * known.batches, MOST_TEMPLATES))
        for name, known in state.items()
    }


def _kept(person: Person) -> tuple[str, bool, bool, int]:
    rules = person.rules
    return str(person.role), rules.is_disabled, rules.valid_until is not None, person.templates


def new_folder(folder: Path) -> Path:
    """With an empty gallery of two rows, so that it grows, and grows again."""
    folder.mkdir()
    Gallery.open(folder / "gallery", embedder_id=pack().embedder_id, first_capacity=FIRST_CAPACITY).close()
    return folder


def capacity(folder: Path) -> int:
    return int(np.load(folder / "gallery" / "embeddings.npy", mmap_mode="r").shape[0])


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
        folder, ever, rows = Path(home), set[str](), FIRST_CAPACITY
        for trial in range(trials):
            if not budget.is_left:
                figures.skip(f"{trials - trial} of {trials} kills of the daemon: the time was used up")
                break
            if trial % LIVES_OF_A_FOLDER == 0:
                folder, state, rows = new_folder(Path(home) / f"{trial}"), {}, FIRST_CAPACITY
            try:
                confirmed, allowed, client = one_life(folder, state, dice, seed=1000 * trial + 1)
                began_s = time.monotonic()
                state = found(folder, allowed, ever)
            except (AssertionError, GalleryError) as error:
                figures.violation(f"kill {trial} of the daemon: {str(error)[:300]}")
                folder, state = new_folder(Path(home) / f"{trial}-anew"), {}
                continue
            figures.worst("daemon: worst time to open after a kill, s", time.monotonic() - began_s)
            figures.count("daemon: kills")
            grown, rows = capacity(folder) - rows, capacity(folder)
            figures.count("daemon: lives in which the rows grew", int(grown > 0))
            figures.count(
                "daemon: kills in the middle of a request", int(client is not None and client.asked is not None)
            )
            answers.update(client.answers if client else ())
            del confirmed
    figures.number("daemon: changes confirmed", sum(many for what, many in answers.items() if what.endswith("Done")))
    figures.number("daemon: of these", {what: many for what, many in sorted(answers.items()) if what.endswith("Done")})
