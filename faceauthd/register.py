"""Who is enrolled, as the loop and the recognizer need it: the gallery with the promise applied to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceauthd.gallery import Gallery, Origin
from faceauthd.ports import Clock
from faceauthd.threshold import Curve, Tail, Threshold, check_tail, threshold_for
from faceauthd.types import Match, Member, NewTemplate, Person, Role, Roster

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
            people = {person.id: Member(person.name, person.role) for person in self._gallery.people()}
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
        now = self._clock.wall().timestamp()
        with self._changing():
            return self._gallery.enroll(name or self._gallery.next_name(), role, templates, now=now, origin=origin)

    def rename(self, old: str, new: str) -> Person:
        """Raises GalleryRefused if there is nobody called `old`, or `new` is taken or no name."""
        with self._changing():
            return self._gallery.rename(old, new)

    def remove(self, name: str) -> Person:
        """Forget somebody. Raises GalleryRefused if there is nobody of that name."""
        with self._changing():
            return self._gallery.remove(name)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """The roster is made anew after a change, also after one that raised: it may have been carried out in part."""
        try:
            yield
        finally:
            self._roster = None
