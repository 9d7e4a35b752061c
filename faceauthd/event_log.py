"""The newest events, kept in memory for clients; journald keeps them for good."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from faceauthd.ports import Clock
from faceauthd.types import Event

KEPT = 1000
"""Events kept; with their texts well under a megabyte."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with its civil time."""

    event: Event
    at: datetime


class EventLog:
    """A journal that remembers, and gives each entry to `tell` if somebody listens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.tell: Callable[[Entry], None] | None = None
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def record(self, event: Event) -> None:
        entry = Entry(event, self._clock.wall())
        self._entries.append(entry)
        if self.tell is not None:
            self.tell(entry)

    def newest(
        self, limit: int, *, since_s: float | None = None, kind: str | None = None, person: str | None = None
    ) -> list[Entry]:
        """At most `limit` entries that fit, oldest first; `since_s` is how many seconds back to go."""
        now = self._clock.wall()
        fitting = [
            entry
            for entry in self._entries
            if (since_s is None or (now - entry.at).total_seconds() <= since_s)
            and (kind is None or entry.event.kind == kind)
            and (person is None or entry.event.person == person)
        ]
        return fitting[-limit:]
