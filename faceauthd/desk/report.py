"""How the appliance is, as clients are told it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from faceauthd import __version__
from faceauthd.gate import Gate
from faceauthd.ports import Camera
from faceauthd.register import Register


class Report:
    """Status and threshold; it remembers the start and the last unlock."""

    def __init__(self, register: Register, camera: Camera, about: Mapping[str, object]) -> None:
        self._register = register
        self._camera = camera
        self._about = about
        self._started_s: float | None = None
        self.last_unlock: dict[str, object] | None = None
        """`person` and `at` (ISO 8601), None before the first."""

    def begin(self, now_s: float) -> None:
        """The first turn is when it started."""
        self._started_s = now_s if self._started_s is None else self._started_s

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
            "locked_out_for_s": round(max(0.0, left_s), 1),
            "uptime_s": round(now_s - (self._started_s or now_s), 1),
            "last_unlock": self.last_unlock,
        }

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
