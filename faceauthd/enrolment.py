"""Collecting the templates of a newcomer, look by look. Pure.

A look is taken only if it is usable and alive, shows the same face as those before, and adds something: another pose.
Fewer than half of the looks may repeat a pose, each after some patience, for somebody who hardly turns. Meanwhile the
newcomer is asked for a pose that is missing. A look that does not agree with its set is left out; if it is the first
that disagrees with those that follow, it is the first. For somebody who is enrolled already, each look has to name them
as well. No look is taken that the door would take for somebody else.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from faceauthd.evidence import SAME_FACE_COSINE, rival_of
from faceauthd.types import NewTemplate, Reason, Role, Sighting, Turn

STRAYS = 5
"""So many looks in a row against the first: then the first was of another face, or spoilt. Chosen, not tuned."""


@dataclass(frozen=True, slots=True)
class EnrolmentPolicy:
    """See `enroll:` in config/faceauthd.yaml."""

    templates: int = 5
    timeout_s: float = 60.0
    min_turn_deg: float = 5.0
    gap_s: float = 0.4
    patience_s: float = 4.0
    """After this long without a new pose, a good look in an old pose is taken, if not too many were."""
    ask_turn_s: float = 1.0
    """After this long without a new pose the newcomer is asked for one."""
    stay_s: float = 5.0
    """Whoever vouched and stays alone for so long wants more templates of their own."""
    liveness_min: float = 0.5
    """Smallest mean liveness that a look is taken at, and that vouches; also where the door asks for none."""

    @property
    def most_repeats(self) -> int:
        """How many of the looks may be in a pose that was taken already: fewer than half."""
        return (self.templates - 1) // 2


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
    repeats: int = 0
    """How many of those taken are in a pose that was taken before."""
    asks: Turn | None = None
    """The pose that is asked for, since `asked_s`."""
    asked_s: float = 0.0
    voucher_since_s: float | None = None
    """Since when whoever vouched has stayed in view, alone; None if they have not."""

    def progress(self, policy: EnrolmentPolicy) -> tuple[int, int]:
        return len(self.taken), policy.templates


def consider(
    enrolment: Enrolment,
    seen: tuple[Sighting, ...],
    at_s: float,
    is_live: bool | None,
    policy: EnrolmentPolicy,
    threshold: float,
) -> Enrolment:
    """The enrolment after the frame of time `at_s`.

    `is_live` is what the looks of the only face in view say of its liveness, None while they are too few to say;
    `threshold` the cosine at which the door takes a face for somebody.
    """
    if enrolment.stage is not Stage.COLLECTING or at_s < enrolment.since_s:
        return enrolment
    reason = _unfit(enrolment, seen, is_live)
    if reason is not None:
        return replace(enrolment, hint=reason)
    match = seen[0].match
    if match is not None and rival_of(match, threshold, enrolment.person_id) is not None:
        return replace(enrolment, hint=_hint_of_rival(enrolment, seen[0]))
    if _is_stray(enrolment, seen[0]):
        return _with_stray(enrolment)
    enrolment = replace(enrolment, hint=None, strays=0)
    if is_live is None:
        return enrolment
    is_new = is_new_pose(enrolment, seen[0], policy)
    if not _is_to_be_taken(enrolment, at_s, policy, is_new=is_new):
        return _asking(enrolment, at_s, policy)
    taken = (*enrolment.taken, _template_of(seen[0]))
    stage = Stage.COMMITTING if len(taken) >= policy.templates else Stage.COLLECTING
    repeats = enrolment.repeats + (not is_new)
    return replace(enrolment, taken=taken, last_s=at_s, stage=stage, repeats=repeats, asks=None)


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
        return Reason.OTHER_FACE
    return None


def _hint_of_rival(enrolment: Enrolment, face: Sighting) -> Reason | None:
    """What a look is told that the door would take for somebody else. Who is only just there is told nothing: a moment
    later it is certain whether they are enrolled already, and that is the one thing that they are to hear."""
    if _is_stray(enrolment, face):
        return Reason.OTHER_FACE
    return Reason.AMBIGUOUS if enrolment.taken or enrolment.person_id is not None else None


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
        return replace(enrolment, taken=(), strays=0, repeats=0, asks=None, hint=None)
    return replace(enrolment, strays=strays, hint=Reason.OTHER_FACE)


def is_new_pose(enrolment: Enrolment, face: Sighting, policy: EnrolmentPolicy) -> bool:
    """Whether the head is turned otherwise than in every look taken so far."""
    return all(_turn_deg(face, taken) >= policy.min_turn_deg for taken in enrolment.taken)


def missing_turn(taken: tuple[NewTemplate, ...], least_deg: float) -> Turn:
    """A direction in which the head was not yet turned, against the first look; to a side if it was in all."""
    first = taken[0]
    yaws = [look.yaw_deg - first.yaw_deg for look in taken]
    pitches = [look.pitch_deg - first.pitch_deg for look in taken]
    sides = (min(yaws) <= -least_deg) + (max(yaws) >= least_deg)
    if sides < 2:
        return Turn.OTHER_SIDE if sides else Turn.SIDE
    if max(pitches) < least_deg:
        return Turn.UP
    return Turn.DOWN if min(pitches) > -least_deg else Turn.SIDE


def _is_to_be_taken(enrolment: Enrolment, at_s: float, policy: EnrolmentPolicy, *, is_new: bool) -> bool:
    waited_s = at_s - enrolment.last_s
    if not enrolment.taken:
        return True
    if is_new:
        return waited_s >= policy.gap_s
    return waited_s >= policy.patience_s and enrolment.repeats < policy.most_repeats


def _asking(enrolment: Enrolment, at_s: float, policy: EnrolmentPolicy) -> Enrolment:
    """Ask for a pose that is missing, once the newcomer seems to know no more."""
    if at_s - enrolment.last_s < policy.ask_turn_s:
        return enrolment
    turn = missing_turn(enrolment.taken, policy.min_turn_deg)
    return enrolment if turn is enrolment.asks else replace(enrolment, asks=turn, asked_s=at_s)


def _turn_deg(face: Sighting, taken: NewTemplate) -> float:
    return max(abs(face.quality.yaw_deg - taken.yaw_deg), abs(face.quality.pitch_deg - taken.pitch_deg))


def _template_of(face: Sighting) -> NewTemplate:
    assert face.probe is not None  # noqa: S101  `_unfit` has refused a face without one
    return NewTemplate(face.probe, face.quality.score, face.quality.yaw_deg, face.quality.pitch_deg)
