"""Who is enrolled, and why somebody is refused."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceauthd.types.seen import Vector


class Reason(enum.StrEnum):
    """Why a look does not count, or why somebody is refused."""

    NO_FACE = "NO_FACE"
    MANY_FACES = "MANY_FACES"
    TOO_SMALL = "TOO_SMALL"
    TOO_DARK = "TOO_DARK"
    TOO_BRIGHT = "TOO_BRIGHT"
    LOW_CONTRAST = "LOW_CONTRAST"
    BLURRED = "BLURRED"
    TURNED_AWAY = "TURNED_AWAY"
    CUT_OFF = "CUT_OFF"
    EYES_CLOSED = "EYES_CLOSED"
    COVERED = "COVERED"
    STIFF = "STIFF"
    SPOOF = "SPOOF"
    UNKNOWN = "UNKNOWN"
    AMBIGUOUS = "AMBIGUOUS"
    NOT_NOW = "NOT_NOW"
    ALREADY_ENROLLED = "ALREADY_ENROLLED"
    LOCKED_OUT = "LOCKED_OUT"
    OTHER_FACE = "OTHER_FACE"


class Turn(enum.StrEnum):
    """A pose that an enrolment has no look of yet, against its first look.

    Sides have no name of their own, for a camera may be mirrored.
    """

    SIDE = "side"
    OTHER_SIDE = "other-side"
    UP = "up"
    DOWN = "down"


class Sign(enum.StrEnum):
    """A sign of life that the panel asks for. Sides are the person's own, in a picture that is not mirrored."""

    BLINK = "blink"
    LEFT = "left"
    RIGHT = "right"


class Role(enum.StrEnum):
    """What an enrolled person may do besides opening the door."""

    ADMIN = "admin"
    MEMBER = "member"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """A probe that enrolment took: unit embedding (512,), and the quality of its look."""

    probe: Vector = field(compare=False, repr=False)
    quality: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """When somebody may enter. Times are seconds since the epoch; `hours` is text that `rules.parse_hours` reads."""

    is_disabled: bool = False
    valid_from: float | None = None
    valid_until: float | None = None
    hours: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody enrolled. Times are seconds since the epoch (wall clock)."""

    id: int
    name: str
    role: Role
    templates: int
    enrolled_at: float
    quality: float = 0.0
    foreign_templates: int = 0
    """Templates of another embedder, which are never compared."""
    rules: Rules = Rules()
    last_seen: float | None = None
    """When the door last knew them, as far as that is kept."""


@dataclass(frozen=True, slots=True)
class Member:
    """What the gate knows of somebody enrolled."""

    name: str
    role: Role
    rules: Rules = Rules()


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is enrolled, by id, and the cosine that the promise asks for with a gallery of this size."""

    threshold: float
    people: Mapping[int, Member] = field(default_factory=dict)
    templates: int = 0
