"""The panels that the configuration asks for, opened as one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TextIO

from faceauthd import settings
from faceauthd.adapters.panel_gpiozero import GpiozeroPanel
from faceauthd.adapters.panel_many import NullPanel, PanelSet
from faceauthd.adapters.pin_factory import Factory, mock_finger, open_factory
from faceauthd.config import Config
from faceauthd.inbox import Inbox
from faceauthd.ports import Clock, Journal, Panel, Viewer
from faceauthd.types import Edge, Roster


class Names:
    """Who is enrolled, for panels that are open before the gallery is."""

    def __init__(self) -> None:
        self._roster: Callable[[], Roster] = lambda: Roster(1.0)

    def use(self, roster: Callable[[], Roster]) -> None:
        self._roster = roster

    def __call__(self) -> Roster:
        return self._roster()


class Quit:
    """What `q` on the keyboard calls, once there is something to end."""

    def __init__(self) -> None:
        self.call: Callable[[], object] | None = None

    def __call__(self) -> None:
        if self.call is not None:
            self.call()


@dataclass(slots=True)
class Panels:
    """`panel` shows on all of them. `press` is a finger on the button, for scenes."""

    panel: Panel
    names: Names
    on_quit: Quit
    press: Callable[[Edge], None]
    viewer: Viewer | None = None
    journals: tuple[Journal, ...] = ()

    def quit_calls(self, action: Callable[[], object]) -> None:
        self.on_quit.call = action


def open_panels(
    config: Config,
    clock: Clock,
    edges: Inbox[Edge],
    screen: TextIO,
    held: ExitStack,
    factory: Factory | None = None,
    *,
    is_strict: bool = False,
) -> Panels:
    """Open them, the pins first: the relay's line is driven to locked before anything else that could fail.

    Everything opened is closed when `held` is. `factory` is used in place of the configured one; with `is_strict` a
    lamp that breaks is an error as the relay is. Raises PanelError.
    """
    found = Panels(NullPanel(), Names(), Quit(), edges.leave)
    members: list[Panel] = []
    if "gpiozero" in config.panel.kind:
        members.append(held.enter_context(closing(_pins(config, clock, edges, found, factory, is_strict))))
    if "terminal" in config.panel.kind:
        members.append(_terminal(config, clock, edges, screen, held, found))
    if members:
        found.panel = PanelSet(members)
    return found


def _pins(
    config: Config, clock: Clock, edges: Inbox[Edge], found: Panels, factory: Factory | None, is_strict: bool
) -> GpiozeroPanel:
    factory = factory or open_factory(config.panel.pin_factory)
    pins = settings.pins_of(config)
    panel = GpiozeroPanel(pins, factory, on_edge=edges.leave, now=clock.now, is_strict=is_strict)
    if config.panel.pin_factory == "mock" and pins.button is not None:
        found.press = mock_finger(factory, pins.button, pull_up=pins.button_pull_up)
    return panel


def _terminal(
    config: Config, clock: Clock, edges: Inbox[Edge], screen: TextIO, held: ExitStack, found: Panels
) -> Panel:
    from faceauthd.adapters.panel_terminal import TerminalPanel
    from faceauthd.adapters.terminal_keys import KEYS_HELP, TerminalKeys

    has_keys = screen.isatty() and sys.stdin.isatty()
    panel = TerminalPanel(
        screen,
        now=clock.now,
        roster=found.names,
        bar_lamps=len(config.panel.pins.bar) or 8,
        fps=config.panel.terminal_fps,
        keys=KEYS_HELP if has_keys else "",
    )
    held.enter_context(closing(panel))
    if has_keys:
        keys = TerminalKeys(
            sys.stdin.fileno(),
            on_edge=edges.leave,
            on_quit=found.on_quit,
            now=clock.now,
            long_s=config.enroll.long_press_s + 0.3,
        )
        held.enter_context(closing(keys))
    found.viewer = panel
    found.journals = (panel,)
    return panel
