"""What the gate tells: the panel its signal, the journal its events."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from faceauthd.types.people import Reason, Turn


class SignalKind(enum.StrEnum):
    """What the panel tells the person in front of it."""

    READY = "ready"
    LOOKING = "looking"
    HOLD_STILL = "hold-still"
    UNLOCKED = "unlocked"
    REFUSED = "refused"
    NOT_NOW = "not-now"
    SPOOF = "spoof"
    LOCKED_OUT = "locked-out"
    SIGN_BLINK = "sign-blink"
    SIGN_LEFT = "sign-left"
    SIGN_RIGHT = "sign-right"
    SECOND = "second"
    VOUCH = "vouch"
    ENROLLING = "enrolling"
    TURN = "turn"
    IMPROVING = "improving"
    ENROLLED = "enrolled"
    CANCELLED = "cancelled"
    DOOR_HELD = "door-held"
    DOOR_FORCED = "door-forced"
    SPOOF_ALARM = "spoof-alarm"
    FAULT = "fault"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Signal:
    """What the panel has to show now: a function of the gate's state and the time, of nothing else.

    `since_s` is when this signal began and `now_s` the time it is shown for; patterns are a function of the difference.
    `is_open` is the relay, and the only place it comes from; `open_until_s` is when it is to be shut, None if it is or
    if nobody said. `is_alarm` is the alarm's output, `is_lit` the light's.
    """

    kind: SignalKind
    now_s: float
    since_s: float
    is_open: bool = False
    progress: tuple[int, int] = (0, 0)
    name: str | None = None
    reason: Reason | None = None
    is_alarm: bool = False
    is_lit: bool = False
    open_until_s: float | None = None
    turn: Turn | None = None
    """Whither the head is to be turned, while an enrolment asks for it."""


class EventKind(enum.StrEnum):
    """The stable names of what the journal records. Names are never reused or renamed."""

    STARTED = "started"
    STOPPED = "stopped"
    APPROACHED = "approached"
    LEFT = "left"
    UNLOCKED = "unlocked"
    LOCKED = "locked"
    REFUSED = "refused"
    LOCKOUT_BEGAN = "lockout-began"
    LOCKOUT_ENDED = "lockout-ended"
    VOUCH_ASKED = "vouch-asked"
    VOUCHED = "vouched"
    ENROLL_BEGAN = "enroll-began"
    ENROLL_STEP = "enroll-step"
    ENROLLED = "enrolled"
    ENROLL_CANCELLED = "enroll-cancelled"
    RENAMED = "renamed"
    REMOVED = "removed"
    FAULT = "fault"
    RECOVERED = "recovered"
    GALLERY_REPAIRED = "gallery-repaired"
    EXIT = "exit"
    DOOR_HELD = "door-held"
    DOOR_FORCED = "door-forced"
    DOOR_SHUT = "door-shut"
    VERIFIED = "verified"
    VERIFY_FAILED = "verify-failed"
    CHALLENGED = "challenged"
    SECOND_ASKED = "second-asked"
    SPOOF_ALARM = "spoof-alarm"
    IMPROVED = "improved"
    ADAPTED = "adapted"
    IMPROVE_UNDONE = "improve-undone"
    ROLE_CHANGED = "role-changed"
    RULES_CHANGED = "rules-changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    SNAPSHOT = "snapshot"
    EXPORTED = "exported"
    IMPORTED = "imported"
    BACKED_UP = "backed-up"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal. `fields` hold JSON scalars only; never an embedding or an image."""

    kind: EventKind
    time_s: float
    person: str | None = None
    score: float | None = None
    threshold: float | None = None
    liveness: float | None = None
    reason: Reason | None = None
    detail: str | None = None
    track: int | None = None
    fields: tuple[tuple[str, Hashable], ...] = ()
