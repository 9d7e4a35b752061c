"""Each port of the loop failing while the door is open and while it is shut: the door at every tick, the journal, and
how long until somebody enrolled is let in again.

A fault that ends the process is followed by what the unit file says: three seconds, and a new daemon. What hangs is
tried with the real panel on simulated pins and real time, since it is about the time that passes.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from gpiozero.pins.mock import MockFactory
from hypothesis.stateful import run_state_machine_as_test

from faceauthd.adapters.journal import JournalSet
from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.adapters.panel_gpiozero import LATE_S, GpiozeroPanel
from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.button import ButtonPolicy
from faceauthd.config import load_config
from faceauthd.daemon import Daemon, Ports
from faceauthd.enrolment import EnrolmentPolicy
from faceauthd.errors import CameraError, FaceauthdError, ModelError
from faceauthd.evidence import EvidencePolicy
from faceauthd.gate import Mode, Policy
from faceauthd.inbox import Inbox
from faceauthd.lockout import LockoutPolicy
from faceauthd.recognizer import FaceRecognizer
from faceauthd.resources import shipped
from faceauthd.settings import stages_of
from faceauthd.types import Edge, EnrollAsked, EventKind, Frame, Match, Member, Role, Sighting, Wants
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.track import Tracker
from tests.fakes import FakeCalendar, FakeDesk, FakeJournal, FakeNotifier, FakePanel, FakePeople, sighting
from tests.loop_kit import STALL_S, TICK_S, GoneJournal, InView, NextFrame, TwoClocks
from tests.suites.figures import Figures

UNLOCK_S, RESTART_S, LASTS_S = 2.0, 3.0, 5.0
"""`RESTART_S` is RestartSec of the unit file."""
POLICY = Policy(
    evidence=EvidencePolicy(looks=3, window_s=1.5, refuse_after_looks=6),
    enrolment=EnrolmentPolicy(templates=3, timeout_s=20.0),
    lockout=LockoutPolicy(50, 60.0, (3.0,)),
    unlock_s=UNLOCK_S,
)


@dataclass
class Door:
    """A daemon on fakes that is started again when it ends; what it showed at each tick is kept."""

    folder: Path
    clock: TwoClocks = field(default_factory=TwoClocks)
    people: FakePeople = field(default_factory=lambda: FakePeople(members={1: Member("ann", Role.ADMIN)}))
    restarts: int = 0
    track: int = 0
    journal: FakeJournal = field(default_factory=FakeJournal)
    unexplained: list[float] = field(default_factory=list)
    opened_s: float = -1e9
    open_ticks: int = 0
    is_broken_panel: bool = False

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.camera, self.view, self.gone = NextFrame(self.clock), InView(), GoneJournal()
        self.panel, self.notifier, self.desk = FakePanel(), FakeNotifier(), FakeDesk()
        self.keeper = LockoutFile(self.folder / "lockout.json", self.clock)
        journal = JournalSet([self.gone, self.journal])
        ports = Ports(
            self.camera, self.panel, self.clock, self.notifier, journal, self.view, self.people, self.desk,
            self.keeper, FakeCalendar(),
        )  # fmt: skip
        self.daemon = Daemon(ports, POLICY, ButtonPolicy(), Inbox[Edge]())

    def turn(self) -> None:
        """One tick; if that ends the process, the next one begins. Notes a door that is open without a reason."""
        before = len(self.journal.events)
        self.panel.raise_at = 0 if self.is_broken_panel else None
        try:
            self.daemon.tick()
        except (FaceauthdError, MemoryError, RuntimeError, OSError, ValueError, ArithmeticError):
            self.panel.lock()  # what `Daemon.run` does in its `finally`; tests/unit/test_daemon.py holds that
            self.clock.pass_(RESTART_S)
            faults = (self.view.breaks, self.camera.does, self.camera.lie_s, self.gone.is_gone)
            self.restarts += 1
            self.begin()
            self.view.breaks, self.camera.does, self.camera.lie_s, self.gone.is_gone = faults
        now_s = self.clock.at_s
        if any(event.kind is EventKind.UNLOCKED for event in self.journal.events[before:]):
            self.opened_s = now_s
        if self.panel.relay:
            self.open_ticks += 1
            if not now_s - self.opened_s < UNLOCK_S:
                self.unexplained.append(now_s)

    def until(self, is_so: Callable[[Door], bool], longest_s: float = 60.0) -> float:
        """Seconds until it is so; infinite if it never is."""
        began_s = self.clock.at_s
        while not is_so(self):
            if self.clock.at_s - began_s > longest_s:
                return float("inf")
            self.turn()
        return self.clock.at_s - began_s

    def ann_walks_up(self) -> float:
        """Seconds until the door is open for her, having been shut."""
        self.view.faces = ()
        self.until(lambda door: not door.panel.relay, 2 * UNLOCK_S)
        for _ in range(15):
            self.turn()
        self.track += 1
        self.view.faces = (sighting(self.track, 1),)
        return self.until(lambda door: door.panel.relay)


@dataclass(frozen=True)
class Fault:
    """`begin` and `end` say how it is done; `opens` whether somebody may be let in while it lasts."""

    name: str
    begin: Callable[[Door], None]
    end: Callable[[Door], None]
    opens: bool = False
    expected: str = ""
    """The journal's line that has to be there, or nothing."""


