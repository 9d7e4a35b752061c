"""A sign of life that was asked for, from the very face that was recognised. Pure.

One sign is asked for, drawn by lot, and no other counts: lids that close for a moment, or a head that turns to a side.
It counts only in looks that name the person who was recognised and that nothing speaks against, so that a picture
cannot borrow somebody else's; and not while the picture is smeared, for a photograph that is shaken seems to blink.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from faceauthd.evidence import SAME_FACE_COSINE
from faceauthd.types import Quality, Reason, Sighting, Sign

SIGNS = tuple(Sign)

TURN_DEG = 12.0
"""By how much the head has to turn from where it was. The yaw is read off how far the nose stands out of the face's
plane, which a print that is turned or bent cannot make up for: held, shaken, turned by 16 degrees and bent, none of 300
prints and screens came to it in two looks (73 tuning people, attack kit, 2026-11-26)."""
_TURNED_LOOKS = 2
SHUT = 0.88
"""Share of their usual gap below which lids count as shut. Those that the attack kit draws shut come to 0.65 to 0.9."""
_OPEN_AGAIN = 0.93
_SHUT_LOOKS = 2
SHUT_LEAST_S, SHUT_MOST_S = 0.3, 1.3
"""For how long: people who are asked close their eyes for longer than they blink by themselves (0.1 to 0.4 s), which a
replayed video shows as well, and longer than a picture that is shaken seems to. Of 100 clips of prints and screens
four came to it all the same, three of them shaken, of 50 replays and 25 masks none (tuning people, 2026-11-26, before
anything else is asked of them); with no least time it were 9, 6 and 3. Beyond the most, other eyes could have been
shown."""
_USUAL_LOOKS, _MOST_LOOKS = 4, 8
"""How many open looks it takes to know the lids' usual gap, and how many are remembered."""
_AS_SHARP = 0.9
"""Share of the usual sharpness below which a look is smeared, and says nothing of the lids."""
_EPSILON_S = 1e-6
_STEADY_DEG = 6.0
"""A head that nods or turns by more changes how its lids are seen."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was asked of one track, and what was seen since. `person_id` is who it was recognised as."""

    track: int
    person_id: int
    until_s: float
    sign: Sign
    is_met: bool = False
    rest_yaw_deg: float | None = None
    """Where the head was before it was asked. At that very moment it may be turned, for nobody is asked before they
    have turned a little (`decision.relief_min`)."""
    turned_looks: int = 0
    open_looks: tuple[Quality, ...] = ()
    """The last ones with open eyes, of the person and with nothing in between but shut ones."""
    last_open_s: float = 0.0
    shut_looks: int = 0
    shut_since_s: float = 0.0


def drawn(lot: int) -> Sign:
    """The sign that a number that nobody could foretell stands for."""
    return SIGNS[lot % len(SIGNS)]


def observe(challenge: Challenge, sighting: Sighting, at_s: float) -> Challenge:
    """The challenge after one more sighting of its track. Another face in it begins the sign anew."""
    if challenge.is_met:
        return challenge
    if sighting.probe is not None and not _is_them(challenge, sighting):
        return Challenge(challenge.track, challenge.person_id, challenge.until_s, challenge.sign)
    if challenge.sign is Sign.BLINK:
        return _watch_lids(challenge, sighting, at_s)
    return _watch_turn(challenge, sighting)


def _is_them(challenge: Challenge, sighting: Sighting) -> bool:
    is_same_face = sighting.continuity is not None and sighting.continuity >= SAME_FACE_COSINE
    return is_same_face and sighting.match is not None and sighting.match.person_id == challenge.person_id


def _watch_turn(challenge: Challenge, sighting: Sighting) -> Challenge:
    """A head that is turned to the person's left looks to the right of the picture."""
    if sighting.probe is None:
        return challenge
    yaw_deg, rest_deg = sighting.quality.yaw_deg, challenge.rest_yaw_deg
    if rest_deg is None:
        rest_deg = yaw_deg if sighting.rest_yaw_deg is None else sighting.rest_yaw_deg
    turned_deg = yaw_deg - rest_deg if challenge.sign is Sign.LEFT else rest_deg - yaw_deg
    is_turned = turned_deg >= TURN_DEG and sighting.suspicion is None
    looks = challenge.turned_looks + 1 if is_turned else 0
    return replace(challenge, rest_yaw_deg=rest_deg, turned_looks=looks, is_met=looks >= _TURNED_LOOKS)


def _watch_lids(challenge: Challenge, sighting: Sighting, at_s: float) -> Challenge:
    """Open, shut for a moment in two looks or more, and open again, with nothing else amiss."""
    quality, before = sighting.quality, challenge.open_looks
    is_clear = set(quality.reasons) <= {Reason.EYES_CLOSED} and sighting.suspicion is None
    is_late = bool(before) and not at_s - challenge.last_open_s <= SHUT_MOST_S
    if not is_clear or is_late or (before and not _is_steady(quality, before)):
        return replace(challenge, open_looks=(), shut_looks=0)
    if len(before) >= _USUAL_LOOKS:
        gaps = sorted(look.lids for look in before)
        usual = gaps[len(gaps) // 2]
        if quality.lids <= SHUT * usual:
            since_s = challenge.shut_since_s if challenge.shut_looks else at_s
            return replace(challenge, shut_looks=challenge.shut_looks + 1, shut_since_s=since_s)
        if challenge.shut_looks and quality.lids < _OPEN_AGAIN * usual:
            return challenge
    if sighting.probe is None:
        return challenge
    if challenge.shut_looks >= _SHUT_LOOKS and at_s - challenge.shut_since_s >= SHUT_LEAST_S - _EPSILON_S:
        return replace(challenge, is_met=True)
    return replace(challenge, open_looks=(*before, quality)[-_MOST_LOOKS:], last_open_s=at_s, shut_looks=0)


def _is_steady(now: Quality, before: tuple[Quality, ...]) -> bool:
    """Whether the head stands as it did, and as sharp. Not if anything is no number."""
    middle = len(before) // 2
    yaw_deg, pitch_deg, sharpness = (
        sorted(values)[middle]
        for values in zip(*((look.yaw_deg, look.pitch_deg, look.sharpness) for look in before), strict=True)
    )
    is_still = abs(now.yaw_deg - yaw_deg) <= _STEADY_DEG and abs(now.pitch_deg - pitch_deg) <= _STEADY_DEG
    return bool(is_still and now.sharpness >= _AS_SHARP * sharpness)
