"""Collecting the templates of a newcomer, look by look. Pure.

A look is taken only if it is usable and alive, shows the same face as those before, and adds something: another pose,
or, for somebody who does not turn, the same pose a good while later. A look that does not agree with its set is left
out; if it is the first that disagrees with those that follow, it is the first. For somebody who is enrolled already,
each look has to name them as well.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from faceauthd.evidence import SAME_FACE_COSINE
from faceauthd.types import NewTemplate, Reason, Role, Sighting

STRAYS = 5
"""So many looks in a row against the first: then the first was of another face, or spoilt. Chosen, not tuned."""


@dataclass(frozen=True, slots=True)
class EnrolmentPolicy:
    """See `enroll:` in config/faceauthd.yaml."""

    templates: int = 5
    timeout_s: float = 60.0
    min_turn_deg: float = 5.0
    gap_s: float = 0.4
    patience_s: float = 2.0
    """After this long without a new pose, a good look in an old pose is taken."""


class Stage(enum.StrEnum):
    COLLECTING = "collecting"
    COMMITTING = "committing"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`last_s` is when something last happened for the newcomer; frames before `since_s` do not count."""

    name: str | None
    role: Role
    by: str
    since_s: float
    last_s: float
    vouched_by: int | None = None
    person_id: int | None = None
    """Who gets more templates; None for a newcomer."""
    stage: Stage = Stage.COLLECTING
    taken: tuple[NewTemplate, ...] = ()
    hint: Reason | None = None
    strays: int = 0
    """Looks in a row that did not agree with the first, as long as it is the only one taken."""

    def progress(self, policy: EnrolmentPolicy) -> tuple[int, int]:
        return len(self.taken), policy.templates


def consider(
    enrolment: Enrolment, seen: tuple[Sighting, ...], at_s: float, is_live: bool | None, policy: EnrolmentPolicy
) -> Enrolment:
    """The enrolment after the frame of time `at_s`.

    `is_live` is what the looks of the only face in view say of its liveness, None while they are too few to say.
    """
    if enrolment.stage is not Stage.COLLECTING or at_s < enrolment.since_s:
        return enrolment
    reason = _unfit(enrolment, seen, is_live)
    if reason is not None:
        return replace(enrolment, hint=reason)
    if _is_stray(enrolment, seen[0]):
        return _with_stray(enrolment)
    enrolment = replace(enrolment, hint=None, strays=0)
    if is_live is None or not _adds_something(enrolment, seen[0], at_s, policy):
        return enrolment
    taken = (*enrolment.taken, _template_of(seen[0]))
    stage = Stage.COMMITTING if len(taken) >= policy.templates else Stage.COLLECTING
    return replace(enrolment, taken=taken, last_s=at_s, stage=stage)


def is_stale(enrolment: Enrolment, now_s: float, policy: EnrolmentPolicy) -> bool:
    """Whether nothing happened for so long that the enrolment is given up."""
    return now_s - enrolment.last_s > policy.timeout_s


def _unfit(enrolment: Enrolment, seen: tuple[Sighting, ...], is_live: bool | None) -> Reason | None:
    if not seen:
        return Reason.NO_FACE
    if len(seen) > 1:
        return Reason.MANY_FACES
    face = seen[0]
    if face.quality.reasons:
        return face.quality.reasons[0]
    if face.probe is None:
        return Reason.NO_FACE
    if is_live is False:
        return Reason.SPOOF
    if enrolment.person_id is not None and not _is_theirs(enrolment.person_id, face):
        return Reason.AMBIGUOUS
    return None


def _is_theirs(person_id: int, face: Sighting) -> bool:
    """Whether a look is of this person: nearest to them of all, and no other face by itself. It need not reach the
    threshold, for what is hard to recognise is what more templates are for."""
    match = face.match
    return match is not None and match.person_id == person_id and match.score >= SAME_FACE_COSINE


def _is_stray(enrolment: Enrolment, face: Sighting) -> bool:
    """Whether a look does not agree with all that were taken."""
    return bool(enrolment.taken) and (face.kinship is None or not face.kinship >= SAME_FACE_COSINE)


def _with_stray(enrolment: Enrolment) -> Enrolment:
    """Left out. If several in a row disagree with a single one, that one is left out instead."""
    strays = enrolment.strays + 1
    if len(enrolment.taken) == 1 and strays >= STRAYS:
        return replace(enrolment, taken=(), strays=0, hint=None)
    return replace(enrolment, strays=strays, hint=Reason.AMBIGUOUS)


def _adds_something(enrolment: Enrolment, face: Sighting, at_s: float, policy: EnrolmentPolicy) -> bool:
    if not enrolment.taken:
        return True
    waited_s = at_s - enrolment.last_s
    if waited_s < policy.gap_s:
        return False
    return waited_s >= policy.patience_s or all(
        _turn_deg(face, taken) >= policy.min_turn_deg for taken in enrolment.taken
    )


def _turn_deg(face: Sighting, taken: NewTemplate) -> float:
    return max(abs(face.quality.yaw_deg - taken.yaw_deg), abs(face.quality.pitch_deg - taken.pitch_deg))


def _template_of(face: Sighting) -> NewTemplate:
    assert face.probe is not None  # noqa: S101  `_unfit` has refused a face without one
    return NewTemplate(face.probe, face.quality.score, face.quality.yaw_deg, face.quality.pitch_deg)
