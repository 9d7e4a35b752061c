"""Who is enrolled, as the loop and the recognizer need it: the gallery with the promise applied to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from faceauthd.errors import GalleryRefused
from faceauthd.gallery import Gallery, Origin
from faceauthd.gallery.admins import check_one_stays
from faceauthd.gallery.names import shown
from faceauthd.ports import Clock
from faceauthd.threshold import Curve, Tail, Threshold, check_tail, threshold_for
from faceauthd.types import Match, Member, NewTemplate, Person, Role, Roster, Rules

if TYPE_CHECKING:
    from faceauthd.types import Vector


class Register:
    """The gallery, and the threshold that the promise asks of it. Only the loop's thread calls it."""

    def __init__(
        self,
        gallery: Gallery,
        curve: Curve,
        false_accept_rate: float,
        clock: Clock,
        tail: Tail | None = None,
        *,
        looks: int = 1,
    ) -> None:
        """`looks` is how many an attempt may have. Raises ModelError if the embedder's card has no usable curve."""
        self._gallery = gallery
        check_tail(curve, tail)
        self._curve = tuple(curve)
        self._tail = tail
        self._promise = false_accept_rate
        self._looks = looks
        self._clock = clock
        self._roster: Roster | None = None

    @property
    def threshold(self) -> Threshold:
        """The cosine in force."""
        templates = self._gallery.matcher.templates
        return threshold_for(self._promise, templates, self._curve, self._tail, looks=self._looks)

    @property
    def false_accept_rate(self) -> float:
        return self._promise

    def roster(self) -> Roster:
        """Everybody and the threshold; made anew only after a change."""
        if self._roster is None:
            people = {person.id: Member(person.name, person.role, person.rules) for person in self._gallery.people()}
            self._roster = Roster(self.threshold.cosine, people, self._gallery.matcher.templates)
        return self._roster

    def best(self, probes: Vector) -> list[Match | None]:
        """The best person for each probe, float32 (n, 512)."""
        return self._gallery.matcher.best(probes)

    def people(self) -> tuple[Person, ...]:
        return self._gallery.people()

    def person(self, name: str) -> Person | None:
        return self._gallery.person(name)

    def enroll(
        self,
        name: str | None,
        role: Role,
        templates: Sequence[NewTemplate],
        *,
        origin: Origin = Origin.ENROLLED,
    ) -> Person:
        """Put somebody on disk, as `person-N` if there is no name. Raises GalleryError."""
        with self._changing():
            name = name or self._gallery.next_name()
            return self._gallery.enroll(name, role, templates, now=self._now(), origin=origin)

    def rename(self, old: str, new: str) -> Person:
        """Raises GalleryRefused if there is nobody called `old`, or `new` is taken or no name."""
        with self._changing():
            return self._gallery.rename(old, new)

    def improve(self, person_id: int, templates: Sequence[NewTemplate], *, origin: Origin = Origin.IMPROVED) -> Person:
        """Give somebody more templates. Raises GalleryError; GalleryRefused if they were removed meanwhile."""
        with self._changing():
            return self._gallery.add_templates(person_id, templates, now=self._now(), origin=origin)

    def remove(self, name: str, *, even_last: bool = False) -> Person:
        """Forget somebody. Raises GalleryRefused if there is nobody of that name, or they are the last administrator.

        `even_last`: they may be the last person of all, after whom the next press makes an administrator.
        """
        person = self._must(name)
        if not (even_last and len(self.people()) == 1):
            check_one_stays(self.people(), person, None, self._now())
        with self._changing():
            return self._gallery.remove(name)

    def set_role(self, name: str, role: Role) -> Person:
        """Raises GalleryRefused if there is nobody of that name, or no administrator would be left."""
        person = self._must(name)
        check_one_stays(self.people(), person, replace(person, role=role), self._now())
        with self._changing():
            return self._gallery.set_role(name, role)

    def set_rules(self, name: str, rules: Rules) -> Person:
        """Raises GalleryRefused as `set_role` does, and for a stay that is over before it begins, or already."""
        person = self._must(name)
        start, end = rules.valid_from, rules.valid_until
        if end is not None and end != person.rules.valid_until and end <= self._now():
            raise GalleryRefused("that end is in the past: give a later one, or `faceauthctl disable` at once")
        if start is not None and end is not None and end <= start:
            raise GalleryRefused("that end is before the beginning: give a later end or an earlier beginning")
        check_one_stays(self.people(), person, replace(person, rules=rules), self._now())
        with self._changing():
            return self._gallery.set_rules(name, rules)

    def _now(self) -> float:
        return self._clock.wall().timestamp()

    def _must(self, name: str) -> Person:
        person = self._gallery.person(name)
        if person is None:
            raise GalleryRefused(f"nobody is called {shown(name)}: `faceauthctl people` lists everybody")
        return person

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """The roster is made anew after a change, also after one that raised: it may have been carried out in part."""
        try:
            yield
        finally:
            self._roster = None
