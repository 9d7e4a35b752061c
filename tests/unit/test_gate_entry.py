"""What it takes to be let in besides a face: rules, a press, a second person, a sign of life; and who gives orders."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from faceauthd.challenge import SIGNS, drawn
from faceauthd.gate import Entry, Mode
from faceauthd.lockout import LockoutPolicy
from faceauthd.outputs import Vitals, signal_for, status_of
from faceauthd.prose import SIGN_WORDS, signal_text
from faceauthd.types import (
    ClearLockoutAsked,
    EnrollAsked,
    EventKind,
    ImproveAsked,
    LockAsked,
    Member,
    Press,
    PressKind,
    Reason,
    Role,
    Roster,
    Rules,
    Sighting,
    Sign,
    SignalKind,
    Suspicion,
    UnlockAsked,
    VerifyAsked,
)
from tests.fakes import sighting
from tests.unit.test_gate import ANN, BEN, POLICY, Story, turning

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OFFICE = Rules(hours="Mon-Fri 07:00-19:00")


def with_rules(rules: Rules, role: Role = Role.MEMBER) -> Roster:
    return Roster(0.5, {ANN: Member("ann", Role.ADMIN), BEN: Member("ben", role, rules)}, 10)


def walk_up(story: Story, person: int = BEN, track: int = 1, turns: int = 4) -> None:
    story.ticks(turns, sighting(track, person))


def spoof(track: int = 1) -> Sighting:
    return replace(sighting(track, ANN, liveness=0.01), suspicion=Suspicion.FRAMED)


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("rules", "wall", "is_clock_set", "why"),
    [
        (OFFICE, MONDAY_NOON, True, None),
        (OFFICE, MONDAY_NOON.replace(hour=6), True, "outside Mon-Fri 07:00-19:00"),
        (OFFICE, MONDAY_NOON.replace(hour=19), True, "outside Mon-Fri 07:00-19:00"),
        (OFFICE, MONDAY_NOON.replace(day=22), True, "outside Mon-Fri 07:00-19:00"),
        (OFFICE, MONDAY_NOON, False, "the clock is not set, or not believed, and there are limits in time"),
        (OFFICE, None, True, "it is not known what time it is"),
        (Rules(valid_until=MONDAY_NOON.timestamp()), MONDAY_NOON, True, "not valid any more"),
        (Rules(valid_from=MONDAY_NOON.timestamp() + 1), MONDAY_NOON, True, "not valid yet"),
        (Rules(is_disabled=True), MONDAY_NOON, True, "disabled"),
        (Rules(), None, False, None),
    ],
)
def test_who_may_not_enter_now_is_turned_away_and_told_why(
    rules: Rules, wall: datetime | None, is_clock_set: bool, why: str | None
) -> None:
    story = Story(roster=with_rules(rules), wall=wall, is_clock_set=is_clock_set)
    walk_up(story)
    assert story.is_open is (why is None)
    if why is not None:
        (told,) = [event for event in story.events if event.kind is EventKind.REFUSED]
        assert (told.person, told.reason, told.detail) == ("ben", Reason.NOT_NOW, why)
        assert signal_for(story.gate, story.now_s, 5).kind is SignalKind.NOT_NOW
        assert story.gate.lockout.refused_at_s == ()


def test_being_early_is_no_attack() -> None:
    story = Story(roster=with_rules(OFFICE), wall=MONDAY_NOON.replace(hour=3))
    for track in range(20):
        walk_up(story, track=track)
        story.ticks(30)
    assert EventKind.LOCKOUT_BEGAN not in story.kinds()
    assert story.gate.lockout.refused_at_s == ()


def test_the_hours_come_while_somebody_stands_there() -> None:
    story = Story(roster=with_rules(OFFICE), wall=MONDAY_NOON.replace(hour=6, minute=59))
    walk_up(story)
    story.wall = MONDAY_NOON.replace(hour=7)
    story.until(Mode.OPEN, lambda _: (sighting(1, BEN),))


def test_an_administrator_outside_their_hours_does_not_vouch() -> None:
    roster = Roster(0.5, {ANN: Member("ann", Role.ADMIN, OFFICE)}, 5)
    story = Story(roster=roster, wall=MONDAY_NOON.replace(hour=3))
    story.press()
    walk_up(story, ANN, turns=20)
    assert story.gate.mode is Mode.VOUCHING
    story.wall = MONDAY_NOON
    story.until(Mode.ENROLLING, lambda _: (sighting(1, ANN),))


# ---------------------------------------------------------------- orders


def test_an_order_opens_for_unlock_s_also_during_a_lockout_and_a_fault() -> None:
    for mode in (Mode.WATCHING, Mode.LOCKED_OUT, Mode.FAULT):
        story = Story()
        if mode is Mode.LOCKED_OUT:
            story.until(mode, lambda turn: (sighting(turn // 12, ANN, score=0.2),))
        trouble = "no frames" if mode is Mode.FAULT else None
        story.tick(trouble=trouble)
        assert story.gate.mode is mode
        story.tick(asked=(UnlockAsked(story.now_s, "uid 1000"),), trouble=trouble)
        assert story.is_open
        assert story.gate.mode is mode
        assert (story.events[-1].kind, story.events[-1].person, story.events[-1].detail) == (
            EventKind.UNLOCKED,
            None,
            "by uid 1000",
        )
        for _ in range(49):
            story.tick(trouble=trouble)
        assert story.is_open
        story.tick(trouble=trouble, gap_s=0.2)
        assert not story.is_open
        assert story.kinds()[-1] is EventKind.LOCKED


def test_an_order_locks_whoever_it_was_opened_for() -> None:
    story = Story()
    walk_up(story, ANN)
    assert story.is_open
    story.tick(sighting(1, ANN), asked=(LockAsked(story.now_s, "root"),))
    assert not story.is_open
    assert [event.detail for event in story.events if event.kind is EventKind.LOCKED] == ["by root"]
    story.ticks(50, sighting(1, ANN))
    assert not story.is_open
    story.tick(asked=(UnlockAsked(story.now_s, "root"),))
    story.tick(asked=(LockAsked(story.now_s, "root"),))
    assert not story.is_open


def test_locking_a_locked_door_is_nothing_to_tell() -> None:
    story = Story()
    story.tick(asked=(LockAsked(story.now_s, "root"),))
    assert story.events == []


def test_a_lockout_is_ended_and_forgotten_by_an_order() -> None:
    story = Story()
    story.until(Mode.LOCKED_OUT, lambda turn: (sighting(turn // 12, ANN, score=0.2),))
    assert story.gate.lockout.level == 1
    story.tick(asked=(ClearLockoutAsked(story.now_s, "root"),))
    assert story.gate.mode is Mode.WATCHING
    assert story.gate.lockout.level == 0
    assert (story.events[-1].kind, story.events[-1].detail) == (EventKind.LOCKOUT_ENDED, "by root")
    walk_up(story, ANN, track=99)
    assert story.is_open


# ---------------------------------------------------------------- a client asks for somebody


PRESS = replace(POLICY, entry=Entry.PRESS, ask_s=10.0)


def asked_for(story: Story, person: int = BEN, name: str = "ben", for_s: float = 10.0) -> None:
    now_s = story.now_s
    story.tick(asked=(VerifyAsked(person, name, now_s, now_s + for_s, "uid 7"),))


def test_who_was_asked_for_is_seen_and_no_door_opens() -> None:
    story = Story()
    asked_for(story)
    assert story.gate.mode is Mode.ASKED
    walk_up(story)
    assert not story.is_open
    (told,) = [event for event in story.events if event.kind is EventKind.VERIFIED]
    assert (told.person, told.detail, told.score) == ("ben", "by uid 7", pytest.approx(0.8))
    story.ticks(50, sighting(1, BEN))
    assert not story.is_open


def test_the_door_goes_on_for_others_while_a_client_waits() -> None:
    story = Story()
    asked_for(story)
    walk_up(story, ANN)
    assert story.is_open
    assert story.gate.person == "ann"
    story.until(Mode.ASKED, lambda _: ())
    story.ticks(60)
    (failed,) = [event for event in story.events if event.kind is EventKind.VERIFY_FAILED]
    assert (failed.person, failed.detail) == ("ben", "was not seen live in time, by uid 7")
    assert story.kinds() == [EventKind.UNLOCKED, EventKind.LOCKED, EventKind.VERIFY_FAILED]


def test_whoever_was_let_in_already_answers_a_client_and_opens_nothing_more() -> None:
    """Neither the one asked for, nor somebody else who still stands there."""
    story = Story()
    for person in (BEN, ANN):
        story = Story()
        walk_up(story, person)
        story.ticks(40, sighting(1, person))
        asked_for(story)
        assert story.is_open, "the door is not shut before anybody's nose"
        story.ticks(120, sighting(1, person))
        kinds = [EventKind.LOCKED, EventKind.VERIFIED if person is BEN else EventKind.VERIFY_FAILED]
        assert story.kinds()[0] is EventKind.UNLOCKED
        assert sorted(story.kinds()[1:]) == sorted(kinds)
        assert not story.is_open


def test_where_a_press_is_asked_for_a_verification_lets_nobody_in_without_one() -> None:
    story = Story(policy=PRESS)
    asked_for(story, for_s=20.0)
    assert story.gate.wants(story.now_s, PRESS).identify
    story.ticks(30, sighting(1, ANN))
    assert not story.is_open
    story.press()
    walk_up(story, ANN)
    assert story.is_open
    walk_up(story, BEN, track=2)
    assert EventKind.VERIFIED in story.kinds()


@pytest.mark.parametrize(
    ("rules", "why"),
    [(OFFICE, "outside"), (Rules(valid_until=1.0), "not valid any more"), (Rules(is_disabled=True), "disabled")],
)
def test_whoever_may_not_enter_now_is_not_verified(rules: Rules, why: str) -> None:
    story = Story(roster=with_rules(rules), wall=MONDAY_NOON.replace(hour=3))
    asked_for(story)
    walk_up(story)
    (failed,) = [event for event in story.events if event.kind is EventKind.VERIFY_FAILED]
    assert (failed.person, failed.reason) == ("ben", Reason.NOT_NOW)
    assert str(failed.detail).startswith(why)
    assert EventKind.VERIFIED not in story.kinds()
    assert story.gate.verification is None


@pytest.mark.parametrize("trouble", [None, "unplugged"])
def test_a_client_hears_what_ended_its_verification(trouble: str | None) -> None:
    story = Story()
    asked_for(story, for_s=100.0)
    if trouble:
        story.tick(trouble=trouble)
    else:
        story.until(Mode.LOCKED_OUT, lambda _: (sighting(1, ANN, 0.2),))
    assert story.kinds().count(EventKind.VERIFY_FAILED) == 1
    assert story.gate.verification is None


def test_a_spoof_ends_a_verification_and_counts() -> None:
    story = Story()
    asked_for(story)
    story.until(Mode.REFUSED, lambda _: (spoof(),))
    assert EventKind.VERIFY_FAILED in story.kinds()
    assert len(story.gate.lockout.refused_at_s) == 1


def test_a_stranger_beside_does_not_end_a_verification_but_counts() -> None:
    story = Story()
    asked_for(story)
    story.ticks(10, sighting(1, ANN, score=0.2))
    assert story.gate.mode is Mode.REFUSED
    assert len(story.gate.lockout.refused_at_s) == 1
    story.ticks(25)
    assert story.gate.mode is Mode.ASKED
    walk_up(story, BEN, track=2)
    assert EventKind.VERIFIED in story.kinds()


def test_asking_again_and_again_is_no_way_round_the_lockout() -> None:
    story = Story()
    for track in range(20):
        asked_for(story)
        story.ticks(12, sighting(track, ANN, score=0.2))
    assert EventKind.LOCKOUT_BEGAN in story.kinds()


def test_a_verification_is_cancelled_by_a_long_press_and_a_short_one_begins_nothing() -> None:
    story = Story()
    asked_for(story)
    story.press()
    assert story.gate.mode is Mode.ASKED
    story.press(PressKind.LONG)
    assert story.kinds() == [EventKind.VERIFY_FAILED]
    assert (story.gate.mode, story.gate.verification) == (Mode.WATCHING, None)


# ---------------------------------------------------------------- a press asks


def test_without_a_press_nobody_is_judged() -> None:
    story = Story(policy=PRESS)
    assert not story.gate.wants(story.now_s, PRESS).identify
    story.ticks(100, sighting(1, ANN))
    story.ticks(100, sighting(2, ANN, score=0.2))
    assert not story.is_open
    assert story.kinds() == []


def test_a_press_and_then_a_face_opens_once() -> None:
    story = Story(policy=PRESS)
    story.ticks(20, sighting(1, ANN))
    story.press()
    assert story.gate.mode is Mode.VERIFYING
    assert story.gate.wants(story.now_s, PRESS).identify
    walk_up(story, ANN)
    assert story.is_open
    story.ticks(100, sighting(2, ANN))
    assert not story.is_open
    assert story.kinds() == [EventKind.UNLOCKED, EventKind.LOCKED]


def test_the_press_is_over_after_ask_s() -> None:
    story = Story(policy=PRESS)
    story.press()
    story.ticks(100)
    walk_up(story, ANN, turns=20)
    assert not story.is_open
    assert story.gate.mode is Mode.WATCHING


def test_a_refusal_answers_the_press() -> None:
    story = Story(policy=PRESS)
    story.press()
    story.until(Mode.REFUSED, lambda _: (sighting(1, ANN, score=0.2),))
    story.ticks(25)
    walk_up(story, ANN, track=2, turns=20)
    assert not story.is_open


def test_where_a_press_asks_to_enter_a_long_one_enrols() -> None:
    story = Story(policy=PRESS)
    story.press(PressKind.LONG)
    assert story.gate.mode is Mode.VOUCHING
    story.press(PressKind.LONG)
    assert story.gate.mode is Mode.GIVEN_UP
    empty = Story(policy=PRESS, roster=Roster(0.5))
    empty.press()
    assert empty.gate.mode is Mode.ENROLLING


# ---------------------------------------------------------------- two people

TWO = replace(POLICY, entry=Entry.TWO_PERSON, two_person_s=10.0)


def test_two_different_people_open_together() -> None:
    story = Story(policy=TWO)
    walk_up(story, ANN)
    assert story.gate.mode is Mode.SECOND
    assert signal_for(story.gate, story.now_s, 5).kind is SignalKind.SECOND
    assert not story.is_open
    story.ticks(20)
    walk_up(story, BEN, track=2)
    assert story.is_open
    assert story.kinds() == [EventKind.SECOND_ASKED, EventKind.UNLOCKED]
    assert (story.events[-1].person, story.events[-1].detail) == ("ben", "with ann before")


def test_the_first_of_two_had_their_answer_and_the_wait_for_another_ends() -> None:
    story = Story(policy=TWO)
    walk_up(story, ANN)
    assert 1 in story.gate.wants(story.now_s, TWO).decided, "a face that had its answer is not examined any more"
    began_s = story.now_s
    story.ticks(60, sighting(1, ANN))
    walk_up(story, ANN, track=2)  # the same person, followed anew
    assert story.kinds() == [EventKind.SECOND_ASKED], "once is enough"
    assert 2 in story.gate.wants(story.now_s, TWO).decided
    assert story.gate.mode is Mode.SECOND
    while story.now_s < began_s + TWO.two_person_s + 0.2:
        story.tick(sighting(2, ANN))
    assert story.gate.mode is not Mode.SECOND, "and it gets no more time"
    assert not story.gate.has_first(story.now_s)
    assert not story.is_open


def test_two_at_once_open_at_once() -> None:
    story = Story(policy=TWO)
    story.ticks(4, sighting(1, ANN), sighting(2, BEN))
    assert story.is_open


def test_one_person_is_never_two() -> None:
    story = Story(policy=TWO)
    for track in range(30):
        walk_up(story, ANN, track=track, turns=8)
        story.ticks(12)
        assert not story.is_open


@pytest.mark.parametrize("ann", [None, Member("ann", Role.ADMIN, Rules(is_disabled=True))], ids=["removed", "disabled"])
def test_the_first_does_not_count_once_they_are_kept_out(ann: Member | None) -> None:
    story = Story(policy=TWO, wall=MONDAY_NOON)
    walk_up(story, ANN)
    assert story.gate.mode is Mode.SECOND
    story.roster = Roster(0.5, {BEN: Member("ben", Role.MEMBER)} | ({ANN: ann} if ann else {}), 10)
    walk_up(story, BEN, track=2)
    assert not story.is_open


def test_the_second_comes_too_late() -> None:
    story = Story(policy=TWO)
    walk_up(story, ANN)
    story.ticks(100)
    assert story.gate.mode is Mode.WATCHING
    walk_up(story, BEN, track=2)
    assert not story.is_open
    assert story.gate.first is not None
    assert story.gate.first.name == "ben"


def test_looks_from_before_a_fault_do_not_count_after_it() -> None:
    story = Story()
    story.ticks(2, sighting(1, ANN))
    story.tick(trouble="no frames")
    story.ticks(2, sighting(1, ANN))
    assert not story.is_open, "three looks open, and there were two since"
    story.ticks(2, sighting(1, ANN))
    assert story.is_open


@pytest.mark.parametrize("state", ["locked out", "fault", "somebody verifies"])
def test_whoever_asks_to_enrol_where_nobody_is_looked_at_begins_nothing(state: str) -> None:
    story = Story()
    trouble = "no frames" if state == "fault" else None
    if state == "locked out":
        story.until(Mode.LOCKED_OUT, lambda turn: (sighting(turn // 12, ANN, score=0.2),))
    elif state == "fault":
        story.tick(trouble=trouble)
    else:
        story.tick(asked=(VerifyAsked(None, None, story.now_s, story.now_s + 20.0, "uid 7"),))
        assert story.gate.verification is not None
    story.tick(asked=(EnrollAsked("eve", story.now_s, "root", Role.MEMBER),), trouble=trouble)
    assert story.gate.enrolment is None
    assert story.gate.mode is not Mode.ENROLLING


def test_the_first_is_forgotten_by_a_lockout_and_a_fault() -> None:
    story = Story(policy=TWO)
    walk_up(story, ANN)
    story.tick(trouble="no frames")
    story.tick()
    walk_up(story, BEN, track=2)
    assert not story.is_open


def test_a_stranger_between_does_not_spoil_it() -> None:
    story = Story(policy=TWO)
    walk_up(story, ANN)
    story.until(Mode.REFUSED, lambda _: (sighting(5, ANN, score=0.2),))
    story.ticks(25)
    assert story.gate.mode is Mode.SECOND
    walk_up(story, BEN, track=6)
    assert story.is_open


# ---------------------------------------------------------------- a sign of life

SIGN = replace(POLICY, challenge=True, challenge_s=5.0)
SHUT = 0.34 * 0.75
"""Lids that are drawn shut, as the landmarks see them."""


def asked(sign: Sign) -> Story:
    """Ann is recognised, and asked for `sign`; four looks on, she has not moved."""
    story = Story(policy=SIGN, lot=SIGNS.index(sign))
    walk_up(story, ANN)
    assert story.gate.mode is Mode.CHALLENGE
    story.ticks(4, sighting(1, ANN))
    return story


def turns(story: Story, *yaws_deg: float) -> bool:
    for yaw_deg in yaws_deg:
        story.tick(sighting(1, ANN, yaw_deg=yaw_deg))
    return story.is_open


def blinks(story: Story, *shut: Sighting) -> bool:
    for look in shut:
        story.tick(look)
    story.ticks(3, sighting(1, ANN))
    return story.is_open


@pytest.mark.parametrize("sign", list(Sign))
def test_the_panel_says_which_sign_is_asked_for(sign: Sign) -> None:
    story = asked(sign)
    assert signal_for(story.gate, story.now_s, 5).kind.value == f"sign-{sign}"
    assert story.events[-1].kind is EventKind.CHALLENGED
    assert story.events[-1].detail == SIGN_WORDS[sign]


@pytest.mark.parametrize("sign", list(Sign))
def test_without_a_sign_the_door_stays_locked_and_it_counts(sign: Sign) -> None:
    story = asked(sign)
    story.until(Mode.REFUSED, lambda _: (sighting(1, ANN),))
    assert not story.is_open
    assert story.events[-1].reason is Reason.SPOOF
    assert story.events[-1].detail == "no sign of life in time"
    assert len(story.gate.lockout.refused_at_s) == 1


def test_a_stranger_who_is_refused_beside_them_has_no_other_sign_drawn() -> None:
    story = asked(Sign.LEFT)
    before = story.gate.challenge
    story.lot = SIGNS.index(Sign.RIGHT)
    for _ in range(12):
        story.tick(sighting(1, ANN), sighting(9, None, 0.1))
    assert story.kinds() == [EventKind.CHALLENGED, EventKind.REFUSED]
    assert len(story.gate.lockout.refused_at_s) == 1
    assert before is not None
    assert story.gate.challenge is not None
    assert (story.gate.challenge.sign, story.gate.challenge.until_s) == (Sign.LEFT, before.until_s)
    assert turns(story, 15.0, 15.0)


@pytest.mark.parametrize("entry", [Entry.WALK_UP, Entry.PRESS])
@pytest.mark.parametrize("kind", list(PressKind))
def test_no_press_has_another_sign_drawn(entry: Entry, kind: PressKind) -> None:
    story = asked(Sign.LEFT)
    before = story.gate.challenge
    story.policy = replace(SIGN, entry=entry)
    story.tick(sighting(1, ANN), asked=(Press(kind, story.now_s),))
    assert before is not None
    assert story.gate.mode is Mode.CHALLENGE
    assert story.gate.challenge is not None
    assert story.gate.challenge.until_s == before.until_s


def test_nor_does_a_face_that_went_before_its_answer() -> None:
    story = asked(Sign.LEFT)
    story.gate = replace(story.gate, lockout=replace(story.gate.lockout, loose=((story.now_s, 8),)))
    story.ticks(2, sighting(1, ANN))
    assert story.kinds() == [EventKind.CHALLENGED, EventKind.REFUSED]
    assert story.gate.mode is Mode.CHALLENGE


def test_each_sign_is_as_likely_and_none_can_be_foretold_from_the_last() -> None:
    assert [drawn(lot) for lot in range(6)] == [*Sign, *Sign]
    assert {asked(sign).gate.challenge.sign for sign in Sign} == set(Sign)  # type: ignore[union-attr]


@pytest.mark.parametrize(("sign", "side"), [(Sign.LEFT, 1), (Sign.RIGHT, -1)])
def test_a_turn_to_the_side_that_was_asked_for_opens(sign: Sign, side: int) -> None:
    story = asked(sign)
    assert not turns(story, side * 6.0, side * 13.0), "one look is noise"
    assert turns(story, side * 13.0)
    assert story.kinds() == [EventKind.CHALLENGED, EventKind.UNLOCKED]


@pytest.mark.parametrize(("sign", "side"), [(Sign.LEFT, -1), (Sign.RIGHT, 1), (Sign.BLINK, 1)])
def test_another_turn_does_not_count_nor_does_coming_back_from_it(sign: Sign, side: int) -> None:
    assert not turns(asked(sign), side * 6.0, side * 14.0, side * 14.0, side * 14.0, side * 7.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(("sign", "side"), [(Sign.LEFT, 1), (Sign.RIGHT, -1)])
def test_a_turn_counts_from_where_the_head_rested_before_it_was_asked_for(sign: Sign, side: int) -> None:
    """Whoever is asked has just turned, to pass for living."""

    def glances(to_deg: float) -> Story:
        story = Story(policy=SIGN, lot=SIGNS.index(sign))
        story.ticks(4, sighting(1, ANN, yaw_deg=to_deg, rest_yaw_deg=1.0))
        assert story.gate.mode is Mode.CHALLENGE
        story.ticks(4, sighting(1, ANN, yaw_deg=1.0, rest_yaw_deg=to_deg))
        return story

    assert turns(glances(side * 9.0), side * 14.0, side * 14.0), "less from the glance"
    assert not turns(glances(-side * 9.0), side * 4.0, side * 4.0, side * 4.0), "it only comes back from the glance"


def test_looks_that_are_suspected_show_no_turn() -> None:
    """A sheet that is turned keeps its nose in the plane of its cheeks; here its liveness passes all the same."""
    story = asked(Sign.LEFT)
    for yaw_deg in (6.0, 13.0, 14.0, 14.0, 14.0):
        story.tick(sighting(1, ANN, yaw_deg=yaw_deg, suspicion=Suspicion.FLAT))
    assert not story.is_open


@pytest.mark.parametrize("reasons", [(), (Reason.EYES_CLOSED,)], ids=["eyes_open_required: false", "true"])
def test_a_blink_opens(reasons: tuple[Reason, ...]) -> None:
    shut = sighting(1, ANN, lids=SHUT, reasons=reasons)
    story = asked(Sign.BLINK)
    assert not blinks(story, shut), "one look is noise"
    assert not blinks(story, shut, shut), "eyes blink so by themselves, and a video shows it"
    assert blinks(story, shut, shut, shut)
    assert story.kinds() == [EventKind.CHALLENGED, EventKind.UNLOCKED]


def test_nobody_is_told_to_open_the_eyes_that_they_were_asked_to_close() -> None:
    story = asked(Sign.BLINK)
    story.ticks(5, sighting(1, ANN, lids=SHUT, reasons=(Reason.EYES_CLOSED,)))
    assert story.gate.hint is Reason.EYES_CLOSED
    assert signal_for(story.gate, story.now_s, 5).reason is None


@pytest.mark.parametrize("sign", [Sign.LEFT, Sign.RIGHT])
def test_a_blink_is_no_turn(sign: Sign) -> None:
    shut = sighting(1, ANN, lids=SHUT)
    assert not blinks(asked(sign), shut, shut, shut)


@pytest.mark.parametrize(
    "amiss",
    [
        {"sharpness": 0.9 * 0.026 * 0.99},
        {"yaw_deg": 7.0},
        {"suspicion": Suspicion.FLAT},
        {"lids": 0.34 * 0.89},
        {"reasons": (Reason.EYES_CLOSED, Reason.BLURRED)},
    ],
    ids=["smeared", "turned", "flat", "half shut", "blurred"],
)
def test_a_photograph_that_is_shaken_does_not_blink(amiss: dict[str, Any]) -> None:
    """What the eye model and the landmarks make of one: eyes that seem shut while the picture is smeared or tilted."""
    look = sighting(1, ANN, **({"lids": SHUT} | amiss))
    assert not blinks(asked(Sign.BLINK), look, look, look)


@pytest.mark.parametrize("no_number", [float("nan"), float("inf")])
@pytest.mark.parametrize("what", ["lids", "sharpness", "yaw_deg"])
def test_what_is_no_number_is_no_sign(what: str, no_number: float) -> None:
    look = sighting(1, ANN, **({"lids": SHUT} | {what: no_number}))  # type: ignore[arg-type]
    is_blink = what == "sharpness" and no_number == float("inf")
    assert blinks(asked(Sign.BLINK), look, look, look) is is_blink
    if what == "yaw_deg" and no_number != no_number:
        assert not turns(asked(Sign.LEFT), no_number, no_number, no_number)


def test_eyes_that_the_eye_model_alone_calls_shut_are_no_blink() -> None:
    look = sighting(1, ANN, reasons=(Reason.EYES_CLOSED,))
    assert not blinks(asked(Sign.BLINK), look, look, look)


def test_a_look_that_is_smeared_in_the_middle_spoils_a_blink() -> None:
    shut, smeared = sighting(1, ANN, lids=SHUT), sighting(1, ANN, lids=SHUT, sharpness=0.018)
    assert not blinks(asked(Sign.BLINK), shut, smeared, shut)


def test_closing_the_eyes_for_long_is_no_blink() -> None:
    shut = sighting(1, ANN, lids=SHUT, reasons=(Reason.EYES_CLOSED,))
    assert not blinks(asked(Sign.BLINK), *[shut] * 14)


def test_another_face_cannot_give_the_sign() -> None:
    """A picture of ann is recognised, somebody living turns the head in its place, the picture comes back."""
    story = asked(Sign.LEFT)
    story.tick(sighting(1, BEN, score=0.2, yaw_deg=0.0, continuity=0.1))
    story.ticks(3, sighting(1, BEN, score=0.2, yaw_deg=20.0))
    story.tick(sighting(1, ANN, continuity=0.1))
    story.ticks(4, sighting(1, ANN))
    assert not story.is_open
    story.ticks(5, sighting(2, BEN, score=0.2, yaw_deg=25.0), sighting(1, ANN))
    assert not story.is_open


def test_another_face_cannot_give_the_blink() -> None:
    """A picture is swapped for somebody's own eyes, which they close, and back."""
    story = asked(Sign.BLINK)
    other = sighting(1, BEN, score=0.2, continuity=0.1)
    shut = sighting(1, BEN, lids=SHUT, reasons=(Reason.EYES_CLOSED,))
    for look in (other, other, other, other, shut, shut, shut, sighting(1, ANN, continuity=0.1)):
        story.tick(look)
    story.ticks(2, sighting(1, ANN))
    assert not story.is_open


