"""Power cut or failing disk at every step of renewing a template and of taking that back.

After each, the gallery opens with the whole of what was or the whole of what was to be, and no row that is nobody's.
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
from faceauthd.types import NewTemplate, Person, Role
from tests.gallery_kit import EMBEDDER, Lab, PowerCut, templates, unit_vectors

State = tuple[tuple[str, float, bool], ...]
"""Each template's origin, time and whether it is superseded; oldest first."""
Act = tuple[Callable[[Gallery], object], Callable[[State], list[State]]]
"""What is done, and the states on the way, the last being the one it leads to."""


def ben(gallery: Gallery) -> Person:
    person = gallery.person("ben")
    assert person is not None
    return person


def enroll() -> Act:
    return (
        lambda gallery: gallery.enroll("ben", Role.MEMBER, templates(1, 2), now=1.0),
        lambda _: [(("enrolled", 1.0, False), ("enrolled", 1.0, False))],
    )


def adapt(at: float) -> Act:
    def act(gallery: Gallery) -> None:
        look = unit_vectors(1, 1)[0] + unit_vectors(int(100 + at), 1)[0]
        look /= np.linalg.norm(look)
        gallery.adapt(ben(gallery), NewTemplate(np.float32(look), 0.9), now=at, reach_deg=15.0, most=1)

    def states(state: State) -> list[State]:
        final = tuple(one for one in state if not one[2])
        renewed = tuple((origin, made, origin == "adapted") for origin, made, _ in final)
        return [final, (*renewed, ("adapted", at, False))]

    return act, states


def undo() -> Act:
    def states(state: State) -> list[State]:
        return [tuple((origin, made, False) for origin, made, _ in state[:-1])]

    return lambda gallery: gallery.undo_renewal("ben"), states


STORY = [enroll(), adapt(2.0), adapt(3.0), adapt(4.0), undo(), undo()]
FIRST_CAPACITY = 4


def state_of(gallery: Gallery) -> State:
    person = gallery.person("ben")
    return tuple(
        (str(one.origin), one.made_at, one.is_superseded) for one, _ in gallery.details(person or ben(gallery))
    )


def check(folder: Path, allowed: list[State]) -> None:
    repairs: list[str] = []
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=repairs.append) as gallery:
        state = state_of(gallery) if gallery.people() else ()
        assert state in allowed
        assert gallery.matcher.templates == sum(not superseded for *_, superseded in state)
        assert not any("damaged" in line for line in repairs)
    rows = np.load(folder / "embeddings.npy")
    assert np.count_nonzero(rows.any(axis=1)) == len(state)


def play(folder: Path, lab: Lab, *, is_patient: bool = False) -> list[State]:
    state: State = ()
    allowed: list[State] = [state]
    with (
        suppress(PowerCut),
        Gallery.open(folder, embedder_id=EMBEDDER, disk=lab, first_capacity=FIRST_CAPACITY) as gallery,
    ):
        for act, states in STORY:
            allowed = [state, *states(state)]
            try:
                act(gallery)
            except GalleryError:
                if not is_patient:
                    raise
                before = state_of(gallery) if gallery.people() else ()
                assert before in allowed
                if before != allowed[-1]:  # else it was done, and only the erasing was put off
                    act(gallery)
            state = allowed[-1]
            allowed = [state]
    return allowed


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def steps(in_memory: Path) -> int:
    lab = Lab(in_memory / "count")
    check(in_memory / "count", play(in_memory / "count", lab))
    return lab.steps


@pytest.mark.parametrize("fault", ["cut-before", "cut-after"])
def test_power_may_be_cut_at_any_step(in_memory: Path, fault: str) -> None:
    worlds = 0
    for step in range(steps(in_memory)):
        lab = Lab(in_memory / f"{step}", faults={step: fault})
        allowed = play(in_memory / f"{step}", lab)
        for world in lab.worlds:
            check(world, allowed)
        worlds += len(lab.worlds)
    assert worlds > 60


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO", "torn"])
def test_any_step_may_fail_and_a_second_try_succeeds(in_memory: Path, fault: str) -> None:
    first = Lab(in_memory / "opening")
    Gallery.open(in_memory / "opening", embedder_id=EMBEDDER, disk=first, first_capacity=FIRST_CAPACITY).close()
    for step in range(first.steps, steps(in_memory)):
        folder = in_memory / f"{step}"
        check(folder, play(folder, Lab(folder, faults={step: fault}), is_patient=True))
