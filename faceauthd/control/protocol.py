"""The language of the control socket, free of sockets: lines in, calls and refusals out.

One JSON object a line, UTF-8. Whatever bytes come in, `parse` gives a `Call` or a `Rejected`, and never raises.
"""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NoReturn, TypeGuard

PROTOCOL_VERSION = 1
"""Raised when a client of the version before could misread an answer; new verbs and fields do not count."""

LINE_LIMIT_BYTES = 64 * 1024
"""Longest request, its newline not counted. The longest honest one (a rename) stays below 3 KiB."""

REPLY_LIMIT_BYTES = 1024 * 1024
"""Longest answer, and most that waits for a client that does not read: 1,000 events are about 300 KiB."""

ID_LIMIT_CHARS = 128
_SAFE_INTEGER = 2**53
"""Integers up to here survive every JSON reader (RFC 8259, section 6)."""
_ECHO_CHARS = 40

Scalar = str | int | float | bool | None


class Code(enum.StrEnum):
    """Why a request was not carried out. Stable: codes are never renamed, and new ones may appear."""

    BAD_REQUEST = "BAD_REQUEST"
    UNKNOWN_VERB = "UNKNOWN_VERB"
    TOO_LARGE = "TOO_LARGE"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    NAME_TAKEN = "NAME_TAKEN"
    REFUSED = "REFUSED"
    BUSY = "BUSY"
    CANCELLED = "CANCELLED"
    TIMEOUT = "TIMEOUT"
    STOPPING = "STOPPING"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request's failure: `details` are extra JSON fields of the error object."""

    code: str
    message: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A line that is JSON, has an `id` and names a verb; its arguments are not looked at yet."""

    id: Scalar
    verb: str
    args: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is no request, with as much of its `id` as could be read."""

    id: Scalar
    refusal: Refusal


def unwrap(line: bytes) -> Envelope | Rejected:
    """Read one line, given without its newline."""
    if len(line) > LINE_LIMIT_BYTES:
        return Rejected(None, Refusal(Code.TOO_LARGE, f"a request may have {LINE_LIMIT_BYTES} bytes at most"))
    try:
        said = json.loads(
            line.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError:
        return _rejected(None, "a request must be UTF-8")
    except RecursionError:
        return _rejected(None, "a request must not be nested")
    except ValueError as wrong:
        return _rejected(None, f"a request must be one JSON object a line: {clip(str(wrong), 80)}")
    if not isinstance(said, dict):
        return _rejected(None, 'a request must be a JSON object like {"id": 1, "do": "status"}')
    return _envelope(said)


def _envelope(said: dict[str, object]) -> Envelope | Rejected:
    mark = said.pop("id", None)
    if not _is_mark(mark):
        return _rejected(None, f"`id` must be null, a number below 2^53 or at most {ID_LIMIT_CHARS} characters")
    verb = said.pop("do", None)
    if not isinstance(verb, str):
        return _rejected(mark, '`do` must name what to do, for example {"do": "status"}')
    return Envelope(mark, verb, said)


def _is_mark(mark: object) -> TypeGuard[Scalar]:
    if isinstance(mark, str):
        return len(mark) <= ID_LIMIT_CHARS
    if isinstance(mark, int | float):
        return abs(mark) < _SAFE_INTEGER
    return mark is None


def _rejected(mark: Scalar, message: str) -> Rejected:
    return Rejected(mark, Refusal(Code.BAD_REQUEST, message))


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two readers of `{"name": "a", "name": "b"}` could each see another name."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is out of range")
    return number


def clip(text: str, chars: int = _ECHO_CHARS) -> str:
    """As much of somebody else's text as an error message may repeat."""
    return text if len(text) <= chars else text[:chars] + "..."


def did_you_mean(word: str, known: list[str]) -> str:
    """A question to end an error message with, or nothing."""
    close = get_close_matches(word[:_ECHO_CHARS].lower(), known, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def encode(said: Mapping[str, object]) -> bytes:
    """One line of the wire, newline included.

    It is plain ASCII: whatever a name contains, a line is safe to show on a terminal. Raises ValueError or TypeError
    for what JSON cannot say (NaN, an object).
    """
    return json.dumps(said, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def answer_line(mark: Scalar, result: Mapping[str, object]) -> bytes:
    """The line that says a request was carried out. Raises as `encode` does."""
    return encode({"id": mark, "ok": True, "result": result})


def refusal_line(mark: Scalar, refusal: Refusal) -> bytes:
    """The line that says why a request was not carried out. Raises as `encode` does."""
    error = {"code": str(refusal.code), "message": " ".join(refusal.message.split())}
    return encode({"id": mark, "ok": False, "error": {**refusal.details, **error}})


def progress_line(mark: Scalar, fields: Mapping[str, object]) -> bytes:
    """A line about a request that is still being carried out. Raises as `encode` does."""
    return encode({"id": mark, "progress": fields})
