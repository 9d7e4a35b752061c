"""Which row is whose, kept in memory: what the records say of the slots, in the shape the matcher needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from faceauthd.gallery import audit
from faceauthd.gallery.audit import Findings
from faceauthd.gallery.contents import Templates
from faceauthd.gallery.match import NOBODY


class Slots:
    """`owners`, shape (capacity,): the person a row may be attributed to, or NOBODY; a taken row may be NOBODY's."""

    def __init__(self, templates: Templates, findings: Findings, capacity: int) -> None:
        self.owners = audit.owners(templates, findings.is_damaged, capacity)
        self._is_taken = audit.taken(templates, capacity)

    def free(self, count: int) -> list[int]:
        """The first `count` free slots, or as many as there are."""
        return [int(slot) for slot in np.flatnonzero(~self._is_taken)[:count]]

    def assign(self, slots: Sequence[int], owners: Sequence[int]) -> None:
        """Slot i is now of person `owners[i]`."""
        self.owners[list(slots)] = owners
        self._is_taken[list(slots)] = True

    def release(self, slots: Iterable[int]) -> None:
        """The slots are nobody's and free; those beyond the end are ignored."""
        inside = [slot for slot in slots if slot < len(self.owners)]
        self.owners[inside] = NOBODY
        self._is_taken[inside] = False

    def resize(self, capacity: int, taken: Iterable[int]) -> None:
        """Follow the file to a larger capacity, of whose new slots `taken` are referred to by records already."""
        added = capacity - len(self.owners)
        self.owners = np.concatenate([self.owners, np.full(added, NOBODY, np.int64)])
        self._is_taken = np.concatenate([self._is_taken, np.zeros(added, np.bool_)])
        self._is_taken[[slot for slot in taken if slot < capacity]] = True
