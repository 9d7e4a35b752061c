"""Charts as SVG text: scales, axes and marks, each a small function from numbers to markup. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 72, 20, 44, 56
LEGEND_X = 410
INK, GRID = "#1b1f24", "#d9dee3"


@dataclass(frozen=True, slots=True)
class Axis:
    """A labelled range of values; `is_log` spaces it by the logarithm."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    is_log: bool = False

    def share(self, value: float) -> float:
        """Where `value` lies between the ends, 0 to 1; beyond an end it is held there."""
        low, high, at = self.low, self.high, min(self.high, max(self.low, value))
        if self.is_log:
            low, high, at = math.log10(low), math.log10(high), math.log10(at)
        return (at - low) / (high - low)


@dataclass(frozen=True, slots=True)
class Plane:
    """Two axes on the sheet."""

    x: Axis
    y: Axis

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The place of a value, in pixels from the upper left."""
        across = LEFT + self.x.share(x) * (WIDTH - LEFT - RIGHT)
        down = HEIGHT - BOTTOM - self.y.share(y) * (HEIGHT - TOP - BOTTOM)
        return round(across, 2), round(down, 2)


def decades(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Ticks at the powers of ten from `low` to `high`."""
    powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    return tuple((10.0**power, "1" if power == 0 else f"1e{power}") for power in powers)


def steps(low: float, high: float, step: float) -> tuple[tuple[float, str], ...]:
    """Ticks at the multiples of `step` from `low` to `high`."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple((index * step, f"{index * step + 0.0:.{digits}f}") for index in range(first, last + 1))


def line(plane: Plane, xs: Iterable[float], ys: Iterable[float], colour: str) -> str:
    """A curve through the values."""
    points = _joined(plane.at(x, y) for x, y in zip(xs, ys, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'


def band(plane: Plane, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], colour: str) -> str:
    """The area between two curves."""
    there = [plane.at(x, high) for x, high in zip(xs, highs, strict=True)]
    back = [plane.at(x, low) for x, low in zip(xs, lows, strict=True)][::-1]
    return f'<polygon points="{_joined(there + back)}" fill="{colour}" fill-opacity="0.18"/>'


def bars(plane: Plane, edges: Sequence[float], heights: Sequence[float], colour: str) -> str:
    """A histogram: the height of each bar between two edges; bars of no height are left out."""
    marks = []
    for left, right, height in zip(edges[:-1], edges[1:], heights, strict=True):
        (x, y), (x_end, y_end) = plane.at(left, height), plane.at(right, plane.y.low)
        if y_end > y:
            marks.append(f'<rect x="{x}" y="{y}" width="{x_end - x:.2f}" height="{y_end - y:.2f}"/>')
    return f'<g fill="{colour}" fill-opacity="0.55">{"".join(marks)}</g>'


def posts(plane: Plane, at: Sequence[tuple[str, float]]) -> str:
    """Dashed upright lines with a label each; the labels step down, and lie over the lines."""
    lines, labels = [], []
    for row, (label, value) in enumerate(at):
        x, foot = plane.at(value, plane.y.low)
        lines.append(f'<path d="M{x} {foot}V{TOP}" stroke="{INK}" stroke-dasharray="4 3"/>')
        labels.append(
            f'<text x="{x + 4:.2f}" y="{TOP + 12 + 14 * row}" font-size="11" stroke="#fff" stroke-width="4" '
            f'paint-order="stroke">{escape(label)}</text>'
        )
    return "".join(lines + labels)


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Colours and what they stand for, beside the title, where no mark can lie beneath them."""
    rows = []
    for index, (colour, text) in enumerate(entries):
        y = 18 + 18 * index
        rows.append(f'<rect x="{LEGEND_X}" y="{y - 9}" width="14" height="10" fill="{colour}" fill-opacity="0.7"/>')
        rows.append(f'<text x="{LEGEND_X + 20}" y="{y}" font-size="12">{escape(text)}</text>')
    return "".join(rows)


def chart(title: str, plane: Plane, marks: Iterable[str]) -> str:
    """A whole picture, fit to stand alone or within a page."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" fill="{INK}">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n'
        f'<text x="{LEFT}" y="26" font-size="16" font-weight="600">{escape(title)}</text>\n'
        f"{_grid(plane)}\n" + "\n".join(marks) + "\n</svg>\n"
    )


def _grid(plane: Plane) -> str:
    foot, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for value, label in plane.x.ticks:
        x, _ = plane.at(value, plane.y.low)
        parts.append(f'<path d="M{x} {TOP}V{foot}" stroke="{GRID}"/>')
        parts.append(f'<text x="{x}" y="{foot + 18}" font-size="12" text-anchor="middle">{escape(label)}</text>')
    for value, label in plane.y.ticks:
        _, y = plane.at(plane.x.low, value)
        parts.append(f'<path d="M{LEFT} {y}H{right}" stroke="{GRID}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" font-size="12" text-anchor="end">{escape(label)}</text>')
    parts.append(f'<path d="M{LEFT} {TOP}V{foot}H{right}" fill="none" stroke="{INK}"/>')
    middle_x, middle_y = (LEFT + right) / 2, (TOP + foot) / 2
    parts.append(
        f'<text x="{middle_x}" y="{HEIGHT - 14}" font-size="13" text-anchor="middle">{escape(plane.x.label)}</text>'
        f'<text transform="translate(20 {middle_y}) rotate(-90)" font-size="13" text-anchor="middle">'
        f"{escape(plane.y.label)}</text>"
    )
    return "".join(parts)


def _joined(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
