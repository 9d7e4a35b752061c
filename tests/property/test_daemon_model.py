"""The whole loop, every port a fake, driven through random events and faults: what holds whatever happens.

Written against what the ports show (the relay, the journal, what is on disk), not against the gate's own state. The
lockout file is the real one, on the machine's real disk; restarts are real constructions of a new daemon over it.
"""

from __future__ import annotations

import logging
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from faceauthd.adapters.journal import JournalSet
from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.button import ButtonPolicy
from faceauthd.daemon import Daemon, Ports
from faceauthd.enrolment import EnrolmentPolicy
from faceauthd.errors import CameraError, ModelError, PanelError
from faceauthd.evidence import EvidencePolicy
from faceauthd.gate import Authority, Gate, Policy
from faceauthd.inbox import Inbox
from faceauthd.lockout import LockoutPolicy
from faceauthd.types import (
    Asked,
    CancelAsked,
    ClearLockoutAsked,
    Edge,
    EnrollAsked,
    Event,
    EventKind,
    LockAsked,
    Member,
    Role,
    Sighting,
    Signal,
    SignalKind,
    Source,
    UnlockAsked,
    VerifyAsked,
)
from tests.fakes import FakeCalendar, FakeDesk, FakeJournal, FakeLots, FakeNotifier, FakePanel, FakePeople, sighting
from tests.loop_kit import TICK_S, GoneJournal, InView, NextFrame, TwoClocks
from tests.property.test_gate import FACES, LIVE, LOOKS, MARGIN, PEOPLE, THRESHOLD, UNLOCK_S, WINDOW_S, proven

DELAYS_S = (3.0, 6.0, 12.0)
BEHIND_S = 2.0
POLICY = Policy(
    evidence=EvidencePolicy(LOOKS, WINDOW_S, MARGIN, 6, LIVE),
    enrolment=EnrolmentPolicy(templates=3, timeout_s=5.0),
    lockout=LockoutPolicy(2, 20.0, DELAYS_S),
    authority=Authority.FIRST_THEN_ADMIN,
    unlock_s=UNLOCK_S,
)
EXAMPLES = int(os.environ.get("FACEAUTHD_MODEL_EXAMPLES", "100"))
STEPS = int(os.environ.get("FACEAUTHD_MODEL_STEPS", "50"))


@dataclass
class Watched:
    """What an observer at the door, with the journal in hand, has seen so far."""

    history: list[tuple[float, Sighting]] = field(default_factory=list)
    as_of_s: float = -1e9
    """When what was last seen was captured; a frame that says it is older counts as `BEHIND_S` old."""
    opened_s: float = -1e9
    """When somebody was last let in."""
    commanded_s: float = -1e9
    """When a client last had the door opened, which needs no camera."""
    touched_s: float = -1e9
    """When the exit button was last touched."""
    locked_out_until_s: float = -1e9
    lockouts: int = 0
    """One after the other, without anybody getting in."""
    was_open: bool = False


SHOWS: dict[str, Callable[[Signal], bool]] = {
    "the door opens": lambda signal: signal.is_open,
    "somebody is refused": lambda signal: signal.kind in (SignalKind.REFUSED, SignalKind.SPOOF),
    "it is locked out": lambda signal: signal.kind is SignalKind.LOCKED_OUT,
}


@dataclass
class StoppingDesk(FakeDesk):
    """Asks the daemon to end after so many ticks."""

    left: float = math.inf
    stop: Callable[[], None] = lambda: None

    def pending(self, state: Gate, now_s: float) -> tuple[Asked, ...]:
        self.left -= 1
        if self.left <= 0:
            self.stop()
        return super().pending(state, now_s)


