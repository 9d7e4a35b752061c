"""Whether a scene ended as it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceauthd.types import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from faceauthd.scene.spec import Expected
    from faceauthd.types import Event

_NEVER_UNASKED = frozenset({EventKind.UNLOCKED, EventKind.ENROLLED})
"""Events that are wrong whenever nobody expected them: a door that opens, and somebody who may open it."""


def judge(expected: Sequence[Expected], events: Iterable[Event], *, start_s: float = 0.0) -> list[str]:
    """What went otherwise than the scene says, one line each; nothing if it went well.

    Expected events have to come in their order and time; others may come between them, unless they open the door or
    enrol somebody. `start_s` is the time of the scene's first frame on the events' clock.
    """
    waiting = list(expected)
    problems = []
    for event in events:
        at_s = event.time_s - start_s
        while waiting and at_s > waiting[0].by_s:
            problems.append(_missing(waiting.pop(0)))
        if waiting and _fits(waiting[0], event, at_s):
            waiting.pop(0)
        elif event.kind in _NEVER_UNASKED:
            problems.append(f"at {at_s:.1f} s came {_named(event.kind, event.person, None)}, which nobody expected")
    return problems + [_missing(one) for one in waiting]


def _fits(wanted: Expected, event: Event, at_s: float) -> bool:
    return (
        event.kind is wanted.event
        and wanted.after_s <= at_s <= wanted.by_s
        and wanted.person in (None, event.person)
        and wanted.reason in (None, event.reason)
    )


def _missing(wanted: Expected) -> str:
    what = _named(wanted.event, wanted.person, wanted.reason)
    return f"{what} did not come between {wanted.after_s:g} s and {wanted.by_s:g} s"


def _named(kind: str, person: str | None, reason: str | None) -> str:
    return " ".join(part for part in (f"'{kind}'", f"for {person}" if person else "", reason or "") if part)
