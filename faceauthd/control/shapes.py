"""What events and people look like outside: the names that `docs/contracts.md` promises. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from faceauthd.types import Event, EventKind, Person, Reason, Signal, SignalKind, Turn

_SHOWN = tuple(field.name for field in fields(Event) if field.name not in ("kind", "time_s", "fields"))


def event_fields(event: Event, at: datetime | None = None) -> dict[str, object]:
    """An event as JSON: what does not apply is left out.

    `time_s` is of the daemon's monotonic clock; `at`, if given, is the civil time, written as ISO 8601.
    """
    told: dict[str, object] = {"event": event.kind.value, "time_s": round(event.time_s, 3)}
    if at is not None:
        told["at"] = at.isoformat(timespec="milliseconds")
    for name in _SHOWN:
        value = getattr(event, name)
        if value is not None:
            told[name] = round(value, 4) if isinstance(value, float) else value
    told.update((name, value) for name, value in event.fields if name not in told)
    return told


def event_from(told: Mapping[str, object]) -> Event | None:
    """The event that `event_fields` told; None if it is of a kind or shape that this version does not know."""
    try:
        kind, reason = EventKind(str(told["event"])), told.get("reason")
        return Event(
            kind=kind,
            time_s=_number(told["time_s"]) or 0.0,
            person=_text(told.get("person")),
            score=_number(told.get("score")),
            threshold=_number(told.get("threshold")),
            liveness=_number(told.get("liveness")),
            reason=None if reason is None else Reason(str(reason)),
            detail=_text(told.get("detail")),
        )
    except (KeyError, ValueError):
        return None


def panel_fields(signal: Signal) -> dict[str, object]:
    """What the panel shows, as JSON. `for_s` is how long it has shown it."""
    return {
        "signal": signal.kind.value,
        "for_s": round(max(0.0, signal.now_s - signal.since_s), 2),
        "taken": signal.progress[0],
        "wanted": signal.progress[1],
        "person": signal.name,
        "reason": None if signal.reason is None else signal.reason.value,
        "turn": None if signal.turn is None else signal.turn.value,
    }


def panel_from(told: object, passed_s: float, *, is_open: bool) -> Signal | None:
    """The signal that `panel_fields` told `passed_s` seconds ago; None if this version does not know it."""
    if not isinstance(told, dict):
        return None
    try:
        reason, turn = told.get("reason"), told.get("turn")
        return Signal(
            kind=SignalKind(str(told["signal"])),
            now_s=(_number(told["for_s"]) or 0.0) + passed_s,
            since_s=0.0,
            is_open=is_open,
            progress=(int(_number(told.get("taken")) or 0), int(_number(told.get("wanted")) or 0)),
            name=_text(told.get("person")),
            reason=None if reason is None else Reason(str(reason)),
            turn=None if turn is None else Turn(str(turn)),
        )
    except (KeyError, ValueError, OverflowError):
        return None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def person_fields(person: Person) -> dict[str, object]:
    """Somebody enrolled, as JSON. `enrolled_at` is seconds since the epoch."""
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role.value,
        "templates": person.templates,
        "foreign_templates": person.foreign_templates,
        "quality": round(person.quality, 4),
        "enrolled_at": round(person.enrolled_at, 3),
        "disabled": person.rules.is_disabled,
        "valid_from": person.rules.valid_from,
        "valid_until": person.rules.valid_until,
        "hours": person.rules.hours,
        "last_seen": None if person.last_seen is None else round(person.last_seen, 3),
    }
