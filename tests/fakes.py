"""Test doubles for the ports: each is a constructor argument of what it is given to, never a patch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from faceauthd.errors import CameraError, GalleryError, PanelError
from faceauthd.gate import Gate
from faceauthd.lockout import Lockout
from faceauthd.types import (
    Asked,
    Box,
    Event,
    Frame,
    Match,
    Member,
    NewTemplate,
    Person,
    Quality,
    Reason,
    Role,
    Roster,
    Sighting,
    Signal,
    Suspicion,
    Wants,
)


@dataclass
class FakeLots:
    """Chance that the test rules."""

    lot: int = 0

    def draw(self) -> int:
        return self.lot


BOX = Box(100, 100, 200, 220)
GOOD = Quality(score=1.0, face_px=110)
PICTURE = np.zeros((48, 64, 3), np.uint8)


def sighting(
    track: int = 1,
    person: int | None = None,
    score: float = 0.8,
    *,
    runner_up: float = 0.1,
    liveness: float | None = 0.95,
    reasons: tuple[Reason, ...] = (),
    yaw_deg: float = 0.0,
    continuity: float | None = 0.9,
    kinship: float | None = 0.8,
    good: float = 1.0,
    lids: float = 0.34,
    sharpness: float = 0.026,
    suspicion: Suspicion | None = None,
    rest_yaw_deg: float | None = None,
) -> Sighting:
    """One face, embedded if it is usable; `person` None is a stranger in an empty gallery."""
    quality = Quality(
        score=0.0 if reasons else good,
        reasons=reasons,
        face_px=110,
        yaw_deg=yaw_deg,
        sharpness=sharpness,
        lids=lids,
    )
    if reasons:
        return Sighting(track, BOX, quality)
    return Sighting(
        track,
        BOX,
        quality,
        match=Match(person, score, runner_up) if person is not None else None,
        liveness=liveness,
        probe=np.zeros(512, np.float32),
        continuity=continuity,
        kinship=kinship,
        suspicion=suspicion,
        rest_yaw_deg=rest_yaw_deg,
    )


@dataclass
class FakeClock:
    """A clock that only the test moves."""

    at_s: float = 100.0

    def now(self) -> float:
        return self.at_s

    def wall(self) -> datetime:
        return datetime(2026, 11, 23, 12, 0, tzinfo=UTC) + timedelta(seconds=self.at_s)

    def sleep_until(self, at_s: float) -> None:
        self.at_s = max(self.at_s, at_s)


@dataclass
class FakeCamera:
    """Gives a frame each `step_s`, a gap for None, raises for an error; finished when all is given. With
    `CAMERA_HANGS` it is stuck."""

    clock: FakeClock
    script: Sequence[bool | Exception | None] = ()
    step_s: float = 0.1
    stall_s: float = 1.0
    lux: float | None = None
    given: int = 0
    last_s: float | None = None
    is_stuck: bool = False
    is_closed: bool = False

    def next_frame(self, timeout_s: float) -> Frame | None:
        item = self.script[self.given]
        self.given += 1
        self.clock.at_s += self.step_s
        self.is_stuck = item is CAMERA_HANGS
        if isinstance(item, BaseException):
            raise item
        if item is None:
            return None
        self.last_s = self.clock.at_s
        return Frame(PICTURE, self.clock.at_s, lux=self.lux)

    def healthy(self, now_s: float) -> bool:
        return self.last_s is not None and now_s - self.last_s <= self.stall_s

    @property
    def finished(self) -> bool:
        return self.given >= len(self.script)

    def close(self) -> None:
        self.is_closed = True


@dataclass
class FakePanel:
    """Remembers every signal; `relay` is the lock's line. It raises once the relay has moved: after `raise_at` signals,
    or at those that `raise_if` names."""

    raise_at: int | None = None
    raise_if: Callable[[Signal], bool] = lambda signal: False
    raise_what: BaseException = field(default_factory=lambda: PanelError("a pin is gone"))
    shown: list[Signal] = field(default_factory=list)
    relay: bool = False
    locks: int = 0
    rises: int = 0
    """How often the door opened."""

    def show(self, signal: Signal) -> None:
        self.rises += signal.is_open and not self.relay
        self.relay = signal.is_open
        self.shown.append(signal)
        if (self.raise_at is not None and len(self.shown) > self.raise_at) or self.raise_if(signal):
            raise self.raise_what

    def lock(self) -> None:
        self.relay = False
        self.locks += 1

    def close(self) -> None:
        self.lock()


@dataclass
class FakeNotifier:
    """Remembers what the service manager was told."""

    said: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    raise_on: str | None = None

    def _say(self, what: str) -> None:
        self.said.append(what)
        if what == self.raise_on:
            raise OSError("the notify socket is gone")

    def ready(self) -> None:
        self._say("ready")

    def alive(self, status: str) -> None:
        self.statuses.append(status)
        self._say("alive")

    def status(self, status: str) -> None:
        self.statuses.append(status)
        self._say("status")

    def stopping(self) -> None:
        self._say("stopping")


@dataclass
class FakeJournal:
    events: list[Event] = field(default_factory=list)

    def record(self, event: Event) -> None:
        self.events.append(event)

    def kinds(self) -> list[str]:
        return [str(event.kind) for event in self.events]


@dataclass
class FakeRecognizer:
    """Shows for each frame what `script` says, an exception included."""

    script: Callable[[Frame, Wants], Iterable[Sighting]] = lambda frame, wants: ()
    wants: list[Wants] = field(default_factory=list)

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        self.wants.append(wants)
        return tuple(self.script(frame, wants))


@dataclass
class FakePeople:
    """A gallery in a dict."""

    threshold: float = 0.5
    members: dict[int, Member] = field(default_factory=dict)
    refuse: str | None = None
    enrolled: list[tuple[str, Role, int]] = field(default_factory=list)
    improved: list[tuple[str, int]] = field(default_factory=list)

    def roster(self) -> Roster:
        return Roster(self.threshold, dict(self.members), 5 * len(self.members))

    def enroll(self, name: str | None, role: Role, templates: Sequence[NewTemplate]) -> Person:
        if self.refuse:
            raise GalleryError(self.refuse)
        number = len(self.members) + 1
        name = name or f"person-{number}"
        self.members[number] = Member(name, role)
        self.enrolled.append((name, role, len(templates)))
        return Person(number, name, role, len(templates), 0.0)

    def improve(self, person_id: int, templates: Sequence[NewTemplate]) -> Person:
        if self.refuse:
            raise GalleryError(self.refuse)
        member = self.members[person_id]
        self.improved.append((member.name, len(templates)))
        return Person(person_id, member.name, member.role, 5 + len(templates), 0.0)


@dataclass
class FakeDesk:
    """Asks what the test put into `asked`."""

    asked: list[Asked] = field(default_factory=list)
    heard: list[Event] = field(default_factory=list)

    def pending(self, state: Gate, now_s: float) -> tuple[Asked, ...]:
        asked, self.asked = tuple(self.asked), []
        return asked

    def told(self, events: Sequence[Event]) -> None:
        self.heard.extend(events)


@dataclass
class FakeKeeper:
    kept: Lockout = field(default_factory=Lockout)

    def load(self, now_s: float) -> Lockout:
        return self.kept

    def save(self, lockout: Lockout, now_s: float) -> None:
        self.kept = lockout


@dataclass
class FakeCalendar:
    """Believes every clock, or none."""

    believes: bool = True

    def is_believed(self, wall: datetime) -> bool:
        return self.believes


CAMERA_LOST = CameraError("camera 0 was unplugged")
CAMERA_HANGS = CameraError("camera 0 hangs")
