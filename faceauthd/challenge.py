"""A sign of life that was asked for: a blink, or a turn of the head, from the very face that was recognised. Pure.

A sign counts only in looks that name the person who was recognised, so that a picture cannot borrow somebody else's:
the head has to be seen from two sides, or the eyes shut between two such looks that follow each other closely.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from faceauthd.evidence import SAME_FACE_COSINE
from faceauthd.types import Reason, Sighting

TURN_DEG = 12.0
"""By how much the head has to turn. The yaw is read off how far the nose stands out of the face's plane, which a print
that is turned or bent cannot make up for; on a resting face it wanders by two or three degrees. Chosen, not tuned."""
BLINK_S = 0.7
"""The longest time between the looks before and after a blink, which itself lasts 0.1 to 0.4 s (Schiffman 2001,
Sensation and Perception); longer than that, somebody else's eyes could have been shown meanwhile."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was asked of one track, and what was seen since. `person_id` is who it was recognised as."""

    track: int
    person_id: int
    until_s: float
    is_met: bool = False
    least_yaw_deg: float | None = None
    most_yaw_deg: float | None = None
    last_open_s: float | None = None
    """When the last look that names the person was made, its eyes open."""
    are_shut: bool = False
    """Whether the eyes were seen shut since then."""


def observe(challenge: Challenge, sighting: Sighting, at_s: float) -> Challenge:
    """The challenge after one more sighting of its track. Another face in it begins the sign anew."""
    if challenge.is_met:
        return challenge
    if Reason.EYES_CLOSED in sighting.quality.reasons:
        return replace(challenge, are_shut=challenge.last_open_s is not None)
    if sighting.probe is None:
        return challenge
    if sighting.match is None or sighting.match.person_id != challenge.person_id or not _is_same_face(sighting):
        return Challenge(challenge.track, challenge.person_id, challenge.until_s)
    blinked = challenge.are_shut and challenge.last_open_s is not None and at_s - challenge.last_open_s <= BLINK_S
    yaw = sighting.quality.yaw_deg
    least = yaw if challenge.least_yaw_deg is None else min(challenge.least_yaw_deg, yaw)
    most = yaw if challenge.most_yaw_deg is None else max(challenge.most_yaw_deg, yaw)
    return replace(
        challenge,
        is_met=blinked or most - least >= TURN_DEG,
        least_yaw_deg=least,
        most_yaw_deg=most,
        last_open_s=at_s,
        are_shut=False,
    )


def _is_same_face(sighting: Sighting) -> bool:
    return sighting.continuity is not None and sighting.continuity >= SAME_FACE_COSINE
