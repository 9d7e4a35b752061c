"""Which pin drives which part of the panel: plain values, checked before any pin is touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from faceauthd.errors import PanelError


@dataclass(frozen=True, slots=True)
class PanelPins:
    """GPIO numbers (Broadcom) of the parts; None where there is no such part."""

    relay: int | None = None
    led_red: int | None = None
    led_green: int | None = None
    led_blue: int | None = None
    led_status: int | None = None
    """A single lamp that shows the rhythm of every state."""
    bar: tuple[int, ...] = ()
    buzzer: int | None = None
    button: int | None = None
    exit_button: int | None = None
    door_contact: int | None = None
    """Connected to ground while the door is shut, so that a broken wire is an open door."""
    alarm: int | None = None
    """High while the door is held or forced open."""
    light: int | None = None
    """High while the light beside the camera is lit."""
    relay_active_high: bool = True
    lamps_active_high: bool = True
    """False for lamps with a common anode."""
    lamps_dimmable: bool = False
    """Lamps on PWM; without it they are lit from half brightness."""
    buzzer_tonal: bool = False
    """A passive buzzer, which needs a pitch; an active one only needs current."""
    button_pull_up: bool = True
    """Both buttons connect their pins to ground, and the Pi's own resistors pull the pins up."""

    def lamps(self) -> Iterator[tuple[str, int]]:
        """Name and pin of each lamp that is there."""
        single = ("led_red", "led_green", "led_blue", "led_status")
        yield from ((name, pin) for name in single if (pin := getattr(self, name)) is not None)
        yield from ((f"bar[{i}]", pin) for i, pin in enumerate(self.bar))

    def parts(self) -> Iterator[tuple[str, int]]:
        """Name and pin of everything that is there."""
        others = ("relay", "alarm", "light", "buzzer", *(name for name, _ in self.contacts()))
        yield from ((name, pin) for name in others if (pin := getattr(self, name)) is not None)
        yield from self.lamps()

    def contacts(self) -> Iterator[tuple[str, int]]:
        """Name and pin of each input that is there."""
        inputs = ("button", "exit_button", "door_contact")
        yield from ((name, pin) for name in inputs if (pin := getattr(self, name)) is not None)

    def check(self) -> None:
        """Raises PanelError, naming both parts, if a pin is used twice."""
        taken: dict[int, str] = {}
        for part, pin in self.parts():
            if pin in taken:
                raise PanelError(f"panel.pins: GPIO{pin} is given to both {taken[pin]} and {part}; give each its own")
            taken[pin] = part