def test_a_face_that_goes_away_has_given_no_sign() -> None:
    story = Story(policy=SIGN)
    walk_up(story, ANN)
    story.ticks(20)
    assert EventKind.REFUSED in story.kinds()
    walk_up(story, ANN, track=2)
    assert not story.is_open


# ---------------------------------------------------------------- spoofs


def test_a_run_of_spoofs_raises_the_alarm_once_and_it_ends() -> None:
    lockout = LockoutPolicy(refusals=50, window_s=60.0, alarm_after_spoofs=3, alarm_s=20.0)
    story = Story(policy=replace(POLICY, lockout=lockout))
    raised: list[bool] = []
    for track in range(4):
        story.until(Mode.REFUSED, lambda _, t=track: (spoof(t),))  # type: ignore[misc]
        raised.append(signal_for(story.gate, story.now_s, 5).is_alarm)
        story.ticks(25)
    assert raised == [False, False, True, True]
    assert story.kinds().count(EventKind.SPOOF_ALARM) == 1
    refused = [event for event in story.events if event.kind is EventKind.REFUSED]
    assert {event.detail for event in refused} == {"what is around it moves with it"}
    story.ticks(230)
    assert not signal_for(story.gate, story.now_s, 5).is_alarm


def test_an_alarm_that_is_on_already_is_not_told_again_and_lasts_longer() -> None:
    lockout = LockoutPolicy(refusals=50, window_s=60.0, alarm_after_spoofs=2, alarm_s=60.0)
    story = Story(policy=replace(POLICY, lockout=lockout))
    alarms = []
    for track in range(6):
        story.until(Mode.REFUSED, lambda _, t=track: (spoof(t),))  # type: ignore[misc]
        alarms.append((story.gate.spoofs.since_s, story.gate.spoofs.until_s))
        story.ticks(25)
    assert story.kinds().count(EventKind.SPOOF_ALARM) == 1
    assert alarms[5][0] == alarms[1][0]
    assert alarms[5][1] > alarms[1][1]


