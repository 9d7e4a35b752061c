"""The few shapes that films and screens are made of."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

FONT = "font-family='DejaVu Sans Mono, Menlo, Consolas, monospace'"
GREY, WHITE, GREEN = "#9aa4ad", "#ffffff", "#7fd1a0"


def text(x: float, y: float, words: str, colour: str, *, anchor: str = "start", size: int = 14) -> str:
    """One line of text in one colour."""
    return runs(x, y, [(words, colour, False)], anchor=anchor, size=size)


def runs(x: float, y: float, parts: Sequence[tuple[str, str, bool]], *, anchor: str = "start", size: int = 14) -> str:
    """One line of text in several colours, each part with whether it is bold."""
    where = f'x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}"'
    weights = {False: "", True: " font-weight='bold'"}
    spans = "".join(
        f"<tspan fill='{colour}'{weights[is_bold]}>{escape(words)}</tspan>" for words, colour, is_bold in parts
    )
    return f"<text {where} {FONT} xml:space='preserve'>{spans}</text>"


def picture(width: float, height: float, body: Sequence[str]) -> str:
    """A whole file, on the colour of a dark terminal."""
    wide, high = round(width), round(height)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
    return "\n".join([head, f'<rect width="{wide}" height="{high}" rx="6" fill="#1b1f23"/>', *body, "</svg>"]) + "\n"
