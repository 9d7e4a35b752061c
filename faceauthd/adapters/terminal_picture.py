"""The camera's picture as characters: half blocks, two pixels in a cell, each face framed and named.

Without colours it becomes a ramp of characters, one pixel in a cell. numpy and rich only; the picture is thinned by
slicing, because a few dozen pixels across need no filter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from faceauthd.types import Box

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from faceauthd.types import Picture

RGB = tuple[int, int, int]

_RAMP = np.array(list(" .:-=+*#%@"))
_SAMPLES = 2
"""Samples per pixel and axis: enough that hair and collar do not crawl from frame to frame."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A frame round a face, in pixels of the picture, with a few words on it."""

    box: Box
    colour: RGB
    words: str


@dataclass(frozen=True, slots=True)
class TerminalPicture:
    """A rich renderable of `picture`, uint8 RGB (height, width, 3), its aspect kept within `columns` x `rows`."""

    picture: Picture = field(compare=False, repr=False)
    columns: int
    rows: int
    marks: Sequence[Mark] = ()

    def __rich_console__(self, console: Console, _: ConsoleOptions) -> RenderResult:
        width, height = fit(self.picture.shape[1], self.picture.shape[0], self.columns, 2 * self.rows)
        small = thin(self.picture, width, height)
        scale_x, scale_y = width / self.picture.shape[1], height / self.picture.shape[0]
        for mark in self.marks:
            _draw_frame(small, mark, scale_x, scale_y)
        has_colour = console.color_system is not None and not console.no_color
        labels = [_label(mark, width, scale_x, scale_y) for mark in self.marks]
        margin = Segment(" " * ((self.columns - width) // 2))
        for row in range(height // 2):
            pair = small[2 * row : 2 * row + 2]
            cells = list(_half_blocks(pair) if has_colour else _ramp(pair))
            for label in (label for label in labels if label.row == row):
                cells[label.column : label.column + cell_len(label.words)] = [label.segment]
            yield margin
            yield from cells
            yield Segment.line()


def fit(width: int, height: int, most_width: int, most_height: int) -> tuple[int, int]:
    """The largest size of the same aspect within the bounds; both at least 2, the height even."""
    scale = min(most_width / width, most_height / height)
    return max(2, int(width * scale)), max(2, int(height * scale) // 2 * 2)


def thin(picture: Picture, width: int, height: int) -> Picture:
    """`picture` (h, w, 3) as (height, width, 3): each pixel the mean of a few samples of its area."""
    ys = (np.arange(height * _SAMPLES) + 0.5) * (picture.shape[0] / (height * _SAMPLES))
    xs = (np.arange(width * _SAMPLES) + 0.5) * (picture.shape[1] / (width * _SAMPLES))
    picked = picture[ys.astype(np.intp)[:, None], xs.astype(np.intp)]
    blocks = picked.reshape(height, _SAMPLES, width, _SAMPLES, 3)
    small: Picture = blocks.mean(axis=(1, 3), dtype=np.float32).astype(np.uint8)
    return small


def _draw_frame(small: Picture, mark: Mark, scale_x: float, scale_y: float) -> None:
    height, width = small.shape[:2]
    left, right = (min(width - 1, max(0, round(x * scale_x))) for x in (mark.box.left, mark.box.right))
    top, bottom = (min(height - 1, max(0, round(y * scale_y))) for y in (mark.box.top, mark.box.bottom))
    small[[top, bottom], left : right + 1] = mark.colour
    small[top : bottom + 1, [left, right]] = mark.colour


@dataclass(frozen=True, slots=True)
class _Label:
    row: int
    column: int
    words: str
    colour: RGB

    @property
    def segment(self) -> Segment:
        return Segment(self.words, _style((0, 0, 0), self.colour))


def _label(mark: Mark, width: int, scale_x: float, scale_y: float) -> _Label:
    """The mark's words on its frame's upper edge, pushed back inside the picture."""
    words = set_cell_size(mark.words, min(width, cell_len(mark.words)))
    column = min(max(0, round(mark.box.left * scale_x)), width - cell_len(words))
    return _Label(max(0, round(mark.box.top * scale_y) // 2), column, words, mark.colour)


def _half_blocks(pair: Picture) -> Iterator[Segment]:
    """Colours are rounded to 32 levels, so that neighbours share a style and the styles fit a cache."""
    for over, under in zip(*(pair >> 3 << 3).tolist(), strict=True):
        yield Segment("▀", _style(tuple(over), tuple(under)))


def _ramp(pair: Picture) -> Iterator[Segment]:
    grey = pair.mean(axis=(0, 2))
    yield from (Segment(ch) for ch in _RAMP[(grey * (len(_RAMP) / 256)).astype(np.intp)])


@lru_cache(maxsize=8192)
def _style(foreground: RGB, background: RGB) -> Style:
    return Style(color=Color.from_rgb(*foreground), bgcolor=Color.from_rgb(*background))
