"""Movement within a band of frequencies, as a function of time: hands, heads and breath."""

from __future__ import annotations

import math

import numpy as np

_SINES = 5


class Waves:
    """A sum of sines between `low_hz` and `high_hz`, of mean 0 and deviation 1 over long times."""

    def __init__(self, rng: np.random.Generator, low_hz: float, high_hz: float) -> None:
        self._rates = 2 * math.pi * rng.uniform(low_hz, high_hz, _SINES)
        self._phases = rng.uniform(0, 2 * math.pi, _SINES)
        sizes = rng.uniform(0.5, 1.0, _SINES)
        self._sizes = sizes / math.sqrt(0.5 * float((sizes**2).sum()))

    def __call__(self, time_s: float) -> float:
        """The value at `time_s`."""
        return float(self._sizes @ np.sin(self._rates * time_s + self._phases))


def eased(share: float) -> float:
    """0 to 1 with no speed at either end."""
    share = min(1.0, max(0.0, share))
    return share * share * (3.0 - 2.0 * share)
