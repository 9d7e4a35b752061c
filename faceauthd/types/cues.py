"""What the looks of the last seconds say about how a face was presented."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Suspicion(enum.StrEnum):
    """Why a face does not pass for a living one: the cue that speaks loudest against it."""

    TEXTURE = "texture"
    """It looks like paper or a screen to the liveness model."""
    FRAMED = "framed"
    """What is around it moves as it does, or cannot be seen."""
    FLAT = "flat"
    """Its nose keeps to the plane of its cheeks while it turns."""
    STILL = "still"
    """It keeps as still as no living head can."""
    UNCLEAR = "unclear"
    """A cue is not a number."""


@dataclass(frozen=True, slots=True)
class Cues:
    """Numbers over a track's window; None where the looks do not show it (yet).

    `watched_s` is how long, in seconds, the window reaches back; `looks` how many looks are in it.
    """

    watched_s: float
    looks: int
    model: float
    """Mean log-odds of P(live) of the liveness model, each look's held within -9 and 9."""
    goes: float | None = None
    """Share of the points near the face that clearly went with it, 0 to 1."""
    follows: float | None = None
    """How much better the surroundings are explained by moving as the face does than by standing still, as a natural
    logarithm: above 0 they go with it."""
    relief: float | None = None
    """How much more of what a plane's motion leaves unexplained lies at the nose than at cheeks and mouth, as a natural
    logarithm: around 0 and more for a head, far below for a sheet with something moving in it."""
    sway: float | None = None
    """The farthest that the face moved between two looks, in hundredths of its width."""
    shown: float | None = None
    """The most relief, of a nose that went where the head turned, that it was seen to have since it came, within the
    last ten seconds or so: it need not go on turning."""
    is_coming: bool = False
    """Whether it comes nearer still."""
    rest_yaw_deg: float = 0.0
    """The median of its yaw: where the head rests that may be turned just now."""
