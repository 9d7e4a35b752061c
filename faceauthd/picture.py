"""Pictures in and out: the one module that knows Pillow.

A `Picture` is a uint8 RGB array of shape (height, width, 3). Coordinates are continuous: (0, 0) is the upper left
corner of the first pixel, whose centre lies at (0.5, 0.5), so that scaling a picture scales its coordinates.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from faceauthd.errors import PictureError
from faceauthd.types import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from faceauthd.types import Picture

MAX_PIXELS = 25_000_000
"""Twice what cameras for a Pi give, but for those of 64 megapixels, and what phones do unless told otherwise. Reading
one takes 4 to 16 bytes a pixel, by format (`./dev suite fuzz`): what a board with 512 MB can give, if it has to."""
MAX_SIDE = 16_384
_BAND = 256
"""Rows that are converted in one go."""
_PAINTED = 2
"""Pixels for each unit of a drawing, so that its letters are sharp on a dense screen."""
MIN_SIDE = 16
"""Below this there is no face: the smallest the detector was trained on is ten pixels of its 320."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm"})
"""File name endings, in lower case, of the formats that `load_picture` reads."""

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {  # EXIF 2.3, tag 274: what was done to the picture, and what undoes it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BEHIND = (128, 128, 128, 255)
"""What shows through transparent parts: mid-grey, which neither a dark nor a fair face melts into."""
_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error,
)  # fmt: skip
"""What Pillow's decoders let through when a file is cut short or altered."""


