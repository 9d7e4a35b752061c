"""Liveness beside recognition on one page: as published, or from a run of `faceauthd evaluate-liveness --json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceauthd.errors import EvaluationError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kind:
    """One species: its APCER, or the BPCER of living people, with the 95 % interval."""

    species: str
    is_live: bool
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Liveness:
    """What is shown; `origin` says where the figures are from, and whether they were measured now."""

    origin: str
    kinds: tuple[Kind, ...]


PUBLISHED = Liveness(
    "published, and not measured in this run: rendered clips of 60 test people of each kind, 2026-11-26 "
    "(docs/liveness.md)",
    (
        Kind("living, together", True, 0.030, 0.012, 0.061),
        Kind("print-flat", False, 0.000, 0.000, 0.060),
        Kind("print-bent", False, 0.000, 0.000, 0.060),
        Kind("phone", False, 0.000, 0.000, 0.060),
        Kind("tablet", False, 0.000, 0.000, 0.060),
        Kind("replay-phone", False, 0.033, 0.004, 0.115),
        Kind("replay-tablet", False, 0.067, 0.018, 0.162),
        Kind("cutout-eyes", False, 0.017, 0.000, 0.089),
    ),
)


def read_liveness(path: Path) -> Liveness:
    """The figures that `faceauthd evaluate-liveness --json` printed. Raises EvaluationError."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        species: Mapping[str, Mapping[str, Mapping[str, object]]] = told["species"]
        attacks = [_kind(name, one["apcer"], is_live=False) for name, one in species.items() if "apcer" in one]
        living = _kind("living, together", told["bpcer"], is_live=True)
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvaluationError(
            f"{path}: is not what `faceauthd evaluate-liveness CLIPS --json` prints ({error!r}); write that into it"
        ) from error
    return Liveness(f"measured, from {path.name}", (living, *attacks))


def _kind(name: str, rate: Mapping[str, object], *, is_live: bool) -> Kind:
    low, high = rate["interval"]  # type: ignore[misc]
    return Kind(name, is_live, float(rate["rate"]), float(low), float(high))  # type: ignore[arg-type,has-type]