class DaemonModel(RuleBasedStateMachine):
    """One door, over any number of daemons."""

    policy = POLICY

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
        self.clock = TwoClocks()
        self.people = FakePeople(THRESHOLD, dict(PEOPLE))
        self.watched = Watched()
        self.asked_now: list[Asked] = []
        self.boots = 0
        self.may_enroll = False
        self.begin()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def begin(self) -> None:
        """A new daemon, as after a restart: nothing but the gallery and the lockout file is left of the old one."""
        self.camera, self.view, self.panel = NextFrame(self.clock), InView(), FakePanel()
        self.desk, self.edges, self.notifier = StoppingDesk(), Inbox[Edge](), FakeNotifier()
        self.lots = FakeLots()
        self.journal, self.gone = FakeJournal(), GoneJournal()
        self.watched.history, self.watched.was_open = [], False
        self.may_enroll = False
        ports = Ports(
            self.camera,
            self.panel,
            self.clock,
            self.notifier,
            JournalSet([self.gone, self.journal]),
            self.view,
            self.people,
            self.desk,
            self.keeper(),
            self.calendar(),
            self.lots,
        )
        self.daemon = Daemon(ports, self.policy, ButtonPolicy(), self.edges)

    def calendar(self) -> FakeCalendar:
        return FakeCalendar()

    def keeper(self) -> LockoutFile:
        return LockoutFile(self.folder / "lockout.json", self.clock, f"boot {self.boots}")

    # ------------------------------------------------------------ what happens

    @initialize(people=st.sampled_from([dict(PEOPLE), dict(PEOPLE), {}]))
    def somebody_is_enrolled_or_nobody(self, people: dict[int, Member]) -> None:
        self.people.members = dict(people)  # hypothesis gives the same object again

    @rule(face=FACES, times=st.integers(1, 9))
    def somebody_stands_there(self, face: Sighting, times: int) -> None:
        self.view.faces = (face,)
        for _ in range(times):
            self.turn()

    @rule(times=st.integers(3, 9), track=st.integers(1, 9), person=st.sampled_from(sorted(PEOPLE)))
    def somebody_enrolled_stands_there(self, times: int, track: int, person: int) -> None:
        self.somebody_stands_there(sighting(track, person), times)

    @rule(times=st.integers(6, 9), track=st.integers(1, 9))
    def a_stranger_stands_there(self, times: int, track: int) -> None:
        self.somebody_stands_there(sighting(track, 1, score=0.2), times)

    @rule(times=st.integers(6, 9), track=st.integers(1, 9))
    def a_photograph_is_held_up(self, times: int, track: int) -> None:
        self.somebody_stands_there(sighting(track, 1, liveness=0.1), times)

    @rule(faces=st.lists(FACES, min_size=2, max_size=2, unique_by=lambda face: face.track), times=st.integers(1, 6))
    def two_stand_there(self, faces: list[Sighting], times: int) -> None:
        self.view.faces = faces
        for _ in range(times):
            self.turn()

    @rule(track=st.integers(1, 9), kinship=st.sampled_from([0.8, 0.8, 0.2]), person=st.sampled_from([None, 1, 2]))
    def somebody_turns_their_head(self, track: int, kinship: float, person: int | None) -> None:
        for yaw_deg in range(-24, 25, 3):
            self.view.faces = (sighting(track, person, 0.2, yaw_deg=yaw_deg, kinship=kinship),)
            self.turn()

    @rule(voucher=st.sampled_from([1, 2]))
    def a_newcomer_is_vouched_for_and_turns_their_head(self, voucher: int) -> None:
        self.a_contact_is_touched(Source.BUTTON, 0.2)
        self.somebody_enrolled_stands_there(5, 11, voucher)
        self.nobody_is_there(3.0)
        self.somebody_turns_their_head(12, 0.8, None)

    @rule(seconds=st.sampled_from([0.1, 1.0, 3.0, 10.0]))
    def nobody_is_there(self, seconds: float) -> None:
        self.view.faces = ()
        for _ in range(round(seconds / TICK_S)):
            self.turn()

    @rule(source=st.sampled_from(Source), held_s=st.sampled_from([0.01, 0.2, 2.0]))
    def a_contact_is_touched(self, source: Source, held_s: float) -> None:
        now_s = self.clock.at_s
        if source is Source.EXIT_BUTTON:
            self.watched.touched_s = now_s
        self.edges.put(Edge(True, now_s, source))
        self.turn()
        for _ in range(round(held_s / TICK_S)):
            self.turn()
        self.edges.put(Edge(False, now_s + held_s, source))
        self.turn()

    @rule(what=st.sampled_from([UnlockAsked, LockAsked, ClearLockoutAsked, CancelAsked]))
    def a_client_asks(self, what: type[UnlockAsked]) -> None:
        self.turn(what(self.clock.at_s, "uid 0"))

    @rule()
    def a_client_enrols(self) -> None:
        self.may_enroll = True
        self.turn(EnrollAsked(f"p{len(self.people.members)}", self.clock.at_s, "uid 0"))

    @rule()
    def a_client_verifies(self) -> None:
        now_s = self.clock.at_s
        self.turn(VerifyAsked(1, "ann", now_s, now_s + 3.0, "uid 0"))

    @rule(seconds=st.sampled_from([0.1, 0.9, 1.5, 4.0]), raises=st.booleans())
    def the_camera_gives_nothing(self, seconds: float, raises: bool) -> None:
        self.camera.does = CameraError("camera 0 was unplugged") if raises else False
        for _ in range(round(seconds / TICK_S)):
            self.turn()
        self.camera.does = True

    @rule(seconds=st.sampled_from([0.1, 4.0]), does=st.sampled_from([CameraError("camera 0 hangs"), False, True]))
    def the_cameras_driver_hangs(self, seconds: float, does: bool | Exception) -> None:
        """A frame taken before may still come."""
        self.camera.does, self.camera.is_stuck = does, True
        for _ in range(round(seconds / TICK_S)):
            self.turn()
        self.camera.does, self.camera.is_stuck = True, False

    @rule(lie_s=st.sampled_from([-1e6, -3.0, -0.05, 0.05, 3.0, 1e6, float("nan")]), times=st.integers(1, 6))
    def the_camera_lies_about_time(self, lie_s: float, times: int) -> None:
        self.camera.lie_s = lie_s
        for _ in range(times):
            self.turn()
        self.camera.lie_s = 0.0

    @rule(seconds=st.sampled_from([0.5, 1.9, 30.0]))
    def the_loop_is_held_up(self, seconds: float) -> None:
        """A tick that takes long: a slow card, a busy machine, a debugger."""
        self.camera.gap_s = seconds
        self.turn()
        self.camera.gap_s = TICK_S

    @rule(seconds=st.sampled_from([-1e7, -3600.0, -1.0, 1.0, 3600.0, 1e7]))
    def the_civil_clock_is_set(self, seconds: float) -> None:
        self.clock.civil_s += seconds
        self.turn()

    @rule(
        off_s=st.sampled_from([0.0, 1.0]),
        walks_up=st.sampled_from([1, 2]),
        is_cut=st.booleans(),
        step_s=st.sampled_from([0.0, -3600.0, 3600.0]),
    )
    def strangers_try_until_it_locks_and_somebody_enrolled_comes(
        self, off_s: float, walks_up: int, is_cut: bool, step_s: float
    ) -> None:
        for track in (21, 22):
            self.a_stranger_stands_there(8, track)
        self.the_civil_clock_is_set(step_s)
        if is_cut:
            self.power_is_cut(off_s)
        self.somebody_enrolled_stands_there(9, 23, walks_up)

    @rule(score=st.sampled_from([0.3, 0.8]), low=st.sampled_from([0.2, 0.45]), liveness=st.sampled_from([0.1, 1.0]))
    def good_and_poor_looks_take_turns(self, score: float, low: float, liveness: float) -> None:
        for number in range(9):
            is_good = number % 3 == 2
            self.view.faces = (sighting(31, 1, score if is_good else low, liveness=1.0 if is_good else liveness),)
            self.turn()

    @rule(is_gone=st.booleans())
    def journald_comes_and_goes(self, is_gone: bool) -> None:
        self.gone.is_gone = is_gone
        self.turn()

    @rule(refuse=st.sampled_from([None, "no space left on the device"]))
    def the_disk_fills_or_is_freed(self, refuse: str | None) -> None:
        self.people.refuse = refuse
        self.turn()

    @rule(what=st.sampled_from([ModelError("not finite"), MemoryError(), RuntimeError("a bug"), KeyboardInterrupt()]))
    def inference_breaks(self, what: BaseException) -> None:
        """The process ends, the door locked, and the service manager starts another."""
        self.view.breaks = what
        self.dies(type(what))

    @rule()
    def the_pins_break(self) -> None:
        self.panel.raise_at = 0
        self.dies(OSError)

    @rule(when=st.sampled_from(sorted(SHOWS)), track=st.integers(1, 9), tries=st.integers(1, 3))
    def the_pins_break_whenever(self, when: str, track: int, tries: int) -> None:
        """After the relay has moved, so that whoever makes them break at will gains nothing by it."""
        for number in range(tries):
            self.panel.raise_if = SHOWS[when]
            score = 0.8 if when == "the door opens" else 0.2
            self.view.faces = (sighting(10 * number + track, 1, score),)
            self.runs(15)

    @rule(seconds=st.sampled_from([0.0, 3.0, 20.0]))
    def power_is_cut(self, seconds: float) -> None:
        """Without a word: the relay falls with it."""
        self.panel.relay = False
        self.clock.pass_(seconds)
        self.boots += 1
        self.begin()

    # ------------------------------------------------------------ what is watched

    def dies(self, error: type[BaseException]) -> None:
        before, rises_before = len(self.journal.events), self.panel.rises
        try:
            self.daemon.run()
        except error:
            assert self.panel.locks
        else:
            raise AssertionError("it went on as if nothing had happened")
        self.ends(before, rises_before)

    def runs(self, ticks: int) -> None:
        """So many ticks, unless the pins break before; then the end of the process, and another one."""
        before, rises_before = len(self.journal.events), self.panel.rises
        self.desk.left, self.desk.stop = ticks, lambda: setattr(self.daemon, "stop_requested", True)
        with suppress(PanelError):
            self.daemon.run()
        self.ends(before, rises_before)

    def ends(self, before: int, rises_before: int) -> None:
        """What has to hold at the end of a process, whatever it came of; then another one."""
        assert not self.panel.relay, "it ended with the door open"
        events, now_s = self.journal.events[before:], self.clock.at_s
        openings = [event for event in events if event.kind in (EventKind.UNLOCKED, EventKind.EXIT)]
        assert len(openings) == self.panel.rises - rises_before, "an opening and its entry do not match"
        kept, decided = self.keeper().load(now_s), self.daemon.gate.lockout
        assert (kept.level, len(kept.refused_at_s)) == (decided.level, len(decided.refused_at_s)), "it is forgotten"
        assert kept.is_on(now_s) == decided.is_on(now_s)
        self.check_lockout(events, (), now_s)
        if openings:
            self.watched.lockouts = 0
        self.clock.pass_(3.0)
        self.begin()

    def turn(self, *asked: Asked) -> None:
        """One tick, and what has to hold at its end."""
        self.desk.asked.extend(asked)
        before, said_before = len(self.journal.events), len(self.notifier.said)
        told_before = len(self.people.enrolled)
        self.daemon.tick()
        now_s = self.clock.at_s
        self.watched.as_of_s = now_s
        if self.camera.does is True:
            said_s = now_s + self.camera.lie_s
            seen_s = said_s if said_s <= now_s else now_s  # nobody believes a frame from the future
            self.watched.history.extend((seen_s, face) for face in self.view.faces)
            self.watched.as_of_s = max(seen_s, now_s - BEHIND_S)
        events = self.journal.events[before:]
        self.check_unlocks(events, asked, now_s)
        self.check_relay(events, now_s)
        self.check_lockout(events, asked, now_s)
        self.check_enrolments(events, told_before)
        is_fed = "alive" in self.notifier.said[said_before:]
        assert is_fed is not self.camera.is_stuck, "a hung camera fed the watchdog, or a lost one starved it"

    def check_unlocks(self, events: list[Event], asked: Sequence[Asked], now_s: float) -> None:
        for event in (event for event in events if event.kind is EventKind.UNLOCKED):
            if event.person is None:
                assert any(isinstance(each, UnlockAsked) for each in asked), "opened for nobody, and nobody asked"
                self.watched.commanded_s = now_s
                continue
            self.watched.opened_s = now_s
            members = self.people.members
            shown = proven(self.watched.history, self.watched.as_of_s)
            names = {members[person].name for person in shown if person in members}
            assert event.person in names, "opened without agreeing, living looks of one enrolled person"
            assert now_s >= self.watched.locked_out_until_s, "opened by a face during a lockout"
            assert self.camera.healthy(now_s)
            self.watched.lockouts = 0

    def check_relay(self, events: list[Event], now_s: float) -> None:
        """Open only for `unlock_s` after an entry in the journal says why, and one entry for each time."""
        openings = [event for event in events if event.kind in (EventKind.UNLOCKED, EventKind.EXIT)]
        if self.panel.relay and not self.watched.was_open:
            assert openings, "the door opened without a word in the journal"
        told = [(event.kind, event.person, event.track) for event in openings]
        assert len(told) == len(set(told)), "somebody was let in once, and it stands there twice"
        if self.panel.relay:
            is_entered = now_s - max(self.watched.opened_s, self.watched.commanded_s) < UNLOCK_S
            is_left = now_s - self.watched.touched_s < UNLOCK_S + 2.5 * TICK_S
            assert is_entered or is_left, "the door is open and nothing says why"
        is_blind = not self.camera.healthy(now_s) and "ready" in self.notifier.said
        if self.panel.relay and is_blind:
            since_s = now_s - max(self.watched.touched_s, self.watched.commanded_s)
            assert since_s < UNLOCK_S + 2.5 * TICK_S, "open for a face, and the camera is gone"
        self.watched.was_open = self.panel.relay

    def check_lockout(self, events: list[Event], asked: Sequence[Asked], now_s: float) -> None:
        watched = self.watched
        if any(isinstance(each, ClearLockoutAsked) for each in asked):
            watched.locked_out_until_s, watched.lockouts = -1e9, 0
        for event in events:
            if event.kind is EventKind.LOCKOUT_BEGAN:
                assert event.time_s <= now_s
                watched.locked_out_until_s = event.time_s + DELAYS_S[min(watched.lockouts, len(DELAYS_S) - 1)]
                watched.lockouts += 1

    def check_enrolments(self, events: list[Event], told_before: int) -> None:
        """Nobody is added unless a client asked, an administrator vouched, or there was nobody yet."""
        for event in events:
            if event.kind is EventKind.VOUCHED:
                assert event.person in {
                    member.name for member in self.people.members.values() if member.role is Role.ADMIN
                }
                self.may_enroll = True
            elif event.kind is EventKind.ENROLL_CANCELLED:
                self.may_enroll = False
        added = self.people.enrolled[told_before:]
        assert len(added) <= 1
        if added and len(self.people.members) > 1:
            assert self.may_enroll, "somebody was enrolled whom nobody vouched for"
            assert added[0][1] is not Role.ADMIN
        if added:
            self.may_enroll = False

    @invariant()
    def the_relay_is_what_the_gate_says(self) -> None:
        assert self.panel.relay == bool(self.panel.shown and self.panel.shown[-1].is_open)

    @precondition(lambda self: self.panel.relay)
    @rule(raises=st.booleans())
    def the_camera_goes_while_the_door_is_open(self, raises: bool) -> None:
        self.the_camera_gives_nothing(4.0, raises)

    @precondition(lambda self: self.panel.relay)
    @rule()
    def left_alone_the_door_locks_in_time(self) -> None:
        self.view.faces = ()
        began_s = self.clock.at_s
        while self.panel.relay:
            self.turn()
            assert self.clock.at_s - began_s < UNLOCK_S + 3 * TICK_S


logging.getLogger("faceauthd").addHandler(logging.NullHandler())
DaemonModel.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
TestDaemonModel = DaemonModel.TestCase


def test_an_order_and_a_face_in_one_tick_are_told_apart() -> None:
    """Once the model took both for the order, kept the level that the face had ended, and then expected the next
    lockout to be longer than it was: "a face let in during a lockout", in one of 1.7 million ticks.
    """
    for moment in range(9):
        model = DaemonModel()
        try:
            for track in (21, 22):
                model.a_stranger_stands_there(8, track)
            model.nobody_is_there(10.0)
            model.view.faces = (sighting(3, 1),)
            for number in range(9):
                model.turn(*([UnlockAsked(model.clock.at_s, "uid 0")] if number == moment else []))
            model.nobody_is_there(10.0)
            for track in (41, 42):
                model.a_stranger_stands_there(8, track)
            assert model.watched.lockouts == model.daemon.gate.lockout.level == 1
            model.nobody_is_there(3.0)
            model.somebody_enrolled_stands_there(9, 51, 1)
        finally:
            model.teardown()
