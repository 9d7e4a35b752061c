"""How hot the processor is, as the kernel tells it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

ZONE = Path("/sys/class/thermal/thermal_zone0/temp")
"""The first thermal zone, which on every Raspberry Pi is the processor's."""

READ_EVERY_S = 5.0
"""Heat changes slowly, and a reading is a request to the firmware."""


class Thermometer:
    """A `ports.Thermometer` over the kernel's file. `now` is the loop's clock."""

    def __init__(self, now: Callable[[], float], zone: Path = ZONE) -> None:
        self._now = now
        self._zone = zone
        self._read_s: float | None = None
        self._celsius: float | None = None

    def celsius(self) -> float | None:
        """Degrees, at most `READ_EVERY_S` old; None where the board has no thermometer, or it cannot be read."""
        now_s = self._now()
        if self._read_s is None or now_s - self._read_s >= READ_EVERY_S:
            self._read_s = now_s
            self._celsius = self._read()
        return self._celsius

    def _read(self) -> float | None:
        try:
            return celsius_of(self._zone.read_text())
        except (OSError, UnicodeDecodeError):
            return None


def celsius_of(text: str) -> float | None:
    """The degrees that the kernel's file gives in thousandths; None if it is no number."""
    text = text.strip()
    return int(text) / 1000 if text.removeprefix("-").isdecimal() and text.isascii() else None