def _view(**change: object) -> Callable[[Door], None]:
    def begin(door: Door) -> None:
        door.track += 1
        door.view.faces = (replace(sighting(door.track, 1), **change),)  # type: ignore[arg-type]

    return begin


def _camera(name: str, value: object) -> Callable[[Door], None]:
    return lambda door: setattr(door.camera, name, value)


def _breaks(error: BaseException | None) -> Callable[[Door], None]:
    return lambda door: setattr(door.view, "breaks", error)


def _whole(door: Door) -> None:
    door.view.faces = ()


def _flicker(door: Door) -> None:
    """Lost and found again with every frame."""

    class Flickers(NextFrame):
        def next_frame(self, timeout_s: float) -> Frame | None:
            self.does = CameraError("gone") if self.does is True else True
            return super().next_frame(timeout_s)

    flickers = Flickers(door.clock, last_s=door.camera.last_s)
    door.daemon._ports = replace(door.daemon._ports, camera=flickers)


def _steady(door: Door) -> None:
    door.camera.last_s = door.daemon._ports.camera.last_s  # type: ignore[attr-defined]
    door.daemon._ports = replace(door.daemon._ports, camera=door.camera)


def _gone(is_gone: bool) -> Callable[[Door], None]:
    return lambda door: setattr(door.gone, "is_gone", is_gone)


def _civil(seconds: float) -> Callable[[Door], None]:
    return lambda door: setattr(door.clock, "civil_s", door.clock.civil_s + seconds)


def _no_lockout_folder(door: Door) -> None:
    door.folder = door.folder / "gone"
    keeper = LockoutFile(door.folder / "lockout.json", door.clock)
    door.daemon._ports = replace(door.daemon._ports, keeper=keeper)


def _nothing(door: Door) -> None:
    del door


NAN = float("nan")
LOST = CameraError("camera 0 was unplugged")
FAULTS = (
    Fault("camera: stalls", _camera("does", False), _camera("does", True), expected="fault"),
    Fault("camera: unplugged, comes back", _camera("does", LOST), _camera("does", True), expected="fault"),
    Fault("camera: lost with every other frame", _flicker, _steady),
    Fault("camera: black, torn or covered", _whole, _nothing),
    Fault("camera: stamps 1,000 s ahead", _camera("lie_s", 1e3), _camera("lie_s", 0.0), opens=True),
    Fault("camera: stamps 1,000 s behind", _camera("lie_s", -1e3), _camera("lie_s", 0.0)),
    Fault("camera: stamps that are no number", _camera("lie_s", NAN), _camera("lie_s", 0.0)),
    Fault("inference: raises", _breaks(ModelError("cannot be run")), _breaks(None)),
    Fault("inference: no memory", _breaks(MemoryError()), _breaks(None)),
    Fault("inference: a bug", _breaks(RuntimeError("nobody foresaw this")), _breaks(None)),
    Fault("inference: a score that is no number", _view(match=Match(1, NAN, 0.1)), _whole),
    Fault("inference: a margin that is no number", _view(match=Match(1, 0.8, NAN)), _whole),
    Fault("inference: liveness that is no number", _view(liveness=NAN), _whole),
    Fault("inference: continuity that is no number", _view(continuity=NAN), _whole),
    Fault("pins: the relay raises", lambda door: setattr(door, "is_broken_panel", True), _nothing, expected=""),
    Fault("journald gone", _gone(True), _gone(False), opens=True),
    Fault("civil clock: a year forward", _civil(3.2e7), _nothing, opens=True),
    Fault("civil clock: a year back", _civil(-3.2e7), _nothing, opens=True),
    Fault("disk: the lockout cannot be written", _no_lockout_folder, _nothing, opens=True),
)


