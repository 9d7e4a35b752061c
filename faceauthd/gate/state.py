"""The door's state, and what it is told. Pure.

    watching ──face──> verifying ──verdict──> open ──unlock_s──> watching
                           │└──────────────> refused ──> watching ... locked out
                           │├──second──> a second person has to follow, before anything opens
                           │└──challenge──> a sign of life is asked for, before anything opens
    press ──> vouching ──administrator──> enrolling ──templates──> committing ──on disk──> enrolled ──> watching
    asked: a client wants one person to be seen; it opens nothing
    fault: the camera gives nothing; from every mode, and the door locks at once

`entry.unlock` is the only place that opens the door for a face. `door.let_out` opens it from inside and `door.obey` by
an authorised order; both go on beside whatever the mode is. `Gate.is_open` is the only place that says so.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, replace
from datetime import datetime

from faceauthd.challenge import Challenge
from faceauthd.enrolment import Enrolment, EnrolmentPolicy, Stage
from faceauthd.evidence import EvidencePolicy
from faceauthd.lockout import Lockout, LockoutPolicy
from faceauthd.tracks import Tracks
from faceauthd.types import Asked, Event, Reason, Roster, Sighting, Wants


class Mode(enum.StrEnum):
    WATCHING = "watching"
    VERIFYING = "verifying"
    OPEN = "open"
    REFUSED = "refused"
    LOCKED_OUT = "locked-out"
    VOUCHING = "vouching"
    ENROLLING = "enrolling"
    ENROLLED = "enrolled"
    GIVEN_UP = "given-up"
    SECOND = "second"
    CHALLENGE = "challenge"
    ASKED = "asked"
    FAULT = "fault"


class Alarm(enum.StrEnum):
    """What is wrong with a door that stands open."""

    HELD = "held"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class Door:
    """What the door's contact says, if there is one: a door that stood open at the start was opened by somebody."""

    is_open: bool = False
    since_s: float = 0.0
    alarm: Alarm | None = None
    alarm_since_s: float = 0.0


MOST_BEHIND_S = 2.0
"""A frame older than this counts as so old: twice what a look is estimated to take on the slowest board
(benchmarks/README.md, 2026-11-24). Chosen, not tuned."""


class Authority(enum.StrEnum):
    """Who may enrol by the button."""

    FIRST_THEN_ADMIN = "first-then-admin"
    ALWAYS = "always"
    CLI_ONLY = "cli-only"


class Entry(enum.StrEnum):
    """What it takes to be let in, besides being recognised."""

    WALK_UP = "walk-up"
    PRESS = "press"
    TWO_PERSON = "two-person"


@dataclass(frozen=True, slots=True)
class First:
    """Who was recognised first where two people are asked for, and until when the second may follow."""

    person_id: int
    name: str
    until_s: float


@dataclass(frozen=True, slots=True)
class Verification:
    """A client asks whether this person is there. The door goes on meanwhile, whatever comes of it."""

    person_id: int
    name: str
    by: str
    until_s: float = math.inf


