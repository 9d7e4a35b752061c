"""The panel on the Pi's pins: lamps, bar, buzzer, contacts, alarm, light and relay through gpiozero.

Made of gpiozero's plain devices: blinking and debounce are ours (`faceauthd.signals`, `faceauthd.button`), so no
thread or timer of the library runs, and a callback only passes an edge on. A device is written when its level
changes, not each tick.

The relay is opened first and given up last. It should be active high with an external pull-down: lgpio claims an
output low before gpiozero can set its level, and a closed pin floats, so an active-low lock would pulse at each
start.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from gpiozero import DigitalInputDevice, DigitalOutputDevice, OutputDevice, PWMOutputDevice
from gpiozero.pins import Factory

from faceauthd.adapters.dead_man import DeadMan
from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.adapters.pin_factory import naming, pin_errors
from faceauthd.errors import PanelError
from faceauthd.signals import Levels, levels
from faceauthd.types import Edge, Signal, Source

_log = logging.getLogger(__name__)

BRIGHTNESS_STEPS = 32
"""A dimmed lamp is written in this many steps: finer ones cannot be seen and would only be traffic on the pins."""
LATE_S = 1.0
"""The relay is let go of this long after the last signal said it would be, whatever the loop does: a tick takes 0.2 s,
and a loop that is later than this with the door open has hung. A signal that does not say is good for this long."""
LAMP_HZ = 200
"""Above what the eye sees flicker, and few enough edges for PWM in software."""


class GpiozeroPanel:
    """A `ports.Panel` on real pins, or on gpiozero's mock ones.

    `on_edge` gets each raw edge of the contacts, stamped with `now`, in gpiozero's thread: it must only queue it. A
    button that is down when the panel opens makes no edge until it is let go; a door that stands open makes one at
    once. Raises PanelError, naming the part and
    the pin, if a pin does not exist, is used twice or cannot be driven; by then the relay is locked and every pin
    given back.

    A lamp, bar, buzzer, alarm or light that breaks later is logged once, tried again with each signal, and keeps
    nobody out: only the relay's pin is worth an error. With `is_strict` any of them raises, after the relay was set.
    """

    def __init__(
        self,
        pins: PanelPins,
        factory: Factory,
        *,
        on_edge: Callable[[Edge], None],
        now: Callable[[], float],
        late_s: float = LATE_S,
        is_strict: bool = False,
    ) -> None:
        pins.check()
        self._pins = pins
        self._factory = factory
        self._on_edge = on_edge
        self._now = now
        self._relay: OutputDevice | None = None
        self._outputs: dict[str, OutputDevice] = {}
        self._inputs: dict[str, DigitalInputDevice] = {}
        self._numbers = dict(pins.parts())
        self._written: dict[str, float] = {}
        self._is_closed = False
        self._is_strict = is_strict
        self._broken: set[str] = set()
        self._relays = threading.RLock()
        self._late_s = late_s
        self._late_complaints: list[str] = []
        self._dead_man = DeadMan(self._let_go, self._tell_let_go)
        with ExitStack() as on_failure:
            on_failure.callback(self.close)
            self._open()
            on_failure.pop_all()

    def show(self, signal: Signal) -> None:
        """Bring every output to what `signal` says, the relay first. Raises PanelError if the relay cannot follow."""
        if self._is_closed:
            raise PanelError("panel: it is closed; start faceauthd again")
        wanted = levels(signal, len(self._pins.bar))
        self._write_relay(wanted.relay, signal)
        self._try("alarm", float(wanted.alarm))
        self._try("light", float(wanted.light))
        for part, level in _lamp_levels(wanted):
            self._try(part, self._as_shown(level))
        self._try("buzzer", wanted.buzzer_hz or 0.0)

    def lock(self) -> None:
        """Close the relay, whatever was written before. If its pin cannot be written it is given back: the pull-down
        locks. It is logged after that: a log that nobody reads would wait, and the door stand open meanwhile.
        """
        for complaint in self._close_relay():
            _log.critical("%s", complaint)

    def _close_relay(self) -> list[str]:
        """Close it, and say what went wrong."""
        complaints: list[str] = []
        with self._relays:
            if self._relay is None:
                return complaints
            self._written["relay"] = math.nan
            try:
                self._relay.off()
            except pin_errors() as error:
                complaints.append(f"panel.pins.relay: GPIO{self._pins.relay} cannot be driven ({error}); given back")
                complaints += self._give_back("relay", self._relay)
                self._relay = None
        self._dead_man.rest()
        return complaints

    def close(self) -> None:
        """Lock, darken, and give the pins back, the relay's last. Safe to call twice."""
        complaints = self._close_relay()
        self._is_closed = True
        for part, device in (*self._outputs.items(), *self._inputs.items()):
            complaints += self._give_back(part, device)
        self._outputs.clear()
        self._inputs.clear()
        with self._relays:
            if self._relay is not None:
                complaints += self._give_back("relay", self._relay)
                self._relay = None
        self._dead_man.close()
        for complaint in complaints:
            _log.warning("%s", complaint)

    def _let_go(self) -> None:
        self._late_complaints = self._close_relay()

    def _tell_let_go(self) -> None:
        _log.critical("the time to lock was past and the loop had not done so: it hangs; the door was locked")
        for complaint in self._late_complaints:
            _log.critical("%s", complaint)

    def _open(self) -> None:
        pins = self._pins
        if pins.relay is not None:
            self._relay = self._open_output("relay", pins.relay_active_high, is_pwm=False)
        for part in ("alarm", "light"):
            if getattr(pins, part) is not None:
                self._outputs[part] = self._open_output(part, True, is_pwm=False)
        for part, _ in pins.lamps():
            self._outputs[part] = self._open_output(part, pins.lamps_active_high, is_pwm=pins.lamps_dimmable)
        if pins.buzzer is not None:
            self._outputs["buzzer"] = self._open_output("buzzer", True, is_pwm=pins.buzzer_tonal)
        if pins.button is not None:
            self._open_contact("button", Source.BUTTON, pull_up=pins.button_pull_up)
        if pins.exit_button is not None:
            self._open_contact("exit_button", Source.EXIT_BUTTON, pull_up=pins.button_pull_up)
        if pins.door_contact is not None:
            self._open_door_contact()

    def _open_output(self, part: str, active_high: bool, *, is_pwm: bool) -> OutputDevice:
        pin, factory = self._numbers[part], self._factory
        with naming(part, pin):
            device: OutputDevice = (
                PWMOutputDevice(pin, active_high=active_high, frequency=LAMP_HZ, pin_factory=factory)
                if is_pwm
                else DigitalOutputDevice(pin, active_high=active_high, initial_value=False, pin_factory=factory)
            )
        self._written[part] = 0.0
        return device

    def _open_contact(
        self, part: str, source: Source, *, pull_up: bool, is_down_when_active: bool = True
    ) -> DigitalInputDevice:
        """A plain input: gpiozero's `Button` runs a thread for its hold time, and waits for it when closed while
        pressed.
        """

        def tell(is_active: bool) -> None:
            self._on_edge(Edge(is_active is is_down_when_active, self._now(), source))

        with naming(part, self._numbers[part]):
            contact = DigitalInputDevice(self._numbers[part], pull_up=pull_up, pin_factory=self._factory)
            self._inputs[part] = contact
            contact.when_activated = lambda: tell(True)
            contact.when_deactivated = lambda: tell(False)
        return contact

    def _open_door_contact(self) -> None:
        """Closed to ground while the door is shut; that it stands open already is told like a movement."""
        contact = self._open_contact("door_contact", Source.DOOR, pull_up=True, is_down_when_active=False)
        if not contact.is_active:
            self._on_edge(Edge(True, self._now(), Source.DOOR))

    def _write_relay(self, is_open: bool, signal: Signal) -> None:
        if self._pins.relay is None:
            return
        if is_open:
            left_s = 0.0 if signal.open_until_s is None else max(0.0, signal.open_until_s - self._now())
            self._dead_man.hold(left_s + self._late_s)
        else:
            self._dead_man.rest()
        with self._relays:
            if self._written["relay"] == float(is_open):
                return
            if self._relay is None:
                raise PanelError(
                    f"panel.pins.relay: GPIO{self._pins.relay} was given up after an error; restart faceauthd"
                )
            self._written["relay"] = math.nan
            with naming("relay", self._pins.relay):
                self._relay.value = is_open
            self._written["relay"] = float(is_open)

    def _try(self, part: str, level: float) -> None:
        """Write to a part beside the relay, if there is one. That it fails is logged once: a lamp that blinks may fail
        with each flash, and the log must not blink with it.
        """
        if part not in self._outputs:
            return
        try:
            self._sound(level) if part == "buzzer" else self._write(part, level)
        except PanelError as error:
            if self._is_strict:
                raise
            if part not in self._broken:
                _log.error("%s; the door goes on without it", error)
            self._broken.add(part)

    def _write(self, part: str, level: float) -> None:
        """Not a number stands for a write that failed half-way: it equals nothing, so the next one is carried out."""
        if self._written[part] == level:
            return
        self._written[part] = math.nan
        with naming(part, self._numbers[part]):
            self._outputs[part].value = level
        self._written[part] = level

    def _as_shown(self, brightness: float) -> float:
        if self._pins.lamps_dimmable:
            return round(brightness * BRIGHTNESS_STEPS) / BRIGHTNESS_STEPS
        return float(brightness >= 0.5)

    def _sound(self, hz: float) -> None:
        if not self._pins.buzzer_tonal:
            self._write("buzzer", float(hz > 0))
        elif hz and self._written["buzzer"] != hz:
            self._written["buzzer"] = math.nan
            with naming("buzzer", self._pins.buzzer):
                self._outputs["buzzer"].frequency = hz
                self._outputs["buzzer"].value = 0.5
            self._written["buzzer"] = hz
        elif not hz:
            self._write("buzzer", 0.0)

    def _give_back(self, part: str, device: OutputDevice | DigitalInputDevice) -> list[str]:
        """Dark first, then let go; a pin that cannot be written is let go of all the same. What went wrong is said."""
        complaints = []
        for act in (device.close,) if isinstance(device, DigitalInputDevice) else (device.off, device.close):
            try:
                act()
            except pin_errors() as error:
                complaints.append(f"panel.pins.{part}: GPIO{self._numbers[part]} cannot be given back: {error}")
        return complaints


def _lamp_levels(wanted: Levels) -> Iterator[tuple[str, float]]:
    yield from (("led_red", wanted.red), ("led_green", wanted.green), ("led_blue", wanted.blue))
    yield "led_status", wanted.status
    yield from ((f"bar[{i}]", brightness) for i, brightness in enumerate(wanted.bar))
