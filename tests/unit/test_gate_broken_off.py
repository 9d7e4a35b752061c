"""Faces taken away before they have their answer: no way to have more of them compared than the lockout allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faceauthd.evidence import Evidence, Look
from faceauthd.gate import Mode
from faceauthd.tracks import TrackState, broken_off
from faceauthd.types import (
    Box,
    CommitDone,
    EnrollAsked,
    EventKind,
    Member,
    Person,
    Reason,
    Role,
    Roster,
    Sighting,
    VerifyAsked,
)
from tests.fakes import sighting
from tests.unit.test_gate import ANN, BOTH, NOBODY, POLICY, Story, turning

STRANGER = sighting(person=ANN, score=0.3)
ANOTHER = replace(STRANGER, continuity=None)


def swapping(story: Story, seconds: float, looks: int = 5) -> list[Sighting]:
    """Another face every `looks` looks, before the six that make a refusal."""
    shown = [ANOTHER if number % looks == 0 else STRANGER for number in range(round(10 * seconds))]
    for seen in shown:
        story.tick(seen)
    return shown


def test_swapping_faces_leads_to_the_lockout_as_waiting_for_answers_does() -> None:
    story = Story()
    swapping(story, 20.0)
    kinds = [event.kind for event in story.events]
    assert EventKind.LOCKOUT_BEGAN in kinds
    assert kinds.index(EventKind.LOCKOUT_BEGAN) <= kinds.index(EventKind.REFUSED) + 3
    began_s = next(event.time_s for event in story.events if event.kind is EventKind.LOCKOUT_BEGAN)
    assert began_s - 100.0 <= 3 * 6 * 0.1 + 1.0, "three refusals' worth of looks, and not many more"


def test_faces_that_come_and_go_count_too() -> None:
    story = Story()
    for track in range(1, 9):
        for number in range(5):
            story.tick(sighting(track, person=ANN, score=0.3, continuity=None if number == 0 else 0.9))
        story.ticks(15)
    assert EventKind.LOCKOUT_BEGAN in [event.kind for event in story.events]


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(sighting(reasons=(Reason.BLURRED,)), id="not usable"),
        pytest.param(sighting(person=ANN, score=0.3, continuity=None), id="one look of each: too few for any verdict"),
    ],
)
def test_what_had_no_chance_to_get_in_counts_for_nothing(seen: Sighting) -> None:
    story = Story()
    for _ in range(100):
        story.tick(seen)
    assert [event.kind for event in story.events] == [EventKind.APPROACHED]
    assert story.gate.lockout.loose == ()


def test_looks_that_would_have_opened_the_door_are_no_strangers() -> None:
    hit = Look(1.0, ANN, 0.7, 0.1, 0.9, 1.0)
    miss = replace(hit, score=0.3)
    fake = replace(hit, liveness=0.1)
    torn = replace(hit, runner_up=0.68)

    def lost(*looks: Look) -> int:
        track = TrackState(1, 0.0, 1.0, Box(0, 0, 1, 1), Evidence(looks))
        return broken_off((track,), (), POLICY.evidence, 0.5)

    assert lost(hit, hit, hit) == 0
    assert lost(hit, miss, fake, torn) == 3
    assert lost(miss, miss) == 0, "two looks open nothing"


def test_where_nobody_is_enrolled_nothing_is_compared_and_nothing_counts() -> None:
    story = Story(roster=NOBODY)
    swapping(story, 10.0)
    assert story.gate.lockout.loose == ()
    assert story.gate.mode is not Mode.LOCKED_OUT


@pytest.mark.parametrize("is_first", [True, False])
def test_whoever_was_just_enrolled_is_not_refused_for_having_been_nobody_until_then(is_first: bool) -> None:
    story = Story(roster=NOBODY if is_first else BOTH)
    story.tick(asked=(EnrollAsked("eve", story.now_s, "root"),))
    for seen in map(turning(), range(40)):
        story.tick(*seen)
    assert story.gate.to_commit is not None
    eve = Person(3, "eve", Role.MEMBER, 3, 0.0)
    story.roster = Roster(0.5, {**story.roster.people, 3: Member("eve", Role.MEMBER)}, 13)
    story.tick(sighting(person=3, score=0.3), asked=(CommitDone(eve),))
    story.ticks(60)
    kinds = story.kinds()
    assert EventKind.ENROLLED in kinds
    assert EventKind.REFUSED not in kinds
    assert story.gate.lockout.loose == ()


def test_while_a_client_waits_for_somebody_swapping_counts_as_well_and_ends_it_with_the_lockout() -> None:
    story = Story()
    story.tick(asked=(VerifyAsked(ANN, "ann", story.now_s, story.now_s + 60.0, "uid 0"),))
    swapping(story, 20.0)
    kinds = [event.kind for event in story.events]
    assert kinds.index(EventKind.LOCKOUT_BEGAN) < kinds.index(EventKind.VERIFY_FAILED)


def test_whoever_was_enrolled_and_goes_tried_nothing() -> None:
    """The looks of an enrolment name nobody yet; they are no stranger's."""
    story = Story()
    story.gate = replace(story.gate, mode=Mode.ENROLLED, until_s=story.now_s + 60.0)
    for _ in range(20):
        story.tick(STRANGER)
    story.gate = replace(story.gate, tracks=tuple(replace(track, evidence=SEEN) for track in story.gate.tracks))
    story.ticks(15)
    assert story.gate.tracks == ()
    assert story.gate.lockout.loose == ()


SEEN = Evidence(tuple(Look(1.0 + 0.1 * number, None, 0.1, 0.0, 0.9, 1.0) for number in range(8)))
