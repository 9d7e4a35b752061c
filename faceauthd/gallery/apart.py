"""Nobody is enrolled whom the door would take for somebody else: asked again right before the commit.

The looks were compared as they came; meanwhile somebody else may have been enrolled, imported or improved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from faceauthd.errors import GalleryRefused
from faceauthd.gallery.match import Matcher, check_unit
from faceauthd.gallery.names import shown
from faceauthd.types import NewTemplate, Person


def check_apart(
    matcher: Matcher,
    templates: Sequence[NewTemplate],
    threshold: float,
    whose: int | None,
    who: Callable[[int], Person | None],
) -> None:
    """Raise GalleryRefused if any template reaches `threshold` against somebody besides `whose` it is (None: nobody's).

    `who` finds somebody by id. Raises ValueError for probes that are no unit vectors.
    """
    if not templates:
        return
    probes = np.stack([template.probe for template in templates])
    check_unit(probes)
    for match in matcher.best(probes):
        if match is None:
            return
        is_own = match.person_id == whose
        if (match.runner_up if is_own else match.score) >= threshold:
            other = None if is_own else who(match.person_id)
            name = shown(other.name) if other else "somebody else"
            raise GalleryRefused(f"too like {name}, who is enrolled: the door could not tell them apart")
