"""Durations: taken in turns, and said as percentiles."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Name = TypeVar("Name")
Case = Callable[[int], object]
"""What is timed. It gets the number of the round, from 0."""


@dataclass(slots=True)
class Durations:
    """Of each call the time on the clock and the processor's time of the whole process, in milliseconds.

    On a machine that does other things too the processor's time is the one that can be repeated.
    """

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return {"n": len(self.wall_ms), "wall_ms": spread(self.wall_ms), "cpu_ms": spread(self.cpu_ms)}


def interleaved(cases: Mapping[Name, Case], *, rounds: int, warm_up: int = 3) -> dict[Name, Durations]:
    """Time every case once a round, in turns, so that whatever disturbs the machine disturbs all of them alike.

    The first `warm_up` rounds are not counted; they and the counted ones are numbered from 0 alike.
    """
    taken = {name: Durations() for name in cases}
    for number in (*range(warm_up), *range(rounds)):
        for name, case in cases.items():
            cpu_ns, wall_ns = time.process_time_ns(), time.perf_counter_ns()
            case(number)
            wall_ns, cpu_ns = time.perf_counter_ns() - wall_ns, time.process_time_ns() - cpu_ns
            taken[name].wall_ms.append(wall_ns / 1e6)
            taken[name].cpu_ms.append(cpu_ns / 1e6)
    return {name: Durations(each.wall_ms[warm_up:], each.cpu_ms[warm_up:]) for name, each in taken.items()}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile, and the distance between the quartiles. Raises ValueError for no values."""
    ordered = sorted(values)
    return {
        "p50": percentile(ordered, 0.50),
        "p95": percentile(ordered, 0.95),
        "p99": percentile(ordered, 0.99),
        "iqr": round(percentile(ordered, 0.75) - percentile(ordered, 0.25), 6),
    }


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the `ordered` values lie, linear between neighbours."""
    if not ordered:
        raise ValueError("no values, no percentile")
    place = share * (len(ordered) - 1)
    low, high = math.floor(place), math.ceil(place)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low), 6)
