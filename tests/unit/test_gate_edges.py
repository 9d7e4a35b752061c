"""More of the deciding code at its bounds (`./dev suite mutants`): who is known, who is asked, who is steady."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faceauthd.challenge import Challenge, observe
from faceauthd.enrolment import EnrolmentPolicy, consider
from faceauthd.evidence import EvidencePolicy, Look, is_hit
from faceauthd.gate import Mode
from faceauthd.types import EnrollAsked, Quality, Sighting, Sign, Turn, VerifyAsked
from tests.fakes import sighting
from tests.unit.test_decision_edges import begun, shown
from tests.unit.test_gate import ANN, BEN, BOTH, Story
from tests.unit.test_gate_entry import spoof


def at_pitch(pitch_deg: float, lids: float = 0.34) -> Sighting:
    face = sighting(1, 1, lids=lids)
    return replace(face, quality=replace(face.quality, pitch_deg=pitch_deg))


@pytest.mark.parametrize(("nods_deg", "is_met"), [(0.0, True), (5.9, True), (-5.9, True), (6.1, False), (-6.1, False)])
def test_a_head_that_looks_up_may_blink_if_it_stays_as_it_is(nods_deg: float, is_met: bool) -> None:
    challenge = Challenge(1, 1, until_s=99.0, sign=Sign.BLINK)
    looks = [at_pitch(10.0)] * 5 + [at_pitch(10.0 + nods_deg, 0.2)] * 5 + [at_pitch(10.0)] * 2
    for number, look in enumerate(looks):
        challenge = observe(challenge, look, 10.0 + number / 10)
    assert challenge.is_met is is_met


def test_a_look_may_be_exactly_as_far_ahead_as_is_asked_for() -> None:
    policy = EvidencePolicy(looks=3, window_s=2.0, margin=0.25, refuse_after_looks=6, liveness_min=0.5)
    assert is_hit(Look(1.0, 1, 0.75, 0.5, 1.0, 1.0), policy, 0.5)
    assert not is_hit(Look(1.0, 1, 0.75, 0.51, 1.0, 1.0), policy, 0.5)


def test_once_a_pose_is_taken_no_turn_is_asked_for() -> None:
    before = begun(asks=Turn.SIDE)
    after = consider(before, shown(yaw_deg=12.0), 9.0, True, EnrolmentPolicy(), 0.5)
    assert len(after.taken) == 1
    assert after.asks is None


def test_whoever_is_not_recognised_is_not_taken_for_somebody_enrolled() -> None:
    """A photograph of ann before somebody new is a suspicion, not ann."""
    story = Story()
    story.tick(asked=(EnrollAsked("eve", story.now_s, "root"),))
    story.ticks(4, spoof())
    assert story.gate.mode is Mode.ENROLLING
    assert story.gate.enrolment is not None
    assert story.gate.enrolment.name == "eve"


def test_whoever_was_removed_while_they_stand_there_is_known_no_longer() -> None:
    story = Story(roster=replace(BOTH, people={BEN: BOTH.people[BEN]}))
    story.tick(asked=(EnrollAsked("eve", story.now_s, "root"),))
    story.ticks(6, sighting(1, ANN))
    assert story.gate.mode is Mode.GIVEN_UP
    assert story.events[-1].detail == "too like somebody else, who is enrolled"


def test_a_client_that_waited_in_vain_asks_no_longer() -> None:
    """The face that had its answer before is left alone again."""
    story = Story(roster=BOTH)
    story.ticks(6, sighting(1, ANN))
    story.tick(sighting(1, ANN), asked=(VerifyAsked(BEN, "ben", story.now_s, story.now_s + 2.0, "uid 7"),))
    story.tick(sighting(1, ANN))
    assert any(track.is_asked_after for track in story.gate.tracks)
    story.ticks(30, sighting(1, ANN))
    assert story.gate.verification is None
    assert not any(track.is_asked_after for track in story.gate.tracks)


def test_a_quality_of_no_number_is_not_steady() -> None:
    challenge = Challenge(
        1, 1, until_s=99.0, sign=Sign.BLINK, open_looks=(Quality(1.0, sharpness=0.026, lids=0.34),) * 5
    )
    assert observe(replace(challenge, last_open_s=10.0), at_pitch(float("nan"), 0.2), 10.1).open_looks == ()


@pytest.mark.parametrize(("gone_ticks", "is_let_in"), [(0, True), (1, False), (8, False)])
def test_nobody_is_let_in_after_they_went(gone_ticks: int, is_let_in: bool) -> None:
    """While `enrolled` is shown nobody is judged; looks of then must not open to an empty place."""
    story = Story()
    story.gate = replace(story.gate, mode=Mode.ENROLLED, until_s=story.now_s + 2.0 + 0.1 * gone_ticks)
    story.ticks(19, sighting(1, ANN))
    story.ticks(gone_ticks)
    assert story.gate.mode is Mode.ENROLLED
    story.ticks(2, *([] if gone_ticks else [sighting(1, ANN)]))
    assert story.gate.mode is not Mode.ENROLLED
    assert story.is_open is is_let_in
    story.ticks(3, sighting(1, ANN))
    assert story.is_open, "seen again, she is let in"
