"""Pictures of a run, as SVG: from what `faceauthd bench --json` prints to one chart a section. Pure but for `write`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from faceauthd.bench.errors import BenchError
from faceauthd.svg import Axis, Plane, bars, chart, decades, legend, line, steps

if TYPE_CHECKING:
    from pathlib import Path

COLOURS = ("#0072b2", "#56b4e9", "#d55e00", "#009e73")
"""Told apart by the colour-blind too (Okabe and Ito, Color Universal Design, 2008)."""
_GAP = 0.15
"""Left free at each side of a group of bars, as a share of its width."""
_MOST_STEPS = 8


def write(run: Mapping[str, Any], folder: Path) -> list[Path]:
    """All charts of `run`, into `folder`. Raises BenchError."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, draw in CHARTS.items():
            path = folder / f"{name}.svg"
            path.write_text(draw(run), encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise BenchError(f"{folder}: the plots cannot be written ({error.strerror}); name another folder") from error
    return written


def stages(run: Mapping[str, Any]) -> str:
    """The processor's time of each stage of one look."""
    found = run["stages"]
    names = [name for name in next(iter(found.values())) if name != "look"]
    series = {
        f"{threads} thread{'s' * (threads != '1')}: {_median(each['look']):.1f} ms in all": [
            _median(each[name]) for name in names
        ]
        for threads, each in found.items()
    }
    return columns("One look", "ms of the processor, median", names, series)


def unlock(run: Mapping[str, Any]) -> str:
    """From the first usable frame to the relay."""
    rates = [rate for rate, each in run["unlock"].items() if each["cpu"]["opened"]]
    shares = ("p50", "p95", "p99")
    totals = {share: [run["unlock"][rate]["cpu"]["total_ms"][share] for rate in rates] for share in shares}
    return columns("Time to unlock", "ms", rates, totals)


def rest(run: Mapping[str, Any]) -> str:
    """What the service takes of a core, and what of it is reading pictures from the disk."""
    found = run["rest"]
    series = {
        "the service": [100 * (each["cpu"] - each["camera_cpu"]) for each in found.values()],
        "reading pictures": [100 * each["camera_cpu"] for each in found.values()],
    }
    return columns("At rest, ten looks a second", "percent of a core", list(found), series)


def memory(run: Mapping[str, Any]) -> str:
    """What is resident: the process's own, and files that are mapped."""
    found = {name: each["memory"] for name, each in run["rest"].items()}
    series = {
        "own": [each["anonymous_mb"] for each in found.values()],
        "of files": [each["mapped_mb"] for each in found.values()],
    }
    return columns("Resident", "MB", list(found), series)


def match(run: Mapping[str, Any]) -> str:
    """One probe by the number of templates."""
    found = {int(rows): each for rows, each in run["match"].items()}
    named = {"match": "the nearest person", "read": "reading all of the numbers"}
    return growth(
        "One probe",
        list(found),
        {label: [_median(each[name]) for each in found.values()] for name, label in named.items()},
    )


def growth(title: str, rows: Sequence[int], series: Mapping[str, Sequence[float]]) -> str:
    """Milliseconds by the number of templates, both by their logarithm."""
    values = [value for each in series.values() for value in each]
    low, high = 10.0 ** math.floor(math.log10(min(values))), 10.0 ** math.ceil(math.log10(max(values)))
    across = Axis("templates", rows[0], max(rows[-1], 10 * rows[0]), decades(rows[0], rows[-1]), is_log=True)
    down = Axis("ms of the processor, median", low, max(high, 10 * low), decades(low, high), is_log=True)
    plane = Plane(across, down)
    coloured = list(zip(series.items(), COLOURS, strict=False))
    marks = [line(plane, rows, each, colour) for (_, each), colour in coloured]
    return chart(title, plane, [*marks, legend([(colour, name) for (name, _), colour in coloured])])


def columns(title: str, unit: str, names: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """For each of `names` a group of bars, one of each of the `series`."""
    step = _step(max((value for each in series.values() for value in each), default=0.0))
    most = step * max(1, math.ceil(max((value for each in series.values() for value in each), default=0.0) / step))
    places = tuple((index + 0.5, name) for index, name in enumerate(names))
    plane = Plane(Axis("", 0, max(1, len(names)), places), Axis(unit, 0, most, steps(0, most, step)))
    width = (1 - 2 * _GAP) / max(1, len(series))
    marks, entries = [], []
    for number, ((label, values), colour) in enumerate(zip(series.items(), COLOURS, strict=False)):
        for index, value in enumerate(values):
            left = index + _GAP + number * width
            marks.append(bars(plane, [left, left + width], [value], colour))
        entries.append((colour, label))
    return chart(title, plane, [*marks, legend(entries)])


def _step(most: float) -> float:
    """1, 2 or 5 times a power of ten, of which at most `_MOST_STEPS` make `most`."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most / _MOST_STEPS))
    return next(times * power for times in (1, 2, 5, 10) if most / (times * power) <= _MOST_STEPS)


def _median(durations: Mapping[str, Any]) -> float:
    return float(durations["cpu_ms"]["p50"])


CHARTS = {"stages": stages, "unlock": unlock, "rest": rest, "memory": memory, "match": match}
