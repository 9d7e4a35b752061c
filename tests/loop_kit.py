"""Ports for a loop that is driven tick by tick: each does next what it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from faceauthd.types import Event, Frame, Sighting, Wants
from tests.fakes import PICTURE, sighting

TICK_S = 0.1
STALL_S = 1.0


@dataclass
class TwoClocks:
    """One that never goes back, and civil time that somebody sets."""

    at_s: float = 100.0
    civil_s: float = 0.0

    def now(self) -> float:
        return self.at_s

    def wall(self) -> datetime:
        return datetime(2026, 11, 23, 12, 0, tzinfo=UTC) + timedelta(seconds=self.civil_s)

    def sleep_until(self, at_s: float) -> None:
        self.pass_(at_s - self.at_s)

    def pass_(self, seconds: float) -> None:
        self.at_s += seconds
        self.civil_s += seconds


@dataclass
class NextFrame:
    """Does what it is told to next: a frame, none, or an error; its stamp may lie."""

    clock: TwoClocks
    does: bool | Exception = True
    gap_s: float = TICK_S
    lie_s: float = 0.0
    last_s: float = -1e9
    is_stuck: bool = False

    def next_frame(self, timeout_s: float) -> Frame | None:
        self.clock.pass_(self.gap_s)
        if isinstance(self.does, Exception):
            raise self.does
        if not self.does:
            return None
        self.last_s = self.clock.at_s
        return Frame(PICTURE, self.clock.at_s + self.lie_s)

    def healthy(self, now_s: float) -> bool:
        return now_s - self.last_s <= STALL_S

    @property
    def finished(self) -> bool:
        return False

    def close(self) -> None:
        pass


@dataclass
class InView:
    """Whoever is said to stand there; or it breaks."""

    faces: Sequence[Sighting] = ()
    breaks: BaseException | None = None

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        if self.breaks is not None:
            raise self.breaks
        decided = [sighting(face.track) for face in self.faces if face.track in wants.decided]
        return (*[face for face in self.faces if face.track not in wants.decided], *decided)


class GoneJournal:
    """A journal that breaks its promise and raises."""

    def __init__(self) -> None:
        self.is_gone = False

    def record(self, event: Event) -> None:
        if self.is_gone:
            raise OSError("journald is gone")
