"""How strangers who keep trying are slowed down. Pure.

Only refused faces count: an empty room, a passer-by and a look that was not usable never do.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LockoutPolicy:
    """`refusals` within `window_s` begin a lockout; each further one takes the next delay, the last repeats.

    `alarm_after_spoofs` suspected spoofs within `window_s` raise an alarm that lasts for `alarm_s`.
    """

    refusals: int = 5
    window_s: float = 60.0
    delays_s: tuple[float, ...] = (30.0, 60.0, 300.0, 900.0)
    alarm_after_spoofs: int = 3
    alarm_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Lockout:
    """`level` is how many lockouts came one after the other without anybody getting in."""

    refused_at_s: tuple[float, ...] = ()
    level: int = 0
    until_s: float | None = None

    def is_on(self, now_s: float) -> bool:
        return self.until_s is not None and now_s < self.until_s


def refused(lockout: Lockout, now_s: float, policy: LockoutPolicy) -> Lockout:
    """One more refusal; `until_s` is set if it was one too many."""
    recent = (*(at for at in lockout.refused_at_s if now_s - at <= policy.window_s), now_s)
    if len(recent) < policy.refusals:
        return Lockout(recent, lockout.level, lockout.until_s)
    delay_s = policy.delays_s[min(lockout.level, len(policy.delays_s) - 1)]
    return Lockout((), lockout.level + 1, now_s + delay_s)


def admitted() -> Lockout:
    """Somebody enrolled got in: all is forgotten."""
    return Lockout()


def ended(lockout: Lockout) -> Lockout:
    """The delay is over; the next lockout will be longer."""
    return Lockout((), lockout.level, None)
