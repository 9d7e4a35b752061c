"""An embedder's impostor curve and its tail, as they stand on its card, with what they were made of.

docs/evaluation.md says how it is done, and what it rests on.
"""

from __future__ import annotations

import csv
import datetime
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from faceauthd.errors import EvaluationError, ModelError
from faceauthd.evaluation.curve import ImpostorScores, LookAlike, impostor_scores
from faceauthd.evaluation.tail import METHOD, exceedances, fit, interval
from faceauthd.threshold import FEWEST_PAIRS
from faceauthd.vision.manifest import checksum_of, curve_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from faceauthd.evaluation.collection import Collection

FMRS = [1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6]
TAIL_OVER_FMR = 1e-4
"""The tail is fitted to what lies above the cosine that this share of all pairs reaches: rare enough that the fit
hardly depends on the choice (docs/evaluation.md shows it), and still 2,350 pairs of LFW's half."""
FEWEST_FOR_TAIL = 200
TAIL_DECADES = 4
"""How far beyond the rarest measured rate the interval is given; the strictest promise shared by 10,000 templates."""
DRAWS, LEVEL, SEED = 2000, 0.95, 1
SUSPICION = 0.6
"""Cosine of the shipped embedder from which a pair of names is suspected to be one person's."""


def measured_curve(
    found: Collection, data: str, one_person_file: Path | None = None, suspicion: float = SUSPICION
) -> dict[str, Any]:
    """The curve as it stands on a card, `with_suspects` counted too, `failures_to_acquire` and the `suspects`.

    Raises EvaluationError if the pictures are too few, or the embedder tells people apart so badly that no curve says
    anything.
    """
    names, people = np.unique(found.people, return_inverse=True)
    everything = impostor_scores(found.rows, people, suspicion)
    one_person = known_as_one(one_person_file, names.tolist())
    clean = impostor_scores(found.rows, people, suspicion, one_person)
    curve = {
        "data": data,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "people": len(names),
        "pictures": len(found.names),
        "pairs": clean.pairs,
        "left_out": {
            "why": "one person under two names, judged by eye",
            "pairs_of_people": len(one_person),
            "pairs": everything.pairs - clean.pairs,
        },
        "points": points(clean),
    }
    tail = tail_of(found, people, clean, one_person)
    return {
        "curve": _checked(curve | ({"tail": tail} if tail else {})),
        "with_suspects": points(everything),
        "failures_to_acquire": len(found.without_face),
        "suspects": _suspects(everything.look_alikes, people, found.names, one_person),
    }


def _checked(curve: dict[str, Any]) -> dict[str, Any]:
    """The curve with its checksum, last. Raises EvaluationError if a card with it would be refused."""
    if len(curve["points"]) < 2:
        raise EvaluationError(
            f"{curve['pairs']:,} pairs of pictures of different people are too few for a curve: it takes "
            f"{round(FEWEST_PAIRS / FMRS[1]):,}, so 120 people or so with one picture each"
        )
    try:
        curve_of(curve)
    except ModelError as error:
        raise EvaluationError(
            f"the embedder does not tell these people apart well enough for a curve: {error}"
        ) from error
    return {**curve, "crc32": checksum_of(curve)}


def tail_of(
    found: Collection, people: NDArray[np.integer], clean: ImpostorScores, one_person: set[tuple[int, int]]
) -> dict[str, Any] | None:
    """The tail as it stands in the manifest; None if there are too few pairs to fit one."""
    if clean.pairs * TAIL_OVER_FMR < FEWEST_FOR_TAIL:
        return None
    over = round(clean.cosine_at(TAIL_OVER_FMR), 4)
    pairs = impostor_scores(found.rows, people, over, one_person).look_alikes
    above = exceedances(pairs, people, over, one_person)
    rarest = points(clean)[-1]["fmr"]
    fmr = np.array([rarest / 10**decade for decade in range(TAIL_DECADES + 1)])
    line = fit(above, np.ones(len(above.pictures)))
    span = interval(above, fmr, draws=DRAWS, level=LEVEL, seed=SEED)
    return {
        "method": METHOD,
        "from_fmr": rarest,
        "parameters": {"over_cosine": over, "rate": float(f"{line.rate:.3g}"), "scale": round(line.scale, 5)},
        "pairs_above": len(pairs),
        "interval": {
            "level": LEVEL,
            "drawn_anew": "people",
            "draws": DRAWS,
            "fmr": [float(f"{rate:.3g}") for rate in fmr],
            **{side: getattr(span, side).round(4).tolist() for side in ("cosine", "lower", "upper")},
        },
    }


