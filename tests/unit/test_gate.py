"""The door's stories, told tick by tick."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from faceauthd.enrolment import EnrolmentPolicy
from faceauthd.evidence import EvidencePolicy
from faceauthd.gate import Authority, Gate, Mode, Policy, Tick, step
from faceauthd.lockout import LockoutPolicy
from faceauthd.outputs import signal_for
from faceauthd.types import (
    Asked,
    CancelAsked,
    CommitDone,
    CommitFailed,
    EnrollAsked,
    Event,
    EventKind,
    Member,
    Person,
    Press,
    PressKind,
    Reason,
    Role,
    Roster,
    Rules,
    Sighting,
    SignalKind,
    Turn,
)
from tests.fakes import sighting

POLICY = Policy(
    evidence=EvidencePolicy(looks=3, window_s=2.0, refuse_after_looks=6),
    enrolment=EnrolmentPolicy(templates=3, timeout_s=30.0),
    lockout=LockoutPolicy(refusals=3, window_s=60.0, delays_s=(30.0, 300.0)),
    unlock_s=5.0,
    retry_s=3.0,
)
ANN, BEN = 1, 2
BOTH = Roster(0.5, {ANN: Member("ann", Role.ADMIN), BEN: Member("ben", Role.MEMBER)}, 10)
NOBODY = Roster(0.5)


@dataclass
class Story:
    """A gate with a clock: 10 frames a second."""

    roster: Roster = BOTH
    policy: Policy = POLICY
    gate: Gate = field(default_factory=Gate)
    now_s: float = 100.0
    events: list[Event] = field(default_factory=list)
    wall: datetime | None = None
    is_clock_set: bool = True
    lot: int = 0

    def tick(
        self, *seen: Sighting, asked: tuple[Asked, ...] = (), trouble: str | None = None, gap_s: float = 0.1
    ) -> Gate:
        self.now_s += gap_s
        tick = Tick(
            self.now_s,
            self.roster,
            asked,
            seen,
            self.now_s,
            trouble,
            wall=self.wall,
            is_clock_set=self.is_clock_set,
            lot=self.lot,
        )
        self.gate, events = step(self.gate, tick, self.policy)
        self.events.extend(events)
        self.check(events)
        return self.gate

    def check(self, events: tuple[Event, ...]) -> None:
        """What holds after every tick of every story: whatever is told is told of now, and times are times."""
        assert all(event.time_s == self.now_s for event in events)
        gate = self.gate
        times = (gate.since_s, gate.exit_since_s, gate.door.since_s, gate.spoofs.since_s)
        assert all(isinstance(at_s, float) and at_s <= self.now_s for at_s in times)

    def ticks(self, count: int, *seen: Sighting) -> Gate:
        for _ in range(count):
            self.tick(*seen)
        return self.gate

    def until(self, mode: Mode, seen: Callable[[int], tuple[Sighting, ...]], most: int = 200) -> None:
        for turn in range(most):
            if self.gate.mode is mode:
                return
            self.tick(*seen(turn))
        raise AssertionError(f"never {mode}: {self.gate}")

    def press(self, kind: PressKind = PressKind.SHORT) -> Gate:
        return self.tick(asked=(Press(kind, self.now_s + 0.05),))

    @property
    def is_open(self) -> bool:
        return self.gate.is_open(self.now_s)

    def kinds(self) -> list[EventKind]:
        quiet = (EventKind.APPROACHED, EventKind.LEFT, EventKind.ENROLL_STEP)
        return [event.kind for event in self.events if event.kind not in quiet]


def turning(track: int = 1, person: int | None = None, score: float = 0.1) -> Callable[[int], tuple[Sighting, ...]]:
    """A newcomer who turns the head a little with every look."""
    return lambda turn: (sighting(track, person, score, yaw_deg=3.0 * turn),)


def test_walking_up_opens_the_door_once_and_for_unlock_s() -> None:
    story = Story()
    story.ticks(2, sighting(person=ANN))
    assert not story.is_open
    assert story.gate.mode is Mode.VERIFYING
    story.tick(sighting(person=ANN))
    assert story.is_open
    story.ticks(49, sighting(person=ANN))
    assert story.is_open
    story.ticks(2, sighting(person=ANN))
    assert not story.is_open
    story.ticks(100, sighting(person=ANN))
    assert story.kinds() == [EventKind.UNLOCKED, EventKind.LOCKED]
    assert story.events[1].person == "ann"
    assert story.events[1].threshold == 0.5


def test_whoever_leaves_and_comes_back_is_let_in_again() -> None:
    story = Story()
    story.ticks(3, sighting(person=ANN))
    story.ticks(70)
    story.ticks(3, sighting(track=2, person=ANN))
    assert story.is_open


def test_a_stranger_is_refused_and_looked_at_again_more_and_more_rarely() -> None:
    story = Story(policy=replace(POLICY, lockout=LockoutPolicy(refusals=100)))
    story.ticks(300, sighting(person=ANN, score=0.2))
    refused = [event.time_s for event in story.events if event.kind is EventKind.REFUSED]
    gaps = [round(later - earlier) for earlier, later in itertools.pairwise(refused)]
    assert gaps == [4, 7, 13]
    assert {event.reason for event in story.events if event.kind is EventKind.REFUSED} == {Reason.UNKNOWN}


def test_two_people_in_view_are_two_tracks() -> None:
    story = Story()
    for _ in range(2):
        story.tick(sighting(1, ANN), sighting(2, BEN))
    assert not story.is_open
    story.tick(sighting(1, ANN), sighting(2, ANN, 0.2))
    assert story.is_open
    assert story.gate.person == "ann"


def test_two_tracks_of_one_person_do_not_add_up() -> None:
    story = Story()
    for turn in range(8):
        story.tick(sighting(turn, ANN))
    assert not story.is_open


def test_a_stranger_beside_somebody_let_in_is_told_of_but_neither_shown_nor_counted() -> None:
    story = Story()
    story.ticks(30, sighting(1, ANN), sighting(2, ANN, 0.1))
    assert story.is_open
    assert story.kinds() == [EventKind.UNLOCKED, EventKind.REFUSED]
    assert story.gate.lockout.refused_at_s == ()


def test_strangers_who_keep_trying_lock_everybody_out_for_a_while() -> None:
    story = Story()
    story.until(Mode.LOCKED_OUT, lambda turn: (sighting(turn // 10, ANN, 0.2),))
    story.ticks(250, sighting(500, ANN))
    assert story.gate.mode is Mode.LOCKED_OUT
    assert not story.gate.wants(story.now_s, story.policy).identify
    story.ticks(60)
    story.ticks(3, sighting(501, ANN))
    assert story.is_open
    assert story.gate.lockout.level == 0


def test_while_nobody_is_enrolled_nobody_is_refused_and_nobody_locked_out_of_enrolling() -> None:
    story = Story(roster=NOBODY)
    story.ticks(300, sighting(person=None))
    assert story.kinds() == []
    assert story.press().mode is Mode.ENROLLING


def test_an_empty_room_and_unusable_looks_never_lock_anybody_out() -> None:
    story = Story()
    story.ticks(200)
    story.ticks(200, sighting(reasons=(Reason.BLURRED,)))
    story.ticks(4, sighting(person=ANN, score=0.1))
    assert story.kinds() == []


def test_a_spoof_is_refused_as_one() -> None:
    story = Story()
    story.ticks(6, sighting(person=ANN, liveness=0.05))
    assert (story.gate.mode, story.gate.reason) == (Mode.REFUSED, Reason.SPOOF)


def test_somebody_removed_while_being_looked_at_is_not_let_in() -> None:
    story = Story()
    story.ticks(2, sighting(person=BEN))
    story.roster = Roster(0.5, {ANN: Member("ann", Role.ADMIN)}, 5)
    story.ticks(20, sighting(person=BEN))
    assert EventKind.UNLOCKED not in story.kinds()


def test_a_lost_camera_locks_an_open_door_at_once() -> None:
    story = Story()
    story.ticks(3, sighting(person=ANN))
    assert story.is_open
    story.tick(trouble="camera 0 was unplugged")
    assert not story.is_open
    story.tick(sighting(person=ANN))
    assert not story.is_open
    assert story.kinds() == [EventKind.UNLOCKED, EventKind.LOCKED, EventKind.FAULT, EventKind.RECOVERED]


def test_a_lockout_goes_on_behind_a_fault() -> None:
    story = Story()
    story.until(Mode.LOCKED_OUT, lambda turn: (sighting(turn // 10, ANN, 0.2),))
    story.tick(trouble="unplugged")
    assert story.gate.mode is Mode.FAULT
    assert story.tick(sighting(900, ANN)).mode is Mode.LOCKED_OUT


def test_the_first_to_press_becomes_administrator() -> None:
    story = Story(roster=NOBODY)
    story.press()
    story.until(Mode.ENROLLING, turning())
    for turn in range(60):
        if story.gate.to_commit:
            break
        story.tick(*turning()(turn))
    enrolment = story.gate.to_commit
    assert enrolment is not None
    assert (enrolment.role, len(enrolment.taken), enrolment.name) == (Role.ADMIN, 3, None)
    yaws = [template.yaw_deg for template in enrolment.taken]
    assert all(abs(a - b) >= 5 for i, a in enumerate(yaws) for b in yaws[:i])
    person = Person(1, "person-1", Role.ADMIN, 3, 0.0)
    story.roster = Roster(0.5, {1: Member("person-1", Role.ADMIN)}, 3)
    story.tick(sighting(person=1), asked=(CommitDone(person),))
    assert story.gate.mode is Mode.ENROLLED
    story.ticks(100, sighting(person=1))
    assert EventKind.UNLOCKED not in story.kinds()
    story.ticks(20)
    story.ticks(3, sighting(2, person=1))
    assert story.is_open


def test_nothing_is_kept_when_the_gallery_cannot_write() -> None:
    story = Story(roster=NOBODY)
    story.press()
    story.until(Mode.ENROLLING, turning())
    for turn in range(60):
        story.tick(*turning()(turn))
    story.tick(asked=(CommitFailed("the disk is full"),))
    assert story.gate.mode is Mode.GIVEN_UP
    assert story.events[-1].detail == "not kept: the disk is full"


def test_a_finished_enrolment_is_not_committed_twice_nor_cancelled() -> None:
    story = Story(roster=NOBODY)
    story.press()
    for turn in range(60):
        story.tick(*turning()(turn))
    finished = story.gate.to_commit
    assert finished is not None
    story.press(PressKind.LONG)
    story.ticks(400)
    assert story.gate.to_commit == finished


def vouched() -> Story:
    story = Story()
    story.press()
    assert story.gate.mode is Mode.VOUCHING
    story.until(Mode.ENROLLING, lambda turn: (sighting(1, ANN),))
    return story


def test_an_administrator_vouches_and_no_door_opens() -> None:
    story = vouched()
    assert story.kinds() == [EventKind.VOUCH_ASKED, EventKind.VOUCHED, EventKind.ENROLL_BEGAN]
    assert story.gate.enrolment is not None
    assert story.gate.enrolment.role is Role.MEMBER
    assert not story.is_open


def test_the_voucher_does_not_become_the_newcomer_however_the_head_is_turned() -> None:
    story = vouched()
    for turn in range(45):
        story.tick(sighting(1, ANN, 0.3, yaw_deg=2.0 * turn))
    assert story.gate.enrolment is not None
    assert (story.gate.enrolment.taken, story.gate.enrolment.person_id) == ((), None)
    assert story.gate.hint is Reason.ALREADY_ENROLLED


@pytest.mark.parametrize(
    "face",
    [
        sighting(1, BEN),
        sighting(1, ANN, 0.2),
        sighting(1, ANN, liveness=0.1),
        sighting(1, ANN, reasons=(Reason.BLURRED,)),
    ],
    ids=["member", "stranger", "photograph", "blurred"],
)
def test_nobody_else_can_vouch(face: Sighting) -> None:
    story = Story(policy=replace(POLICY, lockout=LockoutPolicy(refusals=100)))
    story.press()
    story.ticks(150, face)
    assert story.gate.mode is Mode.VOUCHING
    story.ticks(60, face)
    assert EventKind.ENROLL_CANCELLED in story.kinds()
    assert EventKind.ENROLL_BEGAN not in story.kinds()


@pytest.mark.parametrize("presses_again", [False, True])
def test_a_stranger_who_waits_for_a_false_match_gets_few_chances_to_vouch(presses_again: bool) -> None:
    """Neither waiting nor giving up and pressing anew has them looked at sooner."""
    story = Story(policy=replace(POLICY, lockout=LockoutPolicy(refusals=100)))
    story.press()
    looked = 0
    for _ in range(190):
        is_looked_at = 1 not in story.gate.wants(story.now_s, story.policy).decided
        looked += is_looked_at
        if presses_again and not is_looked_at:
            story.press(PressKind.LONG)
            story.press()
        story.tick(sighting(1, ANN, 0.2))
    assert story.gate.mode is Mode.VOUCHING
    assert 0 < looked < 40


@pytest.mark.parametrize("liveness", [0.95, 0.05], ids=["stranger", "spoof"])
def test_whoever_is_refused_while_vouching_counts_as_at_the_door(liveness: float) -> None:
    """POLICY has three refusals; each is journalled, and the lockout ends the vouching."""
    story = Story()
    story.press()
    story.until(Mode.LOCKED_OUT, lambda _: (sighting(1, ANN, 0.2, liveness=liveness),))
    ends = [EventKind.REFUSED, EventKind.LOCKOUT_BEGAN, EventKind.ENROLL_CANCELLED]
    alarm = [EventKind.SPOOF_ALARM] if liveness < 0.5 else []
    assert story.kinds() == [EventKind.VOUCH_ASKED, *ends[:1] * 3, *alarm, *ends[1:]]
    reasons = {event.reason for event in story.events if event.kind is EventKind.REFUSED}
    assert reasons == {Reason.SPOOF if liveness < 0.5 else Reason.UNKNOWN}


def test_a_refusal_while_vouching_leaves_the_administrator_their_time() -> None:
    story = Story()
    story.press()
    story.ticks(20, sighting(1, BEN, 0.2))
    assert story.gate.mode is Mode.VOUCHING
    assert len(story.gate.lockout.refused_at_s) == 1
    story.until(Mode.ENROLLING, lambda _: (sighting(1, BEN, 0.2), sighting(2, ANN)), most=5)


def test_an_administrator_who_is_kept_out_vouches_for_nobody_and_is_named() -> None:
    roster = replace(BOTH, people={**BOTH.people, ANN: Member("ann", Role.ADMIN, Rules(is_disabled=True))})
    story = Story(roster=roster, wall=datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    story.press()
    story.ticks(60, sighting(1, ANN))
    assert story.gate.mode is Mode.VOUCHING
    refused = [event for event in story.events if event.kind is EventKind.REFUSED]
    assert [(event.person, event.reason) for event in refused] == [("ann", Reason.NOT_NOW)] * 2
    assert story.gate.lockout.refused_at_s == ()


def test_what_was_seen_before_the_press_does_not_vouch() -> None:
    story = Story()
    story.ticks(2, sighting(1, ANN))
    pressed_s = story.now_s + 0.35
    story.tick(asked=(Press(PressKind.SHORT, pressed_s),))
    story.ticks(2, sighting(1, ANN))
    assert story.gate.mode is Mode.VOUCHING
    story.ticks(2, sighting(1, ANN))
    assert story.gate.mode is Mode.VOUCHING
    story.tick(sighting(1, ANN))
    assert story.gate.mode is Mode.ENROLLING


def test_somebody_already_enrolled_is_not_enrolled_under_another_name() -> None:
    story = Story()
    story.tick(asked=(EnrollAsked("eve", story.now_s, "root"),))
    story.until(Mode.GIVEN_UP, turning(person=BEN, score=0.8))
    assert story.events[-1].kind is EventKind.ENROLL_CANCELLED
    assert story.events[-1].reason is Reason.ALREADY_ENROLLED
    assert "already enrolled as ben" in str(story.events[-1].detail)
    assert story.gate.to_commit is None
    story.ticks(40, sighting(1, BEN))
    assert not story.is_open, "what enrols nobody opens no door"


def test_somebody_already_enrolled_gets_more_templates_by_the_button() -> None:
    story = Story(policy=replace(POLICY, authority=Authority.ALWAYS))
    story.press()
    for turn in range(200):
        story.tick(*turning(person=BEN, score=0.8)(turn))
        if story.gate.to_commit is not None:
            break
    assert story.gate.to_commit is not None
    assert (story.gate.to_commit.person_id, story.gate.to_commit.name) == (BEN, "ben")
    assert [event.detail for event in story.events if event.kind is EventKind.ENROLL_BEGAN] == [
        "by button",
        "enrolled already: more looks",
    ]
    ben = Person(BEN, "ben", Role.MEMBER, 8, 0.0)
    story.tick(asked=(CommitDone(ben, is_known=True),))
    assert story.events[-1].kind is EventKind.IMPROVED
    assert story.gate.mode is Mode.ENROLLED
    assert not story.is_open


def test_two_faces_in_view_are_not_enrolled() -> None:
    story = Story(roster=NOBODY)
    story.press()
    for turn in range(80):
        story.tick(*turning(1)(turn), *turning(2)(turn))
    assert story.gate.enrolment is not None
    assert story.gate.enrolment.taken == ()
    assert story.gate.hint is Reason.MANY_FACES


def test_another_face_does_not_join_the_templates() -> None:
    story = Story(roster=NOBODY)
    story.press()
    story.ticks(6, sighting())
    assert story.gate.enrolment is not None
    assert len(story.gate.enrolment.taken) == 1
    for turn in range(80):
        story.tick(sighting(2, yaw_deg=turn, kinship=0.2))
    assert len(story.gate.enrolment.taken) == 1


def test_a_photograph_cannot_be_enrolled() -> None:
    story = Story(roster=NOBODY)
    story.press()
    for turn in range(80):
        story.tick(sighting(yaw_deg=turn, liveness=0.2))
    assert story.gate.enrolment is not None
    assert story.gate.enrolment.taken == ()


def test_somebody_who_hardly_turns_is_enrolled_with_patience() -> None:
    """One of the three looks may be in a pose that was taken already, and no more."""
    story = Story(roster=NOBODY)
    story.press()
    story.ticks(40, sighting())
    assert story.gate.enrolment is not None
    assert len(story.gate.enrolment.taken) == 1
    story.ticks(200, sighting())
    assert len(story.gate.enrolment.taken) == 2
    assert story.gate.to_commit is None
    story.tick(sighting(yaw_deg=6.0))
    assert story.gate.to_commit is not None
    assert story.gate.to_commit.repeats == 1


def test_one_pose_alone_is_never_enough() -> None:
    story = Story(roster=NOBODY)
    story.press()
    story.until(Mode.GIVEN_UP, lambda _: (sighting(),), most=500)
    assert EventKind.ENROLL_CANCELLED in story.kinds()


def test_whoever_stands_still_is_asked_to_turn_where_no_look_is_from() -> None:
    story = Story(roster=NOBODY, policy=replace(POLICY, enrolment=EnrolmentPolicy(templates=5)))
    story.press()
    asked = []
    for yaw_deg, pitch_deg in [(0.0, 0.0), (-8.0, 0.0), (8.0, 1.0), (0.0, 9.0)]:
        face = sighting(yaw_deg=yaw_deg)
        face = replace(face, quality=replace(face.quality, pitch_deg=pitch_deg))
        story.ticks(18, face)
        shown = signal_for(story.gate, story.now_s, 5)
        asked.append((shown.kind, shown.turn))
    assert asked == [(SignalKind.TURN, turn) for turn in (Turn.SIDE, Turn.OTHER_SIDE, Turn.UP, Turn.DOWN)]
    story.tick(sighting(reasons=(Reason.BLURRED,)))
    assert signal_for(story.gate, story.now_s, 5).kind is SignalKind.ENROLLING, "what is in the way goes first"


@pytest.mark.parametrize(
    "cancel", [Press(PressKind.LONG, 0.0), CancelAsked(0.0, "root")], ids=["long press", "command"]
)
def test_an_enrolment_can_be_given_up(cancel: Asked) -> None:
    story = Story(roster=NOBODY)
    story.press()
    story.ticks(6, sighting())
    story.tick(asked=(cancel,))
    assert story.gate.mode is Mode.GIVEN_UP
    assert story.gate.enrolment is None
    assert signal_for(story.gate, story.now_s, 5).kind is SignalKind.CANCELLED
    story.ticks(25)
    assert story.gate.mode is Mode.WATCHING


def test_an_enrolment_that_goes_nowhere_ends_by_itself() -> None:
    story = Story(roster=NOBODY)
    story.press()
    story.ticks(310)
    assert story.gate.mode is Mode.GIVEN_UP
    assert story.kinds()[-1] is EventKind.ENROLL_CANCELLED


def test_the_button_does_nothing_where_only_the_command_line_enrols() -> None:
    story = Story(roster=NOBODY, policy=replace(POLICY, authority=Authority.CLI_ONLY))
    assert story.press().mode is Mode.WATCHING
    story.tick(asked=(EnrollAsked("ann", story.now_s, "uid 0"),))
    assert story.gate.enrolment is not None
    assert story.gate.enrolment.name == "ann"


def test_pressing_while_the_door_is_open_locks_it() -> None:
    story = Story()
    story.ticks(3, sighting(person=ANN))
    assert story.is_open
    story.press()
    assert not story.is_open
    assert story.kinds()[:2] == [EventKind.UNLOCKED, EventKind.LOCKED]


def test_decided_tracks_cost_detection_only() -> None:
    story = Story()
    story.ticks(3, sighting(1, ANN), sighting(2, reasons=(Reason.TOO_SMALL,)))
    assert story.gate.wants(story.now_s, story.policy).decided == frozenset({1})
