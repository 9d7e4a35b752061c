"""Buffers as cameras fill them, written down from the formats' definitions and not from our code that reads them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from faceauthd.adapters.pixel_formats import SYCC, Colour

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


LUMA = {
    "BT.601": (0.299, 0.587, 0.114),
    "BT.709": (0.2126, 0.7152, 0.0722),
    "BT.2020": (0.2627, 0.6780, 0.0593),
}
"""Shares of red, green and blue."""
FULL, LIMITED = (0, 255, 255), (16, 219, 224)
"""Black, how far above it white is, and how far apart the extremes of colour are."""


def yuv(picture: Bytes, colour: Colour = SYCC) -> tuple[Bytes, Bytes, Bytes]:
    """As the recommendation writes it down (full range: ITU-T T.871, JFIF); colour at half the size."""
    shares = LUMA[colour.matrix]
    black, above, apart = FULL if colour.is_full_range else LIMITED
    red, _, blue = channels = np.moveaxis(picture.astype(np.float64) / 255, -1, 0)
    luma = sum(share * channel for share, channel in zip(shares, channels, strict=True))
    blueness, redness = (blue - luma) / (2 - 2 * shares[2]), (red - luma) / (2 - 2 * shares[0])
    planes = (black + above * luma, 128 + apart * blueness, 128 + apart * redness)
    y, u, v = (np.rint(plane).clip(0, 255).astype(np.uint8) for plane in planes)
    return y, u[::2, ::2], v[::2, ::2]


def row_bytes(name: str, width: int) -> int:
    return width * (len(PACKED[name]) if name in PACKED else 1)


def buffer_of(picture: Bytes, name: str, stride: int, colour: Colour = SYCC) -> Bytes:
    """`picture` (height, width, 3) RGB in format `name`."""
    height, width = picture.shape[:2]
    if name in PACKED:
        with_filler = np.concatenate([picture, np.full_like(picture[..., :1], 77)], axis=-1)
        return padded(with_filler[..., list(PACKED[name])].reshape(height, -1), stride)
    y, u, v = yuv(picture, colour)
    first, second = (v, u) if name in ("NV21", "YVU420") else (u, v)
    if name.startswith("NV"):
        woven = np.stack([first, second], axis=-1).reshape(height // 2, width)
        return np.concatenate([padded(y, stride), padded(woven, stride)])
    return np.concatenate([padded(y, stride), padded(first, stride // 2), padded(second, stride // 2)])
