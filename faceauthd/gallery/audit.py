"""Do rows and records agree? Pure: what is wrong with a gallery, from its records and its matrix."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceauthd.gallery.contents import Contents, Flags, Ints, Templates
from faceauthd.gallery.match import NOBODY, Owners
from faceauthd.gallery.npy import Stamp

Matrix = NDArray[np.float32]
_CHUNK = 4096
"""Rows looked at in one go: 8 MiB."""


@dataclass(frozen=True, slots=True)
class Findings:
    """`is_damaged`, aligned with the templates: its row or its record is not what was enrolled.
    `strays`: slots with content that no record refers to.
    """

    is_damaged: Flags
    strays: Ints


def inspect(templates: Templates, matrix: Matrix) -> Findings:
    """Check every row that is referred to against its CRC-32, and every other one for being free."""
    is_inside = templates.slot < len(matrix)
    found = np.array(
        [zlib.crc32(matrix[slot]) if inside else -1 for slot, inside in zip(templates.slot, is_inside, strict=True)],
        dtype=np.int64,
    )
    is_taken = taken(templates, len(matrix))
    return Findings(is_damaged=(found != templates.crc32) | ~templates.is_sound, strays=filled(matrix, ~is_taken))


def taken(templates: Templates, capacity: int) -> Flags:
    """Which of the slots some record refers to, shape (capacity,)."""
    is_taken = np.zeros(capacity, np.bool_)
    is_taken[templates.slot[templates.slot < capacity]] = True
    return is_taken


def owners(templates: Templates, is_damaged: Flags, capacity: int) -> Owners:
    """The person to whom each slot may be attributed, or NOBODY, shape (capacity,)."""
    whose = np.full(capacity, NOBODY, np.int64)
    is_meant = templates.is_ours & ~templates.is_superseded
    counts = is_meant & ~is_damaged & (templates.slot < capacity)
    whose[templates.slot[counts]] = templates.person[counts]
    return whose


def is_older_records(contents: Contents, stamp: Stamp | None) -> bool:
    """Whether the rows follow a commit that these records have never seen."""
    return stamp is not None and stamp.generation > contents.generation


def is_older_rows(contents: Contents, stamp: Stamp | None) -> bool:
    """Whether the rows are further behind the records than one interrupted operation leaves them."""
    return stamp is not None and stamp.generation < contents.generation - 1


def filled(matrix: Matrix, is_wanted: Flags) -> Ints:
    """The wanted slots with any bit set; a minus zero is not a free row."""
    bits = matrix.view(np.uint32)
    parts = [
        first + np.flatnonzero(bits[first : first + _CHUNK].any(axis=1) & is_wanted[first : first + _CHUNK])
        for first in range(0, len(matrix), _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