@dataclass(frozen=True, slots=True)
class SpoofAlarm:
    """When suspected spoofs were refused of late, and until when the alarm that they raised lasts."""

    refused_at_s: tuple[float, ...] = ()
    since_s: float = 0.0
    until_s: float | None = None

    def is_on(self, now_s: float) -> bool:
        return self.until_s is not None and now_s < self.until_s


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that is configured, and nothing that changes."""

    evidence: EvidencePolicy = EvidencePolicy()
    enrolment: EnrolmentPolicy = EnrolmentPolicy()
    lockout: LockoutPolicy = LockoutPolicy()
    authority: Authority = Authority.FIRST_THEN_ADMIN
    unlock_s: float = 5.0
    refused_show_s: float = 2.0
    enrolled_show_s: float = 3.0
    forget_s: float = 1.0
    retry_s: float = 3.0
    entry: Entry = Entry.WALK_UP
    ask_s: float = 10.0
    two_person_s: float = 10.0
    challenge: bool = False
    challenge_s: float = 5.0
    vouch_s: float = 20.0
    held_open_s: float = 30.0

    @property
    def authority_evidence(self) -> EvidencePolicy:
        """What it takes to vouch, or to be learnt: alive always, also where the door does not ask for that."""
        least = max(self.evidence.liveness_min or 0.0, self.enrolment.liveness_min)
        return replace(self.evidence, liveness_min=least)


@dataclass(frozen=True, slots=True)
class Tick:
    """What happened since the last one. `seen` is None if there was no frame; `frame_s` is when it was captured."""

    now_s: float
    roster: Roster
    asked: tuple[Asked, ...] = ()
    seen: tuple[Sighting, ...] | None = None
    frame_s: float = 0.0
    trouble: str | None = None
    """Why the camera cannot be trusted, None while it can."""
    wall: datetime | None = None
    """Civil time with its time zone, for rules; None where it is not known, which lets nobody in who has limits."""
    is_clock_set: bool = True
    lot: int = 0
    """Drawn anew for each tick, so that nobody can foretell it: chance comes in from outside, as time does."""

    @property
    def as_of_s(self) -> float:
        """The moment that faces are judged for: when the frame in hand was captured, without one now.

        Looks do not grow old by being computed: on a board where one takes 0.7 s, three of them would never lie within
        the window before the end of the third.
        """
        return self.now_s if self.seen is None else min(self.now_s, max(self.now_s - MOST_BEHIND_S, self.frame_s))

    def shows(self, track: int) -> bool:
        """Whether the frame in hand has the face of that track in it."""
        return self.seen is not None and any(face.track == track for face in self.seen)


@dataclass(frozen=True, slots=True)
class Gate:
    """The door's state. `until_s` is when the mode ends by itself, None for those that wait for something."""

    mode: Mode = Mode.WATCHING
    since_s: float = 0.0
    until_s: float | None = None
    tracks: Tracks = ()
    lockout: Lockout = Lockout()
    enrolment: Enrolment | None = None
    person: str | None = None
    reason: Reason | None = None
    hint: Reason | None = None
    pressed_s: float = -1.0
    """A frame captured before this does not count: it belongs to what was before the press."""
    exit_since_s: float = 0.0
    exit_until_s: float | None = None
    """Until then the exit button, or an order, holds the door open, whatever the mode."""
    door: Door = Door()
    asked_until_s: float | None = None
    """Until then a face may answer the press, where entry takes one."""
    first: First | None = None
    challenge: Challenge | None = None
    verification: Verification | None = None
    spoofs: SpoofAlarm = SpoofAlarm()
    last_open_s: float = -math.inf
    """The last tick at which the lock was open; of what was before the daemon started it knows nothing."""

    def is_open(self, now_s: float) -> bool:
        return self.open_until(now_s) is not None

    def open_until(self, now_s: float) -> float | None:
        """When the lock is to be shut again, None if it is shut."""
        ends = (self.until_s if self.mode is Mode.OPEN else None, self.exit_until_s)
        return max((end_s for end_s in ends if end_s is not None and now_s < end_s), default=None)

    def is_exit_open(self, now_s: float) -> bool:
        return self.exit_until_s is not None and now_s < self.exit_until_s

    @property
    def is_unlocked(self) -> bool:
        """Whether the lock was open at the last tick."""
        return self.mode is Mode.OPEN or self.exit_until_s is not None

    def is_asked(self, now_s: float) -> bool:
        """Whether a press waits for a face."""
        return self.asked_until_s is not None and now_s < self.asked_until_s

    def asks_another_than(self, track: int | None) -> bool:
        """Whether a sign of life is asked of somebody else than that face: whoever is refused beside them neither ends
        that nor shows over it."""
        return self.mode is Mode.CHALLENGE and self.challenge is not None and self.challenge.track != track

    def has_first(self, now_s: float) -> bool:
        """Whether one of two people was recognised and the other may still follow."""
        return self.first is not None and now_s < self.first.until_s

    def wants(self, now_s: float, policy: Policy) -> Wants:
        """What the recognizer should find out. Where entry takes a press, nobody is identified before."""
        taken = tuple(template.probe for template in self.enrolment.taken) if self.enrolment else ()
        is_pressed_for = policy.entry is not Entry.PRESS or self.is_asked(now_s) or self.verification is not None
        is_resting = self.mode in (Mode.WATCHING, Mode.VERIFYING) and not is_pressed_for
        return Wants(
            identify=not is_resting and self.mode not in (Mode.LOCKED_OUT, Mode.FAULT, Mode.ENROLLED),
            decided=frozenset(track.id for track in self.tracks if track.is_decided(now_s)),
            taken=taken,
            liveness=policy.evidence.liveness_min is not None or self.mode in (Mode.VOUCHING, Mode.ENROLLING),
        )

    def resumed(self, now_s: float) -> Gate:
        """The gate as it starts: a lockout that was not over before a restart goes on."""
        if not self.lockout.is_on(now_s):
            return self
        return enter(self, Mode.LOCKED_OUT, now_s, until_s=self.lockout.until_s)

    @property
    def to_commit(self) -> Enrolment | None:
        """A finished enrolment that waits to be written, if there is one."""
        waiting = self.enrolment is not None and self.enrolment.stage is Stage.COMMITTING
        return self.enrolment if waiting else None


Step = tuple[Gate, tuple[Event, ...]]


_PENDING = frozenset({Mode.WATCHING, Mode.VERIFYING, Mode.REFUSED, Mode.SECOND, Mode.CHALLENGE, Mode.ASKED})
"""In these a press, or the first of two people, may still be answered."""
_UNASKED = frozenset({Mode.LOCKED_OUT, Mode.FAULT, Mode.VOUCHING, Mode.ENROLLING, Mode.ENROLLED})
"""In these nobody is verified for a client."""


def enter(gate: Gate, mode: Mode, now_s: float, *, until_s: float | None = None, **change: object) -> Gate:
    """The gate in another mode; what belongs to the mode that ends is forgotten unless given."""
    fresh: dict[str, object] = dict.fromkeys(("person", "reason", "hint", "enrolment", "challenge"), None)
    if mode in _UNASKED:
        fresh["verification"] = None
    if mode not in _PENDING:
        fresh |= {"first": None, "asked_until_s": None}
    fresh |= change
    return replace(gate, mode=mode, since_s=now_s, until_s=until_s, **fresh)  # type: ignore[arg-type]


def rest(gate: Gate, now_s: float) -> Gate:
    """Back to watching, to verifying if somebody is there, or to whom a client asks for."""
    if gate.verification is not None:
        return enter(gate, Mode.ASKED, now_s)
    undecided = any(not track.is_decided(now_s) for track in gate.tracks)
    return enter(gate, Mode.VERIFYING if undecided else Mode.WATCHING, now_s)
