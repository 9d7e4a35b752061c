"""What is kept of one person's templates, one by one: for whoever asks what is stored about them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from faceauthd.gallery.contents import Origin


@dataclass(frozen=True, slots=True)
class Detail:
    """One template, without its numbers. `made_at` is in seconds since the epoch.

    `is_superseded`: renewed, not compared, and kept only so that the renewal can be taken back.
    """

    id: int
    slot: int
    embedder: str
    quality: float
    yaw_deg: float
    pitch_deg: float
    made_at: float
    origin: Origin
    is_quarantined: bool
    is_superseded: bool

    @property
    def is_anchor(self) -> bool:
        """Whether somebody with authority saw to it that it was taken."""
        return self.origin is not Origin.ADAPTED


_QUERY = """
SELECT id, slot, embedder, quality, yaw_deg, pitch_deg, made_at, origin, quarantined, superseded
FROM templates WHERE person = ? ORDER BY id
"""


def details_of(connection: sqlite3.Connection, person: int) -> tuple[Detail, ...]:
    """The templates of the person with that id, oldest first. Raises sqlite3.Error or ValueError."""
    return tuple(
        Detail(key, slot, made_by, quality, yaw, pitch, made_at, Origin(origin), bool(quarantined), bool(superseded))
        for key, slot, made_by, quality, yaw, pitch, made_at, origin, quarantined, superseded in connection.execute(
            _QUERY, (person,)
        )
    )
