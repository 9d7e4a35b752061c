"""Two runs side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from faceauthd.bench.errors import BenchError

SCHEMA = 2
"""Rises when a figure changes its meaning or place: older documents are then not compared."""
_SECTIONS = ("stages", "match", "unlock", "start", "rest")
_NO_MEASURE = frozenset({"n", "walks", "opened", "seconds", "looks_a_second", "templates", "iqr"})

_OF_THE_MOMENT = frozenset({"load", "frequency_mhz", "temperature_c", "throttled", "memory_mb"})
"""What differs from one minute to the next, and is told with the figures."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of both runs; below 1 the newer one is the faster or smaller.

    `spread` is the wider of the two runs' distances between quartiles, as a share of the figure; None where none was
    kept. A ratio nearer to 1 than that says little.
    """

    name: str
    before: float
    now: float
    spread: float | None = None

    @property
    def ratio(self) -> float:
        return self.now / self.before


def read_run(path: Path) -> dict[str, object]:
    """A document that `faceauthd bench --json` printed. Raises BenchError."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchError(f"{path}: cannot be read as a run of `faceauthd bench --json`: {error}") from error
    if not isinstance(told, dict) or "schema" not in told:
        raise BenchError(f"{path}: is not what `faceauthd bench --json` prints")
    if told["schema"] != SCHEMA:
        raise BenchError(f"{path}: has the form {told['schema']}, this version writes {SCHEMA}; measure again")
    return told


def ratios(before: Mapping[str, object], now: Mapping[str, object]) -> list[Ratio]:
    """Every figure that both runs have, in the newer one's order; nothing is divided by 0."""
    known = {name: (value, spread) for name, value, spread in _figures(before)}
    found = []
    for name, value, spread in _figures(now):
        then, was = known.get(name, (0.0, None))
        if then > 0:
            spreads = [each for each in (was, spread) if each is not None]
            found.append(Ratio(name, then, value, max(spreads, default=None)))
    return found


def differences(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """What makes the runs unlike but the code: the machine with its kernel, governor and libraries, threads, effort."""
    found = []
    for section in ("machine", "settings"):
        then, since = before.get(section), now.get(section)
        if isinstance(then, Mapping) and isinstance(since, Mapping):
            keys = dict.fromkeys((*then, *since))
            unlike = [key for key in keys if key not in _OF_THE_MOMENT and then.get(key) != since.get(key)]
            found += [f"{key}: {then.get(key)}, now {since.get(key)}" for key in unlike]
    return found


def _figures(run: Mapping[str, object]) -> Iterator[tuple[str, float, float | None]]:
    """Name, value and spread of each."""
    for section in _SECTIONS:
        yield from _leaves(section, run.get(section), None)


def _leaves(name: str, value: object, spread: float | None) -> Iterator[tuple[str, float, float | None]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key not in _NO_MEASURE:
                yield from _leaves(f"{name}.{key}", each, _share(value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, float(value), spread


def _share(spread: Mapping[str, object]) -> float | None:
    """The distance between quartiles by the median, of what `bench.sample.spread` gave."""
    middle, quartiles = spread.get("p50"), spread.get("iqr")
    if not isinstance(middle, int | float) or not isinstance(quartiles, int | float) or not middle:
        return None
    return quartiles / middle
