"""How somebody moves: along keyframes, and a little all the time because they live.

Everything is a function of the time and a seed, so that any frame can be drawn without the ones before it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceauthd.scene.spec import Keyframe

_SWAY = {
    "x_m": 0.006,
    "y_m": 0.003,
    "distance_m": 0.008,
    "yaw_deg": 1.2,
    "pitch_deg": 0.8,
    "roll_deg": 0.7,
}
"""Deviation of each coordinate of somebody who stands and looks; in quiet standing a head sways by several mm."""

_SWAY_HZ = (0.13, 0.29, 0.61, 1.3)
"""Frequencies of the sway; the weight of each falls with its square root."""

_BLINK_EVERY_S = 3.5
"""Mean time between blinks of a person at rest: 17 a minute (Bentivoglio 1997)."""

_CLOSING_S, _SHUT_S, _OPENING_S = 0.08, 0.05, 0.17


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a head is and what its face does. Metres are from the camera's axis, right and up; angles are degrees.

    Yaw is positive to the picture's right, pitch upwards, roll clockwise. `shut` is 0 to 1, and so is
    the `jaw` of a mouth at rest; one that speaks goes up to 3.
    `blur_px` is the deviation of the lens blur in pixels of a frame 640 wide.
    """

    x_m: float = 0.0
    y_m: float = 0.0
    distance_m: float = 1.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    blur_px: float = 0.0
    shut: float = 0.0
    jaw: float = 0.0


class Path:
    """The keyframes of one visit, from its first to its last."""

    def __init__(self, keys: Sequence[Keyframe]) -> None:
        self._keys = tuple(keys)
        self._times = [key.at_s for key in keys]

    @property
    def start_s(self) -> float:
        return self._times[0]

    @property
    def end_s(self) -> float:
        return self._times[-1]

    def pose(self, time_s: float) -> Pose | None:
        """The pose at `time_s`, or None before the first and after the last keyframe."""
        if not self.start_s <= time_s <= self.end_s:
            return None
        after = min(bisect_right(self._times, time_s), len(self._keys) - 1)
        first, second = self._keys[after - 1], self._keys[after]
        share = (time_s - first.at_s) / (second.at_s - first.at_s)
        if second.is_smooth:
            share = share * share * (3.0 - 2.0 * share)
        return _between(first.pose, second.pose, share)


class Life:
    """Sway, blinks and small movements of the mouth of one person."""

    def __init__(self, seed: int, until_s: float, *, sway: float = 1.0, blinks: bool = True) -> None:
        rng = np.random.default_rng(seed)
        weights = 1.0 / np.sqrt(np.array(_SWAY_HZ))
        self._weights = sway * weights / math.sqrt(0.5 * float((weights**2).sum()))
        self._rates = 2 * math.pi * np.array(_SWAY_HZ) * rng.uniform(0.85, 1.15, (len(_SWAY) + 1, len(_SWAY_HZ)))
        self._phases = rng.uniform(0, 2 * math.pi, self._rates.shape)
        self._blinks = _blink_times(rng, until_s) if blinks else []

    def stir(self, pose: Pose, time_s: float) -> Pose:
        """`pose` as a living person holds it."""
        waves = np.sin(self._rates * time_s + self._phases) @ self._weights
        moved = {
            name: getattr(pose, name) + size * float(wave)
            for (name, size), wave in zip(_SWAY.items(), waves[:-1], strict=True)
        }
        return replace(pose, **moved, shut=self._shut(time_s), jaw=max(0.0, float(waves[-1])) * 0.4)

    def _shut(self, time_s: float) -> float:
        index = bisect_right(self._blinks, time_s) - 1
        if index < 0:
            return 0.0
        since = time_s - self._blinks[index]
        if since < _CLOSING_S:
            return since / _CLOSING_S
        return min(1.0, max(0.0, 1.0 - (since - _CLOSING_S - _SHUT_S) / _OPENING_S))


def _blink_times(rng: np.random.Generator, until_s: float) -> list[float]:
    times = [float(rng.uniform(0.5, _BLINK_EVERY_S))]
    while times[-1] < until_s:
        times.append(times[-1] + 0.8 + float(rng.exponential(_BLINK_EVERY_S - 0.8)))
    return times


def _between(first: Pose, second: Pose, share: float) -> Pose:
    values = {
        field.name: (1.0 - share) * getattr(first, field.name) + share * getattr(second, field.name)
        for field in fields(Pose)
    }
    return Pose(**values)
