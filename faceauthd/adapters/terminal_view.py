"""What the terminal panel looks like: picture, door, lamps, faces and events. It draws, and decides nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from faceauthd.adapters.terminal_picture import Mark, TerminalPicture
from faceauthd.prose import event_text, signal_text
from faceauthd.signals import Levels
from faceauthd.types import Event, Signal, SignalKind

SIDE_COLUMNS = 35
"""The panel's half, beside the picture."""
EVENT_ROWS = 4
_LEAST_PICTURE_COLUMNS = 24
_UNLIT = 38
"""Grey of a lamp that is dark, so that it can be seen to be there."""

STATE_STYLE = {
    SignalKind.UNLOCKED: "bold green",
    SignalKind.ENROLLED: "bold green",
    SignalKind.REFUSED: "bold red",
    SignalKind.NOT_NOW: "bold red",
    SignalKind.SPOOF: "bold magenta",
    SignalKind.SPOOF_ALARM: "bold magenta",
    SignalKind.LOCKED_OUT: "bold red",
    SignalKind.VOUCH: "bold yellow",
    SignalKind.CANCELLED: "bold yellow",
    SignalKind.DOOR_HELD: "bold yellow",
    SignalKind.DOOR_FORCED: "bold red",
    SignalKind.FAULT: "bold red",
}


@dataclass(frozen=True, slots=True)
class View:
    """Everything one drawing shows. `start_s` is where the events' times count from."""

    signal: Signal
    levels: Levels
    picture: TerminalPicture | None
    marks: Sequence[Mark]
    events: Sequence[Event]
    start_s: float
    keys: str


def picture_cells(console: Console) -> tuple[int, int] | None:
    """Columns and rows that are left for the picture, 4:3 for preference; None if the terminal is too small for one."""
    rows = min(18, console.height - EVENT_ROWS - 5)
    columns = min(console.width - SIDE_COLUMNS - 4, rows * 8 // 3)
    return (columns, rows) if columns >= _LEAST_PICTURE_COLUMNS and rows * 3 >= columns else None


def drawing(view: View, console: Console) -> RenderableType:
    """The whole panel, one line lower than the terminal at most."""
    side = _side(view, has_colour=console.color_system is not None and not console.no_color)
    upper: RenderableType = side
    if view.picture is not None:
        upper = Table.grid(padding=(0, 2))
        upper.add_column(width=view.picture.columns)
        upper.add_column(width=SIDE_COLUMNS)
        upper.add_row(view.picture, side)
    events = _events(view)
    footer = Text(view.keys, style="dim", no_wrap=True)
    return Padding(Group(upper, Rule(style="dim"), events, footer), (0, 1))


def _side(view: View, *, has_colour: bool) -> RenderableType:
    signal, levels = view.signal, view.levels
    parts = Table.grid(padding=(0, 2))
    parts.add_column(width=6, style="dim")
    parts.add_column()
    parts.add_row("lamp", lamp_text(levels, has_colour=has_colour))
    if levels.bar:
        parts.add_row("bar", bar_text(levels.bar, has_colour=has_colour))
    sound = Text(f"♪ {levels.buzzer_hz:.0f} Hz", "bold yellow") if levels.buzzer_hz else Text("-", "dim")
    parts.add_row("buzzer", sound)
    if levels.light:
        parts.add_row("light", Text("lit", "bold white"))
    state = Text(signal_text(signal), STATE_STYLE.get(signal.kind, "bold"), overflow="ellipsis")
    return Group(door_text(is_open=signal.is_open), Text(), state, Text(), parts, Text(), *_faces(view.marks))


def door_text(*, is_open: bool) -> Text:
    """Whether the relay is told to open."""
    return Text("  DOOR OPEN  ", "bold black on green") if is_open else Text("  DOOR LOCKED  ", "bold white on grey30")


def lamp_text(levels: Levels, *, has_colour: bool) -> Text:
    """A lit lamp in its colour; without colours, the letters of what is lit."""
    if not has_colour:
        lit = zip("RGB", (levels.red, levels.green, levels.blue), strict=True)
        return Text(" ".join(letter if level >= 0.5 else "-" for letter, level in lit))
    return Text("████", Style.parse(f"rgb({_glow(levels.red)},{_glow(levels.green)},{_glow(levels.blue)})"))


def bar_text(bar: Sequence[float], *, has_colour: bool) -> Text:
    """The lamps of a bar, from left to right."""
    text = Text(no_wrap=True)
    for level in bar:
        style = f"rgb({_glow(level)},{_UNLIT // 2},{_UNLIT // 2})" if has_colour else ""
        text.append("●" if has_colour or level >= 0.5 else "○", style)
        text.append(" ")
    return text


def _glow(level: float) -> int:
    """0 to 255 for a brightness of 0 to 1: a screen is already as dark as the eye, so the root is taken back out."""
    return _UNLIT + round((255 - _UNLIT) * math.sqrt(level))


def _faces(marks: Sequence[Mark]) -> list[Text]:
    shown = [Text(f"▪ {mark.words}", f"rgb({mark.colour[0]},{mark.colour[1]},{mark.colour[2]})") for mark in marks[:5]]
    more = [Text(f"and {len(marks) - 5} more", "dim")] if len(marks) > 5 else []
    return shown + more if marks else [Text("nobody in view", "dim")]


def _events(view: View) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", width=7, style="dim")
    table.add_column(no_wrap=True, overflow="ellipsis")
    recent = list(view.events)[-EVENT_ROWS:]
    for event in recent:
        table.add_row(f"{event.time_s - view.start_s:.1f}", Text(event_text(event)))
    for _ in range(EVENT_ROWS - len(recent)):
        table.add_row("", "")
    return table