def load_picture(source: Path | bytes | BinaryIO, *, max_pixels: int = MAX_PIXELS, max_side: int = MAX_SIDE) -> Picture:
    """Decode an upright RGB picture of shape (height, width, 3).

    Grey, palette, CMYK and 16-bit pictures are converted; transparent parts become mid-grey.
    The size is judged by the header, before anything is decoded. Raises PictureError.
    """
    name = _name_of(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with _opened(source, name) as image:
                _refuse_size(image.size, name, max_pixels, max_side)
                image.load()
                return _rgb(_turned_upright(image), name)
    except PictureError:
        raise
    except Image.DecompressionBombError:
        limit = f"{max_side} pixels a side and {max_pixels / 1e6:.0f} megapixels"
        raise PictureError(f"{name}: the picture is too large; scale it down to at most {limit}") from None
    except UnidentifiedImageError:
        raise PictureError(f"{name}: not a picture in a format known here; save it as JPEG or PNG") from None
    except _DAMAGED as error:
        raise PictureError(f"{name}: the picture is damaged or cut short ({error}); copy or save it again") from error


def save_picture(picture: Picture, path: Path, *, quality: int = 95) -> None:
    """Write `picture` in the format that the ending of `path` names. Raises PictureError."""
    try:
        Image.fromarray(picture).save(path, quality=quality)
    except (OSError, ValueError) as error:
        raise PictureError(f"{path}: the picture cannot be written ({error}); check the folder and ending") from error


@dataclass(frozen=True, slots=True)
class Mark:
    """A frame to draw, in RGB, and plain words above it."""

    box: Box
    colour: tuple[int, int, int]
    words: str


def as_jpeg(picture: Picture, marks: Sequence[Mark] = (), *, quality: int = 90) -> bytes:
    """`picture` as a JPEG file, with the marks drawn in. Raises PictureError."""
    image = Image.fromarray(picture)
    pen, size = ImageDraw.Draw(image), max(12, picture.shape[0] // 40)
    font = ImageFont.load_default(size)
    for mark in marks:
        box = mark.box
        pen.rectangle((box.left, box.top, box.right, box.bottom), outline=mark.colour, width=max(2, size // 6))
        spot = (max(0.0, box.left), max(0.0, box.top - 1.5 * size))
        pen.rectangle(pen.textbbox(spot, mark.words, font=font), fill=mark.colour)
        pen.text(spot, mark.words, fill=(0, 0, 0), font=font)
    out = io.BytesIO()
    try:
        image.save(out, "JPEG", quality=quality)
    except (OSError, ValueError) as error:
        raise PictureError(f"the picture cannot be written as JPEG ({error})") from error
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Shape:
    """A line through `points`, or the area within them, in an RGBA colour."""

    points: Sequence[tuple[float, float]]
    colour: tuple[int, int, int, int]
    width: float = 0.0
    """Of the line; 0 fills the area."""


@dataclass(frozen=True, slots=True)
class Words:
    """Text at a place on its baseline; `anchor` is what of it lies there: l, m or r. `is_upright` reads upwards."""

    at: tuple[float, float]
    text: str
    size: float
    anchor: str = "l"
    is_upright: bool = False


def painted(size: tuple[int, int], parts: Sequence[Shape | Words], ink: tuple[int, int, int]) -> Picture:
    """A white picture of `size` (width, height) with the parts drawn one over the other, at twice their size."""
    image = Image.new("RGB", (_PAINTED * size[0], _PAINTED * size[1]), (255, 255, 255))
    for part in parts:
        if isinstance(part, Shape):
            pen = ImageDraw.Draw(image, "RGBA")
            points = [(_PAINTED * x, _PAINTED * y) for x, y in part.points]
            if part.width:
                pen.line(points, part.colour, round(_PAINTED * part.width), joint="curve")
            else:
                pen.polygon(points, part.colour)
        else:
            _letter(image, part, ink)
    return np.asarray(image)


def _letter(image: Image.Image, words: Words, ink: tuple[int, int, int]) -> None:
    font = ImageFont.load_default(_PAINTED * words.size)
    x, y = _PAINTED * words.at[0], _PAINTED * words.at[1]
    if not words.is_upright:
        ImageDraw.Draw(image).text((x, y), words.text, ink, font, anchor=f"{words.anchor}s")
        return
    right, bottom = (math.ceil(edge) for edge in font.getbbox(words.text)[2:])
    sheet = Image.new("L", (right + 2, bottom + 2), 0)
    ImageDraw.Draw(sheet).text((0, 0), words.text, 255, font)
    turned = sheet.transpose(Image.Transpose.ROTATE_90)
    spot = (round(x) - turned.width, round(y) - turned.height // 2)
    image.paste(Image.new("RGB", turned.size, ink), spot, turned)


def resize(picture: NDArray[np.uint8], size: tuple[int, int], box: Box | None = None) -> NDArray[np.uint8]:
    """Scale `picture`, RGB or grey, or the part of it in `box`, to `size` (width, height), antialiased.

    Where `box` reaches over the edge, the edge's pixels are repeated.
    """
    if box is None:
        box = Box(0.0, 0.0, float(picture.shape[1]), float(picture.shape[0]))
    columns = np.arange(math.floor(box.left), math.ceil(box.right))
    rows = np.arange(math.floor(box.top), math.ceil(box.bottom))
    part = (box.left - columns[0], box.top - rows[0], box.right - columns[0], box.bottom - rows[0])
    region = Image.fromarray(_at(picture, rows, columns))
    return np.asarray(region.resize(size, Image.Resampling.BILINEAR, box=part, reducing_gap=2.0))


def reduced(picture: Picture, factor: int) -> Picture:
    """`picture` with each square of `factor` by `factor` pixels made one, their mean; what is left over is one too.

    A sixth of the time that `resize` takes to half the size.
    """
    return picture if factor == 1 else np.asarray(Image.fromarray(picture).reduce(factor))


def grey(picture: Picture) -> NDArray[np.uint8]:
    """Luma (ITU-R BT.601) of shape (height, width)."""
    return np.asarray(Image.fromarray(picture).convert("L"))


def warp(picture: Picture, matrix: NDArray[np.floating], size: tuple[int, int]) -> Picture:
    """Map `picture` through the affine `matrix` (2, 3), source to target, into a picture of `size` (width, height).

    Sampled bilinearly, after an integer reduction where the source is shrunk to half or less, so that nothing aliases.
    What lies outside the source is black. Raises numpy.linalg.LinAlgError if the matrix has no inverse.
    """
    back = _inverse(matrix)
    factor = max(1, int(math.sqrt(abs(np.linalg.det(back[:, :2])))))
    left, top, right, bottom = _reach(back, size, picture.shape, margin=factor)
    back[:, 2] -= (left, top)
    image = Image.fromarray(picture[top:bottom, left:right])
    if factor > 1:
        image, back = image.reduce(factor), back / factor
    sampled = image.transform(size, Image.Transform.AFFINE, tuple(back.ravel()), Image.Resampling.BILINEAR)
    return np.asarray(sampled)


def _at(picture: NDArray[np.uint8], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    if rows[0] >= 0 and columns[0] >= 0 and rows[-1] < height and columns[-1] < width:
        return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return picture[np.clip(rows, 0, height - 1)[:, np.newaxis], np.clip(columns, 0, width - 1)]


def _inverse(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    turn = np.linalg.inv(matrix[:, :2].astype(np.float64))
    return np.column_stack((turn, -turn @ matrix[:, 2]))


def _reach(
    back: NDArray[np.float64], size: tuple[int, int], shape: tuple[int, ...], margin: int
) -> tuple[int, int, int, int]:
    """The part of the source (left, top, right, bottom) that a target of `size` shows; never empty."""
    corners = np.array([(x, y, 1) for x in (0, size[0]) for y in (0, size[1])]) @ back.T
    limits = np.array((shape[1], shape[0]))
    first = np.clip(np.floor(corners.min(axis=0)) - margin, 0, limits - 1).astype(int)
    last = np.clip(np.ceil(corners.max(axis=0)) + margin, first + 1, limits).astype(int)
    return int(first[0]), int(first[1]), int(last[0]), int(last[1])


@contextmanager
def _opened(source: Path | bytes | BinaryIO, name: str) -> Iterator[Image.Image]:
    if isinstance(source, Path):
        if not source.is_file():
            raise PictureError(f"{name}: {'not a file' if source.exists() else 'no such picture'}; check the path")
        with Image.open(source, formats=_FORMATS) as image:
            yield image
    else:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=_FORMATS) as image:
            yield image


def _refuse_size(size: tuple[int, int], name: str, max_pixels: int, max_side: int) -> None:
    width, height = size
    if min(size) < MIN_SIDE:
        raise PictureError(f"{name}: {width}x{height} pixels is too small; give at least {MIN_SIDE} on each side")
    if max(size) > max_side or width * height > max_pixels:
        limit = f"{max_side} pixels a side and {max_pixels / 1e6:.0f} megapixels"
        raise PictureError(f"{name}: {width}x{height} pixels is too large; scale it down to at most {limit}")


def _turned_upright(image: Image.Image) -> Image.Image:
    turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION_TAG, 1))
    return image if turn is None else image.transpose(turn)


def _rgb(image: Image.Image, name: str) -> Picture:
    if image.mode.startswith("I"):
        image = _of_eight_bits(image)
    elif image.mode == "F":
        raise PictureError(f"{name}: floating-point pixels have no known range; save it with 8 bits a channel")
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top, end in _bands(image):  # as a whole it would be in memory three times over
        part = image.crop((0, top, image.width, end))
        if part.has_transparency_data:
            opaque = part.convert("RGBA")
            part = Image.alpha_composite(Image.new("RGBA", opaque.size, _BEHIND), opaque)
        pixels[top:end] = np.asarray(part.convert("RGB"))
    return pixels


def _of_eight_bits(image: Image.Image) -> Image.Image:
    """16 bits a pixel, or what Pillow has as 32, as grey; what fits into 8 bits already is left as dark as it is."""
    deep = [np.asarray(image.crop((0, top, image.width, end))) for top, end in _bands(image)]
    scale = 257.0 if max(band.max() for band in deep) > 255 else 1.0  # 65535 / 255
    return Image.fromarray(np.vstack([np.clip(np.rint(band / scale), 0, 255).astype(np.uint8) for band in deep]))


def _bands(image: Image.Image) -> list[tuple[int, int]]:
    return [(top, min(image.height, top + _BAND)) for top in range(0, image.height, _BAND)]


def _name_of(source: Path | bytes | BinaryIO) -> str:
    if isinstance(source, Path):
        return str(source)
    return str(getattr(source, "name", "picture"))
