"""When the light beside the camera is lit: in the dark, while somebody is to be seen or as long as it is dark. Pure.

The light makes its own surroundings bright, so what the camera says counts only while it is out: a brightness measured
with it lit would put it out, and the dark would light it again. Therefore a light that is lit all night goes out for a
moment now and then, while nobody is there, to see whether the day has come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

BRIGHTER = 2.0
"""It is no longer dark from this many times `below_lux` on: dusk is no reason to flicker."""
SETTLE_S = 2.0
"""What a camera needs to say how bright it is once the light went out: a second and a half at its slowest exposure."""
LINGER_S = 10.0
"""How long it stays lit once nobody is to be seen: a face is lost from sight between two looks."""
RECHECK_S = 600.0
"""How often a light that is lit all night goes out to see whether it is day."""


@dataclass(frozen=True, slots=True)
class LightPolicy:
    """Below how many lux it is dark, and whether the dark alone lights it or only somebody in it."""

    below_lux: float = 10.0
    all_night: bool = False


@dataclass(frozen=True, slots=True)
class Light:
    """The light, and what has to be known to judge it again."""

    is_lit: bool = False
    is_dark: bool = False
    changed_s: float = float("-inf")
    """When it was last lit or put out."""
    seen_s: float = float("-inf")
    """When somebody was last to be seen."""

    def after(self, now_s: float, lux: float | None, is_somebody: bool, policy: LightPolicy) -> Light:
        """The light a moment later; `lux` is None where the camera does not say, or gave no frame."""
        light = self._judged(now_s, lux, policy)
        if is_somebody:
            light = replace(light, seen_s=now_s)
        is_lit = light._is_wanted(now_s, policy)
        return light if is_lit == light.is_lit else replace(light, is_lit=is_lit, changed_s=now_s)

    def _judged(self, now_s: float, lux: float | None, policy: LightPolicy) -> Light:
        if lux is None or self.is_lit or now_s - self.changed_s < SETTLE_S:
            return self
        limit = policy.below_lux * (BRIGHTER if self.is_dark else 1.0)
        return replace(self, is_dark=lux < limit)

    def _is_wanted(self, now_s: float, policy: LightPolicy) -> bool:
        if not self.is_dark:
            return False
        if now_s - self.seen_s < LINGER_S:
            return True
        if not policy.all_night:
            return False
        if self.is_lit:
            return now_s - self.changed_s < RECHECK_S
        return now_s - self.changed_s >= SETTLE_S + 1.0
