"""Who is learnt and who is not: somebody enrolled already, somebody too like another, the voucher who stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faceauthd.gate import Authority, Mode
from faceauthd.lockout import LockoutPolicy
from faceauthd.outputs import signal_for
from faceauthd.prose import signal_text
from faceauthd.types import (
    EnrollAsked,
    EventKind,
    ImproveAsked,
    Member,
    Reason,
    Role,
    Roster,
    Rules,
    Sighting,
    SignalKind,
)
from tests.fakes import sighting
from tests.unit.test_gate import ANN, BEN, BOTH, POLICY, Story, turning
from tests.unit.test_gate_entry import MONDAY_NOON, spoof, walk_up


def shows(story: Story) -> SignalKind:
    return signal_for(story.gate, story.now_s, 5).kind


def test_a_disabled_person_is_not_enrolled_anew_under_another_name() -> None:
    roster = replace(BOTH, people={**BOTH.people, BEN: Member("ben", Role.MEMBER, Rules(is_disabled=True))})
    story = Story(roster=roster, policy=replace(POLICY, authority=Authority.ALWAYS), wall=MONDAY_NOON)
    story.press()
    story.until(Mode.GIVEN_UP, turning(1, BEN, 0.8))
    told = story.events[-1]
    assert (told.kind, told.reason) == (EventKind.ENROLL_CANCELLED, Reason.ALREADY_ENROLLED)
    assert "already enrolled as ben, who is disabled" in str(told.detail)
    assert story.gate.to_commit is None


@pytest.mark.parametrize("runner_up", [0.79, 0.1], ids=["two people", "at the threshold"])
def test_a_face_too_like_somebody_elses_is_refused_with_the_reason(runner_up: float) -> None:
    """Too near two people, or near one in every other look: the door could not tell them apart."""
    story = Story()
    story.tick(asked=(EnrollAsked("eve", story.now_s, "root"),))
    near = sighting(1, BEN, 0.8, runner_up=runner_up)

    def looks(turn: int) -> tuple[Sighting, ...]:
        return (near if runner_up > 0.5 or turn % 2 else sighting(1, BEN, 0.1),)

    story.until(Mode.GIVEN_UP, looks)
    told = story.events[-1]
    assert (told.kind, told.reason, told.person) == (EventKind.ENROLL_CANCELLED, Reason.AMBIGUOUS, "eve")
    assert "too like ben" in str(told.detail)
    assert shows(story) is SignalKind.CANCELLED
    assert signal_text(signal_for(story.gate, story.now_s, 5)).endswith("you are too like somebody who is enrolled")


def test_whoever_is_enrolled_already_hears_that_and_nothing_else() -> None:
    """Ben presses, ann vouches, and ben is known: he hears of nothing but that more looks of him are taken."""
    story = Story()
    story.press()
    story.until(Mode.ENROLLING, lambda _: (sighting(1, ANN),))
    heard = set()
    for _ in range(40):
        story.tick(sighting(2, BEN))
        heard.add((shows(story), story.gate.hint))
    assert heard == {(SignalKind.ENROLLING, None), (SignalKind.IMPROVING, None), (SignalKind.TURN, None)}


def test_a_stranger_before_whom_more_looks_were_to_be_taken_is_told_to_show_the_same_face() -> None:
    story = Story()
    story.tick(asked=(ImproveAsked(BEN, "ben", story.now_s, "root"),))
    story.ticks(3, sighting(1, BEN, 0.1))
    assert story.gate.hint is Reason.OTHER_FACE
    assert "show the same face again" in signal_text(signal_for(story.gate, story.now_s, 5))


def test_more_looks_are_taken_of_nobody_else_who_is_enrolled() -> None:
    story = Story()
    story.tick(asked=(ImproveAsked(ANN, "ann", story.now_s, "root"),))
    story.until(Mode.GIVEN_UP, lambda _: (sighting(1, BEN),))
    told = story.events[-1]
    assert (told.kind, told.person, told.reason) == (EventKind.ENROLL_CANCELLED, "ann", Reason.OTHER_FACE)
    assert told.detail == "ben stands there, and more looks of ann were asked for"
    assert signal_text(signal_for(story.gate, story.now_s, 5)).endswith("somebody else was asked for")


def test_one_look_that_would_open_for_somebody_else_is_not_taken() -> None:
    story = Story()
    story.tick(asked=(EnrollAsked("eve", story.now_s, "root"),))
    story.ticks(3, sighting(1, BEN, 0.1))
    for turn in range(1, 40):
        story.tick(sighting(1, BEN, 0.8 if turn % 4 == 0 else 0.1, yaw_deg=6.0 * (turn % 4 == 0)))
    assert story.gate.enrolment is not None
    assert all(look.yaw_deg == 0.0 for look in story.gate.enrolment.taken)


def test_whoever_vouched_and_stays_alone_gets_more_templates_after_a_clear_signal() -> None:
    story = Story()
    story.press()
    story.until(Mode.ENROLLING, lambda _: (sighting(1, ANN),))
    story.ticks(45, sighting(1, ANN))
    assert (shows(story), story.gate.hint) == (SignalKind.ENROLLING, Reason.ALREADY_ENROLLED)
    story.ticks(8, sighting(1, ANN))
    assert shows(story) is SignalKind.IMPROVING
    for turn in range(100):
        if story.gate.to_commit is None:
            story.tick(sighting(1, ANN, yaw_deg=3.0 * turn))
    assert story.gate.to_commit is not None
    assert (story.gate.to_commit.person_id, story.gate.to_commit.name) == (ANN, "ann")


def test_whoever_vouched_and_stays_beside_the_newcomer_gets_nothing() -> None:
    story = Story()
    story.press()
    story.until(Mode.ENROLLING, lambda _: (sighting(1, ANN),))
    story.ticks(100, sighting(1, ANN), sighting(2, BEN, 0.1))
    assert story.gate.enrolment is not None
    assert (story.gate.enrolment.person_id, story.gate.enrolment.taken) == (None, ())


@pytest.mark.parametrize(
    "voucher", [None, Member("ann", Role.MEMBER), Member("ann", Role.ADMIN, Rules(is_disabled=True))]
)
def test_an_enrolment_ends_with_the_authority_it_began_with(voucher: Member | None) -> None:
    story = Story()
    story.press()
    story.until(Mode.ENROLLING, lambda _: (sighting(1, ANN),))
    people = {BEN: Member("ben", Role.ADMIN)} | ({ANN: voucher} if voucher else {})
    story.roster = Roster(0.5, people, 10)
    story.tick()
    assert story.gate.mode is Mode.GIVEN_UP
    assert "no administrator any more" in str(story.events[-1].detail)


def test_the_first_by_the_button_is_not_first_any_more_once_somebody_else_is_enrolled() -> None:
    story = Story(roster=Roster(0.5))
    story.press()
    assert story.gate.mode is Mode.ENROLLING
    story.roster = Roster(0.5, {BEN: Member("ben", Role.ADMIN)}, 5)
    story.tick(sighting(1, BEN, 0.1))
    assert story.gate.mode is Mode.GIVEN_UP
    (told,) = [event for event in story.events if event.kind is EventKind.ENROLL_CANCELLED]
    assert "enrolled first" in str(told.detail)


@pytest.mark.parametrize("liveness", [None, 0.1])
def test_enrolling_and_vouching_take_a_living_face_also_where_the_door_takes_any(liveness: float | None) -> None:
    policy = replace(POLICY, evidence=replace(POLICY.evidence, liveness_min=None))
    story = Story(roster=Roster(0.5), policy=policy)
    assert not story.gate.wants(story.now_s, policy).liveness
    story.press()
    assert story.gate.wants(story.now_s, policy).liveness
    for turn in range(60):
        story.tick(sighting(1, liveness=liveness, yaw_deg=3.0 * turn))
    assert story.gate.enrolment is not None
    assert story.gate.enrolment.taken == ()
    vouching = Story(policy=policy)
    vouching.press()
    vouching.ticks(60, sighting(1, ANN, liveness=liveness))
    assert vouching.gate.mode is Mode.VOUCHING


def test_a_run_of_spoofs_has_a_lamp_of_its_own_while_nobody_else_is_there() -> None:
    story = Story(policy=replace(POLICY, lockout=LockoutPolicy(refusals=100)))
    story.until(Mode.REFUSED, lambda _: (spoof(),))
    assert shows(story) is SignalKind.SPOOF
    for track in range(2, 4):
        story.ticks(30)
        story.until(Mode.REFUSED, lambda _, track=track: (spoof(track),))  # type: ignore[misc]
    assert shows(story) is SignalKind.SPOOF_ALARM
    story.ticks(40)
    assert (story.gate.mode, shows(story)) == (Mode.WATCHING, SignalKind.SPOOF_ALARM)
    walk_up(story, ANN, track=9)
    assert shows(story) is SignalKind.UNLOCKED
    assert signal_for(story.gate, story.now_s, 5).is_alarm
