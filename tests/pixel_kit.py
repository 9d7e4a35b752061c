"""Buffers as cameras fill them, written down from the formats' definitions and not from our code that reads them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
PADDING = 201
"""A value that would be seen if padding were taken for picture."""

PACKED = {
    "BGR888": (0, 1, 2),
    "RGB888": (2, 1, 0),
    "XBGR8888": (0, 1, 2, 3),
    "ABGR8888": (0, 1, 2, 3),
    "XRGB8888": (2, 1, 0, 3),
    "ARGB8888": (2, 1, 0, 3),
}
"""Which channel lies where, 3 being a byte without meaning: the names read from the most significant byte."""
PLANAR = ("NV12", "NV21", "YUV420", "YVU420")


def padded(rows: Bytes, stride: int) -> Bytes:
    """`rows` (n, bytes) as one buffer, each row filled up to `stride`."""
    whole = np.full((rows.shape[0], stride), PADDING, np.uint8)
    whole[:, : rows.shape[1]] = rows
    return whole.reshape(-1)


def yuv(picture: Bytes) -> tuple[Bytes, Bytes, Bytes]:
    """ITU-R BT.601, full range, as ITU-T T.871 (JFIF) writes it down; colour at half the size."""
    red, green, blue = np.moveaxis(picture.astype(np.float64), -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = (luma, (blue - luma) / 1.772 + 128, (red - luma) / 1.402 + 128)
    y, u, v = (np.rint(plane).clip(0, 255).astype(np.uint8) for plane in planes)
    return y, u[::2, ::2], v[::2, ::2]


def row_bytes(name: str, width: int) -> int:
    return width * (len(PACKED[name]) if name in PACKED else 1)


def buffer_of(picture: Bytes, name: str, stride: int) -> Bytes:
    """`picture` (height, width, 3) RGB in format `name`."""
    height, width = picture.shape[:2]
    if name in PACKED:
        with_filler = np.concatenate([picture, np.full_like(picture[..., :1], 77)], axis=-1)
        return padded(with_filler[..., list(PACKED[name])].reshape(height, -1), stride)
    y, u, v = yuv(picture)
    first, second = (v, u) if name in ("NV21", "YVU420") else (u, v)
    if name.startswith("NV"):
        woven = np.stack([first, second], axis=-1).reshape(height // 2, width)
        return np.concatenate([padded(y, stride), padded(woven, stride)])
    return np.concatenate([padded(y, stride), padded(first, stride // 2), padded(second, stride // 2)])
