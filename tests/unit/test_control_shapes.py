"""Events and people on the wire."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from faceauthd.control.protocol import encode
from faceauthd.control.shapes import event_fields, event_from, person_fields
from faceauthd.types import Event, EventKind, Person, Reason, Role

REFUSED = Event(
    kind=EventKind.REFUSED,
    time_s=12.34567,
    person="alice",
    score=0.4123456,
    threshold=0.48,
    liveness=0.9,
    reason=Reason.UNKNOWN,
    detail="third time",
    track=4,
    fields=(("uid", 1000), ("person", "not her")),
)


def test_an_event_tells_what_applies_and_nothing_else() -> None:
    assert event_fields(Event(EventKind.LOCKED, 1.0)) == {"event": "locked", "time_s": 1.0}
    assert event_fields(REFUSED, datetime(2026, 11, 23, 8, 30, 0, 123456, UTC)) == {
        "event": "refused",
        "time_s": 12.346,
        "at": "2026-11-23T08:30:00.123+00:00",
        "person": "alice",
        "score": 0.4123,
        "threshold": 0.48,
        "liveness": 0.9,
        "reason": "UNKNOWN",
        "detail": "third time",
        "track": 4,
        "uid": 1000,
    }


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_goes_over_the_wire_and_back(kind: EventKind) -> None:
    event = Event(kind, 1.5, person="bob", score=0.5, reason=Reason.SPOOF)
    told = event_fields(event)
    assert encode(told)
    assert event_from(told) == event


@pytest.mark.parametrize(
    "told", [{}, {"event": "of-tomorrow", "time_s": 1}, {"event": "refused", "time_s": 1, "reason": "X"}]
)
def test_an_unknown_event_is_nobodys_mistake(told: dict[str, object]) -> None:
    assert event_from(told) is None


def test_a_person_is_told_without_anything_biometric() -> None:
    person = Person(
        3, "alice", Role.ADMIN, templates=5, enrolled_at=1_790_000_000.0, quality=0.87654, foreign_templates=1
    )
    assert person_fields(person) == {
        "id": 3,
        "name": "alice",
        "role": "admin",
        "templates": 5,
        "foreign_templates": 1,
        "quality": 0.8765,
        "enrolled_at": 1_790_000_000.0,
        "disabled": False,
        "valid_from": None,
        "valid_until": None,
        "hours": None,
        "last_seen": None,
    }
