"""What an import would change, found out before anything is changed."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from faceauthd.bundle.content import Bundle
from faceauthd.errors import GalleryRefused
from faceauthd.evidence import SAME_FACE_COSINE
from faceauthd.gallery.disk import RealDisk
from faceauthd.gallery.match import NOBODY
from faceauthd.gallery.names import name_key, shown
from faceauthd.gallery.opening import Opened, open_to_read
from faceauthd.gallery.room import MOST_TEMPLATES, OF_AN_ENROLMENT, chosen, room_for
from faceauthd.gallery.taking import Arrival, Entrant, Kept
from faceauthd.types import Person

_SAME_ROW = 0.99999
"""Cosine from which two templates are one: no two pictures come near it, and rounding stays above."""
_BLOCK = 1024
"""Rows compared in one go: 16 MiB of cosines at most."""

Floats = np.ndarray[Any, np.dtype[np.float32]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


class Change(enum.StrEnum):
    """What an import does with one person of the file."""

    NEW = "new"
    MERGED = "merged"
    UNCHANGED = "unchanged"
    OTHER_FACE = "other-face"
    LIKE_ANOTHER = "like-another"


CONFLICTS = frozenset({Change.OTHER_FACE, Change.LIKE_ANOTHER})


@dataclass(frozen=True, slots=True)
class Step:
    """One person of the file. `templates` are those that would be added, `left_out` those for which there is no room,
    of which `left_out_enrolled` come from an enrolment; `whom` a conflict is with."""

    entrant: Entrant
    change: Change
    templates: int
    person_id: int | None = None
    whom: str | None = None
    left_out: int = 0
    left_out_enrolled: int = 0

    def told(self) -> dict[str, object]:
        """As JSON."""
        name, role = self.entrant.name, self.entrant.role.value
        told: dict[str, object] = {"name": name, "role": role, "change": self.change.value, "templates": self.templates}
        told |= {"left_out": self.left_out, "left_out_enrolled": self.left_out_enrolled}
        return told | ({"whom": self.whom} if self.whom else {})


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change in a gallery as it was after its `generation`-th commit."""

    steps: tuple[Step, ...]
    generation: int

    @property
    def digest(self) -> str:
        """Names the plan, so that only what somebody has seen and agreed to is carried out."""
        told = json.dumps([step.told() for step in self.steps], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def conflicts(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.change in CONFLICTS)

    @property
    def arrivals(self) -> tuple[Arrival, ...]:
        """What is to be committed; nothing if it is all there."""
        wanted = (step for step in self.steps if step.change in (Change.NEW, Change.MERGED))
        return tuple(Arrival(step.entrant, step.person_id) for step in wanted)


def made_for(bundle: Bundle, folder: Path, embedder: str, threshold: float) -> Plan:
    """Look at the gallery as it is now, without touching it. `threshold` is the cosine at which the door opens.

    Raises GalleryRefused if the export is of another model, and GalleryError.
    """
    if bundle.embedder != embedder:
        raise GalleryRefused(
            f"the export was made with another model ({bundle.embedder[:12]}) than the one in use ({embedder[:12]}), "
            "and embeddings of two models cannot be compared: switch to that model first, or enrol these people anew"
        )
    opened = open_to_read(folder, RealDisk(), embedder, _say_nothing, accept_older=False)
    with opened.held:
        return Plan(tuple(_steps(bundle, opened, threshold)), opened.contents.generation)


def _say_nothing(_line: str) -> None:
    """What a reader finds damaged the writer has told of."""


def _steps(bundle: Bundle, opened: Opened, threshold: float) -> Iterable[Step]:
    by_name = {name_key(person.name): person for person in opened.contents.people}
    names = {person.id: person.name for person in opened.contents.people}
    known = [by_name.get(name_key(entrant.name)) for entrant in bundle.people]
    counts = [len(entrant.templates) for entrant in bundle.people]
    probes = np.stack([kept.template.probe for entrant in bundle.people for kept in entrant.templates])
    own_ids = np.repeat(np.array([person.id if person else NOBODY for person in known], np.int64), counts)
    own, other, whom = _compared(probes, own_ids, opened)
    at = 0
    for entrant, person, count in zip(bundle.people, known, counts, strict=True):
        here = slice(at, at + count)
        at += count
        nearest = int(other[here].argmax())
        like = names[int(whom[here][nearest])] if other[here][nearest] >= threshold else None
        yield _step(entrant, person, own[here], like)


def _step(entrant: Entrant, person: Person | None, own: Floats, like: str | None) -> Step:
    if like is not None:
        return Step(entrant, Change.LIKE_ANOTHER, 0, whom=like)
    if person is None:
        return _fitted(entrant, entrant.templates, own, MOST_TEMPLATES, Change.NEW, None)
    fresh = own < _SAME_ROW
    if not fresh.any():
        return Step(entrant, Change.UNCHANGED, 0, person.id)
    if np.median(own) < SAME_FACE_COSINE:
        return Step(entrant, Change.OTHER_FACE, 0, whom=person.name)
    added = tuple(kept for kept, is_fresh in zip(entrant.templates, fresh, strict=True) if is_fresh)
    return _fitted(entrant, added, own[fresh], room_for(person), Change.MERGED, person.id)


def _fitted(
    entrant: Entrant, offered: tuple[Kept, ...], nearest: Floats, room: int, change: Change, person_id: int | None
) -> Step:
    """As much of what is offered as there is room for; whoever has no room stays as they are."""
    taken = chosen(offered, nearest, room)
    left_out, enrolled = len(offered) - len(taken), _count_enrolled(offered) - _count_enrolled(taken)
    change = change if taken else Change.UNCHANGED
    return Step(replace(entrant, templates=taken), change, len(taken), person_id, None, left_out, enrolled)


def _count_enrolled(templates: Iterable[Kept]) -> int:
    return sum(kept.origin in OF_AN_ENROLMENT for kept in templates)


def _compared(probes: Floats, own_ids: Ints, opened: Opened) -> tuple[Floats, Floats, Ints]:
    """For each probe the highest cosine to its own person's templates, to anybody else's, and whose that is."""
    table = opened.contents.templates
    is_good = table.is_ours & ~table.is_quarantined & ~opened.findings.is_damaged
    slots, owners = table.slot[is_good], table.person[is_good]
    own = np.full(len(probes), -1, np.float32)
    other, whom = own.copy(), np.full(len(probes), NOBODY, np.int64)
    for first in range(0, len(slots), _BLOCK):
        matrix = opened.rows.matrix if opened.rows else np.empty((0, probes.shape[1]), np.float32)
        block = owners[first : first + _BLOCK]
        scores = probes @ matrix[slots[first : first + _BLOCK]].T
        is_own = own_ids[:, None] == block[None, :]
        own = np.maximum(own, np.where(is_own, scores, -1).max(axis=1))
        strangers = np.where(is_own, -1, scores)
        best = strangers.argmax(axis=1)
        score = strangers[np.arange(len(probes)), best]
        whom = np.where(score > other, block[best], whom)
        other = np.maximum(other, score)
    return own, other, whom


def refused(conflicts: Iterable[Step]) -> str:
    """Why an import with conflicts is not carried out, and what to do about it."""
    said = [
        f"{shown(step.entrant.name)} looks like {shown(step.whom or '')}, who is enrolled here"
        if step.change is Change.LIKE_ANOTHER
        else f"{shown(step.entrant.name)} does not have the face that is enrolled here under that name"
        for step in conflicts
    ]
    more = f" (and {len(said) - 3} more)" if len(said) > 3 else ""
    return f"{'; '.join(said[:3])}{more}: rename or remove one of them first, or leave them out with --except NAME"
