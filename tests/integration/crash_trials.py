"""Kill a process that changes a gallery, at random instants, and see what is left.

    python -m tests.integration.crash_trials --trials 1000

One process enrols, removes, renames, adds and grows as fast as it can, saying when it begins and when it has been told
that a change is done. It is killed with SIGKILL; the gallery is opened and compared with what it said; and the next
process goes on with the same folder. Prints the figures as JSON and exits 1 if anything was lost, or more was there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery
from faceauthd.types import NewTemplate, Role
from tests.gallery_kit import EMBEDDER, unit_vectors

State = dict[str, tuple[int, ...]]
"""Who is enrolled, with the seed of each template."""

SHORTEST_LIFE_S, LONGEST_LIFE_S = 0.12, 2.0
"""Bounds of how long a life may last at most: a busy machine confirms nothing for a while."""
TRIALS_OF_A_FOLDER = 20
MOST_PEOPLE = 8


@dataclass(frozen=True)
class Act:
    """A change, as said on the pipe: what, whose name, and the seeds of templates or the new name."""

    verb: str
    name: str
    seeds: tuple[int, ...] = ()
    new_name: str = ""

    def apply(self, state: State) -> State:
        rest = {name: seeds for name, seeds in state.items() if name != self.name}
        match self.verb:
            case "enroll":
                return {**rest, self.name: self.seeds}
            case "add":
                return {**rest, self.name: (*state[self.name], *self.seeds)}
            case "rename":
                return {**rest, self.new_name: state[self.name]}
        return rest

    def perform(self, gallery: Gallery) -> None:
        person = gallery.person(self.name)
        match self.verb:
            case "enroll":
                gallery.enroll(self.name, Role.MEMBER, [template(seed) for seed in self.seeds], now=1.0)
            case "add":
                assert person is not None
                gallery.add_templates(person.id, [template(seed) for seed in self.seeds], now=1.0)
            case "rename":
                gallery.rename(self.name, self.new_name)
            case "remove":
                gallery.remove(self.name)


def template(seed: int) -> NewTemplate:
    return NewTemplate(unit_vectors(seed, 1)[0], quality=0.5)


def choose(dice: random.Random, state: State) -> Act:
    """Something to do next; names and seeds are never used twice."""
    fresh, seeds = f"n{dice.getrandbits(48):012x}", tuple(dice.getrandbits(48) for _ in range(dice.randint(1, 6)))
    if not state:
        return Act("enroll", fresh, seeds)
    name = dice.choice(sorted(state))
    likely = ["remove"] if len(state) >= MOST_PEOPLE else ["enroll", "enroll", "add", "rename", "remove"]
    verb = dice.choice(likely)
    if verb == "enroll":
        return Act(verb, fresh, seeds)
    return Act(verb, name, seeds if verb == "add" else (), fresh if verb == "rename" else "")


def live(folder: Path, state: State, seed: int, pipe: int) -> None:
    """Change the gallery until killed."""
    dice = random.Random(seed)
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=2) as gallery:
        while True:
            act = choose(dice, state)
            os.write(pipe, json.dumps([act.verb, act.name, act.seeds, act.new_name]).encode() + b"\n")
            act.perform(gallery)
            os.write(pipe, b"done\n")
            state = act.apply(state)


def one_life(folder: Path, state: State, dice: random.Random, longest_s: float) -> tuple[State, Act | None]:
    """Fork a process, kill it after a while; what it confirmed, and what it was about."""
    reader, writer = os.pipe()
    seed = dice.getrandbits(32)
    child = os.fork()
    if not child:
        os.close(reader)
        try:
            live(folder, state, seed, writer)
        finally:
            os._exit(1)  # never reached unless something is wrong, which the exit status then tells
    os.close(writer)
    time.sleep(dice.random() * longest_s)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status):
        raise AssertionError("the process ended by itself")
    with os.fdopen(reader) as said:
        return confirmed(said.read().splitlines(), state)


def confirmed(said: list[str], state: State) -> tuple[State, Act | None]:
    act: Act | None = None
    for line in said:
        if line == "done":
            assert act is not None
            state, act = act.apply(state), None
        else:
            verb, name, seeds, new_name = json.loads(line)
            act = Act(verb, name, tuple(seeds), new_name)
    return state, act


def found(folder: Path, allowed: list[State], ever: set[str], repairs: list[str]) -> State:
    """Open the gallery; the one of the allowed states that it is in. Raises AssertionError if it is in none."""
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=repairs.append) as gallery:
        names = {person.name: person for person in gallery.people()}
        state = next((each for each in allowed if _is_in(gallery, each)), None)
        assert state is not None, f"found {sorted(names)}, allowed {allowed}"
        assert not gallery.quarantined
    matrix = np.load(folder / "embeddings.npy", mmap_mode="r")
    present = {row.tobytes() for row in matrix if row.any()}
    assert present == {template(seed).probe.tobytes() for seeds in state.values() for seed in seeds}
    raw = b"".join(path.read_bytes() for path in folder.iterdir())
    ever.update(name for each in allowed for name in each)
    assert not [name for name in ever - set(state) if name.encode() in raw]
    assert not (folder / "embeddings.npy.new").exists()
    return state


def _is_in(gallery: Gallery, state: State) -> bool:
    people = {person.name: person for person in gallery.people()}
    if set(people) != set(state):
        return False
    return all(
        people[name].templates == len(seeds)
        and all(
            match is not None and match.person_id == people[name].id and match.score > 0.9999
            for match in gallery.matcher.best(np.stack([template(seed).probe for seed in seeds]))
        )
        for name, seeds in state.items()
    )


def run(trials: int, seed: int, home: Path) -> dict[str, object]:
    """The figures of so many trials."""
    dice = random.Random(seed)
    state: State = {}
    cut: Counter[str] = Counter()
    changes, losses, repairs = 0, [], list[str]()
    folder, ever, longest_s = home / "none", set[str](), SHORTEST_LIFE_S
    for trial in range(trials):
        if trial % TRIALS_OF_A_FOLDER == 0:
            shutil.rmtree(folder, ignore_errors=True)
            folder, state = home / f"gallery-{trial}", {}
        before = state
        state, in_flight = one_life(folder, before, dice, longest_s)
        longest_s *= 1.3 if state == before else 0.95
        longest_s = min(max(longest_s, SHORTEST_LIFE_S), LONGEST_LIFE_S)
        ever.update(state)
        changes += state != before
        cut[in_flight.verb if in_flight else "opening or between"] += 1
        try:
            state = found(folder, [state, *([in_flight.apply(state)] if in_flight else [])], ever, repairs)
        except (AssertionError, GalleryError) as error:
            losses.append(f"trial {trial} of seed {seed}: {error}"[:300])
            shutil.rmtree(folder)
            state = {}
    return {
        "trials": trials,
        "seed": seed,
        "lives_with_confirmed_changes": changes,
        "killed_during": dict(cut),
        "repairs": len(repairs),
        "losses": losses,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--folder", type=Path, help="where the galleries are made (default: a temporary folder)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as home:
        figures = run(asked.trials, asked.seed, Path(home))
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 1 if figures["losses"] else 0


if __name__ == "__main__":
    sys.exit(main())
