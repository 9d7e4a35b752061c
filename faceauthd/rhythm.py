"""How a lamp swells, blinks or rests, as a function of time, and the same in words. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

COUNTS = ("no", "one", "two", "three", "four", "five", "six")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Brightness, 0 to 1, by the seconds that a signal has lasted, and the same in words."""

    at: Callable[[float], float]
    words: str


STEADY = Rhythm(lambda _: 1.0, "steady")


def breathe(period_s: float) -> Rhythm:
    """A raised cosine, squared because the eye takes the root of what a lamp gives; it begins dark."""
    return Rhythm(
        lambda t: ((1.0 - math.cos(2.0 * math.pi * t / period_s)) / 2.0) ** 2, f"swells and fades every {period_s:g} s"
    )


def blink(*durations_s: float) -> Rhythm:
    """On and off by turns for `durations_s`, from the start again when they are over."""
    period_s = sum(durations_s)
    ends = tuple(sum(durations_s[: i + 1]) for i in range(len(durations_s)))

    def at(t: float) -> float:
        step = next((i for i, end in enumerate(ends) if t % period_s < end), 0)
        return float(step % 2 == 0)

    return Rhythm(at, _words(durations_s[::2], period_s))


def _words(lit_s: tuple[float, ...], period_s: float) -> str:
    if len(set(lit_s)) > 1:
        flashes = " and ".join("a long" if each > sum(lit_s) / len(lit_s) else "a short" for each in lit_s)
        return f"{flashes} flash every {period_s:.3g} s"
    if len(lit_s) > 1:
        return f"{COUNTS[len(lit_s)]} flashes every {period_s:.3g} s"
    return f"lit for {lit_s[0]:.3g} of every {period_s:.3g} s"
