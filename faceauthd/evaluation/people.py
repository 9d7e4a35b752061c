"""Who is in a picture, and which people a figure may be tuned on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


_SALT = b"tuning or test: "
"""Collections are themselves often halved by a plain hash of the name, and then that hash tells nobody apart."""


class Split(NamedTuple):
    """People whose pictures choose rules and thresholds, and people whose pictures only judge them. Disjoint."""

    tuning: frozenset[str]
    test: frozenset[str]


def person_of(picture: str) -> str | None:
    """The folder that a picture's path below the data set names, or None if it lies in none."""
    folder, slash, _ = picture.rpartition("/")
    return folder if slash else None


def split_people(names: Iterable[str], one_person: Iterable[tuple[str, str]] = ()) -> Split:
    """Halve the people by a hash of their name, so that nobody changes sides when pictures or people are added.

    `one_person` are pairs of names of one person: they fall on the same side, that of the first of them by name.
    """
    names = set(names)
    head: dict[str, str] = {name: name for name in names}
    for a, b in one_person:
        if a in names and b in names:
            one, other = sorted((head[a], head[b]))
            head = {name: one if first == other else first for name, first in head.items()}
    tuning = frozenset(name for name, first in head.items() if _is_for_tuning(first))
    return Split(tuning, frozenset(names - tuning))


def _is_for_tuning(name: str) -> bool:
    return hashlib.sha256(_SALT + name.encode()).digest()[0] % 2 == 0
