"""`faceauthctl watch` on a terminal: events scroll by, and below them stands the panel with its lamps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from faceauthd.cli.ctl_colours import EVENT_COLOUR, STATE_COLOUR, WAITING
from faceauthd.cli.ctl_show import event_row
from faceauthd.cli.render import duration
from faceauthd.control.shapes import panel_from
from faceauthd.prose import printable, signal_text
from faceauthd.signals import levels
from faceauthd.types import Signal

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

BAR_LAMPS = 8
_FRAMES_A_SECOND = 10
Told = Mapping[str, object]


class LiveTeller:
    """Takes the lines that `watch` gives, and goes on drawing the lamps between them. Use as a context manager."""

    def __init__(
        self, out: TextIO | None = None, width: int | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        from rich.console import Console
        from rich.live import Live

        self._now = now
        self._told: tuple[Told, float] = {}, now()
        console = Console(file=out, width=width, highlight=False)
        self._has_colour = console.color_system is not None and not console.no_color
        self._live = Live(
            console=console, get_renderable=self._drawing, refresh_per_second=_FRAMES_A_SECOND, transient=True
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def __call__(self, line: Told) -> None:
        """An event goes above the panel, a status is what the panel shows from now on."""
        event, status = line.get("event"), line.get("status")
        if isinstance(event, dict):
            self._live.console.print(event_text_line(event))
        if isinstance(status, dict):
            self._told = status, self._now()
            self._live.refresh()

    def _drawing(self) -> Group:
        status, told_s = self._told
        return panel(status, self._now() - told_s, has_colour=self._has_colour)


def event_text_line(event: Told) -> Text:
    """One event, its kind in its colour."""
    from rich.text import Text

    at, kind, text = (printable(cell, 400) for cell in event_row(event))
    colours = {str(key): colour for key, colour in EVENT_COLOUR.items()}
    return Text.assemble((f"{at}  ", "dim"), (f"{kind:<15}", colours.get(kind, "")), f"  {text}")


def panel(status: Told, passed_s: float, *, has_colour: bool = True) -> Group:
    """What the panel shows `passed_s` seconds after the status was told: lamp, bar, door and words, then the rest."""
    from rich.console import Group

    signal = panel_from(status.get("panel"), passed_s, is_open=bool(status.get("is_open")))
    shown = [_lamps(signal, has_colour=has_colour)] if signal else []
    return Group(*shown, status_line(status)) if status else Group()


def _lamps(signal: Signal, *, has_colour: bool) -> Text:
    from rich.text import Text

    from faceauthd.adapters.terminal_view import STATE_STYLE, bar_text, door_text, lamp_text  # numpy: only to draw

    lit = levels(signal, BAR_LAMPS)
    words = Text(printable(signal_text(signal)), STATE_STYLE.get(signal.kind, "bold"))
    parts = (lamp_text(lit, has_colour=has_colour), bar_text(lit.bar, has_colour=has_colour))
    line = Text("  ", no_wrap=True, overflow="ellipsis").join((*parts, door_text(is_open=signal.is_open), words))
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def status_line(status: Told) -> Text:
    """The appliance in one line: state, and what is wrong or going on."""
    from rich.text import Text

    state = str(status.get("state", "unknown"))
    camera = status.get("camera")
    parts = [state, "OPEN" if status.get("is_open") else "locked", *alarms(status)]
    left_s = status.get("locked_out_for_s")
    parts += [f"for {duration(float(left_s))} more"] if isinstance(left_s, int | float) and left_s else []
    parts.append(f"{status.get('people', '?')} enrolled")
    is_well = isinstance(camera, dict) and bool(camera.get("healthy"))
    parts.append(f"{status.get('fps', '?')} frames/s" if is_well else "NO PICTURES")
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("\u25cf ", style=STATE_COLOUR.get(state, WAITING))
    return text.append(printable(" \u00b7 ".join(parts)))


def alarms(status: Told) -> list[str]:
    """What the alarm's output tells of, in a few words each."""
    left_s = status.get("spoof_alarm_for_s")
    found = [f"alarm: {status['alarm']}"] if status.get("alarm") else []
    return [*found, "alarm: suspected spoofs"] if isinstance(left_s, int | float) and left_s else found
