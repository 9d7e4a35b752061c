"""The deciding code at its bounds: exactly the threshold, exactly the window, the last that counts and the first that
does not. Found by altering the code line by line (`./dev suite mutants`)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from faceauthd import tracks as faces
from faceauthd.enrolment import STRAYS, Enrolment, EnrolmentPolicy, Stage, consider, is_stale
from faceauthd.errors import ModelError
from faceauthd.evidence import (
    NAMELESS,
    SAME_FACE_COSINE,
    Evidence,
    EvidencePolicy,
    Finding,
    Look,
    Verdict,
    add,
    likeness,
    look_of,
    rival_of,
    weigh,
)
from faceauthd.gate import Gate, Mode, Policy, Tick, step
from faceauthd.gate.state import SpoofAlarm
from faceauthd.lockout import Lockout, LockoutPolicy, ended, owed, refused
from faceauthd.threshold import Tail, check_curve, check_tail, threshold_for
from faceauthd.tracks import TrackState
from faceauthd.types import EventKind, Match, Member, NewTemplate, Quality, Reason, Role, Roster, Sighting
from tests.fakes import BOX, sighting

POLICY = EvidencePolicy(looks=3, window_s=2.0, margin=0.25, refuse_after_looks=6, liveness_min=0.5)
THRESHOLD = 0.5


def look(
    at_s: float = 10.0,
    person: int | None = 1,
    score: float = 0.75,
    runner_up: float = 0.25,
    liveness: float | None = 1.0,
    weight: float = 1.0,
) -> Look:
    return Look(at_s, person, score, runner_up, liveness, weight)


def weighed(*looks: Look, now_s: float = 10.0, policy: EvidencePolicy = POLICY) -> Verdict:
    return weigh(Evidence(looks), now_s, policy, THRESHOLD)


# ---------------------------------------------------------------- evidence


def test_a_look_needs_both_a_usable_picture_and_a_probe() -> None:
    whole = sighting(person=1)
    assert look_of(whole, 1.0) is not None
    assert look_of(replace(whole, quality=Quality(0.5, (Reason.BLURRED,))), 1.0) is None
    assert look_of(replace(whole, probe=None), 1.0) is None


def test_a_look_at_nobody_is_as_far_as_can_be() -> None:
    assert look_of(sighting(person=None), 1.0) == Look(1.0, None, -1.0, -1.0, 0.95, 1.0)


def test_a_face_as_like_as_it_has_to_be_is_the_same() -> None:
    first = add(Evidence(), sighting(person=1, continuity=None), 1.0, POLICY)
    assert len(add(first, sighting(person=1, continuity=SAME_FACE_COSINE), 1.1, POLICY).looks) == 2
    assert len(add(first, sighting(person=1, continuity=SAME_FACE_COSINE - 1e-6), 1.1, POLICY).looks) == 1


def test_the_window_counts_its_own_length_and_no_instant_twice() -> None:
    first = add(Evidence(), sighting(person=1, continuity=None), 1.0, POLICY)
    assert [len(add(first, sighting(person=1), at_s, POLICY).looks) for at_s in (1.0, 3.0, 3.001)] == [1, 2, 1]
    three = [look(8.0), look(9.0), look(10.0)]
    assert weighed(*three, now_s=10.0).finding is Finding.RECOGNISED
    assert weighed(*three, now_s=10.001).finding is Finding.UNDECIDED


def test_a_verdict_tells_what_it_rests_on() -> None:
    spoof = weighed(*[look(score=0.6, liveness=0.25)] * 6)
    assert spoof == Verdict(Finding.REFUSED, None, Reason.SPOOF, None, 0.25, 6)
    known = weighed(*[look(liveness=0.75)] * 3)
    assert known == Verdict(Finding.RECOGNISED, 1, None, 0.75, 0.75, 3)
    stranger = weighed(*[look(score=0.25)] * 5, look(score=0.375))
    assert stranger == Verdict(Finding.REFUSED, None, Reason.UNKNOWN, 0.375, 1.0, 6)


def test_score_margin_and_liveness_may_be_exactly_what_is_asked_for() -> None:
    exact = look(score=0.5, runner_up=0.25, liveness=0.5)
    assert weighed(*[exact] * 3).finding is Finding.RECOGNISED
    for less in (replace(exact, score=0.4999), replace(exact, runner_up=0.2501), replace(exact, liveness=0.4999)):
        assert weighed(*[less] * 3).finding is Finding.UNDECIDED


def test_a_third_of_the_looks_may_disagree_and_no_more() -> None:
    own, other = look(), look(person=2, score=0.25, runner_up=0.0)
    assert weighed(*[own] * 4, *[other] * 2).finding is Finding.RECOGNISED
    assert weighed(*[own] * 3, *[other] * 2).finding is not Finding.RECOGNISED


def test_it_is_whoever_most_looks_name_whatever_their_number() -> None:
    verdict = weighed(look(person=9, score=0.25, runner_up=0.0), *[look(person=1)] * 4)
    assert (verdict.finding, verdict.person_id, verdict.looks) == (Finding.RECOGNISED, 1, 4)


def test_another_who_is_exactly_as_close_as_a_match_has_to_be_blocks() -> None:
    assert weighed(*[look()] * 5, look(person=2, score=0.5)).finding is not Finding.RECOGNISED
    assert weighed(*[look()] * 5, look(person=2, score=0.4999)).finding is Finding.RECOGNISED


def test_more_than_a_third_close_to_somebody_is_ambiguous() -> None:
    near, far = look(score=0.5, runner_up=0.5), look(score=0.25)
    assert weighed(*[near] * 2, *[far] * 4).reason is Reason.UNKNOWN
    assert weighed(*[near] * 3, *[far] * 4).reason is Reason.AMBIGUOUS


def test_looks_of_no_weight_count_alike() -> None:
    """A quality of 0 for all of them is no reason to divide by it."""
    verdict = weighed(look(score=0.5, weight=0.0), look(score=0.75, weight=0.0), look(score=1.0, weight=0.0))
    assert (verdict.finding, verdict.score) == (Finding.RECOGNISED, 0.75)
    light = weighed(*[look(score=0.75, weight=0.25)] * 2, look(score=0.5, runner_up=0.0, weight=0.125))
    assert light.score == pytest.approx(0.7)


def test_nobody_named_is_nobody_however_alive() -> None:
    assert weighed(*[look(person=None, score=-1.0, runner_up=-1.0)] * 3).finding is Finding.UNDECIDED
    assert weigh(Evidence((look(person=None, score=-1.0),) * 3), 10.0, POLICY, -1.0).finding is not Finding.RECOGNISED


# ---------------------------------------------------------------- threshold

CURVE = ((1e-2, 0.25), (1e-4, 0.5))


@pytest.mark.parametrize(
    "curve",
    [
        ((1e-2, 0.25), (1e-2, 0.5)),
        ((2.0, 0.25), (1e-2, 0.5)),
        ((1e-2, 0.25), (0.0, 0.5)),
        ((1e-2, -1.5), (1e-4, 0.5)),
        ((1e-2, 0.25), (1e-4, 1.5)),
        ((1e-2, 0.5), (1e-4, 0.5)),
    ],
)
def test_a_curve_beyond_what_rates_and_cosines_can_be_is_refused(curve: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ModelError, match=r"^the embedder's impostor curve is not monotone"):
        check_curve(curve)


def test_the_ends_of_what_they_can_be_are_taken() -> None:
    whole = ((1.0, -1.0), (1e-4, 1.0))
    assert check_curve(whole) == whole


def test_no_curve_says_so_plainly() -> None:
    with pytest.raises(ModelError, match=r"^the embedder's card has no impostor curve .*; measure one for it$"):
        check_curve(CURVE[:1])


def test_a_tail_takes_the_place_of_no_more_than_the_last_point() -> None:
    curve = ((1e-1, 0.1), *CURVE)
    tail = Tail(((1e-4, 0.55), (1e-6, 0.7)))
    assert check_tail(curve, tail) == ((1e-1, 0.1), (1e-2, 0.25), (1e-4, 0.55), (1e-6, 0.7))


def test_the_promise_is_shared_by_templates_and_looks() -> None:
    told = threshold_for(1e-2, 5, CURVE, looks=4)
    assert (told.per_comparison, told.templates, told.looks) == (pytest.approx(5e-4), 5, 4)
    assert told.cosine == pytest.approx(threshold_for(5e-4, 1, CURVE).cosine)


def test_a_promise_laxer_than_the_curve_gets_its_laxest_cosine() -> None:
    assert [threshold_for(rate, 1, CURVE).cosine for rate in (1.0, 0.5, 1e-2)] == [0.25, 0.25, 0.25]
    assert threshold_for(0.9e-2, 1, CURVE).cosine > 0.25


def test_beyond_a_curve_of_less_than_a_decade_its_whole_slope_goes_on() -> None:
    short = ((1e-3, 0.3), (5e-4, 0.35), (2e-4, 0.4))
    slope = 0.1 / (np.log10(1e-3) - np.log10(2e-4))
    assert threshold_for(1e-5, 1, short).cosine == pytest.approx(0.4 + slope * (np.log10(2e-4) - -5.0))


# ---------------------------------------------------------------- lockout

LOCKOUT = LockoutPolicy(3, 60.0, (10.0, 20.0, 40.0))


def test_a_refusal_counts_for_exactly_the_window() -> None:
    assert refused(Lockout((0.0, 1.0), 0, None), 60.0, LOCKOUT).is_on(60.0)
    assert not refused(Lockout((0.0, 1.0), 0, None), 60.001, LOCKOUT).is_on(60.001)


def test_a_refusal_too_few_leaves_the_rest_as_it_was() -> None:
    assert refused(Lockout((), 2, 500.0), 1.0, LOCKOUT) == Lockout((1.0,), 2, 500.0)


def test_each_lockout_is_one_level_and_begins_with_no_refusals() -> None:
    first = refused(Lockout((0.0, 1.0), 0, None), 2.0, LOCKOUT)
    assert first == Lockout((), 1, 12.0)
    assert ended(first) == Lockout((), 1, None)
    second = refused(replace(ended(first), refused_at_s=(13.0, 14.0)), 15.0, LOCKOUT)
    assert second == Lockout((), 2, 35.0)


# ---------------------------------------------------------------- tracks


def track(number: int = 1, **change: object) -> TrackState:
    return replace(TrackState(number, 1.0, 5.0, BOX, Evidence((look(),))), **change)  # type: ignore[arg-type]


def test_a_face_waits_until_its_time_and_not_a_moment_longer() -> None:
    waiting = track(retry_at_s=7.0)
    assert [waiting.is_waiting(at_s) for at_s in (6.999, 7.0)] == [True, False]


def test_a_new_face_begins_now_where_it_stands_and_moves_with_it() -> None:
    (seen,) = faces.see((), (sighting(4),), 3.0, POLICY)
    assert (seen.id, seen.first_s, seen.last_s, seen.box) == (4, 3.0, 3.0, BOX)
    moved = replace(BOX, left=BOX.left + 5, right=BOX.right + 5)
    (later,) = faces.see((seen,), (replace(sighting(4), box=moved),), 3.5, POLICY)
    assert (later.first_s, later.last_s, later.box) == (3.0, 3.5, moved)


def test_a_face_is_remembered_for_exactly_so_long() -> None:
    assert [len(faces.forget((track(),), at_s, 1.0)) for at_s in (6.0, 6.001)] == [1, 0]


def test_starting_again_nothing_is_known_of_it() -> None:
    (afresh,) = faces.start_again((track(is_spent=True, retry_at_s=99.0, refusals=2),))
    assert afresh == track(evidence=Evidence(), is_spent=False, retry_at_s=99.0, refusals=2)
    (enrolling,) = faces.look_at_all((track(is_spent=True, retry_at_s=99.0, refusals=2),))
    assert enrolling == track(evidence=Evidence(), is_spent=False, retry_at_s=None, refusals=2)


def test_whoever_is_asked_after_is_looked_at_and_has_had_their_answer_all_the_same() -> None:
    (asked,) = faces.ask_after((track(is_spent=True),))
    assert (asked.is_spent, asked.is_decided(6.0), asked.evidence) == (True, False, Evidence())
    assert faces.ask_no_more((asked,)) == (track(evidence=Evidence(), is_spent=True),)
    (waiting,) = faces.ask_after((track(retry_at_s=99.0),))
    assert waiting.is_decided(6.0), "asking is no way to be looked at sooner"


def test_a_face_that_had_its_answer_keeps_no_evidence() -> None:
    one, two = faces.spend((track(1), track(2)), frozenset({1}))
    assert (one, two) == (track(1, evidence=Evidence(), is_spent=True), track(2))


def test_only_the_refused_face_is_put_off_and_starts_again() -> None:
    one, two = faces.put_off((track(1, refusals=2), track(2)), 1, 10.0, 3.0)
    assert one == track(1, evidence=Evidence(), refusals=3, retry_at_s=22.0)
    assert two == track(2)


def test_the_recognised_are_dealt_with_first() -> None:
    stranger = track(1, evidence=Evidence((look(score=0.2, runner_up=0.1),) * 6))
    known = track(2, evidence=Evidence((look(),) * 3))
    told = faces.verdicts((stranger, known), 10.0, POLICY, THRESHOLD)
    assert [(state.id, verdict.finding) for state, verdict in told] == [
        (2, Finding.RECOGNISED),
        (1, Finding.REFUSED),
    ]


def test_whom_a_face_would_be_taken_for() -> None:
    close, other = replace(look(), person_id=1, score=0.6), replace(look(), person_id=2, score=0.49)
    assert [likeness((close, other, other, other), 0.5, None), likeness((close, other, other), 0.5, None)] == [
        None,
        None,
    ]
    assert likeness((close, other), 0.5, None) == 1
    assert likeness((close, close), 0.5, 1) is None
    assert likeness((close, close), 0.5, 2) == 1
    assert likeness((replace(close, runner_up=0.5),), 0.5, 1) == NAMELESS


# ---------------------------------------------------------------- enrolment

TAKING = EnrolmentPolicy(templates=3, timeout_s=20.0, min_turn_deg=5.0, gap_s=0.5, patience_s=2.0)
PROBE = np.ones(512, np.float32)


def begun(*taken: NewTemplate, last_s: float = 10.0, **change: object) -> Enrolment:
    whole = Enrolment("bo", Role.MEMBER, "uid 0", 5.0, last_s, taken=taken)
    return replace(whole, **change)  # type: ignore[arg-type]


def shown(yaw_deg: float = 0.0, pitch_deg: float = 0.0, kinship: float | None = 0.8) -> tuple[Sighting, ...]:
    face = sighting(yaw_deg=yaw_deg, kinship=kinship)
    return (replace(face, probe=PROBE, quality=replace(face.quality, score=0.7, pitch_deg=pitch_deg)),)


def count(enrolment: Enrolment, seen: tuple[Sighting, ...], at_s: float) -> int:
    return len(consider(enrolment, seen, at_s, True, TAKING, 0.5).taken)


AHEAD = NewTemplate(PROBE, 0.7, 0.0, 0.0)


def test_a_frame_from_before_it_began_does_not_count_and_one_of_that_instant_does() -> None:
    assert [count(begun(), shown(), at_s) for at_s in (4.999, 5.0)] == [0, 1]


def test_what_is_being_written_takes_nothing_more() -> None:
    writing = begun(AHEAD, stage=Stage.COMMITTING)
    assert consider(writing, shown(yaw_deg=30.0), 20.0, True, TAKING, 0.5) == writing


def test_what_is_taken_is_what_was_shown_and_when() -> None:
    after = consider(begun(), shown(12.0, -4.0), 9.0, True, TAKING, 0.5)
    (taken,) = after.taken
    assert taken.probe is PROBE
    assert (taken.quality, taken.yaw_deg, taken.pitch_deg, after.last_s) == (0.7, 12.0, -4.0, 9.0)


def test_a_good_look_takes_the_hint_away() -> None:
    assert consider(begun(AHEAD, hint=Reason.BLURRED), shown(), 10.1, True, TAKING, 0.5).hint is None


def test_another_pose_counts_after_the_gap_and_from_the_least_turn_on() -> None:
    assert [count(begun(AHEAD), shown(30.0), at_s) for at_s in (10.499, 10.5)] == [1, 2]
    assert [count(begun(AHEAD), shown(turn), 11.0) for turn in (4.999, 5.0, -5.0)] == [1, 2, 2]
    assert [count(begun(AHEAD), shown(0.0, turn), 11.0) for turn in (4.999, 5.0, -5.0)] == [1, 2, 2]


def test_the_same_pose_on_either_side_is_no_other_pose() -> None:
    turned = NewTemplate(PROBE, 0.7, 20.0, 20.0)
    assert count(begun(turned), shown(20.0, 20.0), 11.0) == 1


def test_the_same_pose_counts_once_patience_is_over() -> None:
    assert [count(begun(AHEAD), shown(), at_s) for at_s in (11.999, 12.0)] == [1, 2]


def test_a_face_as_like_as_it_has_to_be_is_the_newcomers() -> None:
    assert [count(begun(AHEAD), shown(30.0, kinship=like), 11.0) for like in (SAME_FACE_COSINE, 0.3999)] == [2, 1]


def test_it_is_given_up_after_its_time_and_not_at_it() -> None:
    assert [is_stale(begun(), at_s, TAKING) for at_s in (30.0, 30.001)] == [False, True]


def test_why_a_look_is_not_taken() -> None:
    (face,) = shown()
    blurred = replace(face, quality=Quality(0.0, (Reason.BLURRED, Reason.TOO_DARK)))
    told = {
        consider(begun(), seen, 11.0, is_live, TAKING, 0.5).hint
        for seen, is_live in [((), True), ((face, face), True), ((blurred,), True), ((face,), False)]
    }
    assert told == {Reason.NO_FACE, Reason.MANY_FACES, Reason.BLURRED, Reason.SPOOF}
    assert consider(begun(), (replace(face, probe=None),), 11.0, True, TAKING, 0.5).hint is Reason.NO_FACE
    waiting = consider(begun(), (face,), 11.0, None, TAKING, 0.5)
    assert (waiting.taken, waiting.hint) == ((), None)


def test_it_is_written_as_soon_as_there_are_enough() -> None:
    two = begun(AHEAD, NewTemplate(PROBE, 0.7, 20.0, 0.0))
    assert consider(begun(AHEAD), shown(30.0), 11.0, True, TAKING, 0.5).stage is Stage.COLLECTING
    full = consider(two, shown(40.0), 11.0, True, TAKING, 0.5)
    assert (full.stage, len(full.taken), full.name, full.hint) == (Stage.COMMITTING, 3, "bo", None)


def test_more_templates_are_taken_of_nobody_else() -> None:
    (face,) = shown()
    for match, is_theirs in [
        (Match(7, SAME_FACE_COSINE), True),
        (Match(7, SAME_FACE_COSINE - 1e-6), False),
        (Match(8, 0.9), False),
        (None, False),
    ]:
        after = consider(begun(person_id=7), (replace(face, match=match),), 11.0, True, TAKING, 0.5)
        assert (len(after.taken), after.hint) == ((1, None) if is_theirs else (0, Reason.OTHER_FACE))


def test_whoever_is_like_somebody_enrolled_is_told_one_reason() -> None:
    """None while it is not known whether they are enrolled already; who stepped in, and who is like two, is told so."""
    like_ben, like_both = Match(8, 0.9), Match(7, 0.9, 0.8)
    for enrolment, match, kinship, hint in [
        (begun(), like_ben, 0.8, None),
        (begun(AHEAD), like_ben, 0.1, Reason.OTHER_FACE),
        (begun(AHEAD), like_ben, 0.8, Reason.AMBIGUOUS),
        (begun(person_id=7), like_both, 0.8, Reason.AMBIGUOUS),
        (begun(AHEAD, person_id=7), like_both, 0.1, Reason.OTHER_FACE),
    ]:
        (face,) = shown(30.0, kinship=kinship)
        after = consider(enrolment, (replace(face, match=match),), 11.0, True, TAKING, 0.5)
        assert (after.taken, after.strays, after.hint) == (enrolment.taken, 0, hint)


def test_a_first_look_that_no_other_agrees_with_is_left_out() -> None:
    enrolment = begun(AHEAD)
    for number in range(1, STRAYS):
        enrolment = consider(enrolment, shown(30.0, kinship=0.1), 11.0 + number, True, TAKING, 0.5)
        assert (enrolment.strays, enrolment.taken, enrolment.hint) == (number, (AHEAD,), Reason.OTHER_FACE)
    agreed = consider(enrolment, shown(30.0), 20.0, True, TAKING, 0.5)
    assert (agreed.strays, len(agreed.taken)) == (0, 2)
    without = consider(enrolment, shown(30.0, kinship=0.1), 20.0, True, TAKING, 0.5)
    assert (without.strays, without.taken, without.hint) == (0, (), None)


def test_of_two_looks_that_agree_none_is_left_out() -> None:
    enrolment = begun(AHEAD, AHEAD)
    for number in range(STRAYS + 2):
        enrolment = consider(enrolment, shown(30.0, kinship=None), 11.0 + number, True, TAKING, 0.5)
    assert (len(enrolment.taken), enrolment.hint) == (2, Reason.OTHER_FACE)


def test_a_look_exactly_at_the_threshold_is_a_rival() -> None:
    assert rival_of(look(person=2, score=THRESHOLD), THRESHOLD, whose=1) == 2
    assert rival_of(look(person=2, score=THRESHOLD - 0.01), THRESHOLD, whose=1) is None


def test_what_is_left_of_loose_looks_is_as_old_as_the_newest() -> None:
    lockout = Lockout(loose=((1.0, 4), (2.0, 4), (3.0, 4)))
    after = owed(lockout, 3.0, LockoutPolicy(window_s=60.0), looks_of_an_attempt=8)
    assert after == Lockout(loose=((3.0, 4),))


def test_a_door_that_was_let_out_by_is_locked_at_the_very_end_of_its_time() -> None:
    opened = Gate(exit_since_s=5.0, exit_until_s=10.0)
    assert opened.is_open(9.99)
    assert not opened.is_open(10.0)
    shut, events = step(opened, Tick(10.0, Roster(THRESHOLD)), Policy())
    assert shut.exit_until_s is None
    assert [event.kind for event in events] == [EventKind.LOCKED]


def test_a_door_opened_for_a_face_is_locked_at_the_very_end_of_its_time() -> None:
    opened = Gate(mode=Mode.OPEN, until_s=10.0)
    assert opened.is_open(9.99)
    assert not opened.is_open(10.0)


def test_a_spoof_at_the_very_end_of_the_window_still_counts_towards_the_alarm() -> None:
    policy = Policy(lockout=LockoutPolicy(refusals=9, window_s=20.0, alarm_after_spoofs=2, alarm_s=60.0))
    photograph = sighting(person=1, liveness=0.1)
    gate = Gate(spoofs=SpoofAlarm(refused_at_s=(80.0,)))
    told: list[EventKind] = []
    roster = Roster(THRESHOLD, {1: Member("ann", Role.ADMIN)}, 5)
    for number in range(8):
        at_s = 100.0 - 0.1 * (7 - number)
        gate, events = step(gate, Tick(at_s, roster, (), (photograph,), at_s), policy)
        told.extend(event.kind for event in events)
    assert EventKind.SPOOF_ALARM in told
    assert told.count(EventKind.REFUSED) == 1