def trial(fault: Fault, folder: Path, figures: Figures, *, while_open: bool) -> list[object]:
    """Before, during and after one fault; a row for the table."""
    door = Door(folder)
    if door.ann_walks_up() > 5:
        figures.violation(f"{fault.name}: the door does not open even without it")
    if not while_open:
        door.view.faces = ()
        door.until(lambda each: not each.panel.relay)
    before, restarts = len(door.journal.events), door.restarts
    if door.panel.relay != while_open:
        figures.violation(f"{fault.name}: the trial is not as it should be")
    fault.begin(door)
    began_s, lasted_open = door.clock.at_s, 0.0
    while door.clock.at_s - began_s < LASTS_S:
        door.turn()
        if door.panel.relay:
            lasted_open = door.clock.at_s - began_s
    fault.end(door)
    door.is_broken_panel = False
    ended_s = door.clock.at_s
    door.until(lambda each: each.daemon.gate.mode is not Mode.FAULT and each.camera.healthy(each.clock.now()))
    back_s = door.clock.at_s - ended_s
    opened_s = door.ann_walks_up()
    events = [str(event.kind) for event in door.journal.events[before:]]
    if door.unexplained:
        figures.violation(f"{fault.name}: open without a reason at {door.unexplained[:3]}")
    if opened_s > 5:
        figures.violation(f"{fault.name}: nobody gets in afterwards")
    if lasted_open > UNLOCK_S + TICK_S and not fault.opens:
        figures.violation(f"{fault.name}: open for {lasted_open:.1f} s while it lasted")
    if fault.expected and events.count(fault.expected) != 1:
        figures.violation(f"{fault.name}: {events.count(fault.expected)} entries '{fault.expected}' in the journal")
    figures.count("trials")
    figures.worst("worst recovery, s", back_s)
    said = next((event for event in events if event in ("fault", "refused", "unlocked")), "nothing")
    ends = "ends, restarted" if door.restarts > restarts else "goes on"
    return [fault.name, "open" if while_open else "shut", ends, said, f"{lasted_open:.1f}", f"{back_s:.1f}"]


def enrolling(figures: Figures, folder: Path) -> None:
    """The disk fills while somebody is enrolled: nobody is half there, and it works once there is room."""
    door = Door(folder)
    door.people.refuse = "no space left on the device"
    for is_full in (True, False):
        door.people.refuse = "no space left on the device" if is_full else None
        door.view.faces = ()
        for _ in range(20):
            door.turn()
        door.desk.asked.append(EnrollAsked("bo", door.clock.at_s, "uid 0"))
        door.track += 1
        for yaw_deg in range(0, 90, 2):
            door.view.faces = (sighting(door.track, None, yaw_deg=yaw_deg),)
            door.turn()
        figures.count("trials")
        if bool(door.people.enrolled) == is_full:
            figures.violation(f"disk full {is_full}, and enrolled: {door.people.enrolled}")
    details = [event.detail for event in door.journal.events if event.kind is EventKind.ENROLL_CANCELLED]
    if details != ["not kept: no space left on the device"]:
        figures.violation(f"the full disk is told as {details}")


class HangingLoop:
    """The loop on real time and simulated pins, whose inference hangs from a given moment on."""

    def __init__(self, folder: Path, hang_s: float) -> None:
        self.let_go = threading.Event()
        self.hang_s, self.opened_s = hang_s, float("inf")
        self.factory = MockFactory()
        self.panel = GpiozeroPanel(PanelPins(relay=17), self.factory, on_edge=lambda _: None, now=time.monotonic)
        clock = RealClock()
        self.camera = RealCamera()
        people = FakePeople(members={1: Member("ann", Role.ADMIN)})
        keeper = LockoutFile(folder / "lockout.json", clock)
        journal, notifier, desk = FakeJournal(), FakeNotifier(), FakeDesk()
        ports = Ports(self.camera, self.panel, clock, notifier, journal, self, people, desk, keeper, FakeCalendar())
        self.daemon = Daemon(ports, POLICY, ButtonPolicy(), Inbox[Edge]())

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        now_s = time.monotonic()
        if self.is_open() and now_s < self.opened_s:
            self.opened_s = now_s
        if now_s - self.opened_s > self.hang_s:
            self.let_go.wait(60.0)
        return (sighting(1, 1),)

    def is_open(self) -> bool:
        return bool(self.factory.pin(17).state)

    def open_for(self) -> float:
        """Run it; for how long the relay was open."""
        thread = threading.Thread(target=self.daemon.run)
        thread.start()
        end_s = time.monotonic() + 60.0
        while not self.is_open() and time.monotonic() < end_s:
            time.sleep(0.01)
        began_s = time.monotonic()
        while self.is_open() and time.monotonic() < end_s:
            time.sleep(0.01)
        lasted_s = time.monotonic() - began_s
        self.daemon.stop_requested = True
        self.let_go.set()
        thread.join(60.0)
        self.panel.close()
        return lasted_s


class RealClock(TwoClocks):
    def now(self) -> float:
        return time.monotonic()


