"""The pixel formats that cameras give, turned into RGB pictures. numpy only.

libcamera names the packed formats as DRM does, from the most significant byte of a little-endian word: `RGB888` lies in
memory as blue, green, red (https://docs.kernel.org/gpu/drm-kms.html, drm_fourcc.h). YUV is taken to be full range with
the BT.601 matrix, which is what libcamera calls the colour space sYCC, and what the cameras are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from faceauthd.types import Picture

    Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a buffer holds a picture. `stride` is bytes from one row to the next, padding included."""

    format: str
    width: int
    height: int
    stride: int

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
    return _from_yuv(*_PLANAR[layout.format](buffer, layout))


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


def _from_yuv(luma: Bytes, u: Bytes, v: Bytes) -> Picture:
    """Each sample of colour counts for the two by two pixels that it stands for."""
    height, width = luma.shape
    grey = luma.reshape(height // 2, 2, width // 2, 2).astype(np.int16)
    picture = np.empty((height, width, 3), np.uint8)
    for channel, shift in enumerate((_RED_V[v], _GREEN_U[u] + _GREEN_V[v] >> _BITS, _BLUE_U[u])):
        plane = np.clip(grey + shift[:, None, :, None], 0, 255)
        picture[..., channel] = plane.reshape(height, width)
    return picture


_BITS = 6
_CHROMA = np.arange(256) - 128.0
# ITU-R BT.601-7, 2.5.1, inverted: R = Y + 1.402 V, G = Y - 0.344136 U - 0.714136 V, B = Y + 1.772 U.
_RED_V = np.rint(1.402 * _CHROMA).astype(np.int16)
_BLUE_U = np.rint(1.772 * _CHROMA).astype(np.int16)
_GREEN_U = np.rint(-0.344136 * _CHROMA * (1 << _BITS)).astype(np.int16)
_GREEN_V = (np.rint(-0.714136 * _CHROMA * (1 << _BITS)) + (1 << _BITS - 1)).astype(np.int16)

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
