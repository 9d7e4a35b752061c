"""How many templates one person may have, and which are taken where there are more. Pure, but for numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faceauthd.errors import GalleryRefused
from faceauthd.gallery.contents import Origin
from faceauthd.gallery.names import shown

if TYPE_CHECKING:
    from faceauthd.gallery.taking import Kept
    from faceauthd.types import Person

    Floats = np.ndarray[Any, np.dtype[np.float32]]

MOST_TEMPLATES = 16
"""Of one person: each makes the door stricter for everybody, and the next one helps less. As many as photographs in one
enrolment (control.verbs.IMAGES_LIMIT)."""

OF_AN_ENROLMENT = (Origin.ENROLLED, Origin.PHOTO)
_BY_WORTH = (OF_AN_ENROLMENT, (Origin.IMPROVED,), (Origin.ADAPTED,))
"""What somebody with authority enrolled goes first; what the door renewed by itself, and will again, goes last."""


def room_for(person: Person) -> int:
    """How many more templates they may have."""
    return max(0, MOST_TEMPLATES - person.templates)


def check_room(person: Person) -> None:
    """Raises GalleryRefused if they have as many templates as anybody may have."""
    if not room_for(person):
        raise GalleryRefused(
            f"{shown(person.name)} has {person.templates} templates, and nobody gets more than {MOST_TEMPLATES}: "
            "`faceauthctl improve NAME --undo` takes the last ones back"
        )


def chosen(offered: Sequence[Kept], nearest: Floats, room: int) -> tuple[Kept, ...]:
    """As many of the templates on offer as there is room for, in their order.

    An enrolment's go first, then an improvement's, then renewed ones. Within each kind the next is whichever is least
    like all that are there already: it adds the most. `nearest` is the highest cosine of each to what is there.
    """
    if len(offered) <= room:
        return tuple(offered)
    probes, nearest = np.stack([kept.template.probe for kept in offered]), nearest.copy()
    places: list[int] = []
    for origins in _BY_WORTH:
        left = [place for place, kept in enumerate(offered) if kept.origin in origins]
        while left and len(places) < room:
            best = min(left, key=lambda place: float(nearest[place]))
            left.remove(best)
            places.append(best)
            nearest = np.maximum(nearest, probes @ probes[best])
    return tuple(offered[place] for place in sorted(places))
