"""Whoever can still vouch when everybody else has gone: no change may take the last administrator away. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from faceauthd.errors import GalleryRefused
from faceauthd.gallery.names import shown
from faceauthd.types import Person, Role


def is_lasting(person: Person, now: float) -> bool:
    """Whether this is an administrator at `now` (seconds since the epoch) and, left alone, for good."""
    rules = person.rules
    has_begun = rules.valid_from is None or rules.valid_from <= now
    return person.role is Role.ADMIN and not rules.is_disabled and rules.valid_until is None and has_begun


def check_one_stays(before: Iterable[Person], changed: Person, after: Person | None, now: float) -> None:
    """Raise GalleryRefused if `changed` is the last administrator, and as `after` (None: removed) none any more.

    A gallery that has none may be changed in any way: somebody who may change it gave it up, or never had one.
    """
    others = [person for person in before if person.id != changed.id]
    if not is_lasting(changed, now) or any(is_lasting(person, now) for person in others):
        return
    if after is not None and is_lasting(after, now):
        return
    if after is None and not others:
        raise GalleryRefused(
            f"{shown(changed.name)} is the last person enrolled: without them whoever presses the button next becomes "
            f"administrator; if that is wanted, `faceauthctl remove {changed.name} --last`"
        )
    raise GalleryRefused(
        f"{shown(changed.name)} is the last administrator without an end: first `faceauthctl role NAME admin`, "
        "with the name of somebody who shall be one"
    )
