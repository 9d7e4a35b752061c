"""How long somebody waits for the door: alone, among twenty faces, while a hundred clients ask, and both at once.

The whole appliance in real time: real models, a thousand enrolled, loop and socket. Only camera and pins are made up.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.app import build
from faceauthd.config import load_config
from faceauthd.picture import load_picture, resize
from faceauthd.ports import Recognizer
from faceauthd.resources import shipped
from faceauthd.scene.library import load_scene
from faceauthd.types import Frame, Sighting, Signal, Wants
from tests.fakes import FakeJournal, FakeKeeper, FakeNotifier, FakePanel
from tests.flow_kit import ALICE, FPS, visit, write_scene
from tests.suites.figures import Figures
from tests.suites.load_clients import Crowd, ask

if TYPE_CHECKING:
    from faceauthd.types import Picture

MOST_S, MOST_LOOKS = 10.0, 20
"""From the first picture with her in it to the open door. Seconds are the machine's. It takes five to nine looks, the
more the quicker they follow each other, since nobody is judged before they were watched for a while."""
FEWEST_FACES = 16
"""Of the twenty and hers that have to be found, or a crowd is no crowd."""
GIVEN_UP_S = 60.0
CELL = (120, 144)
"""Width and height of each of the others' faces in the picture of twenty, 960x1008."""
HERS = 720
"""Side of what is hers of it: the middle of her frame, enlarged, for nobody is judged from afar."""


class Arrivals:
    """A camera before an empty place, or a crowd, to which somebody steps up when she is told to."""

    finished = is_stuck = False

    def __init__(self, empty: Picture, with_her: Sequence[Picture]) -> None:
        self._empty, self._with_her = empty, [*with_her, *reversed(with_her)]
        self.came_s: float | None = None
        self.looks = 0
        self._next_s = 0.0

    def come(self) -> None:
        self.looks, self.came_s = 0, time.monotonic()

    def go(self) -> None:
        self.came_s = None

    def next_frame(self, timeout_s: float) -> Frame | None:
        """At most as many a second as the scene has; like a camera's, they wait for nobody."""
        time.sleep(max(0.0, min(timeout_s, self._next_s - time.monotonic())))
        now_s = time.monotonic()
        self._next_s = now_s + 1.0 / FPS
        came_s = self.came_s
        if came_s is None:
            return Frame(self._empty, now_s)
        self.looks += 1
        return Frame(self._with_her[int((now_s - came_s) * FPS) % len(self._with_her)], now_s)

    def healthy(self, now_s: float) -> bool:
        return True

    def close(self) -> None:
        pass


class Door(FakePanel):
    """Says when it opens."""

    def __init__(self) -> None:
        super().__init__()
        self.opened, self.shut = threading.Event(), threading.Event()

    def show(self, signal: Signal) -> None:
        self.shown.clear()
        super().show(signal)
        (self.opened if signal.is_open else self.shut).set()
        (self.shut if signal.is_open else self.opened).clear()


class Seen:
    """How many faces were in one look, at most."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer, self.most = recognizer, 0

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        found = self._recognizer.look(frame, wants)
        self.most = max(self.most, len(found))
        return found


@dataclass(frozen=True)
class Case:
    """Who else is there."""

    name: str
    is_crowded: bool
    clients: int


CASES = (
    Case("alone", False, 0),
    Case("twenty in view", True, 0),
    Case("a hundred clients", False, 100),
    Case("both", True, 100),
)


def waits(figures: Figures, folder: Path, rounds: int) -> None:
    """In the gallery there has to be `flow_kit`'s Alice."""
    rows = []
    for case in CASES:
        taken = _case(figures, folder, case, rounds)
        if taken:
            times, looks = [each for each, _ in taken], [each for _, each in taken]
            rows.append((case.name, f"{statistics.median(times):.1f}", f"{max(times):.1f}", max(looks)))
            if max(times) > MOST_S or max(looks) > MOST_LOOKS:
                figures.violation(f"{case.name}: {max(times):.1f} s and {max(looks)} looks until the door was open")
        if len(taken) < rounds:
            figures.violation(f"{case.name}: the door stayed shut for {GIVEN_UP_S:.0f} s")
    head = ("time to unlock", "median, s", f"at most, s (bound {MOST_S:.0f})", f"looks at most (bound {MOST_LOOKS})")
    figures.table(head, rows)