def test_strangers_raise_no_alarm_and_clearing_ends_one() -> None:
    lockout = LockoutPolicy(refusals=50, alarm_after_spoofs=2)
    story = Story(policy=replace(POLICY, lockout=lockout))
    for track in range(4):
        story.until(Mode.REFUSED, lambda _, t=track: (sighting(t, ANN, score=0.2),))  # type: ignore[misc]
        story.ticks(25)
    assert EventKind.SPOOF_ALARM not in story.kinds()
    for track in (10, 11):
        story.until(Mode.REFUSED, lambda _, t=track: (spoof(t),))  # type: ignore[misc]
        story.ticks(25)
    assert signal_for(story.gate, story.now_s, 5).is_alarm
    story.tick(asked=(ClearLockoutAsked(story.now_s, "root"),))
    assert not signal_for(story.gate, story.now_s, 5).is_alarm


# ---------------------------------------------------------------- more templates, and looks that do not agree


def test_improving_takes_only_looks_of_that_person() -> None:
    story = Story()
    story.tick(asked=(ImproveAsked(BEN, "ben", story.now_s, "root"),))
    assert story.gate.mode is Mode.ENROLLING
    for turn in range(40):
        story.tick(sighting(1, ANN, score=0.45, yaw_deg=6.0 * (turn % 4)))
    assert story.gate.enrolment is not None
    assert story.gate.enrolment.taken == ()
    for turn in range(60):
        story.tick(sighting(2, BEN, score=0.45, yaw_deg=6.0 * (turn % 4)))
    assert story.gate.to_commit is not None
    assert story.gate.to_commit.person_id == BEN


