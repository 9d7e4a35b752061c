"""How strangers who keep trying are slowed down. Pure.

Only faces that were compared count: an empty room, and a look that was not usable, never do. A face that is refused is
one attempt. One that goes, or that another takes the place of, before it had its answer counts look for look: as many
looks as an attempt may have are one refusal, so that swapping faces is no way to have more of them compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


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
    """`level` is how many lockouts came one after the other without anybody getting in.

    `loose` are the times and numbers of looks that were compared and never had an answer.
    """

    refused_at_s: tuple[float, ...] = ()
    level: int = 0
    until_s: float | None = None
    loose: tuple[tuple[float, int], ...] = ()

    def is_on(self, now_s: float) -> bool:
        return self.until_s is not None and now_s < self.until_s


def refused(lockout: Lockout, now_s: float, policy: LockoutPolicy) -> Lockout:
    """One more refusal; `until_s` is set if it was one too many."""
    recent = (*(at for at in lockout.refused_at_s if now_s - at <= policy.window_s), now_s)
    if len(recent) < policy.refusals:
        return replace(lockout, refused_at_s=recent)
    delay_s = policy.delays_s[min(lockout.level, len(policy.delays_s) - 1)]
    return Lockout((), lockout.level + 1, now_s + delay_s)


def broken_off(lockout: Lockout, looks: int, now_s: float, policy: LockoutPolicy) -> Lockout:
    """So many looks were compared of a face that then was there no more."""
    recent = tuple(one for one in lockout.loose if now_s - one[0] <= policy.window_s)
    return replace(lockout, loose=(*recent, (now_s, looks)))


def owed(lockout: Lockout, now_s: float, policy: LockoutPolicy, looks_of_an_attempt: int) -> Lockout | None:
    """The lockout without one attempt's worth of loose looks, which is to be refused; None if they are too few."""
    recent = tuple(one for one in lockout.loose if now_s - one[0] <= policy.window_s)
    total = sum(looks for _, looks in recent)
    if total < looks_of_an_attempt:
        return None
    rest = total - looks_of_an_attempt
    return replace(lockout, loose=((recent[-1][0], rest),) if rest else ())


def admitted() -> Lockout:
    """Somebody enrolled got in: all is forgotten."""
    return Lockout()


def ended(lockout: Lockout) -> Lockout:
    """The delay is over; the next lockout will be longer."""
    return Lockout((), lockout.level, None)