def _case(figures: Figures, folder: Path, case: Case, rounds: int) -> list[tuple[float, int]]:
    settings = {
        "camera.source": "none",
        "panel.kind": "none",
        "control.group": "null",
        "control.socket": folder / "unlock.sock",
        "control.max_clients": 110,
        "gallery.path": folder / "gallery",
        "gate.unlock_s": 1,
        "lockout.refusals": 100,  # the others are refused, again and again
        "vision.threads": 1,
    }
    config = load_config(None, [f"{key}={value}" for key, value in settings.items()], env={}).config
    camera, door, stop = Arrivals(*_pictures(is_crowded=case.is_crowded)), Door(), threading.Event()
    crowd = Crowd(Counter())
    with ExitStack() as held:
        daemon = held.enter_context(build(config, journals=lambda _: [FakeJournal()])).daemon
        ports, seen = daemon._ports, Seen(daemon._ports.recognizer)
        daemon._ports = replace(
            ports, camera=camera, panel=door, recognizer=seen, notifier=FakeNotifier(), keeper=FakeKeeper()
        )
        threads = [threading.Thread(target=daemon.run)]
        args = [(folder / "unlock.sock", crowd, stop, each) for each in range(case.clients)]
        threads += [threading.Thread(target=ask, args=each) for each in args]
        for thread in threads:
            thread.start()
        try:
            time.sleep(2.0)
            return [taken for taken in (_once(camera, door) for _ in range(rounds)) if taken is not None]
        finally:
            stop.set()
            daemon.stop_requested = True
            for thread in threads:
                thread.join(60.0)
            if case.is_crowded and seen.most < FEWEST_FACES:
                figures.violation(f"{case.name}: only {seen.most} faces were found, so there was no crowd")
            if crowd.answers["lost"] or sum(crowd.answers.values()) < case.clients:
                figures.violation(f"{case.name}: not everybody was answered: {crowd.answers}")


def _once(camera: Arrivals, door: Door) -> tuple[float, int] | None:
    """How long she waited, and how many pictures of her were looked at; None if she was not let in."""
    began_s = time.monotonic()
    camera.come()
    is_open = door.opened.wait(GIVEN_UP_S)
    taken = time.monotonic() - began_s, camera.looks
    camera.go()
    door.shut.wait(GIVEN_UP_S)
    time.sleep(2.5)  # until she is forgotten
    return taken if is_open else None


def _pictures(*, is_crowded: bool) -> tuple[Picture, list[Picture]]:
    """The place without her, and she in it."""
    with tempfile.TemporaryDirectory() as home:
        played = load_scene(write_scene(Path(home), 6.0, visit(ALICE, 0.0, 6.0)))
        hers = [played.frame(index).main for index in range(2 * FPS, 5 * FPS)]
    empty = np.full_like(hers[0], 120)
    return (_crowd(empty), [_crowd(each) for each in hers]) if is_crowded else (empty, hers)


def _crowd(frame: Picture) -> Picture:
    """The middle of her frame, with twenty photographs of somebody else's face beside and below it."""
    face = resize(load_picture(shipped("faces") / "hopper.jpg")[60:444, 100:420], CELL)
    height, width = frame.shape[:2]
    aside = (width - height) // 2
    picture = np.full((HERS + 2 * CELL[1], HERS + 2 * CELL[0], 3), 120, np.uint8)
    picture[:HERS, :HERS] = resize(np.ascontiguousarray(frame[:, aside : aside + height]), (HERS, HERS))
    beside = [(top, left) for top in range(0, HERS, CELL[1]) for left in (HERS, HERS + CELL[0])]
    below = [(top, left) for top in (HERS, HERS + CELL[1]) for left in range(0, HERS + 2 * CELL[0], CELL[0])][:10]
    for top, left in (*beside, *below):
        picture[top : top + CELL[1], left : left + CELL[0]] = face
    return picture
