"""Rows and records that do not agree: which gallery is refused, which is mended, and what is said about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from faceauthd.errors import GalleryError
from faceauthd.gallery import audit, rows, schema
from faceauthd.gallery.audit import Findings
from faceauthd.gallery.contents import Contents, Flags
from faceauthd.gallery.names import shown
from faceauthd.gallery.npy import Stamp
from faceauthd.gallery.records import Records
from faceauthd.gallery.rows import Rows

Report = Callable[[str], None]
_BACKUP = "put both back from the same backup (nothing was changed)"
_FALLEN = "template {template} of {name} (row {slot}) is damaged and set aside: enrol {name} again if need be"
_HEALED = "template {template} of {name} (row {slot}) is whole again and back in use"


def check_pair(folder: Path, found: Contents, stamp: Stamp | None, report: Report, *, accept_older: bool) -> None:
    """Raise GalleryError if these rows and records are not of one gallery, or the records are an older copy.

    Older records could let somebody in again who was removed or disabled since; older rows cannot, for each must
    still match the checksum in the records.
    """
    matrix, people = folder / rows.FILE_NAME, folder / schema.FILE_NAME
    if stamp is None:
        report(f"{matrix} bears no valid stamp: each of its rows was checked by itself")
    elif stamp.gallery != found.gallery:
        raise GalleryError(f"{matrix} and {people} are of two different galleries: {_BACKUP}")
    elif audit.is_older_records(found, stamp):
        ages = f"(change {found.generation}, the rows have seen {stamp.generation})"
        if not accept_older:
            raise GalleryError(f"{people} or its -wal file is an older copy than {matrix} {ages}: {_BACKUP}")
        report(f"{people} is an older copy {ages}, accepted as asked")
    elif audit.is_older_rows(found, stamp):
        ages = f"(change {stamp.generation} of {found.generation})"
        report(f"{matrix} is an older copy {ages}: only rows that match their records are used")


def mend(records: Records, matrix: Rows, found: Contents, report: Report) -> tuple[Contents, Findings]:
    """Set damaged templates aside, take back those that are whole again, erase what nobody refers to."""
    findings = audit.inspect(found.templates, matrix.matrix)
    table, is_older = found.templates, audit.is_older_rows(found, matrix.stamp)
    fallen = findings.is_damaged & ~table.is_quarantined
    healed = ~findings.is_damaged & table.is_quarantined
    if fallen.any() or healed.any():
        with records.transaction():
            records.set_quarantined(table.id[fallen].tolist(), is_quarantined=True)
            records.set_quarantined(table.id[healed].tolist(), is_quarantined=False)
    useless = table.slot[findings.is_damaged].tolist() if is_older else []  # somebody else's rows by now
    strays = sorted({*findings.strays.tolist(), *useless})
    stamp = Stamp(found.gallery, records.generation)
    if strays or matrix.stamp != stamp:
        matrix.erase(strays, stamp)
    for line in (*_told_of(found, fallen, _FALLEN), *_told_of(found, healed, _HEALED)):
        report(line)
    if strays:
        report(f"{len(strays)} rows that no record refers to were erased (an interrupted enrolment or removal)")
    return (records.read() if fallen.any() or healed.any() else found), findings


_FALLEN = "template {template} of {name} (row {slot}) is damaged and set aside: enrol {name} again if need be"
_HEALED = "template {template} of {name} (row {slot}) is whole again and back in use"


def _told_of(found: Contents, is_meant: Flags, text: str) -> Iterator[str]:
    names = {person.id: person.name for person in found.people}
    table = found.templates
    for index in np.flatnonzero(is_meant).tolist():
        name = shown(names.get(int(table.person[index]), "nobody"))
        yield text.format(template=int(table.id[index]), name=name, slot=int(table.slot[index]))


def without_damaged(found: Contents, findings: Findings, report: Report) -> Contents:
    """For a reader, who may not mark them: the same contents, counting damaged templates as the quarantine will."""
    fallen = findings.is_damaged & ~found.templates.is_quarantined
    for line in _told_of(found, fallen, _FALLEN):
        report(line)
    lost = Counter(found.templates.person[fallen].tolist())
    counted = fallen & found.templates.is_ours & ~found.templates.is_superseded
    usable = Counter(found.templates.person[counted].tolist())
    people = tuple(replace(person, templates=person.templates - usable[person.id]) for person in found.people)
    return replace(found, people=people, quarantined=dict(Counter(found.quarantined) + lost))
