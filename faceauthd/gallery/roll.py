"""Everybody enrolled, by id and by name, as the records say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from faceauthd.gallery.names import name_key
from faceauthd.types import Person


class Roll:
    """In order of enrolment. `everybody` is replaced as a whole, so another thread may read it at any time."""

    def __init__(self, people: Iterable[Person], quarantined: Mapping[int, int]) -> None:
        self._quarantined = dict(quarantined)
        self._by_id = {person.id: person for person in people}
        self._ids = {name_key(person.name): person.id for person in self._by_id.values()}
        self.everybody = tuple(self._by_id.values())

    def find(self, name: str) -> Person | None:
        """Whoever bears the name, in any case."""
        return self._by_id.get(self._ids.get(name_key(name), 0))

    def by_id(self, person_id: int) -> Person | None:
        return self._by_id.get(person_id)

    @property
    def quarantined(self) -> Mapping[int, int]:
        """How many templates are set aside, by person id; who has none is not in it."""
        return MappingProxyType(self._quarantined)

    def put(self, counted: Iterable[tuple[Person, int]]) -> None:
        """Add them, each with the number of templates in quarantine, or replace what was known of them."""
        for person, quarantined in counted:
            self._forget(person.id)
            if quarantined:
                self._quarantined[person.id] = quarantined
            self._by_id[person.id] = person
            self._ids[name_key(person.name)] = person.id
        self.everybody = tuple(self._by_id.values())

    def drop(self, person: Person) -> None:
        self._forget(person.id)
        del self._by_id[person.id]
        self.everybody = tuple(self._by_id.values())

    def _forget(self, person_id: int) -> None:
        self._quarantined.pop(person_id, None)
        known = self._by_id.get(person_id)
        if known:
            self._ids.pop(name_key(known.name), None)