class RealCamera:
    finished = False
    is_stuck = False

    def next_frame(self, timeout_s: float) -> Frame | None:
        time.sleep(0.05)
        return Frame(np.zeros((48, 64, 3), np.uint8), time.monotonic())

    def healthy(self, now_s: float) -> bool:
        return True

    def close(self) -> None:
        pass


def hanging(figures: Figures, folder: Path, moments_s: tuple[float, ...]) -> None:
    for moment_s in moments_s:
        lasted_s = HangingLoop(folder, moment_s).open_for()
        figures.count("trials")
        figures.worst("inference hangs: longest that the relay outlived the unlock, s", lasted_s - UNLOCK_S)
        if lasted_s > UNLOCK_S + LATE_S + 1.0:  # a second for a machine that is busy with other things
            figures.violation(f"inference hangs {moment_s} s after opening: the relay stayed for {lasted_s:.1f} s")


def odd_frames(figures: Figures) -> None:
    """The real models on frames that no camera should give: sightings or an error of ours, never anybody."""
    config = load_config(None, []).config
    stages = stages_of(config, ModelPack.open(shipped("models"), threads=1))
    noise = np.random.default_rng(5)
    whole = noise.integers(0, 256, (480, 640, 3), dtype=np.uint8)
    odd = {
        "black": np.zeros((480, 640, 3), np.uint8),
        "white": np.full((480, 640, 3), 255, np.uint8),
        "noise": whole,
        "torn": np.concatenate((whole[:200], np.zeros((280, 640, 3), np.uint8))),
        "huge": np.zeros((4000, 6000, 3), np.uint8),
        "one pixel": np.zeros((1, 1, 3), np.uint8),
        "empty": np.zeros((0, 0, 3), np.uint8),
        "grey": np.zeros((480, 640), np.uint8),
        "four channels": np.zeros((480, 640, 4), np.uint8),
        "float": np.zeros((480, 640, 3), np.float32),
        "not contiguous": whole[::2, ::-2],
    }
    taken = refused = 0
    for name, picture in odd.items():
        recognizer = FaceRecognizer(stages, Tracker(), FakeMatching())
        figures.count("trials")
        try:
            seen = recognizer.look(Frame(picture, 1.0), Wants())
        except (FaceauthdError, ValueError, TypeError, ArithmeticError, IndexError, OSError):
            refused += 1  # ends the process, which locks
            continue
        taken += 1
        if any(face.match is not None for face in seen):
            figures.violation(f"somebody was found in a frame that is {name}")
    figures.number("odd frames: nobody seen / refused", f"{taken} / {refused}")


class FakeMatching:
    def best(self, probes: np.ndarray) -> list[Match | None]:
        return [Match(1, 1.0, 0.0)] * len(probes)


@contextmanager
def scratch() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def model(figures: Figures, *, is_long: bool) -> None:
    """The model-checking test of the whole loop, for longer than among the tests."""
    os.environ["FACEAUTHD_MODEL_EXAMPLES"] = "5000" if is_long else "300"
    from tests.property import test_daemon_model as door

    turns = 0
    real = door.DaemonModel.turn

    def counted(self: door.DaemonModel, *asked: object) -> None:
        nonlocal turns
        turns += 1
        real(self, *asked)  # type: ignore[arg-type]

    door.DaemonModel.turn = counted  # type: ignore[method-assign, assignment]
    try:
        run_state_machine_as_test(door.DaemonModel, settings=door.DaemonModel.TestCase.settings)  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001  whatever it is, it is what the suite is to report
        figures.violation(f"model of the loop: {error!r}; ./dev test -k daemon_model shows the story")
    finally:
        door.DaemonModel.turn = real  # type: ignore[method-assign]
    figures.number("model of the loop: ticks", turns)


def run(figures: Figures, *, is_long: bool, seed: int) -> None:
    """Every fault in both states of the door, a loop that hangs, odd frames, and the model of the loop."""
    del seed  # nothing is drawn, but by hypothesis, which repeats what failed
    logging.disable(logging.CRITICAL)
    rows = []
    for fault in FAULTS:
        for while_open in (True, False):
            with scratch() as folder:
                rows.append(trial(fault, folder, figures, while_open=while_open))
    with scratch() as folder:
        enrolling(figures, folder)
        hanging(figures, folder, (0.0, 1.0, 1.9) if not is_long else tuple(each / 10 for each in range(20)))
    odd_frames(figures)
    model(figures, is_long=is_long)
    head = ("fault, for 5 s", "door", "the process", "first in the journal", "open for, s", "back after, s")
    figures.table(head, rows)
    figures.number("a camera is missed after, s", STALL_S)
    logging.disable(logging.NOTSET)
