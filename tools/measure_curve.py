#!/usr/bin/env python3
"""Measure the shipped embedder's impostor curve over all pairs of pictures of different people.

    python tools/measure_curve.py --images lfw/                       # a table
    python tools/measure_curve.py --images lfw/ --json                # the same as JSON
    python tools/measure_curve.py --images lfw/ --one-person tools/lfw_one_person.csv --data "LFW, ..." --write

`--images` holds one folder for each person. Each picture is embedded through the product's own stages. Names that have
a pair of pictures at or above --suspicion are listed: in a collection gathered from the web they are mostly one person
under two names. Only a person can tell them from brothers, so nothing is left out but the pairs of names in
--one-person, a CSV file with the columns a, b and why; for LFW it is tools/lfw_one_person.csv. The curve with
everything counted is printed beside. Below what the pairs can show the curve goes on by a fitted tail, with its
interval (docs/evaluation.md). --cache keeps the embeddings for the next run and for measure_evidence.py.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from faceauthd.errors import FaceauthdError
from faceauthd.evaluation.collection import Collection, collect
from faceauthd.evaluation.curve import ImpostorScores, LookAlike, impostor_scores
from faceauthd.evaluation.tail import METHOD, exceedances, fit, interval
from faceauthd.threshold import FEWEST_PAIRS
from faceauthd.vision.manifest import checksum_of
from faceauthd.vision.pack import ModelPack

FMRS = [1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6]
TAIL_OVER_FMR = 1e-4
"""The tail is fitted to what lies above the cosine that this share of all pairs reaches: rare enough that the fit
hardly depends on the choice (docs/evaluation.md shows it), and still 2,350 pairs of LFW's half."""
FEWEST_FOR_TAIL = 200
TAIL_DECADES = 4
"""How far beyond the rarest measured rate the interval is given; the strictest promise shared by 10,000 templates."""
DRAWS, LEVEL, SEED = 2000, 0.95, 1
MODELS = Path(__file__).resolve().parent.parent / "models"


def main() -> int:
    """Measure, print and, if asked, write; 0 if done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="a folder with one folder for each person")
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--suspicion", type=float, default=0.6, help="cosine from which a pair is a suspected mislabel")
    parser.add_argument("--one-person", type=Path, default=None, help="CSV of names that are one person: a,b,why")
    parser.add_argument("--data", default=None, help="what the pictures are, for the manifest")
    parser.add_argument("--cache", type=Path, default=None, help="file to keep the embeddings in")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="put the curve into the manifest of --models")
    options = parser.parse_args()
    try:
        report = measured(options)
    except (FaceauthdError, OSError, KeyError, ValueError) as error:
        print(f"measure_curve: {error}", file=sys.stderr)
        return 2
    if options.write:
        write(options.models / "manifest.yaml", report["curve"])
    print(json.dumps(report) if options.json else as_text(report))
    return 0


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """The curve as it stands in the manifest, and what it was made of."""
    pack = ModelPack.open(options.models, threads=options.threads)
    found = collect(options.images, pack, counted, options.cache)
    names, people = np.unique(found.people, return_inverse=True)
    everything = impostor_scores(found.rows, people, options.suspicion)
    one_person = known_as_one(options.one_person, names.tolist())
    clean = impostor_scores(found.rows, people, options.suspicion, one_person)
    curve = {
        "data": options.data or options.images.name,
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
        "curve": curve | ({"tail": tail} if tail else {}),
        "with_suspects": points(everything),
        "failures_to_acquire": len(found.without_face),
        "suspects": _suspects(everything.look_alikes, people, found.names, one_person),
    }


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


def write(manifest: Path, curve: dict[str, Any]) -> None:
    """Put the curve into the embedder's entry."""
    from model_manifest import render  # which needs onnx; measuring does not

    data = yaml.safe_load(manifest.read_bytes())
    entry = data["models"]["embedder"]
    entry.pop("impostor_curve", None)
    entry["impostor_curve"] = {**curve, "crc32": checksum_of(curve)}  # last, where build_models puts it too
    manifest.write_bytes(render(data))


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


def counted(names: Sequence[str]) -> Iterable[str]:
    """Passes the names on, and on a terminal says how far it is."""
    for index, name in enumerate(names):
        if sys.stderr.isatty() and index % 50 == 0:
            print(f"\r{index} of {len(names)}", end="", file=sys.stderr, flush=True)
        yield name


if __name__ == "__main__":
    sys.exit(main())
