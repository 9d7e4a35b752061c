"""The pixel formats that cameras give, turned into RGB pictures. numpy only.

libcamera names the packed formats as DRM does, from the most significant byte of a little-endian word: `RGB888` lies in
memory as blue, green, red (https://docs.kernel.org/gpu/drm-kms.html, drm_fourcc.h). YUV is what its `Colour` says; the
cameras are asked for full range with the BT.601 matrix, which is what libcamera calls the colour space sYCC.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from faceauthd.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from faceauthd.types import Picture

    Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Colour:
    """What YUV means: by which ITU-R recommendation it was made, and whether grey goes from 0 to 255, or 16 to 235."""

    matrix: Literal["BT.601", "BT.709", "BT.2020"] = "BT.601"
    is_full_range: bool = True


SYCC = Colour()


@dataclass(frozen=True, slots=True)
class Layout:
    """How a buffer holds a picture. `stride` is bytes from one row to the next, padding included."""

    format: str
    width: int
    height: int
    stride: int
    colour: Colour = SYCC
    """Of YUV; the other formats have none."""

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.format}"

    @property
    def bytes_needed(self) -> int:
        """The least that the buffer must hold: a last row may lack its padding (half of it in a plane half as wide)."""
        padding = self.stride - self.row_bytes
        if self.format in _PLANAR:
            return self.height * 3 // 2 * self.stride - padding // 2
        return self.height * self.stride - padding

    @property
    def row_bytes(self) -> int:
        """Bytes of a row that are picture."""
        return self.width * (1 if self.format in _PLANAR else _PACKED[self.format][0])


def check(layout: Layout) -> None:
    """Raise CameraError unless pictures of this layout can be read."""
    if layout.format not in _PACKED and layout.format not in _PLANAR:
        known = ", ".join(sorted((*_PACKED, *_PLANAR)))
        raise CameraError(
            f"the camera gives {layout}, but only {known} can be read; read a USB camera as av:/dev/video0"
        )
    if layout.format in _PLANAR and (layout.width % 2 or layout.height % 2 or layout.stride % 2):
        raise CameraError(f"the camera gives {layout}, which has half samples of colour; ask for an even size")
    if min(layout.width, layout.height) < 1 or layout.stride < layout.row_bytes:
        raise CameraError(f"the camera gives {layout} in rows of {layout.stride} bytes; ask for another size")


def to_rgb(buffer: Bytes, layout: Layout) -> Picture:
    """The picture in `buffer` (uint8, one dimension) as (height, width, 3) RGB; it may share the buffer's memory.

    Raises CameraError if the format is unknown or the buffer is too short.
    """
    check(layout)
    if buffer.size < layout.bytes_needed:
        raise CameraError(f"a frame of {layout} came with {buffer.size} bytes instead of {layout.bytes_needed}")
    buffer = np.ascontiguousarray(buffer).reshape(-1)
    if layout.format in _PACKED:
        _, order = _PACKED[layout.format]
        rows = _rows(buffer, layout.height, layout.row_bytes, layout.stride)
        return rows.reshape(layout.height, layout.width, -1)[..., order]
    return _from_yuv(*_PLANAR[layout.format](buffer, layout), _tables(layout.colour))


def _rows(buffer: Bytes, rows: int, row_bytes: int, stride: int) -> Bytes:
    """The first bytes of each row, without the padding between them."""
    return np.lib.stride_tricks.as_strided(buffer, (rows, row_bytes), (stride, 1), writeable=False)


Planes = tuple["Bytes", "Bytes", "Bytes"]


def _nv12(buffer: Bytes, layout: Layout) -> Planes:
    """Y, then rows of U and V in turn."""
    luma = _rows(buffer, layout.height, layout.width, layout.stride)
    chroma = _rows(buffer[layout.height * layout.stride :], layout.height // 2, layout.width, layout.stride)
    return luma, chroma[:, 0::2], chroma[:, 1::2]


def _nv21(buffer: Bytes, layout: Layout) -> Planes:
    luma, v, u = _nv12(buffer, layout)
    return luma, u, v


def _yuv420(buffer: Bytes, layout: Layout) -> Planes:
    """Y, U and V, one after the other; rows of U and V are half as long, and so is their padding."""
    height, stride = layout.height // 2, layout.stride // 2
    first = layout.height * layout.stride
    luma = _rows(buffer, layout.height, layout.width, layout.stride)
    u = _rows(buffer[first:], height, layout.width // 2, stride)
    v = _rows(buffer[first + height * stride :], height, layout.width // 2, stride)
    return luma, u, v


def _yvu420(buffer: Bytes, layout: Layout) -> Planes:
    luma, v, u = _yuv420(buffer, layout)
    return luma, u, v


def _from_yuv(luma: Bytes, u: Bytes, v: Bytes, of: _Tables) -> Picture:
    """Each sample of colour counts for the two by two pixels that it stands for."""
    height, width = luma.shape
    grey = (luma.astype(np.int16) if of.grey is None else of.grey[luma]).reshape(height // 2, 2, width // 2, 2)
    picture = np.empty((height, width, 3), np.uint8)
    for channel, shift in enumerate((of.red_v[v], of.green_u[u] + of.green_v[v] >> _BITS, of.blue_u[u])):
        plane = np.clip(grey + shift[:, None, :, None], 0, 255)
        picture[..., channel] = plane.reshape(height, width)
    return picture


_BITS = 6
_RED_AND_BLUE = {"BT.601": (0.299, 0.114), "BT.709": (0.2126, 0.0722), "BT.2020": (0.2627, 0.0593)}
"""Their shares in the luma: ITU-R BT.601-7, 2.5.1; BT.709-6, 3.2; BT.2020-2, table 4."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """What each value of a plane adds to a channel; green is scaled by `1 << _BITS`. `grey` None leaves it as it is."""

    grey: NDArray[np.int16] | None
    red_v: NDArray[np.int16]
    green_u: NDArray[np.int16]
    green_v: NDArray[np.int16]
    blue_u: NDArray[np.int16]


@cache
def _tables(colour: Colour) -> _Tables:
    """The recommendation inverted: R = Y + 2 (1 - r) V, B = Y + 2 (1 - b) U, and G from Y = r R + g G + b B."""
    red, blue = _RED_AND_BLUE[colour.matrix]
    green = 1 - red - blue
    chroma = (np.arange(256) - 128.0) * (1 if colour.is_full_range else 255 / 224)
    red_v, blue_u = 2 * (1 - red) * chroma, 2 * (1 - blue) * chroma
    grey = None if colour.is_full_range else np.rint((np.arange(256) - 16.0) * 255 / 219).astype(np.int16)
    return _Tables(
        grey,
        np.rint(red_v).astype(np.int16),
        np.rint(-blue / green * blue_u * (1 << _BITS)).astype(np.int16),
        (np.rint(-red / green * red_v * (1 << _BITS)) + (1 << _BITS - 1)).astype(np.int16),
        np.rint(blue_u).astype(np.int16),
    )


# format: bytes a pixel, and which of them are red, green and blue.
_PACKED: dict[str, tuple[int, slice]] = {
    "BGR888": (3, slice(None)),
    "RGB888": (3, slice(None, None, -1)),
    "XBGR8888": (4, slice(0, 3)),
    "ABGR8888": (4, slice(0, 3)),
    "XRGB8888": (4, slice(2, None, -1)),
    "ARGB8888": (4, slice(2, None, -1)),
}
_PLANAR: dict[str, Callable[[Bytes, Layout], Planes]] = {
    "NV12": _nv12,
    "NV21": _nv21,
    "YUV420": _yuv420,
    "YVU420": _yvu420,
}
