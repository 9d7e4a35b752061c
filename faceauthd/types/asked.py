"""What is asked of the gate, by the buttons, the door's contact, a client or the gallery."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from faceauthd.types.people import Person, Role


class Source(enum.StrEnum):
    """Which contact of the panel an edge came from."""

    BUTTON = "button"
    EXIT_BUTTON = "exit-button"
    DOOR = "door"


@dataclass(frozen=True, slots=True)
class Edge:
    """A contact changed; not yet debounced. Of the door's contact `is_down` says that the door stands open."""

    is_down: bool
    at_s: float
    source: Source = Source.BUTTON


class PressKind(enum.StrEnum):
    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Press:
    """A debounced press of the button. `at_s` is when the finger came down."""

    kind: PressKind
    at_s: float


@dataclass(frozen=True, slots=True)
class ExitAsked:
    """Somebody inside pressed the exit button."""

    at_s: float


@dataclass(frozen=True, slots=True)
class DoorMoved:
    """The door's contact settled: the door opened or was shut at `at_s`."""

    is_open: bool
    at_s: float


@dataclass(frozen=True, slots=True)
class EnrollAsked:
    """An authorised request to enrol whoever stands there (no administrator's face is needed)."""

    name: str
    at_s: float
    by: str
    role: Role = Role.MEMBER


@dataclass(frozen=True, slots=True)
class ImproveAsked:
    """An authorised request for more templates of somebody enrolled, who stands there."""

    person_id: int
    name: str
    at_s: float
    by: str


@dataclass(frozen=True, slots=True)
class UnlockAsked:
    """An authorised command to open the door for once, face or not."""

    at_s: float
    by: str


@dataclass(frozen=True, slots=True)
class LockAsked:
    """A command to lock the door now."""

    at_s: float
    by: str


@dataclass(frozen=True, slots=True)
class ClearLockoutAsked:
    """An authorised command to end a lockout, and to forget how many there were."""

    at_s: float
    by: str


@dataclass(frozen=True, slots=True)
class VerifyAsked:
    """A client asks whether this person stands there, alive, before `until_s`. It opens no door."""

    person_id: int
    name: str
    at_s: float
    until_s: float
    by: str


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """An authorised request to give up the running enrolment or verification."""

    at_s: float
    by: str


@dataclass(frozen=True, slots=True)
class CommitDone:
    """The gallery's answer to a finished enrolment: it is on disk."""

    person: Person
    is_known: bool = False
    """Whether it was somebody enrolled before, who has more templates now."""


@dataclass(frozen=True, slots=True)
class CommitFailed:
    """The gallery's answer to a finished enrolment: nothing was kept."""

    why: str


Asked = (
    Press
    | ExitAsked
    | DoorMoved
    | EnrollAsked
    | ImproveAsked
    | UnlockAsked
    | LockAsked
    | ClearLockoutAsked
    | VerifyAsked
    | CancelAsked
    | CommitDone
    | CommitFailed
)
