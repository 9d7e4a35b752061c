"""A terminal with what was typed and what came, in the colours in which it came."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from tools.guide import svg

LINE_PX, CHAR_PX = 19, 8.45
_PLAIN = "#e6e6e6"
_COLOURS = ("#5c6370", "#f28779", "#a6d189", "#e5c07b", "#82aaff", "#d3a0f0", "#7fdbca", "#ffffff")
"""The eight colours that a terminal has of its own, black first."""


def drawn(terminals: Sequence[tuple[str, str]]) -> str:
    """One command after the other: what was typed, and what came of it with its escapes."""
    lines: list[list[tuple[str, str, bool]]] = []
    for typed, came in terminals:
        lines += [[(f"$ {typed}", svg.GREEN, False)], *map(_parts, _trimmed(came))]
    width = max(sum(len(words) for words, *_ in line) for line in lines) * CHAR_PX + 24
    body = [svg.runs(12, 24 + number * LINE_PX, line) for number, line in enumerate(lines) if line]
    return svg.picture(width, len(lines) * LINE_PX + 20, body)


def _trimmed(came: str) -> list[Text]:
    """Its lines without blanks at their ends, and without empty ones at both ends."""
    lines = [Text.from_ansi(line) for line in came.splitlines()]
    for line in lines:
        line.rstrip()
    while lines and not lines[0].plain.strip():
        lines.pop(0)
    while lines and not lines[-1].plain.strip():
        lines.pop()
    return lines


def _parts(line: Text) -> list[tuple[str, str, bool]]:
    found: list[tuple[str, str, bool]] = []
    for index, character in enumerate(line.plain):
        colour, is_bold = _look(line, index)
        if found and found[-1][1:] == (colour, is_bold):
            found[-1] = (found[-1][0] + character, colour, is_bold)
        else:
            found.append((character, colour, is_bold))
    return found


def _look(line: Text, index: int) -> tuple[str, bool]:
    colour, is_bold = _PLAIN, False
    for span in line.spans:
        if not span.start <= index < span.end or isinstance(span.style, str):
            continue
        style = span.style
        is_bold = is_bold or bool(style.bold)
        if style.reverse or style.bgcolor is not None:
            colour = svg.WHITE
        elif style.color is not None:
            number = style.color.number
            is_own = number is not None and number < 2 * len(_COLOURS)
            colour = _COLOURS[(number or 0) % len(_COLOURS)] if is_own else style.color.get_truecolor().hex
        elif style.dim:
            colour = svg.GREY
    return colour, is_bold
