"""What the looks of one track add up to."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from faceauthd.evidence import Evidence, EvidencePolicy, Finding, Verdict, add, weigh
from faceauthd.types import Reason, Sighting
from tests.fakes import sighting

POLICY = EvidencePolicy(looks=3, window_s=2.0, margin=0.05, refuse_after_looks=6, liveness_min=0.5)
THRESHOLD = 0.5


def judged(seen: Iterable[Sighting], policy: EvidencePolicy = POLICY, gap_s: float = 0.1) -> Verdict:
    evidence, at_s = Evidence(), 10.0
    for face in seen:
        at_s += gap_s
        evidence = add(evidence, face, at_s, policy)
    return weigh(evidence, at_s, policy, THRESHOLD)


def test_three_agreeing_looks_are_somebody() -> None:
    verdict = judged([sighting(person=7, score=0.6), sighting(person=7, score=0.7), sighting(person=7, score=0.8)])
    assert verdict.finding is Finding.RECOGNISED
    assert (verdict.person_id, verdict.looks) == (7, 3)
    assert verdict.score == pytest.approx(0.7)


@pytest.mark.parametrize("looks", [1, 2])
def test_fewer_looks_are_nobody(looks: int) -> None:
    assert judged([sighting(person=7, score=0.99)] * looks).finding is Finding.UNDECIDED


def test_it_is_the_mean_of_the_looks_that_has_to_reach_the_threshold() -> None:
    def three(poor: float) -> Verdict:
        return judged([sighting(person=7, score=0.6), sighting(person=7, score=poor), sighting(person=7, score=0.55)])

    assert three(0.36).finding is Finding.RECOGNISED
    assert three(0.34).finding is Finding.UNDECIDED


def test_the_margin_too_is_kept_by_the_mean() -> None:
    def three(runner_up: float) -> Verdict:
        clear = sighting(person=7, score=0.6, runner_up=0.5)
        return judged([clear, clear, sighting(person=7, score=0.6, runner_up=runner_up)])

    assert three(0.64).finding is Finding.RECOGNISED
    assert three(0.66).finding is Finding.UNDECIDED


def test_a_good_look_weighs_more_than_a_poor_one() -> None:
    def three(good: float) -> Verdict:
        sharp, dull = sighting(person=7, score=0.6, good=good), sighting(person=7, score=0.42, good=0.5)
        return judged([sharp, dull, dull])

    assert three(1.0).finding is Finding.RECOGNISED
    assert three(0.6).finding is Finding.UNDECIDED


def test_a_score_that_is_no_number_opens_nothing() -> None:
    assert judged([sighting(person=7, score=float("nan")), *[sighting(person=7)] * 2]).finding is Finding.UNDECIDED


def test_one_dull_look_is_not_a_spoof() -> None:
    assert judged([sighting(person=7, liveness=0.0)] * 2).finding is Finding.UNDECIDED


def test_two_people_never_add_up() -> None:
    seen = [sighting(person=7), sighting(person=7), sighting(person=8), sighting(person=8)]
    assert judged(seen).finding is Finding.UNDECIDED


def test_one_look_that_is_close_to_somebody_else_blocks_until_it_has_left_the_window() -> None:
    seen = [sighting(person=8), *[sighting(person=7)] * 9]
    assert judged(seen).reason is Reason.AMBIGUOUS
    assert judged(seen, gap_s=0.3).person_id == 7


def test_two_people_who_are_equally_close_are_ambiguous() -> None:
    assert judged([sighting(person=7, score=0.70, runner_up=0.66)] * 6).reason is Reason.AMBIGUOUS


def test_one_person_alone_is_never_ambiguous() -> None:
    """Half of the looks reach the threshold and their mean does not: no second person is in the way."""
    near, far = sighting(person=7, score=0.6, runner_up=-1.0), sighting(person=7, score=0.2, runner_up=-1.0)
    assert judged([near, far] * 3).reason is Reason.UNKNOWN
    assert judged([sighting(person=7, score=0.6, runner_up=0.58), far] * 3).reason is Reason.AMBIGUOUS


def test_below_the_threshold_is_unknown_and_only_after_enough_looks() -> None:
    stranger = sighting(person=7, score=0.49)
    assert judged([stranger] * 5).finding is Finding.UNDECIDED
    assert judged([stranger] * 6).reason is Reason.UNKNOWN


def test_where_looks_are_slow_to_come_a_stranger_is_refused_all_the_same() -> None:
    stranger = sighting(person=7, score=0.3)
    assert judged([stranger] * 4, gap_s=0.4).finding is Finding.UNDECIDED
    assert judged([stranger] * 4, gap_s=0.5).reason is Reason.UNKNOWN
    assert judged([sighting(person=7, liveness=0.0)] * 4, gap_s=0.5).reason is Reason.SPOOF


def test_the_threshold_itself_counts() -> None:
    assert judged([sighting(person=7, score=0.5)] * 3).finding is Finding.RECOGNISED


def test_a_few_lucky_looks_among_many_bad_ones_are_not_enough() -> None:
    lucky, bad = sighting(person=7, score=0.6), sighting(person=7, score=0.2)
    assert judged([bad, lucky, bad, lucky, bad, lucky]).finding is not Finding.RECOGNISED
    assert judged([bad, lucky, lucky, lucky]).finding is Finding.RECOGNISED


def test_an_empty_gallery_recognises_nobody() -> None:
    assert judged([sighting(person=None)] * 6).reason is Reason.UNKNOWN


def test_looks_outside_the_window_do_not_count() -> None:
    assert judged([sighting(person=7)] * 6, gap_s=1.1).finding is Finding.UNDECIDED


def test_unusable_looks_do_not_count() -> None:
    blurred = sighting(person=7, reasons=(Reason.BLURRED,))
    assert judged([sighting(person=7), blurred, blurred, sighting(person=7)]).finding is Finding.UNDECIDED


def test_another_face_in_the_same_track_starts_again() -> None:
    swapped = sighting(person=7, continuity=0.1)
    assert judged([sighting(person=7), sighting(person=7), swapped]).finding is Finding.UNDECIDED
    assert judged([sighting(person=8), swapped, sighting(person=7), sighting(person=7)]).person_id == 7


def test_a_face_not_known_to_be_the_same_starts_again() -> None:
    unknown = sighting(person=7, continuity=None)
    assert judged([unknown, sighting(person=7), sighting(person=7)]).person_id == 7
    assert judged([sighting(person=7), sighting(person=7), unknown]).finding is Finding.UNDECIDED


def test_a_living_strangers_looks_do_not_lend_life_to_a_photograph() -> None:
    photograph, stranger = sighting(person=7, liveness=0.3), sighting(person=7, score=0.1, liveness=1.0)
    looks = [photograph, photograph, stranger] * 2
    assert sum(look.liveness or 0 for look in looks) / len(looks) > 0.5
    assert judged(looks).reason is Reason.SPOOF


def test_what_does_not_look_alive_is_a_spoof_whoever_it_shows() -> None:
    assert judged([sighting(person=7, liveness=0.1)] * 5).finding is Finding.UNDECIDED
    assert judged([sighting(person=7, liveness=0.1)] * 6).reason is Reason.SPOOF


def test_liveness_is_judged_over_the_window_and_not_by_one_look() -> None:
    seen = [sighting(person=7, liveness=value) for value in (0.9, 0.2, 0.9)]
    assert judged(seen).finding is Finding.RECOGNISED
    seen = [sighting(person=7, liveness=value) for value in (0.9, 0.1, 0.1)]
    assert judged(seen).finding is Finding.UNDECIDED
    assert judged(seen * 2).reason is Reason.SPOOF


def test_a_look_without_a_liveness_score_counts_as_an_attack() -> None:
    assert judged([sighting(person=7, liveness=None)] * 6).reason is Reason.SPOOF
    off = EvidencePolicy(liveness_min=None)
    assert judged([sighting(person=7, liveness=None)] * 3, off).finding is Finding.RECOGNISED
