"""What the looks of one track add up to. Pure.

A verdict never rests on one frame: it needs several looks of the same face, close together in time, that agree on
one person, whose mean score reaches the threshold with a margin to everybody else, and that together look alive.

A mean reaches the threshold only if one of its looks does. So the promise, shared among all the comparisons that an
attempt makes (`threshold.threshold_for`), holds for the mean whatever the looks have in common; and a living person
whose every third look is a poor one is let in, where asking each look to pass would keep them out (docs/evaluation.md).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

from faceauthd.types import Match, Reason, Sighting, Suspicion

SAME_FACE_COSINE = 0.40
"""Two looks of one track that are less alike than this are not one face: somebody stepped in front.

Impostor pairs of LFW reach 0.40 in fewer than 3 of 10,000 cases (models/README.md, 2026-11-23); neighbouring looks of
one face stay well above it. Starting again costs a living person a few frames; not doing so would add two people up.
"""


@dataclass(frozen=True, slots=True)
class EvidencePolicy:
    """How much is enough. `looks` agreeing looks within `window_s` seconds; see config/faceauthd.yaml.

    After `refuse_after_looks` an attempt is over: the threshold counts on no more than so many.
    """

    looks: int = 3
    window_s: float = 2.0
    margin: float = 0.05
    refuse_after_looks: int = 8
    liveness_min: float | None = 0.5
    """Smallest mean liveness over the window; None switches the check off."""


@dataclass(frozen=True, slots=True)
class Look:
    """One usable sighting, reduced to what decides. `weight` is the quality, 0 to 1."""

    at_s: float
    person_id: int | None
    score: float
    runner_up: float
    liveness: float | None
    weight: float
    suspicion: Suspicion | None = None


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
    suspicion: Suspicion | None = None
    """What speaks against a living face, where the reason is that it is none."""


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
        suspicion=sighting.suspicion,
    )


def add(evidence: Evidence, sighting: Sighting, at_s: float, policy: EvidencePolicy) -> Evidence:
    """Evidence with one more sighting, and without what is too old or not known to be of the same face."""
    look = look_of(sighting, at_s)
    if look is None:
        return evidence
    if sighting.continuity is None or not sighting.continuity >= SAME_FACE_COSINE:  # nor if it is not a number
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
        suspicion = _suspicion(looks)
        return Verdict(Finding.REFUSED, reason=Reason.SPOOF, liveness=liveness, looks=len(looks), suspicion=suspicion)
    agreeing = _agreeing(looks)
    score, margin = _mean(agreeing, _score), _mean(agreeing, _margin)
    agree = (
        len(agreeing) >= policy.looks
        and len(looks) <= 1.5 * len(agreeing)
        and score >= threshold
        and margin >= policy.margin
        and not _is_another_close(looks, agreeing, threshold)
    )
    close = tuple(look for look in agreeing if look.score >= threshold)
    if agree and is_live(agreeing, policy) and is_live(close, policy):
        return Verdict(
            Finding.RECOGNISED,
            person_id=agreeing[0].person_id,
            score=score,
            liveness=liveness,
            looks=len(agreeing),
        )
    if not _is_time_to_refuse(looks, now_s, policy):
        return UNDECIDED
    reason = Reason.SPOOF if agree else Reason.AMBIGUOUS if _is_torn(looks, policy, threshold) else Reason.UNKNOWN
    best = max(look.score for look in looks)
    return Verdict(Finding.REFUSED, reason=reason, score=best, liveness=liveness, looks=len(looks))


def _is_time_to_refuse(looks: tuple[Look, ...], now_s: float, policy: EvidencePolicy) -> bool:
    """Whether whoever was to be recognised would have been: after enough looks, or, where looks are slow to come, when
    they span most of the window."""
    return len(looks) >= policy.refuse_after_looks or now_s - looks[0].at_s >= 0.75 * policy.window_s


def is_hit(look: Look, policy: EvidencePolicy, threshold: float) -> bool:
    """Whether more looks like this one would have opened the door."""
    return look.score >= threshold and _margin(look) >= policy.margin and is_live((look,), policy)


def is_live(looks: tuple[Look, ...], policy: EvidencePolicy) -> bool:
    """Whether these looks together pass the liveness check; a look without a score counts as an attack.

    It is asked of all looks, of those that agree, and of those that carry the match: a living stranger's looks must not
    lend their life to a photograph's.
    """
    if policy.liveness_min is None:
        return True
    liveness = mean_liveness(looks)
    return liveness is not None and liveness >= policy.liveness_min


def likeness(looks: tuple[Look, ...], threshold: float, whose: int | None) -> int | None:
    """Whom more than a third of the looks are as close to as a match has to be, besides `whose` face it is.

    None if nobody; `NAMELESS` if it is not known who.
    """
    close = [rival for look in looks if (rival := rival_of(look, threshold, whose)) is not None]
    return max(close, key=close.count) if 3 * len(close) > len(looks) else None


NAMELESS = 0
"""Stands for somebody enrolled of whom a look tells no more than that they are next best; nobody has this id."""


def rival_of(look: Look | Match, threshold: float, whose: int | None) -> int | None:
    """Somebody besides `whose` face it is whom this one look would be taken for."""
    if look.person_id is not None and look.person_id != whose:
        return look.person_id if look.score >= threshold else None
    return NAMELESS if look.runner_up >= threshold else None


def mean_liveness(looks: tuple[Look, ...]) -> float | None:
    """Mean liveness over the looks, a missing one counted as 0; None if no look has one."""
    if all(look.liveness is None for look in looks):
        return None
    return sum(look.liveness or 0.0 for look in looks) / len(looks)


def _suspicion(looks: tuple[Look, ...]) -> Suspicion | None:
    """What was suspected most often."""
    named = [look.suspicion for look in looks if look.suspicion is not None]
    return max(named, key=named.count) if named else None


def _agreeing(looks: tuple[Look, ...]) -> tuple[Look, ...]:
    """The looks that name whoever most of them name; none if they name nobody."""
    named = [look.person_id for look in looks if look.person_id is not None]
    if not named:
        return ()
    most = max(named, key=named.count)
    return tuple(look for look in looks if look.person_id == most)


def _is_another_close(looks: tuple[Look, ...], agreeing: tuple[Look, ...], threshold: float) -> bool:
    """Whether any look is as close to somebody else as a match has to be."""
    return any(look.score >= threshold for look in looks if look not in agreeing)


def _is_torn(looks: tuple[Look, ...], policy: EvidencePolicy, threshold: float) -> bool:
    """Whether it is a second person who is in the way: many looks are close to somebody, and not to one alone."""
    near = [look for look in looks if look.score >= threshold]
    if 3 * len(near) <= len(looks):
        return False
    return len({look.person_id for look in near}) > 1 or any(_margin(look) < policy.margin for look in near)


def _score(look: Look) -> float:
    return look.score


def _margin(look: Look) -> float:
    return look.score - look.runner_up


def _mean(looks: tuple[Look, ...], value: Callable[[Look], float]) -> float:
    """The mean over the looks, weighted by their quality; -1 of none. NaN stays NaN, which reaches no threshold."""
    if not looks:
        return -1.0
    total = sum(look.weight for look in looks)
    if not total > 0:
        return sum(value(look) for look in looks) / len(looks)
    return sum(value(look) * look.weight for look in looks) / total
