"""Rows and records as one: the order in which they are written, so that a cut at any instant leaves a whole gallery.

Enrolment: rows, sync, COMMIT, stamp. Removal: COMMIT, erase rows, stamp, sync. The commit is the truth; rows that no
record refers to never happened, and the stamp never runs ahead of the commit it names.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from faceauthd.errors import GalleryError, GalleryRefused
from faceauthd.gallery import audit, beside
from faceauthd.gallery.contents import Contents, Origin
from faceauthd.gallery.details import Detail
from faceauthd.gallery.match import NOBODY, Matcher, check_unit
from faceauthd.gallery.npy import Stamp
from faceauthd.gallery.records import Records
from faceauthd.gallery.rows import Matrix, Rows
from faceauthd.gallery.slots import Slots
from faceauthd.gallery.trouble import told
from faceauthd.types import NewTemplate

_LARGEST_STEP = 16384
"""Rows that growing adds at most of its own accord (32 MiB); below it the file doubles."""


@dataclass(frozen=True, slots=True)
class Sheaf:
    """The templates that one person is given at once. `now` is in seconds since the epoch."""

    templates: Sequence[NewTemplate]
    now: float
    origin: Origin

    def vectors(self) -> Matrix:
        """Their rows, (n, 512). Raises GalleryRefused for none, ValueError for what is no template."""
        if not self.templates:
            raise GalleryRefused("nobody can be enrolled without a template: take at least one good look")
        numbers = [self.now, *(n for t in self.templates for n in (t.quality, t.yaw_deg, t.pitch_deg))]
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError("a template's quality, angles and time must be finite")
        vectors = np.stack([template.probe for template in self.templates])
        check_unit(vectors)
        return vectors


class Pair:
    """The writer's hold on both files. Raises GalleryError; `matcher` follows every change."""

    def __init__(self, records: Records, rows: Rows, matcher: Matcher, contents: Contents, slots: Slots) -> None:
        self.records = records
        self._rows, self._matcher, self._slots = rows, matcher, slots
        self._gallery = contents.gallery
        self._strays: set[int] = set()  # slots of an operation that did not come to its end
        self._show()

    def keep(self, register: Callable[[], Sequence[int]], sheaves: Sequence[Sheaf]) -> list[int]:
        """Commit the sheaves in one transaction, within which `register` names the person of each."""
        vectors = np.concatenate([sheaf.vectors() for sheaf in sheaves])
        self.settle()
        slots = self._make_room(len(vectors))
        self._strays.update(slots)
        try:
            self._rows.write(slots, vectors)
            with self.records.transaction():
                people = list(register())
                owners = [person for person, sheaf in zip(people, sheaves, strict=True) for _ in sheaf.templates]
                self._record(sheaves, owners, slots, vectors)
        except GalleryError:
            with suppress(GalleryError):  # else before the next change, or at the next opening
                self.settle()
            raise
        self._strays.clear()
        self._slots.assign(slots, owners)
        self._mark()
        self._show()
        return people

    def change(self, what: Callable[[], None]) -> None:
        """Commit a change of records that touches no row."""
        self.settle()
        with self.records.transaction():
            what()
        self._mark()

    def remove(self, person: int) -> None:
        """Commit a removal. From then on the person is matched no more, even if `erase_strays` then fails."""
        self.settle()
        slots = self.records.slots(person)
        self._strays.update(slots)
        with self.records.transaction():
            self.records.remove(person)
        self._slots.release(slots)
        self._show()

    def retire(self, gone: Sequence[Detail], *, in_use_again: Sequence[Detail] = (), owner: int = NOBODY) -> None:
        """Commit the removal of templates, and that others of `owner` are compared again; then erase their rows."""
        if not gone:
            return
        self.settle()
        self._strays.update(one.slot for one in gone)
        with self.records.transaction():
            self.records.remove_templates([one.id for one in gone])
            self.records.set_superseded([one.id for one in in_use_again], is_superseded=False)
        self._slots.release([one.slot for one in gone])
        back = [one.slot for one in in_use_again if not one.is_quarantined and one.embedder == self.records.embedder]
        self._slots.assign(back, [owner] * len(back))
        self._show()
        self.erase_strays()

    def mask(self, slots: Sequence[int]) -> None:
        """The rows stay, and are compared no more."""
        self._slots.assign(slots, [NOBODY] * len(slots))
        self._show()

    def rows_of(self, templates: Sequence[Detail]) -> Matrix:
        """Copies of the rows of those that are sound and of the model in use, (n, 512)."""
        good = [one.slot for one in templates if not one.is_quarantined and one.embedder == self.records.embedder]
        return self._rows.matrix[[slot for slot in good if slot < self._rows.capacity]]

    def with_rows(self, person: int) -> tuple[tuple[Detail, bytes], ...]:
        """Every template of the person with the bytes of its row, damaged and superseded ones too."""
        rows, size = self._rows.matrix, self._rows.capacity
        known = self.records.details(person)
        return tuple((one, rows[one.slot].tobytes() if one.slot < size else b"") for one in known)

    def erase_strays(self) -> None:
        """Erase the rows of whoever was removed, and every trace in the log."""
        self._rows.erase(sorted(self._strays), self._stamp())
        with told("erase rows of", self._rows.path.with_name(beside.FILE_NAME)):
            self._matcher.settle()
        self._strays.clear()
        self.records.forget()

    def reread(self) -> Contents:
        """Learn everything anew from the files."""
        contents = self.records.read()
        findings = audit.inspect(contents.templates, self._rows.matrix)
        self._slots = Slots(contents.templates, findings, self._rows.capacity)
        self._show()
        return contents

    def settle(self) -> None:
        """Undo what a failed operation left. A fresh commit comes first: after it, frames that the failed one may have
        put into the write-ahead log can never be recovered as if they had been committed."""
        if not self._strays:
            return
        with self.records.transaction():
            pass
        self._strays -= self.records.slots_from(0)
        self.erase_strays()
        self.reread()

    def close(self) -> None:
        """Settle if that is possible now; else the next opening does."""
        with suppress(GalleryError):
            self.settle()

    def _record(self, sheaves: Sequence[Sheaf], owners: Sequence[int], slots: Sequence[int], vectors: Matrix) -> None:
        each = ((sheaf, template) for sheaf in sheaves for template in sheaf.templates)
        for (sheaf, template), person, slot, vector in zip(each, owners, slots, vectors, strict=True):
            self.records.add_template(person, slot, zlib.crc32(vector), template, sheaf.now, sheaf.origin)

    def _make_room(self, count: int) -> list[int]:
        free = self._slots.free(count)
        if len(free) == count:
            return free
        taken = self.records.slots_from(self._rows.capacity)  # of rows that an older, smaller file has not got
        size = self._rows.capacity
        wanted = size + count - len(free) + len(taken)
        try:
            self._rows.grow(max(wanted, size + min(size, _LARGEST_STEP)), self._stamp())
        finally:
            self._slots.resize(self._rows.capacity, taken)
            self._show()
        return self._slots.free(count)

    def _mark(self) -> None:
        with suppress(GalleryError):  # the commit stands; a stamp one behind is what a power cut leaves, too
            self._rows.mark(self._stamp())

    def _stamp(self) -> Stamp:
        return Stamp(self._gallery, self.records.generation)

    def _show(self) -> None:
        self._matcher.point_at(self._rows.matrix, self._slots.owners)