def test_improving_gives_up_if_it_is_somebody_else() -> None:
    story = Story()
    story.tick(asked=(ImproveAsked(BEN, "ben", story.now_s, "root"),))
    story.until(Mode.WATCHING, lambda _: (sighting(1, ANN),))
    assert "ann stands there" in str(story.events[-1].detail)


def test_improving_somebody_who_was_removed_meanwhile_does_nothing() -> None:
    story = Story()
    story.tick(asked=(ImproveAsked(77, "zoe", story.now_s, "root"),))
    assert story.gate.mode is Mode.WATCHING


def test_a_first_look_that_agrees_with_none_is_left_out() -> None:
    story = Story(roster=Roster(0.5))
    story.tick(asked=(EnrollAsked("eve", story.now_s, "root", Role.MEMBER),))
    story.ticks(4, sighting(1))
    assert story.gate.enrolment is not None
    assert len(story.gate.enrolment.taken) == 1
    story.ticks(4, sighting(1, kinship=0.1))
    assert len(story.gate.enrolment.taken) == 1
    story.tick(sighting(1, kinship=0.1))
    assert story.gate.enrolment is not None
    assert story.gate.enrolment.taken == ()


def test_with_two_taken_a_look_that_disagrees_is_left_out_however_often() -> None:
    story = Story(roster=Roster(0.5))
    story.tick(asked=(EnrollAsked("eve", story.now_s, "root", Role.MEMBER),))
    for turn in range(30):
        story.tick(*turning()(turn))
        if story.gate.enrolment is not None and len(story.gate.enrolment.taken) == 2:
            break
    story.ticks(40, sighting(1, kinship=0.1, yaw_deg=30.0))
    assert story.gate.enrolment is not None
    assert len(story.gate.enrolment.taken) == 2


