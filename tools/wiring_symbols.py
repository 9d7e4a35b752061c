"""Electrical symbols as SVG, drawn outwards from a point: used by draw_wiring.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

INK, DIM, PAPER = "#1b1f24", "#6b7280", "#ffffff"


@dataclass
class Pen:
    """Draws at `x`, `y` and moves outwards: to the right, or with `outwards` -1 to the left. Text is never mirrored."""

    x: float
    y: float
    outwards: int = 1
    out: list[str] = field(default_factory=list)

    def at(self, along: float, up: float = 0.0) -> tuple[float, float]:
        return self.x + self.outwards * along, self.y - up

    def wire(self, length: float, colour: str = INK) -> None:
        self.out.append(line([self.at(0), self.at(length)], colour))
        self.x += self.outwards * length

    def shape(self, points: Sequence[tuple[float, float]], fill: str = PAPER) -> None:
        """A closed outline; each point is (outwards, upwards)."""
        corners = " ".join(f"{x:g},{y:g}" for x, y in (self.at(*point) for point in points))
        self.out.append(f'<polygon points="{corners}" fill="{fill}" stroke="{INK}" stroke-width="1.6"/>')

    def stroke(self, *points: tuple[float, float], width: float = 1.8) -> None:
        self.out.append(line([self.at(*point) for point in points], INK, width))

    def text(
        self, words: str, along: float, up: float, *, size: int = 12, colour: str = DIM, bold: bool = False
    ) -> None:
        """Centred on the point."""
        x, y = self.at(along, up)
        self.out.append(text(words, x, y, size=size, colour=colour, bold=bold))

    def dot(self, along: float = 0.0) -> None:
        x, y = self.at(along)
        self.out.append(f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="{INK}"/>')


def line(points: Sequence[tuple[float, float]], colour: str = INK, width: float = 2.2) -> str:
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"/>'


def text(
    words: str, x: float, y: float, *, size: int = 12, colour: str = INK, bold: bool = False, anchor: str = "middle"
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}" fill="{colour}"{weight}>{escape(words)}</text>'


def ground(pen: Pen) -> None:
    pen.wire(10)
    pen.stroke((0, 0), (0, -8))
    for half, drop in ((9, 8), (6, 12), (3, 16)):
        pen.stroke((-half, -drop), (half, -drop))


def resistor(pen: Pen, ohms: str) -> None:
    pen.shape(((0, 6), (36, 6), (36, -6), (0, -6)))
    pen.text(ohms, 18, -20)
    pen.x += pen.outwards * 36


def lamp(pen: Pen, colour: str, *, lights_when_high: bool) -> None:
    """A light-emitting diode; the current runs outwards if the line lights it by being high."""
    foot, tip = (0, 18) if lights_when_high else (18, 0)
    pen.shape(((foot, 10), (foot, -10), (tip, 0)), fill=colour)
    pen.stroke((tip, 10), (tip, -10))
    for shift in (0, 8):
        pen.stroke((6 + shift, 12), (13 + shift, 20), width=1.4)
        pen.stroke((13 + shift, 20), (13 + shift, 15), width=1.4)
        pen.stroke((13 + shift, 20), (8 + shift, 20), width=1.4)
    pen.x += pen.outwards * 18


def push_button(pen: Pen) -> None:
    pen.dot()
    pen.stroke((-2, 9), (42, 9))
    pen.stroke((20, 9), (20, 18))
    pen.stroke((12, 18), (28, 18))
    pen.dot(40)
    pen.x += pen.outwards * 40


def reed(pen: Pen) -> None:
    """A contact that a magnet closes."""
    pen.dot()
    pen.stroke((0, 0), (38, 3))
    pen.shape(((8, 22), (32, 22), (32, 12), (8, 12)), fill="#e5e7eb")
    pen.text("N  S", 20, 13, size=9)
    pen.dot(40)
    pen.x += pen.outwards * 40


def buzzer(pen: Pen) -> None:
    x, y = pen.at(18)
    pen.out.append(f'<circle cx="{x:g}" cy="{y:g}" r="17" fill="{PAPER}" stroke="{INK}" stroke-width="1.6"/>')
    pen.text("+", 9, -4, size=12, colour=INK)
    pen.stroke((17, 7), (17, -7))
    pen.stroke((21, 9), (27, 4), (27, -4), (21, -9))
    pen.x += pen.outwards * 36


def pull_down(pen: Pen) -> None:
    """A resistor from the line to ground, below it."""
    pen.dot()
    pen.stroke((0, 0), (0, -9))
    pen.shape(((-5, -9), (5, -9), (5, -31), (-5, -31)))
    pen.text("10 kΩ", 28, -25)
    pen.stroke((0, -31), (0, -36))
    for half, drop in ((8, 36), (5, 39), (2, 42)):
        pen.stroke((-half, -drop), (half, -drop))


def module(pen: Pen, words: Sequence[str], width: float = 132) -> None:
    """A box whose input is where the pen stands."""
    pen.shape(((0, 24), (width, 24), (width, -34), (0, -34)), fill="#f3f4f6")
    for row, each in enumerate(words):
        pen.text(each, width / 2, 9 - 16 * row, colour=INK, size=12, bold=row == 0)