def points(scores: ImpostorScores) -> list[dict[str, float]]:
    """Those of FMRS that the data can show."""
    supported = [fmr for fmr in FMRS if fmr * scores.pairs >= FEWEST_PAIRS]
    return [{"fmr": fmr, "cosine": round(scores.cosine_at(fmr), 4)} for fmr in supported]


def as_text(report: dict[str, Any]) -> str:
    """A table for people."""
    curve = report["curve"]
    lines = [
        f"{curve['people']} people, {curve['pictures']} pictures, {curve['pairs']} impostor pairs, "
        f"{report['failures_to_acquire']} pictures without a face",
        "FMR      cosine   with everything counted",
    ]
    beside = {point["fmr"]: point["cosine"] for point in report["with_suspects"]}
    lines += [f"{p['fmr']:<7.0e}  {p['cosine']:.4f}   {beside[p['fmr']]:.4f}" for p in curve["points"]]
    if tail := curve.get("tail"):
        span = tail["interval"]
        lines += [f"beyond, by {tail['method']} tail", "FMR      cosine   lower    upper"]
        columns = zip(span["fmr"], span["cosine"], span["lower"], span["upper"], strict=True)
        lines += [f"{fmr:<7.0e}  {cosine:.4f}   {low:.4f}   {high:.4f}" for fmr, cosine, low, high in columns]
    left_out = curve["left_out"]
    lines.append(f"{left_out['pairs_of_people']} pairs of names ({left_out['pairs']} pairs of pictures) left out")
    for pair in report["suspects"]:
        verdict = "left out" if pair["left_out"] else "counted"
        lines.append(f"  {pair['cosine']:.3f} {pair['count']:4d}x  {verdict:8}  {pair['a']}  {pair['b']}")
    return "\n".join(lines)


def _names_of(pair: LookAlike, people: NDArray[np.integer]) -> tuple[int, int]:
    first, second = sorted((int(people[pair.a]), int(people[pair.b])))
    return first, second


def known_as_one(path: Path | None, names: Sequence[str]) -> set[tuple[int, int]]:
    """The pairs of people, by their number in `names`, that a person has found to be one."""
    if path is None:
        return set()
    number = {name: index for index, name in enumerate(names)}
    with path.open(newline="", encoding="utf-8") as file:
        pairs = [(number.get(row["a"]), number.get(row["b"])) for row in csv.DictReader(file)]
    return {(min(a, b), max(a, b)) for a, b in pairs if a is not None and b is not None}


def _suspects(
    pairs: Sequence[LookAlike],
    people: NDArray[np.integer],
    names: Sequence[str],
    one_person: set[tuple[int, int]],
) -> list[dict[str, Any]]:
    """For each pair of people under suspicion the pictures that score highest, and how many there are."""
    count = Counter(_names_of(pair, people) for pair in pairs)
    best: dict[tuple[int, int], LookAlike] = {}
    for pair in pairs:
        best.setdefault(_names_of(pair, people), pair)
    return [
        {
            "a": names[pair.a],
            "b": names[pair.b],
            "cosine": round(pair.cosine, 4),
            "count": count[key],
            "left_out": key in one_person,
        }
        for key, pair in best.items()
    ]