def test_the_status_says_what_is_waited_for() -> None:
    vitals = Vitals(2, 10, 10.0)
    asked = Story()
    asked_for(asked)
    two, sign = Story(policy=TWO), Story(policy=SIGN)
    walk_up(two, ANN)
    walk_up(sign, ANN)
    said = [status_of(story.gate, vitals, story.now_s) for story in (asked, two, sign)]
    assert "Looking for ben" in said[0]
    assert "second person after ann" in said[1]
    assert "closing the eyes" in said[2]
    hot = replace(vitals, last_unlock=("ann", two.now_s - 120), celsius=41.4)
    assert status_of(two.gate, hot, two.now_s).endswith("10 templates. Last unlock: ann, 2 min ago. 10.0 fps, 41 °C")


def test_whoever_is_let_in_is_told_nothing_else_as_they_go_by() -> None:
    """In the doorway a face is cut off, blurred or turned away; "Come in: hold still" would hold them up."""
    story = Story()
    story.until(Mode.OPEN, lambda _: (sighting(1, ANN),))
    story.tick(sighting(1, reasons=(Reason.BLURRED,)))
    assert (story.gate.mode, story.gate.hint) == (Mode.OPEN, None)
    assert signal_text(signal_for(story.gate, story.now_s, 5)) == "Come in, ann"
