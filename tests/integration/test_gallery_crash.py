"""Power cut, full disk or failing disk at every single step; and SIGKILL at random instants.

After each: the gallery opens, everything confirmed is there, the operation in flight is wholly done or wholly not,
and nothing of anybody removed is left in any file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery
from faceauthd.types import Role
from tests.gallery_kit import EMBEDDER, Lab, PowerCut, templates

State = dict[str, frozenset[int]]
"""Who is enrolled, with the seeds of the templates they have; a seed stands for two templates."""

Act = tuple[Callable[[Gallery], object], Callable[[State], State]]


def enroll(name: str, seed: int) -> Act:
    return (
        lambda gallery: gallery.enroll(name, Role.MEMBER, templates(seed, 2), now=float(seed)),
        lambda state: {**state, name: frozenset({seed})},
    )


def add(name: str, seed: int) -> Act:
    def act(gallery: Gallery) -> None:
        person = gallery.person(name)
        assert person is not None
        gallery.add_templates(person.id, templates(seed, 2), now=float(seed))

    return act, lambda state: {**state, name: state[name] | {seed}}


def rename(old: str, new: str) -> Act:
    return (
        lambda gallery: gallery.rename(old, new),
        lambda state: {new if name == old else name: seeds for name, seeds in state.items()},
    )


def remove(name: str) -> Act:
    return (
        lambda gallery: gallery.remove(name),
        lambda state: {other: seeds for other, seeds in state.items() if other != name},
    )


STORY = [
    enroll("alice", 1),
    enroll("bob", 2),  # grows: the first capacity is two rows
    remove("alice"),
    enroll("carol", 3),  # into alice's rows
    add("bob", 4),  # grows again
    rename("carol", "dora"),
    remove("bob"),
]
SEEDS = range(1, 5)
FIRST_CAPACITY = 2


def check(folder: Path, allowed: list[State]) -> State:
    """The state that the folder opens in, after checking that it is one of the allowed and that it is clean."""
    repairs: list[str] = []
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=repairs.append) as gallery:
        state = {person.name: seeds_of(gallery, person.id) for person in gallery.people()}
        assert state in allowed
        assert all(person.templates == 2 * len(state[person.name]) for person in gallery.people())
        assert not gallery.quarantined
        assert not any("damaged" in line for line in repairs)
    present = {seed for seeds in state.values() for seed in seeds}
    raw = b"".join(path.read_bytes() for path in folder.iterdir())
    for seed in SEEDS:
        for template in templates(seed, 2):
            assert (template.probe.tobytes() in raw) == (seed in present)
    matrix = np.load(folder / "embeddings.npy", mmap_mode="r")
    assert np.count_nonzero(matrix.any(axis=1)) == 2 * len(present)
    assert not list(folder.glob("*.new"))
    for name in ("alice", "bob", "carol", "dora"):
        assert (name.encode() in raw) == (name in state)
    return state


def seeds_of(gallery: Gallery, person_id: int) -> frozenset[int]:
    found = set()
    for seed in SEEDS:
        matches = gallery.matcher.best(np.stack([template.probe for template in templates(seed, 2)]))
        if all(match and match.person_id == person_id and match.score > 0.999 for match in matches):
            found.add(seed)
    return frozenset(found)


def play(folder: Path, lab: Lab, *, is_patient: bool = False) -> list[State]:
    """Play the story until the power is cut; the states that are then allowed. The patient try again what failed."""
    state: State = {}
    allowed = [state]
    with (
        suppress(PowerCut),
        Gallery.open(folder, embedder_id=EMBEDDER, disk=lab, first_capacity=FIRST_CAPACITY) as gallery,
    ):
        for act, outcome in STORY:
            allowed = [state, outcome(state)]
            try:
                act(gallery)
            except GalleryError:
                if not is_patient:
                    raise
                act(gallery)
            state = outcome(state)
            allowed = [state]
    return allowed


def steps_of_the_story(in_memory: Path) -> int:
    lab = Lab(in_memory / "count")
    final = play(in_memory / "count", lab)
    assert check(in_memory / "count", final) == {"dora": frozenset({3})}
    return lab.steps


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder on a memory file system, if there is one: the laboratory models the medium and need not wait for it."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize("fault", ["cut-before", "cut-after"])
def test_power_may_be_cut_at_any_step(in_memory: Path, fault: str) -> None:
    worlds = 0
    for step in range(steps_of_the_story(in_memory)):
        lab = Lab(in_memory / f"{step}", faults={step: fault})
        allowed = play(in_memory / f"{step}", lab)
        assert lab.worlds
        for world in lab.worlds:
            check(world, allowed)
        worlds += len(lab.worlds)
    assert worlds > 200


def test_what_is_confirmed_is_on_the_medium_and_what_is_removed_is_off_it(in_memory: Path) -> None:
    """Not at the next opening but when the call returns."""
    folder = in_memory / "gallery"
    lab = Lab(folder)
    rows = [template.probe.tobytes() for template in templates(1, 2)]
    with Gallery.open(folder, embedder_id=EMBEDDER, disk=lab) as gallery:
        gallery.enroll("alice", Role.MEMBER, templates(1, 2), now=1.0)
        assert all(lab.has_for_certain(row) for row in rows)
        gallery.remove("alice")
        assert not any(lab.has_for_certain(row) for row in rows)


def test_the_laboratory_finds_a_disk_that_lies_about_syncing(in_memory: Path) -> None:
    """The check itself checked: without working syncs some cut must lose somebody who was confirmed."""
    losses = 0
    for step in range(0, steps_of_the_story(in_memory), 3):
        lab = Lab(in_memory / f"{step}", faults={step: "cut-before"}, syncs_lie=True)
        allowed = play(in_memory / f"{step}", lab)
        try:
            for world in lab.worlds:
                check(world, allowed)
        except (AssertionError, GalleryError):
            losses += 1
    assert losses > 3


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO", "torn"])
def test_any_step_may_fail(in_memory: Path, fault: str) -> None:
    """The operation says so in one line, the gallery goes on, and a second try succeeds."""
    failures = 0
    for step in range(steps_of_the_story(in_memory)):
        folder = in_memory / f"{step}"
        lab = Lab(folder, faults={step: fault})
        try:
            gallery = Gallery.open(folder, embedder_id=EMBEDDER, disk=lab, first_capacity=FIRST_CAPACITY)
        except GalleryError as error:
            failures += _is_one_line(error)
            gallery = Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=FIRST_CAPACITY)
        state: State = {}
        with gallery:
            for act, outcome in STORY:
                failures += _with_one_retry(gallery, act, state, outcome(state))
                state = outcome(state)
        assert check(folder, [state]) == {"dora": frozenset({3})}
    assert failures > 20


def test_power_may_be_cut_after_the_new_name_of_a_grown_file_was_not_synced(in_memory: Path) -> None:
    """The growth failed, the second try finds room, and may not rely on a name that the medium has not got."""
    worlds = 0
    counted = Lab(in_memory / "count")
    play(in_memory / "count", counted)
    growths = [step for step, kind in enumerate(counted.kinds) if kind == "sync_folder"][1:]
    assert len(growths) == 2
    for failed in growths:
        for cut in range(failed + 1, failed + 9):
            folder = in_memory / f"{failed}-{cut}"
            lab = Lab(folder, faults={failed: "EIO", cut: "cut-before"})
            allowed = play(folder, lab, is_patient=True)
            for world in lab.worlds:
                check(world, allowed)
            worlds += len(lab.worlds)
    assert worlds > 30


def _is_one_line(error: GalleryError) -> bool:
    assert "\n" not in str(error)
    assert ": " in str(error)
    return True


def _with_one_retry(gallery: Gallery, act: Callable[[Gallery], object], before: State, after: State) -> bool:
    try:
        act(gallery)
    except GalleryError as error:
        _is_one_line(error)
        now = {person.name: seeds_of(gallery, person.id) for person in gallery.people()}
        assert now in (before, after)
        if now == before:
            act(gallery)
        return True
    return False
