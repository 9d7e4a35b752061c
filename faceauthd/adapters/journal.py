"""Where events are written: the systemd journal, JSON lines, or plain lines. Never an embedding, never a picture.

None of them raises: what cannot be written is dropped with a warning, because a full disk must not stop a lock from
locking.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from faceauthd.adapters.journald_socket import JOURNALD, JournaldSocket
from faceauthd.errors import FaceauthdError
from faceauthd.message_ids import MESSAGE_IDS
from faceauthd.ports import Journal
from faceauthd.prose import event_text, printable
from faceauthd.types import Event, EventKind

_log = logging.getLogger(__name__)

Scalar = str | int | float | bool


class Stream(Protocol):
    """Something that lines are written to."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> None: ...


_UNWRITABLE = (OSError, ValueError, TypeError, RuntimeError)
"""A full disk or broken pipe, a closed stream, a value that cannot be written, an interpreter on its way out."""

_NOTICE, _WARNING, _ERROR, _INFO = 5, 4, 3, 6
_PRIORITY = {
    EventKind.UNLOCKED: _NOTICE,
    EventKind.ENROLLED: _NOTICE,
    EventKind.RENAMED: _NOTICE,
    EventKind.REMOVED: _NOTICE,
    EventKind.VOUCHED: _NOTICE,
    EventKind.RECOVERED: _NOTICE,
    EventKind.REFUSED: _WARNING,
    EventKind.LOCKOUT_BEGAN: _WARNING,
    EventKind.GALLERY_REPAIRED: _WARNING,
    EventKind.FAULT: _ERROR,
    EventKind.EXIT: _NOTICE,
    EventKind.DOOR_HELD: _WARNING,
    EventKind.DOOR_FORCED: _ERROR,
    EventKind.DOOR_SHUT: _NOTICE,
}
"""syslog(3) levels of the events that stand out; all others are informational."""


class JournaldJournal:
    """The systemd journal. `send` is a `JournaldSocket`, or something that takes the same arguments."""

    def __init__(self, send: Callable[..., None]) -> None:
        self._send = send

    def record(self, event: Event) -> None:
        """Write `event` with its MESSAGE_ID and the fields that `docs/contracts.md` lists."""
        fields = {f"FACEAUTHD_{_field_name(key)}": _text(value) for key, value in scalars(event)}
        try:
            self._send(
                event_text(event),
                MESSAGE_ID=MESSAGE_IDS[event.kind],
                PRIORITY=str(_PRIORITY.get(event.kind, _INFO)),
                SYSLOG_IDENTIFIER="faceauthd",
                **fields,
            )
        except _UNWRITABLE as error:
            _log.warning("journald did not take the event %s: %s", event.kind, error)


def open_journald(path: Path = JOURNALD) -> JournaldJournal | None:
    """The systemd journal, or None where no journald runs."""
    return JournaldJournal(JournaldSocket(path)) if path.exists() else None


class StderrJournal:
    """One line for each event. `stamp` puts the time before it; without it that is the monotonic time in seconds."""

    def __init__(self, stream: Stream, stamp: Callable[[Event], str] = lambda event: f"{event.time_s:10.2f}") -> None:
        self._stream = stream
        self._stamp = stamp

    def record(self, event: Event) -> None:
        """Write one line, at once."""
        _write_line(self._stream, f"{self._stamp(event)} {event.kind:<16} {event_text(event)}", event)


class JsonLinesJournal:
    """One JSON object a line: `event`, `time_s`, and where they apply `person`, `score`, `threshold`, `liveness`,
    `reason`, `detail`, `track` and what else the event carries. ASCII only, so nothing in it can act on a
    terminal."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def record(self, event: Event) -> None:
        """Write one line, at once."""
        known = {"event": str(event.kind), "time_s": round(event.time_s, 3)}
        _write_line(self._stream, json.dumps({**known, **dict(scalars(event)), **known}, allow_nan=False), event)


class JournalSet:
    """Writes to all `members`; one that breaks its promise and raises misses that event, and the others do not."""

    def __init__(self, members: Sequence[Journal]) -> None:
        self._members = tuple(members)

    def record(self, event: Event) -> None:
        """Give `event` to every member."""
        for member in self._members:
            try:
                member.record(event)
            except (*_UNWRITABLE, FaceauthdError) as error:
                _log.warning("%s did not take the event %s: %s", type(member).__name__, event.kind, error)


def scalars(event: Event) -> Iterator[tuple[str, Scalar]]:
    """The event's fields by name: finite numbers, escaped text and booleans; anything else is left out."""
    own: dict[str, object] = {
        "event": str(event.kind),
        "person": event.person,
        "score": event.score,
        "threshold": event.threshold,
        "liveness": event.liveness,
        "reason": event.reason,
        "detail": event.detail,
        "track": event.track,
    }
    for key, value in (*own.items(), *((key, value) for key, value in event.fields if key not in own)):
        if isinstance(value, bool | int):
            yield key, value
        elif isinstance(value, float) and math.isfinite(value):
            yield key, round(value, 4)
        elif isinstance(value, str):
            yield key, printable(value, 400)


def _text(value: Scalar) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _field_name(key: str) -> str:
    """journald takes capital letters, digits and underscores only."""
    return "".join(ch if ch.isascii() and ch.isalnum() else "_" for ch in key).upper()


def _write_line(stream: Stream, line: str, event: Event) -> None:
    try:
        stream.write(line + "\n")
        stream.flush()
    except _UNWRITABLE as error:
        _log.warning("the event %s could not be written: %s", event.kind, error)
