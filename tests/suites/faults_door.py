"""A door on fakes whose daemon runs in `Daemon.run`, one tick at a time, and is started again when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from faceauthd.adapters.journal import JournalSet
from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.button import ButtonPolicy
from faceauthd.daemon import Daemon, Ports
from faceauthd.enrolment import EnrolmentPolicy
from faceauthd.evidence import EvidencePolicy
from faceauthd.gate import Policy
from faceauthd.inbox import Inbox
from faceauthd.lockout import LockoutPolicy
from faceauthd.ports import Camera
from faceauthd.types import Edge, EventKind, Frame, Member, Role
from tests.fakes import FakeCalendar, FakeDesk, FakeJournal, FakeLots, FakeNotifier, FakePanel, FakePeople, sighting
from tests.loop_kit import GoneJournal, InView, NextFrame, TwoClocks

UNLOCK_S, RESTART_S, LASTS_S = 2.0, 3.0, 5.0
"""`RESTART_S` is RestartSec of the unit file."""
POLICY = Policy(
    evidence=EvidencePolicy(looks=3, window_s=1.5, refuse_after_looks=6),
    enrolment=EnrolmentPolicy(templates=3, timeout_s=20.0),
    lockout=LockoutPolicy(50, 60.0, (3.0,)),
    unlock_s=UNLOCK_S,
)
WAIT_S = 60.0


class Over(BaseException):
    """The trial is over: the thread of the loop ends."""


class Lockstep:
    """A camera in whose place each tick of the loop waits until it is its turn; the rest of `Daemon.run`, its `finally`
    above all, is what runs on a door."""

    finished = False

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.error: BaseException | None = None
        self.is_over = False
        self._go, self._waits = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._live, daemon=True)

    def next_frame(self, timeout_s: float) -> Frame | None:
        self._waits.release()
        self._go.acquire()
        if self.is_over:
            raise Over
        return self.camera.next_frame(timeout_s)

    def healthy(self, now_s: float) -> bool:
        return self.camera.healthy(now_s)

    @property
    def is_stuck(self) -> bool:
        return self.camera.is_stuck

    def close(self) -> None:
        self.camera.close()

    def start(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._thread.start()
        self._wait()

    def turn(self) -> bool:
        """One tick; whether the loop goes on."""
        self._go.release()
        self._wait()
        return self.error is None

    def end(self) -> None:
        self.is_over = True
        self._go.release()
        self._thread.join(WAIT_S)

    def _wait(self) -> None:
        if not self._waits.acquire(timeout=WAIT_S):
            raise AssertionError("the loop hangs")

    def _live(self) -> None:
        try:
            self._daemon.run()
        except BaseException as error:  # noqa: BLE001  whatever ended it is what the trial is about
            self.error = error
            self._waits.release()


@dataclass
class Door:
    """A daemon on fakes that is started again when it ends; what it showed at each tick is kept."""

    folder: Path
    policy: Policy = POLICY
    clock: TwoClocks = field(default_factory=TwoClocks)
    people: FakePeople = field(default_factory=lambda: FakePeople(members={1: Member("ann", Role.ADMIN)}))
    restarts: int = 0
    boots: int = 0
    track: int = 0
    journal: FakeJournal = field(default_factory=FakeJournal)
    unexplained: list[float] = field(default_factory=list)
    opened_s: float = -1e9
    is_broken_panel: bool = False
    breaks_panel_if: Callable[[object], bool] = lambda signal: False
    steps: Lockstep | None = None

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.camera, self.view, self.gone = NextFrame(self.clock), InView(), GoneJournal()
        self.panel, self.notifier, self.desk = FakePanel(), FakeNotifier(), FakeDesk()
        self.keeper = LockoutFile(self.folder / "lockout.json", self.clock, f"boot {self.boots}")
        self.steps = Lockstep(self.camera)
        journal = JournalSet([self.gone, self.journal])
        ports = Ports(
            self.steps, self.panel, self.clock, self.notifier, journal, self.view, self.people, self.desk,
            self.keeper, FakeCalendar(), FakeLots(),
        )  # fmt: skip
        self.daemon = Daemon(ports, self.policy, ButtonPolicy(), Inbox[Edge]())
        self.steps.start(self.daemon)

    def turn(self) -> None:
        """One tick; if that ends the process, the next one begins. Notes a door that is open without a reason."""
        assert self.steps is not None
        before = len(self.journal.events)
        self.panel.raise_at = 0 if self.is_broken_panel else None
        self.panel.raise_if = self.breaks_panel_if
        if not self.steps.turn():
            if self.panel.relay or not self.panel.locks:
                self.unexplained.append(self.clock.at_s)
            faults = (self.view.breaks, self.camera.does, self.camera.lie_s, self.gone.is_gone)
            self._restart()
            self.view.breaks, self.camera.does, self.camera.lie_s, self.gone.is_gone = faults
        now_s = self.clock.at_s
        if any(event.kind is EventKind.UNLOCKED for event in self.journal.events[before:]):
            self.opened_s = now_s
        if self.panel.relay and not now_s - self.opened_s < self.policy.unlock_s:
            self.unexplained.append(now_s)

    def _restart(self) -> None:
        self.clock.pass_(RESTART_S)
        self.restarts += 1
        self.begin()

    def plug_is_pulled(self, off_s: float) -> None:
        """The machine is off for so long."""
        self.close()
        self.panel.relay = False
        self.clock.pass_(off_s)
        self.boots += 1
        self.begin()

    def close(self) -> None:
        if self.steps is not None:
            self.steps.end()

    def until(self, is_so: Callable[[Door], bool], longest_s: float = 60.0) -> float:
        """Seconds until it is so; infinite if it never is."""
        began_s = self.clock.at_s
        while not is_so(self):
            if self.clock.at_s - began_s > longest_s:
                return float("inf")
            self.turn()
        return self.clock.at_s - began_s

    def nobody(self, ticks: int = 15) -> None:
        self.view.faces = ()
        for _ in range(ticks):
            self.turn()

    def stands_there(self, person: int | None, score: float, ticks: int) -> None:
        self.track += 1
        self.view.faces = (sighting(self.track, person, score),)
        for _ in range(ticks):
            self.turn()

    def ann_walks_up(self) -> float:
        """Seconds until the door is open for her, having been shut."""
        self.view.faces = ()
        self.until(lambda door: not door.panel.relay, 2 * UNLOCK_S)
        self.nobody()
        self.track += 1
        self.view.faces = (sighting(self.track, 1),)
        return self.until(lambda door: door.panel.relay)
