"""No sequence of ticks opens the door without enough agreeing, living looks of one enrolled person."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from faceauthd.enrolment import EnrolmentPolicy
from faceauthd.evidence import EvidencePolicy
from faceauthd.gate import Authority, Gate, Mode, Policy, Tick, step
from faceauthd.lockout import LockoutPolicy
from faceauthd.types import (
    Asked,
    CancelAsked,
    CommitDone,
    CommitFailed,
    DoorMoved,
    EnrollAsked,
    EventKind,
    ExitAsked,
    Member,
    Person,
    Press,
    PressKind,
    Reason,
    Role,
    Roster,
    Sighting,
)
from tests.fakes import sighting

THRESHOLD, LOOKS, WINDOW_S, UNLOCK_S, MARGIN, LIVE = 0.5, 3, 1.5, 2.0, 0.05, 0.5
PEOPLE = {1: Member("ann", Role.ADMIN), 2: Member("ben", Role.MEMBER)}
POLICIES = st.builds(
    Policy,
    evidence=st.just(EvidencePolicy(LOOKS, WINDOW_S, MARGIN, 6, LIVE)),
    enrolment=st.just(EnrolmentPolicy(templates=3, timeout_s=5.0)),
    lockout=st.just(LockoutPolicy(3, 20.0, (3.0, 6.0))),
    authority=st.sampled_from(Authority),
    unlock_s=st.just(UNLOCK_S),
)

FACES = st.builds(
    sighting,
    track=st.integers(1, 2),
    person=st.sampled_from([None, 1, 1, 2, 9]),
    score=st.sampled_from([0.2, 0.49, 0.5, 0.8, 0.8]),
    runner_up=st.sampled_from([0.1, 0.1, 0.47, 0.79]),
    liveness=st.sampled_from([None, 0.0, 0.4, 0.6, 1.0, 1.0]),
    reasons=st.sampled_from([(), (), (), (Reason.BLURRED,)]),
    yaw_deg=st.sampled_from([-20.0, -8.0, 0.0, 8.0, 20.0]),
    continuity=st.sampled_from([None, 0.1, 0.9, 0.9]),
    kinship=st.sampled_from([None, 0.2, 0.8]),
)
SEEN = st.none() | st.lists(FACES, max_size=2, unique_by=lambda face: face.track).map(tuple)
STEADY = st.builds(lambda face, count: [(face,)] * count, FACES, st.integers(1, 8))
ASKED = st.one_of(
    st.builds(Press, st.sampled_from(PressKind), st.just(0.0)),
    st.just(EnrollAsked("eve", 0.0, "uid 0")),
    st.just(CancelAsked(0.0, "uid 0")),
    st.just(CommitDone(Person(3, "eve", Role.MEMBER, 3, 0.0))),
    st.just(CommitFailed("the disk is full")),
    st.builds(DoorMoved, st.booleans(), st.just(0.0)),
)


@dataclass(frozen=True)
class Turn:
    seen: tuple[Sighting, ...] | None
    asked: tuple[Asked, ...]
    gap_s: float
    trouble: str | None


TURNS = st.builds(
    Turn,
    seen=SEEN,
    asked=st.sampled_from([(), (), (), ()]).flatmap(lambda _: st.lists(ASKED, max_size=1).map(tuple)),
    gap_s=st.sampled_from([0.1, 0.1, 0.1, 0.4, 3.0]),
    trouble=st.sampled_from([None] * 9 + ["unplugged"]),
)
STAYING = STEADY.map(lambda frames: [Turn(seen, (), 0.1, None) for seen in frames])
STORIES = st.lists(st.one_of(TURNS.map(lambda turn: [turn]), STAYING), max_size=25).map(
    lambda parts: [turn for part in parts for turn in part]
)


def told_to_leave(story: list[Turn]) -> list[Turn]:
    """The same story, with somebody inside pressing the exit button in every seventh turn."""
    return [
        replace(turn, asked=(*turn.asked, ExitAsked(0.0))) if index % 7 == 3 else turn
        for index, turn in enumerate(story)
    ]


def proven(history: list[tuple[float, Sighting]], now_s: float) -> set[int]:
    """The people for whom the newest looks, be they however few, show all that is promised: a door that did not look
    for a while (open, locked out, after a refusal, before a press) counts those since then."""
    newest = history[-40:]
    return {person for start in range(len(newest)) for person in proves(newest[start:], now_s)}


def proves(history: list[tuple[float, Sighting]], now_s: float) -> set[int]:
    """The people for whom some single track shows all that the product promises; written without its code.

    It reads only the raw sightings: a track whose face changed (continuity) starts again there.
    """
    proven: set[int] = set()
    for track in {face.track for _, face in history}:
        run: list[Sighting] = []
        for at_s, face in history:
            if face.track != track or face.probe is None:
                continue
            if face.continuity is None or face.continuity < 0.4:
                run = []
            if now_s - at_s <= WINDOW_S + 1e-9:
                run.append(face)
        named = [(face, face.match) for face in run if face.match is not None]
        for person in {match.person_id for _, match in named}:
            own = [(face, match) for face, match in named if match.person_id == person]
            lives = [[face.liveness or 0.0 for face, _ in own]]
            lives.append([face.liveness or 0.0 for face, match in own if match.score >= THRESHOLD])
            if (
                len(own) >= LOOKS
                and _mean([match.score for _, match in own]) >= THRESHOLD - 1e-9
                and _mean([match.score - match.runner_up for _, match in own]) >= MARGIN - 1e-9
                and all(_mean(life) >= LIVE - 1e-9 for life in lives)
            ):
                proven.add(person)
    return proven


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


@given(policy=POLICIES, story=STORIES)
@settings(max_examples=400, deadline=None)
def test_the_door_opens_only_on_evidence_and_closes_in_time(policy: Policy, story: list[Turn]) -> None:
    gate, now_s, unlocked_s = Gate(), 100.0, -1e9
    history: list[tuple[float, Sighting]] = []
    roster = Roster(THRESHOLD, PEOPLE, 10)
    for turn in story:
        now_s += turn.gap_s
        if turn.trouble is not None:
            history.clear()  # a fault forgets every face: what was seen before it neither helps nor hinders
        history.extend((now_s, face) for face in turn.seen or ())
        before = gate
        gate, events = step(gate, Tick(now_s, roster, turn.asked, turn.seen, now_s, turn.trouble), policy)
        unlocks = [event for event in events if event.kind is EventKind.UNLOCKED]
        if gate.is_open(now_s) and not before.is_open(now_s):
            assert len(unlocks) == 1, "every unlock is journalled once"
        for unlock in unlocks:
            names = {PEOPLE[person].name for person in proven(history, now_s) if person in PEOPLE}
            assert unlock.person in names, "opened without agreeing looks of one enrolled person"
            assert turn.trouble is None
            unlocked_s = now_s
        if gate.is_open(now_s):
            assert now_s - unlocked_s < UNLOCK_S
            assert gate.mode is Mode.OPEN
            assert turn.trouble is None


@given(policy=POLICIES, story=STORIES.map(told_to_leave))
@settings(max_examples=150, deadline=None)
def test_somebody_inside_gets_out_at_once_and_that_lets_nobody_else_in(policy: Policy, story: list[Turn]) -> None:
    """Beside the same story without the exit button nothing differs but that the door is open after it, in time."""
    gate, other, now_s, pressed_s = Gate(), Gate(), 100.0, -1e9
    for turn in story:
        now_s += turn.gap_s
        tick = Tick(now_s, Roster(THRESHOLD, PEOPLE, 10), turn.asked, turn.seen, now_s, turn.trouble)
        gate, events = step(gate, tick, policy)
        without = tuple(asked for asked in turn.asked if not isinstance(asked, ExitAsked | DoorMoved))
        other, others = step(other, replace(tick, asked=without), policy)
        pressed_s = now_s if any(isinstance(asked, ExitAsked) for asked in turn.asked) else pressed_s
        assert gate.is_open(now_s) == (other.is_open(now_s) or now_s - pressed_s < UNLOCK_S)
        assert (gate.mode, gate.lockout, gate.tracks) == (other.mode, other.lockout, other.tracks)
        admitted = [[event for event in said if event.kind is EventKind.UNLOCKED] for said in (events, others)]
        assert admitted[0] == admitted[1]


@given(story=STORIES)
@settings(max_examples=150, deadline=None)
def test_an_empty_gallery_never_opens(story: list[Turn]) -> None:
    gate, now_s = Gate(), 100.0
    for turn in story:
        now_s += turn.gap_s
        gate, _ = step(gate, Tick(now_s, Roster(THRESHOLD), turn.asked, turn.seen, now_s, turn.trouble), Policy())
        assert not gate.is_open(now_s)


@given(story=STORIES)
@settings(max_examples=150, deadline=None)
def test_nothing_is_committed_without_authority(story: list[Turn]) -> None:
    """With somebody enrolled, a finished enrolment was asked for by a command or vouched for by an administrator."""
    gate, now_s = Gate(), 100.0
    allowed = False
    for turn in story:
        now_s += turn.gap_s
        tick = Tick(now_s, Roster(THRESHOLD, PEOPLE, 10), turn.asked, turn.seen, now_s, turn.trouble)
        gate, events = step(gate, tick, Policy(enrolment=EnrolmentPolicy(templates=3)))
        allowed = allowed or any(isinstance(asked, EnrollAsked) for asked in turn.asked)
        allowed = allowed or any(event.kind is EventKind.VOUCHED and event.person == "ann" for event in events)
        assert allowed or gate.enrolment is None
