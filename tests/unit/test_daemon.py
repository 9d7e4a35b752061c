"""The loop on fake ports: what it passes on, and that it leaves the door locked on every way out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from faceauthd.button import ButtonPolicy
from faceauthd.daemon import Daemon, Ports
from faceauthd.enrolment import EnrolmentPolicy
from faceauthd.errors import CameraError, ModelError, PanelError
from faceauthd.evidence import EvidencePolicy
from faceauthd.gate import Mode, Policy
from faceauthd.inbox import Inbox
from faceauthd.light import LightPolicy
from faceauthd.lockout import Lockout
from faceauthd.prose import signal_text
from faceauthd.types import Edge, Event, EventKind, Frame, Member, Reason, Role, Sighting, SignalKind, Source, Wants
from tests.fakes import (
    CAMERA_HANGS,
    CAMERA_LOST,
    FakeCalendar,
    FakeCamera,
    FakeClock,
    FakeDesk,
    FakeJournal,
    FakeKeeper,
    FakeLots,
    FakeNotifier,
    FakePanel,
    FakePeople,
    FakeRecognizer,
    sighting,
)

POLICY = Policy(
    evidence=EvidencePolicy(looks=3, window_s=2.0, refuse_after_looks=6),
    enrolment=EnrolmentPolicy(templates=3, timeout_s=30.0),
    unlock_s=2.0,
)


@dataclass
class Rig:
    """A daemon on fakes, ann enrolled, and ann standing there unless told otherwise."""

    script: Sequence[bool | BaseException | None] = (True,) * 10
    clock: FakeClock = field(default_factory=FakeClock)
    panel: FakePanel = field(default_factory=FakePanel)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    journal: FakeJournal = field(default_factory=FakeJournal)
    recognizer: FakeRecognizer = field(
        default_factory=lambda: FakeRecognizer(lambda frame, wants: [sighting(person=1)])
    )
    people: FakePeople = field(default_factory=lambda: FakePeople(members={1: Member("ann", Role.ADMIN)}))
    desk: FakeDesk = field(default_factory=FakeDesk)
    keeper: FakeKeeper = field(default_factory=FakeKeeper)
    policy: Policy = POLICY
    edges: Inbox[Edge] = field(default_factory=Inbox)
    light: LightPolicy | None = None
    lux: float | None = None

    def daemon(self) -> Daemon:
        self.camera = FakeCamera(self.clock, self.script, lux=self.lux)
        ports = Ports(
            self.camera,
            self.panel,
            self.clock,
            self.notifier,
            self.journal,
            self.recognizer,
            self.people,
            self.desk,
            self.keeper,
            FakeCalendar(),
            FakeLots(),
        )
        return Daemon(ports, self.policy, ButtonPolicy(), self.edges, self.light)

    def press(self) -> None:
        self.edges.put(Edge(True, self.clock.at_s))
        self.edges.put(Edge(False, self.clock.at_s + 0.2))


def test_walking_up_drives_the_relay_and_is_journalled_once() -> None:
    rig = Rig((True,) * 40)
    rig.daemon().run()
    opened = [signal.now_s for signal in rig.panel.shown if signal.is_open]
    assert opened[-1] - opened[0] == pytest.approx(2.0, abs=0.11)
    assert rig.journal.kinds() == ["started", "approached", "unlocked", "locked", "stopped"]
    assert not rig.panel.relay


@dataclass
class Raises:
    """Somebody at a port who stops working after a few calls."""

    after: int
    error: BaseException
    calls: int = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.calls > self.after:
            raise self.error


OPEN_AFTER = 5
"""Calls until the door is open in the rig, so that what breaks then would leave it open."""


def break_recognizer(rig: Rig, breaks: Raises) -> None:
    def script(frame: Frame, wants: Wants) -> Iterable[Sighting]:
        breaks()
        return [sighting(person=1)]

    rig.recognizer = FakeRecognizer(script)


def break_panel(rig: Rig, breaks: Raises) -> None:
    rig.panel = FakePanel(raise_at=breaks.after, raise_what=breaks.error)


def break_journal(rig: Rig, breaks: Raises) -> None:
    class Journal(FakeJournal):
        def record(self, event: object) -> None:
            raise breaks.error

    rig.journal = Journal()


def break_notifier(rig: Rig, breaks: Raises) -> None:
    class Notifier(FakeNotifier):
        def alive(self, status: str) -> None:
            breaks()

    rig.notifier = Notifier()


def break_people(rig: Rig, breaks: Raises) -> None:
    class People(FakePeople):
        def roster(self):  # type: ignore[no-untyped-def]
            breaks()
            return super().roster()

    rig.people = People(members={1: Member("ann", Role.ADMIN)})


def break_desk(rig: Rig, breaks: Raises) -> None:
    class Desk(FakeDesk):
        def pending(self, state, now_s):  # type: ignore[no-untyped-def]
            breaks()
            return ()

    rig.desk = Desk()


def break_camera(rig: Rig, breaks: Raises) -> None:
    rig.script = (*(True,) * breaks.after, breaks.error)


@pytest.mark.parametrize(
    "error",
    [PanelError("a pin"), ModelError("NaN"), RuntimeError("a bug"), KeyboardInterrupt(), MemoryError()],
    ids=repr,
)
@pytest.mark.parametrize(
    "broken",
    [break_recognizer, break_panel, break_journal, break_notifier, break_people, break_desk, break_camera],
    ids=lambda function: function.__name__,
)
def test_whatever_breaks_while_the_door_is_open_locks_it(broken, error: BaseException) -> None:  # type: ignore[no-untyped-def]
    rig = Rig((True,) * 20)
    broken(rig, Raises(OPEN_AFTER, error))
    with pytest.raises(type(error)):
        rig.daemon().run()
    if broken is not break_journal:
        assert any(signal.is_open for signal in rig.panel.shown), "the rig was not open when it broke"
    assert not rig.panel.relay
    assert rig.panel.locks >= 1


def test_an_opening_is_written_down_before_the_relay_moves_and_a_closing_after() -> None:
    rig, relay_at = Rig((True,) * 40), {}

    class Journal(FakeJournal):
        def record(self, event: Event) -> None:
            relay_at[str(event.kind)] = rig.panel.relay

    rig.journal = Journal()
    rig.daemon().run()
    assert (relay_at["unlocked"], relay_at["locked"]) == (False, False)
    assert rig.panel.rises == 1


def test_a_journal_that_breaks_as_the_door_is_to_be_shut_finds_it_shut() -> None:
    rig, at = Rig((True,) * 40), []

    class Journal(FakeJournal):
        def record(self, event: Event) -> None:
            if event.kind is EventKind.LOCKED:
                at.append(rig.panel.relay)
                raise OSError("journald is gone")

    rig.journal = Journal()
    with pytest.raises(OSError, match="journald"):
        rig.daemon().run()
    assert at == [False]


def test_an_unlock_has_its_entry_although_the_pins_break_as_it_happens() -> None:
    rig = Rig((True,) * 20)
    rig.panel.raise_if = lambda signal: signal.is_open
    with pytest.raises(PanelError):
        rig.daemon().run()
    assert rig.panel.rises == 1
    assert not rig.panel.relay
    assert rig.journal.kinds().count("unlocked") == 1
    assert not rig.desk.heard or rig.desk.heard[-1].kind is not EventKind.UNLOCKED, "a client was told that it is open"


def test_a_refusal_is_kept_although_the_pins_break_whenever_one_is_shown() -> None:
    """Else a red lamp with a short would be a way around the lockout."""
    keeper = FakeKeeper()
    for tries in (1, 2):
        rig = Rig((True,) * 20, recognizer=FakeRecognizer(lambda frame, wants: [sighting(person=1, score=0.1)]))
        rig.policy = replace(POLICY, lockout=replace(POLICY.lockout, refusals=3))
        rig.keeper = keeper
        rig.panel.raise_if = lambda signal: signal.kind is SignalKind.REFUSED
        with pytest.raises(PanelError):
            rig.daemon().run()
        assert rig.journal.kinds().count("refused") == 1
        assert len(keeper.kept.refused_at_s) == tries


def test_a_lost_camera_locks_the_door_and_is_said_once_and_the_loop_goes_on() -> None:
    lost = CameraError("camera 0 was unplugged")
    rig = Rig((*(True,) * 5, *(lost,) * 30, *(True,) * 10))
    rig.daemon().run()
    kinds = rig.journal.kinds()
    assert kinds.count("fault") == 1
    assert kinds.count("recovered") == 1
    fault = next(event for event in rig.journal.events if event.kind is EventKind.FAULT)
    assert fault.detail == "camera 0 was unplugged"
    while_gone = [signal for signal in rig.panel.shown if signal.kind == "fault"]
    assert while_gone
    assert not any(signal.is_open for signal in while_gone)


def test_the_exit_button_opens_also_without_a_camera() -> None:
    lost = CameraError("camera 0 was unplugged")
    rig = Rig((*(True,) * 2, *(lost,) * 60))
    daemon = rig.daemon()
    while daemon.gate.mode is not Mode.FAULT:
        daemon.tick()
    rig.edges.put(Edge(True, rig.clock.at_s, Source.EXIT_BUTTON))
    daemon.run()
    opened = [signal.now_s for signal in rig.panel.shown if signal.is_open]
    assert opened[-1] - opened[0] == pytest.approx(POLICY.unlock_s, abs=0.11)
    assert rig.journal.kinds() == ["approached", "fault", "started", "exit", "locked", "stopped"]
    assert not rig.panel.relay


def test_a_camera_lost_for_an_hour_costs_no_restart_and_one_line() -> None:
    rig = Rig((*(True,) * 5, *(None,) * 40, *(CAMERA_LOST,) * 36_000, *(True,) * 5))
    rig.daemon().run()
    assert rig.notifier.said.count("alive") == len(rig.script), "each turn of the loop feeds the watchdog"
    assert rig.journal.kinds().count("fault") == rig.journal.kinds().count("recovered") == 1
    fault = next(event for event in rig.journal.events if event.kind is EventKind.FAULT)
    assert "faceauthd doctor" in str(fault.detail)


def test_a_camera_whose_driver_hangs_feeds_no_watchdog_until_it_comes_back() -> None:
    rig = Rig((*(True,) * 5, *(CAMERA_HANGS,) * 200, *(True,) * 5))
    rig.daemon().run()
    fed = [said == "alive" for said in rig.notifier.said if said not in ("ready", "stopping")]
    assert fed == [True] * 5 + [False] * 200 + [True] * 5
    assert rig.notifier.statuses[-6].startswith("Locked: camera 0 hangs")


def test_a_fault_is_one_line_of_the_journal_and_none_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    errors = (CameraError("camera 0 is lost"), CameraError("there is no camera 0"), CameraError("busy"))
    rig = Rig((*(True,) * 5, *(error for error in errors for _ in range(20))))
    rig.daemon().run()
    assert rig.journal.kinds().count("fault") == 1
    assert caplog.messages == []


def test_the_status_names_the_cameras_trouble_and_the_remedy() -> None:
    rig = Rig((*(True,) * 2, *(CameraError("there is no camera 7; is its cable seated?"),) * 30))
    rig.daemon().run()
    assert rig.notifier.statuses[-1].startswith("Locked: there is no camera 7; is its cable seated?")


def test_the_status_says_how_hot_it_is_where_that_is_known() -> None:
    class Warm:
        def celsius(self) -> float | None:
            return 41.0

    rig = Rig((True,) * 3)
    daemon = rig.daemon()
    daemon.tick()
    daemon._ports = replace(daemon._ports, thermometer=Warm())
    daemon.run()
    assert rig.notifier.statuses[0].endswith(" fps")
    assert rig.notifier.statuses[-1].endswith(" fps, 41 °C")


def test_ready_is_said_once_and_only_with_a_frame() -> None:
    rig = Rig((None,) * 5 + (CAMERA_LOST,) * 1000 + (True,) * 5)
    rig.daemon().run()
    assert rig.notifier.said.count("ready") == 1
    assert rig.notifier.said.index("ready") == 1005
    assert rig.notifier.said.count("alive") == 1010, "and until then it says that it still waits"
    assert rig.notifier.said[-1] == "stopping"


def test_enrolling_by_the_button_puts_somebody_into_the_gallery() -> None:
    looks = iter(range(1000))
    rig = Rig(
        (True,) * 120,
        recognizer=FakeRecognizer(lambda frame, wants: [sighting(person=None, yaw_deg=2.0 * next(looks))]),
        people=FakePeople(),
    )
    daemon = rig.daemon()
    rig.press()
    daemon.run()
    assert rig.people.enrolled == [("person-1", Role.ADMIN, 3)]
    assert [kind for kind in rig.journal.kinds() if kind.startswith("enroll")] == [
        "enroll-began",
        *["enroll-step"] * 3,
        "enrolled",
    ]
    assert len(rig.recognizer.wants[-1].taken) == 0
    assert max(len(wants.taken) for wants in rig.recognizer.wants) == 3


def test_a_full_disk_loses_the_enrolment_and_nothing_else() -> None:
    looks = iter(range(1000))
    rig = Rig(
        (True,) * 120,
        recognizer=FakeRecognizer(lambda frame, wants: [sighting(person=None, yaw_deg=2.0 * next(looks))]),
        people=FakePeople(refuse="no space left on the device"),
    )
    daemon = rig.daemon()
    rig.press()
    daemon.run()
    cancelled = [event for event in rig.journal.events if event.kind is EventKind.ENROLL_CANCELLED]
    assert [event.detail for event in cancelled] == ["not kept: no space left on the device"]
    assert rig.people.enrolled == []


def test_a_lockout_is_kept_and_taken_up_again() -> None:
    rig = Rig((True,) * 400, recognizer=FakeRecognizer(lambda frame, wants: [sighting(person=1, score=0.1)]))
    rig.policy = replace(POLICY, lockout=replace(POLICY.lockout, refusals=2))
    daemon = rig.daemon()
    while daemon.gate.mode is not Mode.LOCKED_OUT:
        daemon.tick()
    assert rig.keeper.kept.until_s is not None
    again = Rig(keeper=FakeKeeper(Lockout((), 1, rig.clock.at_s + 1000)))
    assert again.daemon().gate.mode is Mode.LOCKED_OUT
    again.daemon().run()
    assert "unlocked" not in again.journal.kinds()


def test_the_recognizer_is_asked_for_no_more_than_is_undecided() -> None:
    rig = Rig((True,) * 10)
    rig.daemon().run()
    assert [wants.decided for wants in rig.recognizer.wants] == [frozenset()] * 3 + [frozenset({1})] * 7


def test_an_unusable_look_says_why() -> None:
    rig = Rig((True,) * 3, recognizer=FakeRecognizer(lambda frame, wants: [sighting(reasons=(Reason.TOO_SMALL,))]))
    rig.daemon().run()
    assert (rig.panel.shown[-1].kind, rig.panel.shown[-1].reason) == ("hold-still", Reason.TOO_SMALL)


def test_who_would_pass_but_for_a_turn_is_asked_for_one_and_not_let_in() -> None:
    rig = Rig((True,) * 30, recognizer=FakeRecognizer(lambda frame, wants: [sighting(reasons=(Reason.STIFF,))]))
    rig.daemon().run()
    assert rig.panel.shown[-1].kind == "turn"
    assert signal_text(rig.panel.shown[-1]) == "Turn your head a little"
    assert {"unlocked", "refused"}.isdisjoint(rig.journal.kinds())


@pytest.mark.parametrize(
    ("light", "lux", "is_there", "is_lit"),
    [
        (LightPolicy(), 3.0, True, True),
        (LightPolicy(), 3.0, False, False),
        (LightPolicy(), 300.0, True, False),
        (LightPolicy(), None, True, False),
        (LightPolicy(all_night=True), 3.0, False, True),
        (None, 3.0, True, False),
    ],
)
def test_the_light_follows_the_frames_brightness(
    light: LightPolicy | None, lux: float | None, is_there: bool, is_lit: bool
) -> None:
    rig = Rig(light=light, lux=lux)
    rig.recognizer = FakeRecognizer(lambda frame, wants: [sighting(person=1)] if is_there else [])
    rig.daemon().run()
    assert rig.panel.shown[-1].is_lit is is_lit


def test_enrolling_in_the_dark_lights_it_although_nobody_is_found_yet() -> None:
    rig = Rig(light=LightPolicy(), lux=0.2, people=FakePeople(members={}))
    rig.recognizer = FakeRecognizer(lambda frame, wants: [])
    rig.press()
    rig.daemon().run()
    assert rig.panel.shown[-1].kind is SignalKind.ENROLLING
    assert rig.panel.shown[-1].is_lit
