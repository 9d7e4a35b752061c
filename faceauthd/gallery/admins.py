"""What may be changed about people: no change takes the last administrator away, and times are finite. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from faceauthd.errors import GalleryRefused
from faceauthd.gallery.names import shown
from faceauthd.types import Person, Role, Rules


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


def finite(rules: Rules) -> Rules:
    """The rules with times as the records hold them, for the seal is of their text. Raises ValueError."""
    start, end = (None if at is None else float(at) for at in (rules.valid_from, rules.valid_until))
    if not all(at is None or math.isfinite(at) for at in (start, end)):
        raise ValueError("the times of a rule must be finite")
    return replace(rules, valid_from=start, valid_until=end)
