"""Renewing somebody's templates from the looks that opened the door, and taking that back.

A renewed template is not the look itself: it is the nearest template that was taken with authority, turned towards the
look by `reach` at most. So whatever a slow drift is led to, nobody comes in by it whose face is further from those
templates than the threshold and the reach together (docs/adr/0019-a-renewed-template-leans.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.errors import GalleryRefused
from faceauthd.gallery.contents import Origin
from faceauthd.gallery.pair import Pair, Sheaf

if TYPE_CHECKING:
    from faceauthd.gallery.details import Detail
    from faceauthd.types import NewTemplate, Person, Vector


def anchored(pair: Pair, person: Person, probe: Vector) -> float:
    """The highest cosine of the probe, (512,) float32, to a template of the person taken with authority; -1 of none."""
    rows = pair.rows_of(_anchors(pair, person.id))
    return float((rows @ probe).max()) if len(rows) else -1.0


def adapt(pair: Pair, person: Person, look: NewTemplate, now: float, *, reach_deg: float, most: int) -> None:
    """Keep a template turned towards `look`; of `most` such templates the one least like the look is superseded.

    Raises GalleryRefused if there is no template to turn, GalleryError if it cannot be written; then nothing changed,
    but that the renewal before may have become final.
    """
    anchors = pair.rows_of(_anchors(pair, person.id))
    if not len(anchors):
        raise GalleryRefused(f"{person.name} has no template of this model to renew: enrol them again")
    nearest = anchors[int((anchors @ look.probe).argmax())]
    leaning = replace(look, probe=turned(nearest, look.probe, reach_deg))
    known = pair.records.details(person.id)
    pair.retire([one for one in known if one.is_superseded])
    adapted = [one for one in known if one.origin is Origin.ADAPTED and not one.is_superseded]
    weakest: list[Detail] = []
    if len(adapted) >= most:
        alike = pair.rows_of(adapted) @ look.probe
        weakest = [adapted[int(alike.argmin())]]

    def register() -> list[int]:
        pair.records.set_superseded([one.id for one in weakest], is_superseded=True)
        return [person.id]

    pair.keep(register, [Sheaf((leaning,), now, Origin.ADAPTED)])
    pair.mask([one.slot for one in weakest])


def undo(pair: Pair, person: Person) -> int:
    """Take back the last renewal or improvement; the template that it superseded is in use again.

    Returns how many templates went. Raises GalleryRefused if only the enrolment's own are left.
    """
    known = pair.records.details(person.id)
    in_use = [one for one in known if not one.is_superseded]
    last = in_use[-1] if in_use else None
    if last is None or last.origin not in (Origin.ADAPTED, Origin.IMPROVED):
        raise GalleryRefused(f"{person.name} has nothing to undo: only the enrolment's own templates are left")
    batch = [one for one in in_use if (one.origin, one.made_at) == (last.origin, last.made_at)]
    if len(batch) == len(in_use):
        raise GalleryRefused(f"{person.name} would be left without a template: `faceauthctl remove` is for that")
    back = [one for one in known if one.is_superseded] if last.origin is Origin.ADAPTED else []
    pair.retire(batch, in_use_again=back, owner=person.id)
    return len(batch)


def turned(anchor: Vector, look: Vector, reach_deg: float) -> Vector:
    """The anchor turned towards the look by `reach_deg`, or the look itself where it is nearer; unit (512,) float32."""
    cosine = float(np.clip(anchor.astype(np.float64) @ look, -1.0, 1.0))
    angle, reach = math.acos(cosine), math.radians(reach_deg)
    if angle <= reach:
        return look
    across = look - cosine * anchor.astype(np.float64)
    across /= np.linalg.norm(across)
    leaning = math.cos(reach) * anchor + math.sin(reach) * across
    return np.asarray(leaning / np.linalg.norm(leaning), np.float32)


def _anchors(pair: Pair, person: int) -> Sequence[Detail]:
    return [one for one in pair.records.details(person) if one.is_anchor and not one.is_superseded]
