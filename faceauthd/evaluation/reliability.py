"""What the liveness score is worth as a probability: how many of those with a score are alive, and how far that is off.

Living people and attacks count half each, whatever their numbers: a probability would need to know how many attacks
come to a door, which nobody does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from faceauthd.evaluation.charts import BLUE, ORANGE
from faceauthd.evaluation.presentations import Presented
from faceauthd.svg import Axis, Plane, chart, legend, line, steps

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Clips whose scores lie close together: their mean score, the share of them that are alive, and how much of all
    they are, living people and attacks weighed alike."""

    score: float
    alive: float
    weight: float


def reliability_of(presented: Sequence[Presented]) -> list[Bin]:
    """The bins that hold anything, by score; none unless there are both living people and attacks."""
    scored = [(one.score, one.is_live) for one in presented if one.score is not None and math.isfinite(one.score)]
    counts = {is_live: sum(live is is_live for _, live in scored) for is_live in (True, False)}
    if not all(counts.values()):
        return []
    gathered: dict[int, list[tuple[float, bool, float]]] = {}
    for score, is_live in scored:
        index = min(BINS - 1, max(0, int(score * BINS)))
        gathered.setdefault(index, []).append((score, is_live, 0.5 / counts[is_live]))
    return [_bin(gathered[index]) for index in sorted(gathered)]


def _bin(clips: Sequence[tuple[float, bool, float]]) -> Bin:
    weight = sum(share for _, _, share in clips)
    score = sum(score * share for score, _, share in clips) / weight
    return Bin(score, sum(share for _, is_live, share in clips if is_live) / weight, weight)


def expected_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: by how much score and share of the living differ, on average. NaN without bins."""
    return sum(each.weight * abs(each.score - each.alive) for each in bins) if bins else math.nan


def reliability_chart(bins: Sequence[Bin]) -> str:
    """Share of the living by score; a probability would lie on the diagonal."""
    plane = Plane(
        Axis("mean liveness of the clips", 0.0, 1.0, steps(0, 1, 0.2)),
        Axis("share of them alive", 0.0, 1.0, steps(0, 1, 0.2)),
    )
    marks = [line(plane, (0.0, 1.0), (0.0, 1.0), ORANGE)]
    marks.append(line(plane, [each.score for each in bins], [each.alive for each in bins], BLUE))
    for each in bins:
        x, y = plane.at(each.score, each.alive)
        marks.append(f'<circle cx="{x}" cy="{y}" r="{2 + 14 * each.weight**0.5:.1f}" fill="{BLUE}" opacity="0.5"/>')
    marks.append(legend([(BLUE, "clips; larger is more of them"), (ORANGE, "if it were a probability")]))
    return chart("Liveness: reliability", plane, marks)
