"""Who is enrolled, as the loop and the recognizer need it: the gallery with the promise applied to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from faceauthd.adaptation import MOST, REACH_DEG
from faceauthd.errors import GalleryRefused, ModelError
from faceauthd.gallery import Gallery, Origin
from faceauthd.gallery.admins import check_one_stays
from faceauthd.gallery.apart import check_apart
from faceauthd.gallery.names import shown
from faceauthd.gallery.room import check_room, room_for
from faceauthd.gallery.taking import Arrival
from faceauthd.ports import Clock
from faceauthd.rules import ever_occur, format_hours, parse_hours
from faceauthd.threshold import Curve, Tail, Threshold, check_tail, threshold_for
from faceauthd.types import Match, Member, NewTemplate, Person, Role, Roster, Rules

if TYPE_CHECKING:
    from faceauthd.gallery.details import Detail
    from faceauthd.types import Vector

_FAR_OFF = 253_339_228_800.0
"""The beginning of the year 9998, in seconds since the epoch: calendars can still count on from there."""


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
        """`looks` is how many an attempt may have. Raises ModelError if no cosine of the curve keeps the promise."""
        self._gallery = gallery
        check_tail(curve, tail)
        self._curve, self._tail = tuple(curve), tail
        self._promise = false_accept_rate
        self._looks = looks
        self._clock = clock
        self._roster: Roster | None = None
        self._seen: dict[int, float] = {}
        self._threshold_with(0)

    @property
    def threshold(self) -> Threshold:
        """The cosine in force."""
        return self._threshold_with(0)

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
        return tuple(self._with_seen(person) for person in self._gallery.people())

    def person(self, name: str) -> Person | None:
        person = self._gallery.person(name)
        return self._with_seen(person) if person else None

    def details(self, person: Person) -> tuple[tuple[Detail, bytes], ...]:
        """What is kept of each of their templates, oldest first, with its row: 512 float32, little-endian."""
        return self._gallery.details(person)

    @property
    def embedder_id(self) -> str:
        """SHA-256 of the model in use; templates of another are never compared."""
        return self._gallery.embedder_id

    @property
    def folder(self) -> Path:
        """Where the gallery lies, for whoever reads it beside the loop."""
        return self._gallery.stand[0]

    @property
    def generation(self) -> int:
        """Counts the gallery's commits: nothing has changed since it was the same."""
        return self._gallery.stand[1]

    def take_in(self, arrivals: Sequence[Arrival]) -> tuple[Person, ...]:
        """Take in people of another gallery, all of them or nobody. Raises GalleryError."""
        self._check_promise(sum(len(arrival.entrant.templates) for arrival in arrivals))
        with self._changing():
            return self._gallery.take_in(arrivals)

    def saw(self, name: str) -> None:
        """Somebody was recognised now. A clock that is before their enrolment was never set, and tells nothing."""
        person, now = self._gallery.person(name), self.now()
        if person is not None and now >= person.enrolled_at:
            self._seen[person.id] = now

    def keep_seen(self) -> None:
        """Write whom `saw` told of since the last time. Raises GalleryError; then it is still known."""
        if self._seen:
            self._gallery.note_seen(self._seen)
            self._seen = {}

    def forget_seen(self) -> None:
        """Forget when everybody was last seen. Raises GalleryError."""
        self._seen = {}
        known = {person.id: None for person in self._gallery.people() if person.last_seen is not None}
        if known:
            self._gallery.note_seen(known)

    def anchored(self, person: Person, probe: Vector) -> float:
        """The highest cosine of the probe to what was enrolled of the person with authority; -1 of nothing."""
        return self._gallery.anchored(person, probe)

    def renewed_at(self, person: Person) -> float | None:
        """When a template of theirs was last renewed, in seconds since the epoch; None if never."""
        adapted = [one.made_at for one, _ in self.details(person) if one.origin is Origin.ADAPTED]
        return max(adapted, default=None)

    def enroll(
        self,
        name: str | None,
        role: Role,
        templates: Sequence[NewTemplate],
        *,
        origin: Origin = Origin.ENROLLED,
    ) -> Person:
        """Put somebody on disk, as `person-N` if there is no name; the first of all is administrator, else nobody could
        vouch for the others. Raises GalleryError; GalleryRefused for a guest who would be the first, and for somebody
        whom the door could not tell from somebody else.
        """
        is_first = not self._gallery.people()
        if is_first and role is Role.GUEST:
            raise GalleryRefused("the first person enrolled is administrator: enrol one, and the guest after them")
        self._check_apart(templates, None)
        self._check_promise(len(templates))
        with self._changing():
            name = name or self._gallery.next_name()
            role = Role.ADMIN if is_first else role
            return self._gallery.enroll(name, role, templates, now=self.now(), origin=origin)

    def rename(self, old: str, new: str) -> Person:
        """Raises GalleryRefused if there is nobody called `old`, or `new` is taken or no name."""
        with self._changing():
            return self._gallery.rename(old, new)

    def improve(self, person_id: int, templates: Sequence[NewTemplate], *, origin: Origin = Origin.IMPROVED) -> Person:
        """Give somebody more templates, as far as there is room. Raises GalleryError; GalleryRefused if they were
        removed meanwhile, have as many as anybody may have, or could not be told from somebody else by these."""
        known = self._gallery.person_by_id(person_id)
        if known is not None:
            check_room(known)
            templates = templates[: room_for(known)]
        self._check_apart(templates, person_id)
        self._check_promise(len(templates))
        with self._changing():
            return self._gallery.add_templates(person_id, templates, now=self.now(), origin=origin)

    def adapt(self, name: str, look: NewTemplate) -> Person:
        """Renew a template of somebody by a look that opened the door. Raises GalleryError, GalleryRefused if they have
        as many templates as anybody may have, and none is a renewed one."""
        self._check_promise(1)
        with self._changing():
            person = self._must(name)
            most = self.most_renewed(person)
            if not most:
                check_room(person)
            return self._gallery.adapt(person, look, now=self.now(), reach_deg=REACH_DEG, most=most)

    def most_renewed(self, person: Person) -> int:
        """How many renewed templates they may have: no more than there is room for beside the others."""
        known = (one for one, _ in self.details(person))
        renewed = sum(one.origin is Origin.ADAPTED and not one.is_superseded for one in known)
        return min(MOST, room_for(person) + renewed)

    def undo_renewal(self, name: str) -> Person:
        """Take back somebody's last renewal or improvement. Raises GalleryRefused if there is none."""
        with self._changing():
            return self._gallery.undo_renewal(name)

    def remove(self, name: str, *, even_last: bool = False) -> Person:
        """Forget somebody. Raises GalleryRefused if there is nobody of that name, or they are the last administrator.

        `even_last`: they may be the last person of all, after whom the next press makes an administrator.
        """
        person = self._must(name)
        if not (even_last and len(self.people()) == 1):
            check_one_stays(self.people(), person, None, self.now())
        with self._changing():
            self._seen.pop(person.id, None)
            return self._gallery.remove(name)

    def set_role(self, name: str, role: Role) -> Person:
        """Raises GalleryRefused if there is nobody of that name, or no administrator would be left."""
        person = self._must(name)
        check_one_stays(self.people(), person, replace(person, role=role), self.now())
        with self._changing():
            return self._gallery.set_role(name, role)

    def set_rules(self, name: str, rules: Rules) -> Person:
        """Raises GalleryRefused as `set_role` does, for a stay that is over before it begins, or already, and for hours
        that are none or never come within the stay. Hours are kept in the one way that `rules.format_hours` writes.
        """
        person = self._must(name)
        start, end = rules.valid_from, rules.valid_until
        if end is not None and end != person.rules.valid_until and end <= self.now():
            raise GalleryRefused("that end is in the past: give a later one, or `faceauthctl disable` at once")
        if start is not None and end is not None and end <= start:
            raise GalleryRefused("that end is before the beginning: give a later end or an earlier beginning")
        if _times(rules) != _times(person.rules):
            rules = replace(rules, hours=_read_hours(rules, self._clock.wall()))
        check_one_stays(self.people(), person, replace(person, rules=rules), self.now())
        with self._changing():
            return self._gallery.set_rules(name, rules)

    def now(self) -> float:
        """Civil time, in seconds since the epoch."""
        return self._clock.wall().timestamp()

    def _check_apart(self, templates: Sequence[NewTemplate], whose: int | None) -> None:
        matcher, threshold = self._gallery.matcher, self.threshold.cosine
        check_apart(matcher, templates, threshold, whose, self._gallery.person_by_id)

    def _threshold_with(self, more: int) -> Threshold:
        templates = self._gallery.matcher.templates + more
        return threshold_for(self._promise, templates, self._curve, self._tail, looks=self._looks)

    def _check_promise(self, more: int) -> None:
        """Raise GalleryRefused if no cosine would keep the promise with so many more templates."""
        try:
            self._threshold_with(more)
        except ModelError as error:
            raise GalleryRefused(str(error)) from error

    def _with_seen(self, person: Person) -> Person:
        seen = self._seen.get(person.id)
        return person if seen is None else replace(person, last_seen=seen)

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


def _read_hours(rules: Rules, now: datetime) -> str | None:
    """The hours as they are kept. Raises GalleryRefused if they are none, or never come from `now` on."""
    if rules.hours is None:
        return None
    try:
        hours = parse_hours(rules.hours)
    except ValueError as error:
        raise GalleryRefused(str(error)) from error
    start, end = (
        None if at is None else datetime.fromtimestamp(max(0.0, min(at, _FAR_OFF)), now.tzinfo)
        for at in (rules.valid_from, rules.valid_until)
    )
    if not ever_occur(hours, max(now, start) if start else now, end):
        raise GalleryRefused(
            f"{format_hours(hours)} never comes while they are valid: give other hours, or another stay with "
            "`faceauthctl expire`"
        )
    return format_hours(hours)


def _times(rules: Rules) -> tuple[object, ...]:
    return rules.hours, rules.valid_from, rules.valid_until
