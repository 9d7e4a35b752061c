"""A chart of `svg` as pixels, for places that show no SVG. It reads what `svg` writes and no more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from faceauthd.picture import Shape, Words, painted
from faceauthd.svg import HEIGHT, INK, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faceauthd.types import Picture

_DASH = 4.0
_CIRCLE = (0.0, 0.38, 0.71, 0.92, 1.0, 0.92, 0.71, 0.38)
"""Sines of an eighth turn after the other: a mark of five pixels has no rounder circle."""
_ANCHORS = {"middle": "m", "end": "r"}
_TURNED = re.compile(r"translate\((\S+) (\S+)\) rotate\(-90\)")


def as_pixels(svg: str) -> Picture:
    """The chart, twice as large as its view box."""
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own text
    return painted((WIDTH, HEIGHT), list(_parts(root, {})), _rgb(INK))


def _parts(element: ElementTree.Element, inherited: Mapping[str, str]) -> Iterator[Shape | Words]:
    for child in element:
        given = {**inherited, **child.attrib}
        kind = child.tag.rpartition("}")[2]
        if kind == "g":
            yield from _parts(child, given)
        elif kind == "text":
            yield _words(child, given)
        else:
            yield from _shapes(kind, given)


def _shapes(kind: str, given: Mapping[str, str]) -> Iterator[Shape]:
    fill = _rgba(given["fill"] if given.get("fill", "none") != "none" else INK, given.get("fill-opacity", "1"))
    if kind == "rect":
        x, y = float(given.get("x", 0)), float(given.get("y", 0))
        right, foot = x + float(given["width"]), y + float(given["height"])
        yield Shape(((x, y), (right, y), (right, foot), (x, foot)), fill)
    elif kind == "circle":
        x, y, r = (float(given[name]) for name in ("cx", "cy", "r"))
        sines = (*_CIRCLE, *(-sine for sine in _CIRCLE))
        yield Shape([(x + r * sines[(at + 4) % 16], y + r * sine) for at, sine in enumerate(sines)], fill)
    elif kind == "polygon":
        yield Shape(_points(given["points"]), fill)
    elif kind == "polyline":
        yield Shape(_points(given["points"]), _rgba(given["stroke"], "1"), float(given["stroke-width"]))
    elif kind == "path":
        points = _way(given["d"])
        ink = _rgba(given["stroke"], "1")
        yield from (Shape(part, ink, 1.0) for part in (_dashes(points) if "stroke-dasharray" in given else [points]))


def _words(element: ElementTree.Element, given: Mapping[str, str]) -> Words:
    turned = _TURNED.match(given.get("transform", ""))
    at = turned.groups() if turned else (given["x"], given["y"])
    anchor = _ANCHORS.get(given.get("text-anchor", ""), "l")
    return Words((float(at[0]), float(at[1])), element.text or "", float(given["font-size"]), anchor, bool(turned))


def _points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in text.split())]


def _way(text: str) -> list[tuple[float, float]]:
    """Of M, V and H alone."""
    points: list[tuple[float, float]] = []
    for step, values in re.findall(r"([MVH])([^MVH]*)", text):
        numbers = [float(value) for value in values.split()]
        points.append(
            (numbers[0], numbers[1])
            if step == "M"
            else (points[-1][0], numbers[0])
            if step == "V"
            else (numbers[0], points[-1][1])
        )
    return points


def _dashes(points: list[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """Of one upright line."""
    (x, foot), (_, top) = points
    while foot > top:
        yield [(x, foot), (x, max(top, foot - _DASH))]
        foot -= 2 * _DASH


def _rgb(colour: str) -> tuple[int, int, int]:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return red, green, blue


def _rgba(colour: str, opacity: str) -> tuple[int, int, int, int]:
    return (*_rgb(colour), round(255 * float(opacity)))
