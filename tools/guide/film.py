"""Four seconds of a recorded story from left to right: the coloured lamp above, the lamps of a bar below."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faceauthd.prose import signal_text
from faceauthd.signals import levels
from faceauthd.types import Signal, SignalKind
from tools.guide import svg
from tools.guide.recording import Story

FILM_S, FRAMES, BAR = 4.0, 80, 8
FRAME_PX, ROW_PX, LAMP_PX, LIGHT_PX = 6, 66, 16, 4
LABEL_PX, LABEL_CHARACTERS = 400, 45


@dataclass(frozen=True)
class Row:
    """What has happened, and where the film begins: when that signal came in the story for the `nth` time (from 0)."""

    when: str
    story: str
    kind: SignalKind
    nth: int = 0
    after_s: float = 0.0


def drawn(rows: Sequence[Row], stories: Mapping[str, Story]) -> str:
    """The rows, one below the other, over one line of seconds."""
    width, height = LABEL_PX + FRAMES * FRAME_PX + 12, len(rows) * ROW_PX + 26
    body: list[str] = []
    for number, row in enumerate(rows):
        body += _row(row, stories[row.story], 8 + number * ROW_PX)
    for second in range(int(FILM_S) + 1):
        x = LABEL_PX + second / FILM_S * FRAMES * FRAME_PX
        body.append(svg.text(x, height - 6, f"{second} s", svg.GREY, anchor="middle" if second else "start", size=11))
    return svg.picture(width, height, body)


def begin_s(row: Row, story: Story) -> float:
    """When the row's film begins, in seconds of the story. Raises LookupError if that signal never came."""
    kinds = [str(one.panel["signal"]) for one in story.shown]
    begins = [one.at_s for number, one in enumerate(story.shown) if kinds[number] == row.kind != _before(kinds, number)]
    if not -len(begins) <= row.nth < len(begins):
        raise LookupError(f"in the story {row.story!r} the panel shows {row.kind} {len(begins)} times: {kinds}")
    return begins[row.nth] + row.after_s


def _before(kinds: Sequence[str], number: int) -> str:
    return kinds[number - 1] if number else ""


def _row(row: Row, story: Story, top: float) -> list[str]:
    start_s = begin_s(row, story)
    shown = [story.at(start_s + (frame + 0.5) / FRAMES * FILM_S) for frame in range(FRAMES)]
    words = [_cut(line) for line in _said(shown)]
    body = [svg.text(8, top + 14, row.when, svg.GREY)]
    body += [svg.text(8, top + 34 + 18 * number, line, svg.WHITE) for number, line in enumerate(words)]
    return [*body, *_lamps(shown, top)]


def _said(shown: Sequence[Signal]) -> list[str]:
    """What the panel says first, and last if that is another thing."""
    first, last = signal_text(shown[0]), signal_text(shown[-1])
    return [first] if first == last else [first, f"then: {last}"]


def _cut(line: str) -> str:
    return line if len(line) <= LABEL_CHARACTERS else line[: LABEL_CHARACTERS - 1] + "\u2026"


def _lamps(shown: Sequence[Signal], top: float) -> list[str]:
    lit = [levels(signal, BAR) for signal in shown]
    body = _stripe(top, LAMP_PX, [_colour((each.red, each.green, each.blue)) for each in lit])
    for lamp in range(BAR):
        colours = [_colour((each.bar[lamp], each.bar[lamp] * 0.85, each.bar[lamp] * 0.6)) for each in lit]
        body += _stripe(top + LAMP_PX + 4 + lamp * LIGHT_PX, LIGHT_PX - 0.6, colours)
    return body


def _stripe(y: float, height: float, colours: Sequence[str]) -> list[str]:
    """One lamp from left to right; while it does not change it is one rectangle."""
    body, x = [], float(LABEL_PX)
    for colour, run in itertools.groupby(colours):
        width = FRAME_PX * len(list(run))
        body.append(f'<rect x="{x:g}" y="{y:g}" width="{width}" height="{height:g}" fill="{colour}"/>')
        x += width
    return body


def _colour(parts: Sequence[float]) -> str:
    """As the terminal panel does: a screen is as dark as the eye, so the root is taken back out."""
    red, green, blue = (38 + round(217 * math.sqrt(part)) for part in parts)
    return f"#{red:02x}{green:02x}{blue:02x}"
