"""The bytes of `embeddings.npy` around its rows: numpy's header before them and the gallery's stamp behind. Pure.

A reader of the .npy format takes as many values as the header states and never looks at the stamp.
"""

from __future__ import annotations

import ast
import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

WIDTH = 512
"""Values of a row. An embedder with fewer is padded with zeros, which changes no cosine."""
ROW_BYTES = WIDTH * 4
_MAGIC = b"\x93NUMPY\x01\x00"
_LONGEST_HEADER = 1024
"""Far more than the header of a matrix needs; what is longer is not parsed."""
_STAMP = struct.Struct("<16s16sQ20xI")
_STAMP_MAGIC = b"faceauthd rows 1"
STAMP_BYTES = _STAMP.size


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows of a file lie. `offset` is in bytes."""

    offset: int
    capacity: int

    @property
    def end(self) -> int:
        """The byte behind the last row, where the stamp is."""
        return self.offset + self.capacity * ROW_BYTES


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which gallery's rows these are (16 bytes), and the newest commit of it that they are known to follow."""

    gallery: bytes
    generation: int

    def to_bytes(self) -> bytes:
        body = _STAMP.pack(_STAMP_MAGIC, self.gallery, self.generation, 0)
        return body[:-4] + struct.pack("<I", zlib.crc32(body[:-4]))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Stamp | None:
        """None if these are not the whole, undamaged bytes of a stamp."""
        if len(raw) != STAMP_BYTES:
            return None
        magic, gallery, generation, crc = _STAMP.unpack(raw)
        if magic != _STAMP_MAGIC or crc != zlib.crc32(raw[:-4]):
            return None
        return cls(gallery, generation)


def header_bytes(capacity: int) -> bytes:
    """The header that numpy itself writes for a float32 matrix of `capacity` rows."""
    out = io.BytesIO()
    shape = {"descr": "<f4", "fortran_order": False, "shape": (capacity, WIDTH)}
    np.lib.format.write_array_header_1_0(out, shape)
    return out.getvalue()


def parse_header(start: bytes, size: int) -> Layout:
    """The layout of a file of `size` bytes that begins with `start`.

    Raises ValueError saying what is wrong unless all its rows are there, float32, C order and WIDTH wide.
    """
    if len(start) < 10 or not start.startswith(_MAGIC):
        raise ValueError("it does not begin like an .npy file of version 1.0")
    offset = 10 + struct.unpack_from("<H", start, 8)[0]
    if offset > min(len(start), _LONGEST_HEADER):
        raise ValueError("its header is cut off")
    stated = _literal(start[10:offset])
    if stated.get("descr") != "<f4" or stated.get("fortran_order") is not False:
        raise ValueError(f"its values are {stated.get('descr')!r}, not '<f4' in C order"[:120])
    shape = stated.get("shape")
    match shape:
        case (int(capacity), int(width)) if width == WIDTH and capacity >= 0 and offset % 4 == 0:
            layout = Layout(offset, capacity)
        case _:
            raise ValueError(f"its shape is {shape!r}, not (rows, {WIDTH})"[:120])
    if size < layout.end:
        raise ValueError(f"it is cut off: {size} bytes instead of {layout.end}")
    return layout


def _literal(raw: bytes) -> dict[str, Any]:
    try:
        stated = ast.literal_eval(raw.decode("latin-1").strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("its header cannot be read") from error
    if not isinstance(stated, dict) or set(stated) != {"descr", "fortran_order", "shape"}:
        raise ValueError("its header is not one that numpy writes")
    return stated
