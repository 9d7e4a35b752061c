"""`faceauthd panel-test`: every signal, one after the other, on the panel that the configuration wires."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from faceauthd import settings
from faceauthd.adapters.clock import MonotonicClock
from faceauthd.adapters.pin_factory import Factory
from faceauthd.button import ButtonPolicy
from faceauthd.cli.exits import ExitCode
from faceauthd.config import Config, load_config, system_file
from faceauthd.contacts import Contacts, hear
from faceauthd.doctor.running import find_daemon
from faceauthd.inbox import Inbox
from faceauthd.panels import open_panels
from faceauthd.ports import Clock, Panel
from faceauthd.prose import signal_text
from faceauthd.signals import described
from faceauthd.types import Asked, DoorMoved, Edge, ExitAsked, Press, Signal, SignalKind

TICK_S = 0.05
"""As often as the daemon shows a signal at 20 frames a second: as it will look at the door."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to go through. `contacts` are the inputs to be tried, by name; `relay_s` 0 leaves the relay alone, `light_s`
    0 the light, and the alarm's output moves only where it `sounds_alarm`."""

    pause_s: float = 2.5
    relay_s: float = 0.0
    sounds_alarm: bool = False
    light_s: float = 0.0
    button_s: float = 10.0
    contacts: tuple[str, ...] = ()


class Rehearsal:
    """Shows signals on `panel` in the clock's own time, and tells each with `say`."""

    def __init__(self, panel: Panel, clock: Clock, edges: Inbox[Edge], policy: ButtonPolicy, say: Say) -> None:
        self._panel = panel
        self._clock = clock
        self._edges = edges
        self._policy = policy
        self._say = say

    def run(self, plan: Plan) -> None:
        """Go through `plan`. Whatever happens, leave the relay locked. Raises PanelError."""
        try:
            for kind in SignalKind:
                self._say(_line(kind))
                self._play(kind, plan.pause_s, sounds_alarm=plan.sounds_alarm)
            if plan.light_s > 0:
                self._say(f"light: lit for {plan.light_s:g} s")
                self._play(SignalKind.READY, plan.light_s, is_lit=True)
            if plan.relay_s > 0:
                self._say(f"relay: open for {plan.relay_s:g} s")
                self._play(SignalKind.UNLOCKED, plan.relay_s, is_open=True)
                self._panel.lock()
                self._say("relay: locked")
            if plan.contacts and plan.button_s > 0:
                self._listen(plan)
        finally:
            self._panel.lock()

    def _play(
        self,
        kind: SignalKind,
        seconds: float,
        *,
        is_open: bool = False,
        sounds_alarm: bool = False,
        is_lit: bool = False,
    ) -> None:
        for now_s, since_s in self._ticks(seconds):
            is_alarm = sounds_alarm and kind in (SignalKind.DOOR_HELD, SignalKind.DOOR_FORCED, SignalKind.SPOOF_ALARM)
            progress = (int(5 * (now_s - since_s) / seconds), 5) if kind is SignalKind.ENROLLING else (0, 0)
            self._panel.show(Signal(kind, now_s, since_s, is_open, progress, is_alarm=is_alarm, is_lit=is_lit))

    def _listen(self, plan: Plan) -> None:
        """Wait for the contacts to be used, until each was or the time is over."""
        self._say(f"{', '.join(plan.contacts)}: use each now; {plan.button_s:g} s")
        missing = set(plan.contacts)
        contacts, _ = hear(Contacts(), self._edges.drain(), self._clock.now(), self._policy)  # touched during the show
        for now_s, since_s in self._ticks(plan.button_s):
            self._panel.show(Signal(SignalKind.HOLD_STILL, now_s, since_s))
            contacts, heard = hear(contacts, self._edges.drain(), now_s, self._policy)
            for asked in heard:
                name, text = _heard(asked)
                missing.discard(name)
                self._say(f"{name}: {text}, it works")
            if not missing:
                return
        for name in (name for name in plan.contacts if name in missing):
            self._say(f"{name}: nothing was heard; if it was used, look at its wire and at panel.button_pull_up")

    def _ticks(self, seconds: float) -> Iterator[tuple[float, float]]:
        """Now, and when it began, until `seconds` are over."""
        since_s = now_s = self._clock.now()
        while now_s - since_s < seconds:
            yield now_s, since_s
            self._clock.sleep_until(now_s + TICK_S)
            now_s = self._clock.now()


def _line(kind: SignalKind) -> str:
    shown = described(kind)
    text = signal_text(Signal(kind, 0.0, 0.0))
    return f"{kind:<12} {text}. Lamp: {shown.lamp}. Bar: {shown.bar}. Buzzer: {shown.sound}."


def _heard(asked: Asked) -> tuple[str, str]:
    match asked:
        case Press():
            return "button", f"{asked.kind} press"
        case ExitAsked():
            return "exit_button", "pressed"
        case DoorMoved():
            return "door_contact", "opened" if asked.is_open else "shut"
        case _:
            raise AssertionError(f"contacts ask for no {asked}")


def rehearse(
    config: Config,
    plan: Plan,
    *,
    screen: TextIO = sys.stdout,
    factory: Factory | None = None,
    clock: Clock | None = None,
) -> None:
    """Open the configured panel and go through `plan` on it. Raises PanelError."""
    clock = clock or MonotonicClock()
    edges: Inbox[Edge] = Inbox()
    with ExitStack() as held:
        panels = open_panels(config, clock, edges, screen, held, factory, is_strict=True)
        draws_live = panels.viewer is not None and screen.isatty()

        def say(text: str) -> None:
            if not draws_live:  # there the terminal panel says the same, and a line would tear its picture
                screen.write(f"{text}\n")
                screen.flush()

        Rehearsal(panels.panel, clock, edges, settings.button_of(config), say).run(plan)


def panel_test(
    path: Path | None, overrides: tuple[str, ...], *, plan: Plan, relay: bool, ask: Callable[[], bool]
) -> int:
    """The command. `ask` is asked before the relay moves. Raises FaceauthdError."""
    config = load_config(path or system_file(), overrides).config
    daemon = find_daemon(config)
    if daemon.is_running and "gpiozero" in config.panel.kind and config.panel.pin_factory != "mock":
        sys.stderr.write("faceauthd: the running service holds the panel; stop it first: systemctl stop faceauthd\n")
        return ExitCode.REFUSED
    relay_s = config.gate.unlock_s if relay and ask() else 0.0
    if relay and not relay_s:
        sys.stderr.write("faceauthd: the relay is left alone\n")
    contacts = tuple(name for name, _ in settings.pins_of(config).contacts()) if "gpiozero" in config.panel.kind else ()
    light_s = plan.pause_s if settings.light_of(config) else 0.0
    rehearse(config, replace(plan, relay_s=relay_s, light_s=light_s, contacts=contacts or ("button",)))
    return ExitCode.DONE
