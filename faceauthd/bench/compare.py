"""Two runs side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from faceauthd.bench.errors import BenchError

SCHEMA = 1
"""Rises when a figure changes its meaning or place: older documents are then not compared."""
_SECTIONS = ("stages", "match", "unlock", "start", "rest")
_NO_MEASURE = frozenset({"n", "walks", "opened", "seconds", "looks_a_second", "templates", "iqr"})

_MUST_AGREE = {"machine": ("model", "cores", "python", "numpy", "onnxruntime"), "settings": ("threads",)}


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of both runs; below 1 the newer one is the faster or smaller."""

    name: str
    before: float
    now: float

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
    known = dict(_figures(before))
    return [Ratio(name, known[name], value) for name, value in _figures(now) if known.get(name, 0.0) > 0]


def differences(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """What makes the two runs unlike but the code: the machine, its libraries, the threads."""
    found = []
    for section, keys in _MUST_AGREE.items():
        then, since = before.get(section), now.get(section)
        if isinstance(then, Mapping) and isinstance(since, Mapping):
            unlike = [key for key in keys if then.get(key) != since.get(key)]
            found += [f"{key}: {then.get(key)}, now {since.get(key)}" for key in unlike]
    return found


def _figures(run: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for section in _SECTIONS:
        yield from _leaves(section, run.get(section))


def _leaves(name: str, value: object) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key not in _NO_MEASURE:
                yield from _leaves(f"{name}.{key}", each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, float(value)
