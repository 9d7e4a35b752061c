"""Whether a scene ended as it should."""

from __future__ import annotations

from faceauthd.scene.expect import judge
from faceauthd.scene.spec import Expected
from faceauthd.types import Event, EventKind, Reason

ENROLLED = Event(EventKind.ENROLLED, 105.0, person="person-1")
UNLOCKED = Event(EventKind.UNLOCKED, 110.0, person="person-1")
REFUSED = Event(EventKind.REFUSED, 120.0, reason=Reason.UNKNOWN)
STORY = (
    Expected(EventKind.ENROLLED, person="person-1", by_s=8),
    Expected(EventKind.UNLOCKED, person="person-1", after_s=9, by_s=12),
    Expected(EventKind.REFUSED, reason=Reason.UNKNOWN, by_s=25),
)


def test_a_scene_that_went_well_has_no_problems() -> None:
    between = Event(EventKind.APPROACHED, 107.0)
    assert judge(STORY, [ENROLLED, between, UNLOCKED, REFUSED], start_s=100) == []


def test_what_did_not_come_is_missed() -> None:
    assert judge(STORY, [ENROLLED, UNLOCKED], start_s=100) == [
        "'refused' UNKNOWN did not come between 0 s and 25 s",
    ]
    assert len(judge(STORY, [])) == 3


def test_what_came_too_late_or_too_early_is_missed() -> None:
    late = Event(EventKind.UNLOCKED, 113.0, person="person-1")
    early = Event(EventKind.UNLOCKED, 108.5, person="person-1")
    for wrong in (late, early):
        problems = judge(STORY, [ENROLLED, wrong, REFUSED], start_s=100)
        assert any("'unlocked' for person-1 did not come" in problem for problem in problems)
        assert any("which nobody expected" in problem for problem in problems)


def test_a_door_that_opens_unasked_is_a_problem_even_if_all_else_went_well() -> None:
    again = Event(EventKind.UNLOCKED, 130.0, person="person-1")
    problems = judge(STORY, [ENROLLED, UNLOCKED, REFUSED, again], start_s=100)
    assert problems == ["at 30.0 s came 'unlocked' for person-1, which nobody expected"]


def test_the_wrong_person_or_reason_does_not_count() -> None:
    somebody_else = Event(EventKind.UNLOCKED, 110.0, person="person-2")
    spoof = Event(EventKind.REFUSED, 120.0, reason=Reason.SPOOF)
    assert len(judge(STORY, [ENROLLED, somebody_else, REFUSED], start_s=100)) == 2
    assert judge(STORY, [ENROLLED, UNLOCKED, spoof], start_s=100) == [
        "'refused' UNKNOWN did not come between 0 s and 25 s"
    ]


def test_the_order_matters() -> None:
    early = Event(EventKind.REFUSED, 104.0, reason=Reason.UNKNOWN)
    assert judge(STORY, [early, ENROLLED, UNLOCKED], start_s=100) != []
