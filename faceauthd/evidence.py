"""What the looks of one track add up to. Pure.

A verdict never rests on one frame: it needs several looks of the same face, close together in time, that agree on
one person with a margin to everybody else, and that together look alive.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from faceauthd.types import Reason, Sighting

SAME_FACE_COSINE = 0.40
"""Two looks of one track that are less alike than this are not one face: somebody stepped in front.

Impostor pairs of LFW reach 0.40 in fewer than 3 of 10,000 cases (models/README.md, 2026-11-23); neighbouring looks of
one face stay well above it. Starting again costs a living person a few frames; not doing so would add two people up.
"""


@dataclass(frozen=True, slots=True)
class EvidencePolicy:
    """How much is enough. `looks` agreeing looks within `window_s` seconds; see config/faceauthd.yaml."""

    looks: int = 3
    window_s: float = 2.0
    margin: float = 0.05
    refuse_after_looks: int = 8
    liveness_min: float | None = 0.5
    """Smallest mean P(live) over the window; None switches the check off."""


@dataclass(frozen=True, slots=True)
class Look:
    """One usable sighting, reduced to what decides. `weight` is the quality, 0 to 1."""

    at_s: float
    person_id: int | None
    score: float
    runner_up: float
    liveness: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The looks of one track, oldest first."""

    looks: tuple[Look, ...] = ()


class Finding(enum.StrEnum):
    UNDECIDED = "undecided"
    RECOGNISED = "recognised"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence says now. `score` and `liveness` are means over the looks that decided."""

    finding: Finding = Finding.UNDECIDED
    person_id: int | None = None
    reason: Reason | None = None
    score: float | None = None
    liveness: float | None = None
    looks: int = 0


UNDECIDED = Verdict()


def look_of(sighting: Sighting, at_s: float) -> Look | None:
    """The look in a sighting, or None if there is none: unusable, or not embedded."""
    if not sighting.quality.is_usable or sighting.probe is None:
        return None
    match = sighting.match
    return Look(
        at_s=at_s,
        person_id=match.person_id if match else None,
        score=match.score if match else -1.0,
        runner_up=match.runner_up if match else -1.0,
        liveness=sighting.liveness,
        weight=sighting.quality.score,
    )


def add(evidence: Evidence, sighting: Sighting, at_s: float, policy: EvidencePolicy) -> Evidence:
    """Evidence with one more sighting, and without what is too old or not known to be of the same face."""
    look = look_of(sighting, at_s)
    if look is None:
        return evidence
    if sighting.continuity is None or sighting.continuity < SAME_FACE_COSINE:
        return Evidence((look,))
    kept = tuple(old for old in evidence.looks if 0 < at_s - old.at_s <= policy.window_s)
    return replace(evidence, looks=(*kept, look))


def weigh(evidence: Evidence, now_s: float, policy: EvidencePolicy, threshold: float) -> Verdict:
    """The verdict on the looks that lie within the window before `now_s`."""
    looks = tuple(look for look in evidence.looks if now_s - look.at_s <= policy.window_s)
    if len(looks) < policy.looks:
        return UNDECIDED
    liveness = mean_liveness(looks)
    if not is_live(looks, policy):
        if not _is_time_to_refuse(looks, now_s, policy):
            return UNDECIDED
        return Verdict(Finding.REFUSED, reason=Reason.SPOOF, liveness=liveness, looks=len(looks))
    close = tuple(look for look in looks if look.score >= threshold)
    agreeing = _agreeing(close, policy.margin)
    agree = len(agreeing) >= policy.looks and len(looks) <= 1.5 * len(agreeing)
    if agree and is_live(agreeing, policy):
        return Verdict(
            Finding.RECOGNISED,
            person_id=agreeing[0].person_id,
            score=_weighted_score(agreeing),
            liveness=liveness,
            looks=len(agreeing),
        )
    if not _is_time_to_refuse(looks, now_s, policy):
        return UNDECIDED
    reason = Reason.SPOOF if agree else Reason.AMBIGUOUS if 3 * len(close) > len(looks) else Reason.UNKNOWN
    best = max(look.score for look in looks)
    return Verdict(Finding.REFUSED, reason=reason, score=best, liveness=liveness, looks=len(looks))


def _is_time_to_refuse(looks: tuple[Look, ...], now_s: float, policy: EvidencePolicy) -> bool:
    """Whether whoever was to be recognised would have been: after enough looks, or, where looks are slow to come, when
    they span most of the window."""
    return len(looks) >= policy.refuse_after_looks or now_s - looks[0].at_s >= 0.75 * policy.window_s


def is_live(looks: tuple[Look, ...], policy: EvidencePolicy) -> bool:
    """Whether these looks together pass the liveness check; a look without a score counts as an attack."""
    if policy.liveness_min is None:
        return True
    liveness = mean_liveness(looks)
    return liveness is not None and liveness >= policy.liveness_min


def mean_liveness(looks: tuple[Look, ...]) -> float | None:
    """Mean P(live) over the looks, a missing one counted as 0; None if no look has one."""
    if all(look.liveness is None for look in looks):
        return None
    return sum(look.liveness or 0.0 for look in looks) / len(looks)


def _agreeing(close: tuple[Look, ...], margin: float) -> tuple[Look, ...]:
    """The looks that name the same person with the margin kept; none if any look is close to two people."""
    people = {look.person_id for look in close}
    if len(people) != 1 or None in people:
        return ()
    return tuple(look for look in close if look.score - look.runner_up >= margin)


def _weighted_score(looks: tuple[Look, ...]) -> float:
    total = sum(look.weight for look in looks)
    if total <= 0:
        return sum(look.score for look in looks) / len(looks)
    return sum(look.score * look.weight for look in looks) / total
