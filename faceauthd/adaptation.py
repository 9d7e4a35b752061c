"""When a look that opened the door may renew a template of its person. Pure; how it is renewed is gallery/renewal.py.

Every condition is stricter than the door's own, and one is independent of all earlier renewals: the look must reach
the threshold against what was enrolled with authority (docs/adr/0019-a-renewed-template-leans.md).
"""

from __future__ import annotations

from dataclasses import dataclass

REACH_DEG = 15.0
"""How far a renewed template may lean from an enrolled one (measured on LFW, 2026-11-24; see the ADR)."""
MOST = 2
"""Renewed templates that a person may have: today's face, and the one before."""
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class AdaptationPolicy:
    """See `adaptation:` in config/faceauthd.yaml. Cosines are beyond what the door asks; angles in degrees.

    None is tuned: each is stricter than the door's own, and a look that is turned away comes again another day.
    """

    max_per_day: float = 1.0
    margin: float = 0.05
    lead: float = 0.2
    """How far the next best person has to be behind."""
    liveness_min: float = 0.9
    quality_min: float = 0.8
    most_turn_deg: float = 12.0


@dataclass(frozen=True, slots=True)
class Chance:
    """A look that opened the door, and what is known of its person. Cosines -1 to 1; times since the epoch.

    `anchored` is its best cosine to a template that was taken with authority; `renewed_at` when the newest renewal was.
    """

    score: float
    runner_up: float
    anchored: float
    threshold: float
    liveness: float | None
    quality: float
    yaw_deg: float
    pitch_deg: float
    faces: int
    now: float
    renewed_at: float | None = None


def may_renew(chance: Chance, policy: AdaptationPolicy) -> bool:
    """Whether all of it holds; a value that is not a number holds for nothing, and after a clock that was set back
    one waits until it has caught up."""
    is_sure = (
        chance.score >= chance.threshold + policy.margin
        and chance.anchored >= chance.threshold
        and chance.score - chance.runner_up >= policy.lead
    )
    is_alive = chance.liveness is not None and chance.liveness >= policy.liveness_min
    is_frontal = all(abs(angle) <= policy.most_turn_deg for angle in (chance.yaw_deg, chance.pitch_deg))
    is_good = chance.quality >= policy.quality_min and is_frontal and chance.faces == 1
    is_time = chance.renewed_at is None or chance.now - chance.renewed_at >= _DAY_S / policy.max_per_day
    return is_sure and is_alive and is_good and is_time
