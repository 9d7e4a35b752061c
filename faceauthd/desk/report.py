"""How the appliance is, as clients are told it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from faceauthd import __version__
from faceauthd.control.shapes import panel_fields
from faceauthd.gate import Gate
from faceauthd.outputs import signal_for
from faceauthd.ports import Camera
from faceauthd.register import Register

_RATE_OVER_S = 5.0
"""Frames of the last seconds are counted: long enough for a steady figure, short enough to show a stall."""


class Report:
    """Status and threshold; it remembers the start and the last unlock."""

    def __init__(self, register: Register, camera: Camera, about: Mapping[str, object], wanted: int) -> None:
        """`wanted` is how many templates an enrolment collects."""
        self._wanted = wanted
        self._register = register
        self._camera = camera
        self._about = about
        self._started_s: float | None = None
        self._frames: deque[float] = deque()
        self.last_unlock: dict[str, object] | None = None
        """`person` (None by an order), `detail` (by whose) and `at` (ISO 8601); None before the first."""

    def begin(self, now_s: float) -> None:
        """The first turn is when it started."""
        self._started_s = now_s if self._started_s is None else self._started_s

    def count(self, at_s: float) -> None:
        """A frame came, captured at `at_s`."""
        self._frames.append(at_s)
        while at_s - self._frames[0] > _RATE_OVER_S:
            self._frames.popleft()

    def fps(self, now_s: float) -> float:
        """Frames a second, over the last five; 0 if none came lately."""
        recent = [at_s for at_s in self._frames if now_s - at_s <= _RATE_OVER_S]
        span_s = now_s - recent[0] if len(recent) > 1 else 0.0
        return (len(recent) - 1) / span_s if span_s > 0 else 0.0

    def status(self, state: Gate, now_s: float) -> dict[str, object]:
        """What `faceauthctl status` shows."""
        roster, threshold = self._register.roster(), self._register.threshold
        left_s = (state.lockout.until_s or now_s) - now_s
        return {
            **self._about,
            "version": __version__,
            "state": str(state.mode),
            "is_open": state.is_open(now_s),
            "people": len(roster.people),
            "templates": roster.templates,
            "foreign_templates": sum(person.foreign_templates for person in self._register.people()),
            "threshold": round(threshold.cosine, 4),
            "looks_of_an_attempt": threshold.looks,
            "threshold_is_extrapolated": threshold.is_extrapolated,
            "false_accept_rate": self._register.false_accept_rate,
            "camera": {"source": self._about.get("source"), "healthy": self._camera.healthy(now_s)},
            "fps": round(self.fps(now_s), 1),
            "alarm": None if state.door.alarm is None else str(state.door.alarm),
            "spoof_alarm_for_s": round(max(0.0, (state.spoofs.until_s or now_s) - now_s), 1),
            "panel": panel_fields(signal_for(state, now_s, self._wanted)),
            "locked_out_for_s": round(max(0.0, left_s), 1),
            "uptime_s": round(now_s - (now_s if self._started_s is None else self._started_s), 1),
            "last_unlock": self.last_unlock,
        }

    def news(self, state: Gate, now_s: float) -> object:
        """Is another whenever somebody who watches has to be told at once."""
        return replace(signal_for(state, now_s, self._wanted), now_s=0.0, open_until_s=None), state.mode

    def threshold(self) -> dict[str, object]:
        """What `faceauthctl threshold` explains."""
        roster, threshold = self._register.roster(), self._register.threshold
        return {
            "threshold": round(threshold.cosine, 4),
            "false_accept_rate": self._register.false_accept_rate,
            "people": len(roster.people),
            "templates": roster.templates,
            "looks_of_an_attempt": threshold.looks,
            "threshold_is_extrapolated": threshold.is_extrapolated,
        }


def about(source: str, gallery: Path, socket: Path) -> dict[str, object]:
    """What does not change while it runs, for `status`."""
    return {"source": source, "gallery": str(gallery), "socket": str(socket)}
