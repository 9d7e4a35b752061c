"""The gallery: everybody enrolled, on disk. One writer; anybody may read. The format is in docs/gallery.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from faceauthd.errors import GalleryError, GalleryRefused
from faceauthd.gallery import renewal, taking
from faceauthd.gallery.admins import finite
from faceauthd.gallery.beside import Shelf, SideFile
from faceauthd.gallery.contents import Origin
from faceauthd.gallery.details import Detail
from faceauthd.gallery.disk import Disk, RealDisk
from faceauthd.gallery.match import Fuse, Matcher, nearest_template
from faceauthd.gallery.names import check_name, name_key, shown
from faceauthd.gallery.opening import Opened, open_to_read, open_to_write
from faceauthd.gallery.pair import Pair, Sheaf
from faceauthd.gallery.roll import Roll
from faceauthd.gallery.slots import Slots
from faceauthd.types import NewTemplate, Person, Role, Rules

if TYPE_CHECKING:
    from faceauthd.types import Vector

FIRST_CAPACITY = 256
"""Rows of a new gallery (0.5 MiB): a household never needs to grow it."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be enrolled."""

    name: str
    role: Role
    templates: tuple[NewTemplate, ...]


class Gallery:
    """Everybody enrolled. Open it with `Gallery.open`; use it from one thread, `people` and `person` from any.

    A writing method returns once the medium has what it did. If it raises GalleryError, then either all of it or
    nothing will be found at the next opening, and nobody is matched meanwhile who was not before.
    """

    def __init__(self, opened: Opened, fuse: Fuse, shelf: Shelf | None = None) -> None:
        self._held = opened.held
        self._roll = Roll(opened.contents.people, opened.contents.quarantined)
        self._pair: Pair | None = None
        self.matcher = Matcher(fuse, shelf=shelf)
        """Compares with whoever is enrolled at the moment, disabled or not; it stays the same object."""
        if opened.rows:
            slots = Slots(opened.contents.templates, opened.findings, opened.rows.capacity)
            self.matcher.point_at(opened.rows.matrix, slots.owners)
            if opened.records:
                self._pair = Pair(opened.records, opened.rows, self.matcher, opened.contents, slots)
            opened.rows.forget()  # all were checked

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        embedder_id: str | None,
        read_only: bool = False,
        on_repair: Callable[[str], None] | None = None,
        fuse: Fuse = nearest_template,
        disk: Disk | None = None,
        first_capacity: int = FIRST_CAPACITY,
        accept_older_records: bool = False,
    ) -> Self:
        """Open the gallery in `folder`, made with mode 0700 if there is none.

        `embedder_id`: the embedder's SHA-256; templates of another are never compared. None only to read: then none is.
        `read_only`: take no lock, write nothing at all, and see the gallery as it is at this instant.
        `on_repair` is told of each repair in one line. `accept_older_records` opens a gallery whose `people.sqlite3` is
        an older copy than its rows, which is refused otherwise, since it may list people who were removed.

        Raises GalleryLocked if another process writes to it, and GalleryError if it cannot be trusted or reached.
        """
        report, medium = on_repair or (lambda _line: None), disk or RealDisk()
        if read_only:
            opened = open_to_read(folder, medium, embedder_id, report, accept_older=accept_older_records)
        elif embedder_id:
            older = accept_older_records
            opened = open_to_write(folder, medium, embedder_id, report, capacity=first_capacity, accept_older=older)
        else:
            raise ValueError("a gallery that is written to needs an embedder_id")
        with ExitStack() as held:
            held.push(opened.held)
            gallery = cls(opened, fuse, None if read_only else SideFile(folder, medium))
            held.pop_all()
        return gallery

    def close(self) -> None:
        """Let go of the files and of the lock; the matcher then knows nobody. Safe to call twice."""
        with self._held:
            if self._pair:
                self._pair.close()
            self._pair = None
            self.matcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def people(self) -> tuple[Person, ...]:
        """Everybody, in order of enrolment."""
        return self._roll.everybody

    def person(self, name: str) -> Person | None:
        """Whoever bears the name, in any case."""
        return self._roll.find(name)

    def person_by_id(self, person_id: int) -> Person | None:
        """Whoever a match means; None once they are removed."""
        return self._roll.by_id(person_id)

    @property
    def quarantined(self) -> Mapping[int, int]:
        """How many damaged templates are set aside, by person id; who has none is not in it."""
        return self._roll.quarantined

    def next_name(self) -> str:
        """A name for somebody who has not given one: "person-N", N counting everybody who was ever enrolled."""
        number = self._writer.records.last_id() + 1
        while self.person(f"person-{number}"):
            number += 1
        return f"person-{number}"

    def enroll(
        self, name: str, role: Role, templates: Sequence[NewTemplate], *, now: float, origin: Origin = Origin.ENROLLED
    ) -> Person:
        """Enrol somebody new. `now` is in seconds since the epoch.

        Raises GalleryRefused for a bad or taken name or no templates, ValueError for probes that are no unit vectors.
        """
        return self.enroll_all([Newcomer(name, role, tuple(templates))], now=now, origin=origin)[0]

    def enroll_all(
        self, newcomers: Sequence[Newcomer], *, now: float, origin: Origin = Origin.ENROLLED
    ) -> tuple[Person, ...]:
        """Enrol all of them in one transaction, or nobody. Raises as `enroll` does."""
        pair = self._writer
        names = [self._free_name(newcomer.name) for newcomer in newcomers]
        if len({name_key(name) for name in names}) < len(names):
            raise GalleryRefused("two people of one enrolment bear the same name: rename one of them")
        sheaves = [Sheaf(newcomer.templates, now, origin) for newcomer in newcomers]

        def register() -> list[int]:
            return [pair.records.add_person(name, new.role, now) for name, new in zip(names, newcomers, strict=True)]

        return self._learn(pair.keep(register, sheaves) if newcomers else [])

    def take_in(self, arrivals: Sequence[taking.Arrival]) -> tuple[Person, ...]:
        """Take in people of another gallery, all in one transaction or nobody. Raises as `enroll` does."""
        pair = self._writer
        for one in arrivals:
            if one.person_id is None:
                self._free_name(one.entrant.name)
            else:
                self._sound(self._roll.by_id(one.person_id), shown(one.entrant.name))
        return self._learn(taking.take_in(pair, arrivals) if arrivals else [])

    def add_templates(
        self,
        person_id: int,
        templates: Sequence[NewTemplate],
        *,
        now: float,
        origin: Origin = Origin.IMPROVED,
    ) -> Person:
        """Give somebody enrolled more templates. Raises as `enroll` does, and GalleryRefused if nobody has that id."""
        pair = self._writer
        self._sound(self._roll.by_id(person_id), f"number {person_id}")
        return self._learn(pair.keep(lambda: [person_id], [Sheaf(tuple(templates), now, origin)]))[0]

    def rename(self, old: str, new: str) -> Person:
        """Give `old` the name `new`; of the old name nothing is left in the files. Raises GalleryRefused."""
        pair = self._writer
        person = self._sound(self.person(old), shown(old))
        name = check_name(new) if name_key(new) == name_key(old) else self._free_name(new)
        pair.change(lambda: pair.records.rename(person.id, name))
        pair.records.forget()
        return self._learn([person.id])[0]

    def set_disabled(self, name: str, *, is_disabled: bool) -> Person:
        """Note that somebody is to be kept out, or no more; they are matched all the same. Raises GalleryRefused."""
        rules = self._must(self.person(name), shown(name)).rules
        return self.set_rules(name, replace(rules, is_disabled=is_disabled))

    def set_role(self, name: str, role: Role) -> Person:
        """Let somebody do more, or less. Raises GalleryRefused if nobody bears the name."""
        pair = self._writer
        person = self._sound(self.person(name), shown(name))
        pair.change(lambda: pair.records.set_role(person.id, role))
        return self._learn([person.id])[0]

    def set_rules(self, name: str, rules: Rules) -> Person:
        """Say when somebody may enter, all of it at once. Raises GalleryRefused, ValueError for times not finite."""
        pair = self._writer
        rules = finite(rules)
        person = self._sound(self.person(name), shown(name))
        pair.change(lambda: pair.records.set_rules(person.id, rules))
        return self._learn([person.id])[0]

    def note_seen(self, seen: Mapping[int, float | None]) -> None:
        """Keep when people were last seen (seconds since the epoch; None forgets it), in one commit, by id."""
        pair = self._writer
        known = [person_id for person_id in seen if self._roll.by_id(person_id)]
        if known:
            pair.change(lambda: pair.records.set_last_seen([(seen[key], key) for key in known]))
            self._learn(known)

    @property
    def stand(self) -> tuple[Path, int]:
        """Its folder, and how many commits there were: nothing in it has changed since it was the same number."""
        return self._writer.records.folder, self._writer.records.generation

    @property
    def embedder_id(self) -> str:
        """SHA-256 of the model whose templates are compared."""
        return self._writer.records.embedder

    def details(self, person: Person) -> tuple[tuple[Detail, bytes], ...]:
        """All that is kept of each of their templates, with its row: 512 float32, little-endian."""
        return self._writer.with_rows(person.id)

    def anchored(self, person: Person, probe: Vector) -> float:
        """The highest cosine of the probe to what was enrolled of the person, whatever was renewed; -1 of none."""
        return renewal.anchored(self._writer, person, probe)

    def adapt(self, person: Person, look: NewTemplate, *, now: float, reach_deg: float, most: int) -> Person:
        """Renew a template; see renewal.py. Raises GalleryError."""
        sound = self._sound(self._roll.by_id(person.id), shown(person.name))
        renewal.adapt(self._writer, sound, look, now, reach_deg=reach_deg, most=most)
        return self._learn([sound.id])[0]

    def undo_renewal(self, name: str) -> Person:
        """Take back the last renewal or improvement. Raises GalleryRefused if there is none."""
        person = self._sound(self.person(name), shown(name))
        renewal.undo(self._writer, person)
        return self._learn([person.id])[0]

    def remove(self, name: str) -> Person:
        """Remove somebody, their records and their rows. Raises GalleryRefused if nobody bears the name.

        Raises GalleryError also if they are removed but the rows could not be erased; that is then tried again before
        the next change and at the next opening.
        """
        pair = self._writer
        person = self._must(self.person(name), shown(name))
        pair.remove(person.id)
        self._roll.drop(person)
        try:
            pair.erase_strays()
        except GalleryError as error:
            raise GalleryError(f"{shown(name)} is removed, but the rows are not erased yet: {error}") from error
        return person

    @property
    def _writer(self) -> Pair:
        if self._pair is None:
            raise GalleryRefused("the gallery is not open for writing: ask the running daemon with faceauthctl")
        return self._pair

    def _free_name(self, name: str) -> str:
        good = check_name(name)
        other = self.person(good)
        if other:
            raise GalleryRefused(f"somebody is called {shown(other.name)} already: choose another name")
        return good

    def _must(self, person: Person | None, asked: str) -> Person:
        if person is None:
            raise GalleryRefused(f"nobody is called {asked}: `faceauthctl people` lists everybody")
        return person

    def _sound(self, person: Person | None, asked: str) -> Person:
        """Whoever was asked for, unless their record is damaged: a change would seal the damage in."""
        found = self._must(person, asked)
        if not self._writer.records.is_sound(found.id):
            raise GalleryRefused(f"the record of {shown(found.name)} is damaged: remove and enrol them again")
        return found

    def _learn(self, ids: Sequence[int]) -> tuple[Person, ...]:
        counted = [self._writer.records.person(key) for key in ids]
        self._roll.put(counted)
        return tuple(person for person, _ in counted)
