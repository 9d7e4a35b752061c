"""What an export holds, as bytes and back. The bytes may come from anybody: whatever is not as we write it is refused.

A length, that many bytes of JSON, and then the rows of all templates in order: 512 float32, little-endian, each.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from faceauthd.errors import BundleError, GalleryRefused
from faceauthd.gallery.contents import Origin
from faceauthd.gallery.match import check_unit
from faceauthd.gallery.names import check_name, name_key
from faceauthd.gallery.npy import ROW_BYTES, WIDTH
from faceauthd.gallery.taking import Entrant, Kept
from faceauthd.rules import parse_hours
from faceauthd.types import NewTemplate, Role, Rules

FORMAT = 1
MOST_TEMPLATES = 4096
"""In one export: a commit of so many holds the loop up for less than a turn of its watchdog (docs/keep-and-move.md)."""
MOST_BYTES = 16 << 20
_LENGTH = struct.Struct(">I")
_HOURS_CHARS = 256
_LAST_MOMENT_S = 253_402_300_799.0
"""The end of the year 9999: the last that a date can be written for."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """People with their templates of one model. `embedder` is the SHA-256 of its file."""

    embedder: str
    made_at: float
    people: tuple[Entrant, ...]


def encode(bundle: Bundle) -> bytes:
    """The bytes. Raises BundleError for more than may be imported at once."""
    count = sum(len(person.templates) for person in bundle.people)
    if count > MOST_TEMPLATES:
        raise BundleError(
            f"{count} templates are too many for one file (at most {MOST_TEMPLATES}): use `faceauthctl backup` instead"
        )
    index = {
        "format": FORMAT,
        "embedder": bundle.embedder,
        "made_at": bundle.made_at,
        "people": [_told(person) for person in bundle.people],
    }
    text = json.dumps(index, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    rows = [kept.template.probe.astype("<f4").tobytes() for person in bundle.people for kept in person.templates]
    return b"".join((_LENGTH.pack(len(text)), text, *rows))


def _told(person: Entrant) -> dict[str, object]:
    rules = person.rules
    return {
        "name": person.name,
        "role": person.role.value,
        "enrolled_at": person.enrolled_at,
        "disabled": rules.is_disabled,
        "valid_from": rules.valid_from,
        "valid_until": rules.valid_until,
        "hours": rules.hours,
        "last_seen": person.last_seen,
        "templates": [
            {
                "quality": kept.template.quality,
                "yaw_deg": kept.template.yaw_deg,
                "pitch_deg": kept.template.pitch_deg,
                "made_at": kept.made_at,
                "origin": kept.origin.value,
            }
            for kept in person.templates
        ],
    }


def decode(raw: bytes) -> Bundle:
    """The bundle, every value in it checked. Raises BundleError."""
    try:
        return _decoded(raw)
    except GalleryRefused as error:
        raise BundleError(f"the export holds a name that nobody may bear: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, struct.error) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"the export holds what faceauthd never writes ({ascii(str(error))[:100]})") from error


def _decoded(raw: bytes) -> Bundle:
    if len(raw) > MOST_BYTES:
        raise ValueError("too long")
    (length,) = _LENGTH.unpack_from(raw)
    text, rows = raw[_LENGTH.size : _LENGTH.size + length], raw[_LENGTH.size + length :]
    if len(text) != length:
        raise ValueError("too short")
    index = json.loads(text, parse_constant=_no_constant)
    if index["format"] != FORMAT:
        raise BundleError(
            f"the export is of format {index['format']!r}, not {FORMAT}: install the version that made it"
        )
    listed = index["people"]
    count = sum(len(person["templates"]) for person in listed)
    if count > MOST_TEMPLATES or len(rows) != count * ROW_BYTES:
        raise ValueError("templates and rows do not agree")
    matrix = np.frombuffer(rows, dtype="<f4").reshape(count, WIDTH).astype(np.float32)
    if count:
        check_unit(matrix)
    people, at = [], 0
    for person in listed:
        people.append(_entrant(person, matrix[at : at + len(person["templates"])]))
        at += len(person["templates"])
    if len({name_key(person.name) for person in people}) < len(people):
        raise ValueError("one name twice")
    return Bundle(_text(index["embedder"], 64), _moment(index["made_at"]), tuple(people))


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _entrant(told: Mapping[str, Any], matrix: np.ndarray[Any, np.dtype[np.float32]]) -> Entrant:
    hours = told["hours"]
    start, end = _moment_or_none(told["valid_from"]), _moment_or_none(told["valid_until"])
    if not isinstance(told["disabled"], bool):
        raise ValueError("disabled is neither true nor false")
    if hours is not None:
        parse_hours(_text(hours, _HOURS_CHARS))
    rules = Rules(told["disabled"], start, end, hours)
    templates = tuple(_kept(one, row) for one, row in zip(told["templates"], matrix, strict=True))
    if not templates:
        raise ValueError("somebody without a template")
    return Entrant(
        name=check_name(_text(told["name"], _HOURS_CHARS)),
        role=Role(told["role"]),
        enrolled_at=_moment(told["enrolled_at"]),
        rules=rules,
        last_seen=_moment_or_none(told["last_seen"]),
        templates=templates,
    )


def _kept(told: Mapping[str, Any], row: np.ndarray[Any, np.dtype[np.float32]]) -> Kept:
    angles = (_number(told["yaw_deg"], 360.0), _number(told["pitch_deg"], 360.0))
    template = NewTemplate(row, _number(told["quality"], 1e3), *angles)
    return Kept(template, _moment(told["made_at"]), Origin(told["origin"]))


def _number(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > most:
        raise ValueError("a number is out of range")
    return float(value)


def _moment(value: object) -> float:
    if (seconds := _number(value, _LAST_MOMENT_S)) < 0:
        raise ValueError("a time is before 1970")
    return seconds


def _moment_or_none(value: object) -> float | None:
    return None if value is None else _moment(value)


def _text(value: object, most: int) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= most or not value.isprintable():
        raise ValueError("a text is empty, too long or not printable")
    return value
