"""People from another gallery: what is carried over of each, and how all of them are taken in by one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faceauthd.gallery.contents import Origin
from faceauthd.gallery.pair import Pair, Sheaf
from faceauthd.types import NewTemplate, Role, Rules


@dataclass(frozen=True, slots=True)
class Kept:
    """A template as a gallery keeps it. `made_at` is in seconds since the epoch."""

    template: NewTemplate
    made_at: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody as a gallery keeps them, whatever number they had there. Times are seconds since the epoch."""

    name: str
    role: Role
    enrolled_at: float
    rules: Rules
    last_seen: float | None
    templates: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody new, or, with a `person_id`, templates for somebody enrolled, of whom nothing else is changed."""

    entrant: Entrant
    person_id: int | None = None


def take_in(pair: Pair, arrivals: Sequence[Arrival]) -> list[int]:
    """Commit all of them in one transaction; their ids, in order.

    The names have to be free. Raises GalleryError, GalleryRefused for somebody without a template, and ValueError for
    what is no template.
    """
    sheaves = [Sheaf((kept.template,), kept.made_at, kept.origin) for one in arrivals for kept in one.entrant.templates]
    ids: list[int] = []

    def register() -> list[int]:
        owners: list[int] = []
        for one in arrivals:
            person = _enter(pair, one.entrant) if one.person_id is None else one.person_id
            ids.append(person)
            owners += [person] * len(one.entrant.templates)
        return owners

    pair.keep(register, sheaves)
    return ids


def _enter(pair: Pair, entrant: Entrant) -> int:
    person = pair.records.add_person(entrant.name, entrant.role, entrant.enrolled_at)
    pair.records.set_rules(person, entrant.rules)
    if entrant.last_seen is not None:
        pair.records.set_last_seen([(entrant.last_seen, person)])
    return person
