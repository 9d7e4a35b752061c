"""What faceauthd needs from the world around it, as Protocols.

Adapters implement them; tests pass fakes in the same way. Nothing in here knows a Pi.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from faceauthd.types import (
    Asked,
    Event,
    Frame,
    Match,
    NewTemplate,
    Person,
    Role,
    Roster,
    Sighting,
    Signal,
    Wants,
)

if TYPE_CHECKING:
    from faceauthd.gate.state import Gate
    from faceauthd.lockout import Lockout
    from faceauthd.types import Vector


class Clock(Protocol):
    """Time. Deadlines use `now`; only rules and records use `wall`."""

    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        ...

    def wall(self) -> datetime:
        """Civil time, timezone-aware; it may jump."""
        ...

    def sleep_until(self, at_s: float) -> None:
        """Return when `now()` has reached `at_s`; a manual clock jumps there."""
        ...


class Camera(Protocol):
    """Frames, newest first; every wait is bounded."""

    def next_frame(self, timeout_s: float) -> Frame | None:
        """The newest frame not given before, or None if none came within `timeout_s`.

        Raises CameraError if the camera is lost; the caller may go on calling, and the adapter tries to open it again.
        """
        ...

    def healthy(self, now_s: float) -> bool:
        """Whether a frame came recently enough to trust the camera."""
        ...

    @property
    def is_stuck(self) -> bool:
        """Whether a call into its driver does not return, so that only another process could open it again.

        False while it is merely lost: then the adapter goes on trying.
        """
        ...

    @property
    def finished(self) -> bool:
        """True once a replay has shown all it has; a real camera never finishes."""
        ...

    def close(self) -> None:
        """Let go of the camera. Safe to call twice."""
        ...


class Panel(Protocol):
    """Lamps, buzzer and relay. Its button puts `types.Edge` values into a callable given to the constructor."""

    def show(self, signal: Signal) -> None:
        """Bring every output to what `signal` says. Raises PanelError if the relay cannot follow; what only tells
        (lamps, buzzer) may break without that.
        """
        ...

    def lock(self) -> None:
        """Close the relay, at once and before anything else. Must not raise."""
        ...

    def close(self) -> None:
        """Lock, darken and let go of the pins. Safe to call twice."""
        ...


class Notifier(Protocol):
    """The service manager."""

    def ready(self) -> None:
        """The start is over: it serves."""
        ...

    def alive(self, status: str) -> None:
        """Feed the watchdog and publish `status`, a sentence; before `ready`, ask for more time to start."""
        ...

    def status(self, status: str) -> None:
        """Publish `status` without feeding the watchdog."""
        ...

    def stopping(self) -> None: ...


class Journal(Protocol):
    """Where transitions are written."""

    def record(self, event: Event) -> None:
        """Write one event. Must not raise: a full disk does not stop a lock from locking."""
        ...


class Thermometer(Protocol):
    """How hot the board is."""

    def celsius(self) -> float | None:
        """Degrees, None where nothing measures them. Cheap, it is asked at every tick."""
        ...


class Recognizer(Protocol):
    """Frames to sightings."""

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        """Every face in the frame, as far as it is wanted. Raises ModelError if inference breaks."""
        ...


class People(Protocol):
    """Who is enrolled, as the loop needs it."""

    def roster(self) -> Roster:
        """Everybody, and the threshold in force; cheap, it is asked at every tick."""
        ...

    def enroll(self, name: str | None, role: Role, templates: Sequence[NewTemplate]) -> Person:
        """Put a newcomer on disk; `None` picks the next free `person-N`. Raises GalleryError."""
        ...

    def improve(self, person_id: int, templates: Sequence[NewTemplate]) -> Person:
        """Give somebody enrolled more templates. Raises GalleryError."""
        ...


class Matching(Protocol):
    """The gallery, as the recognizer needs it."""

    def best(self, probes: Vector) -> list[Match | None]:
        """For each row of `probes`, float32 (n, 512), the best person; None where nobody can be compared."""
        ...


class Viewer(Protocol):
    """Somebody who watches what the camera sees; only the demo and the terminal panel do."""

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None: ...


class Keeper(Protocol):
    """Where a lockout outlives a restart."""

    def load(self, now_s: float) -> Lockout: ...

    def save(self, lockout: Lockout, now_s: float) -> None:
        """Called at every tick: cheap unless there is something to write. Must not raise."""
        ...


class Calendar(Protocol):
    """Knows whether civil time can be believed."""

    def is_believed(self, wall: datetime) -> bool:
        """Whether rules may go by `wall`. Cheap, it is asked at every tick. Must not raise."""
        ...


class Lots(Protocol):
    """Chance, which the gate has none of."""

    def draw(self) -> int:
        """A whole number from 0 to 2^32 - 1, as likely as any other, that nobody could foretell."""
        ...


class Desk(Protocol):
    """Whoever answers what clients ask; called by the loop, between two ticks."""

    def pending(self, state: Gate, now_s: float) -> tuple[Asked, ...]:
        """Answer what can be answered at once, and return what the gate has to hear."""
        ...

    def told(self, events: Sequence[Event]) -> None:
        """Hear what happened, to answer those who wait for it."""
        ...
