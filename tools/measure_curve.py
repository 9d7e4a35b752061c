#!/usr/bin/env python3
"""Measure the shipped embedder's impostor curve over all pairs of pictures of different people.

    python tools/measure_curve.py --images lfw/                       # a table
    python tools/measure_curve.py --images lfw/ --json                # the same as JSON
    python tools/measure_curve.py --images lfw/ --one-person tools/lfw_one_person.csv --data "LFW, ..." --write

`--images` holds one folder for each person. Each picture is embedded through the product's own stages. Names that have
a pair of pictures at or above --suspicion are listed: in a collection gathered from the web they are mostly one person
under two names. Only a person can tell them from brothers, so nothing is left out but the pairs of names in
--one-person, a CSV file with the columns a, b and why; for LFW it is tools/lfw_one_person.csv. The curve with
everything counted is printed beside.
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
from model_manifest import render
from numpy.typing import NDArray

from faceauthd.errors import FaceauthdError
from faceauthd.evaluation.curve import ImpostorScores, LookAlike, impostor_scores
from faceauthd.evaluation.runner import FaceReader, embed_pictures
from faceauthd.picture import SUFFIXES
from faceauthd.vision.pack import ModelPack

FMRS = [1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6]
FEWEST_PAIRS = 20
"""A point of the curve rests on at least so many impostor pairs above it: about 22 % standard error."""
MODELS = Path(__file__).resolve().parent.parent / "models"


def main() -> int:
    """Measure, print and, if asked, write; 0 if done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="a folder with one folder for each person")
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--suspicion", type=float, default=0.6, help="cosine from which a pair is a suspected mislabel")
    parser.add_argument("--one-person", type=Path, default=None, help="CSV of names that are one person: a,b,why")
    parser.add_argument("--data", default=None, help="what the pictures are, for the manifest")
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
    paths = [path for path in options.images.glob("*/*") if path.suffix.lower() in SUFFIXES]
    names = sorted(path.relative_to(options.images).as_posix() for path in paths)
    if not names:
        raise ValueError(f"{options.images}: no pictures in it; it must hold a folder for each person")
    rows, _ = embed_pictures(options.images, names, FaceReader(pack), _counted)
    seen = ~np.isnan(rows[:, 0])
    kept = [name for name, is_seen in zip(names, seen, strict=True) if is_seen]
    people = np.unique([name.split("/")[0] for name in kept], return_inverse=True)[1]
    everything = impostor_scores(rows[seen], people, options.suspicion)
    one_person = _one_person(options.one_person, [name.split("/")[0] for name in kept], people)
    clean = impostor_scores(rows[seen], people, options.suspicion, one_person)
    curve = {
        "data": options.data or options.images.name,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "people": int(people.max()) + 1,
        "pictures": len(kept),
        "pairs": clean.pairs,
        "left_out": {
            "why": "one person under two names, judged by eye",
            "pairs_of_people": len(one_person),
            "pairs": everything.pairs - clean.pairs,
        },
        "points": points(clean),
    }
    return {
        "curve": curve,
        "with_suspects": points(everything),
        "failures_to_acquire": len(names) - len(kept),
        "suspects": _suspects(everything.look_alikes, people, kept, one_person),
    }


def points(scores: ImpostorScores) -> list[dict[str, float]]:
    """Those of FMRS that the data can show."""
    supported = [fmr for fmr in FMRS if fmr * scores.pairs >= FEWEST_PAIRS]
    return [{"fmr": fmr, "cosine": round(scores.cosine_at(fmr), 4)} for fmr in supported]


def write(manifest: Path, curve: dict[str, Any]) -> None:
    """Put the curve into the embedder's entry."""
    data = yaml.safe_load(manifest.read_bytes())
    entry = data["models"]["embedder"]
    entry.pop("impostor_curve", None)
    entry["impostor_curve"] = curve  # last, where build_models puts it too
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
    left_out = curve["left_out"]
    lines.append(f"{left_out['pairs_of_people']} pairs of names ({left_out['pairs']} pairs of pictures) left out")
    for pair in report["suspects"]:
        verdict = "left out" if pair["left_out"] else "counted"
        lines.append(f"  {pair['cosine']:.3f} {pair['count']:4d}x  {verdict:8}  {pair['a']}  {pair['b']}")
    return "\n".join(lines)


def _names_of(pair: LookAlike, people: NDArray[np.integer]) -> tuple[int, int]:
    first, second = sorted((int(people[pair.a]), int(people[pair.b])))
    return first, second


def _one_person(path: Path | None, names: Sequence[str], people: NDArray[np.integer]) -> set[tuple[int, int]]:
    """The pairs of people that a person has found to be one."""
    if path is None:
        return set()
    number = dict(zip(names, map(int, people), strict=True))
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


def _counted(names: Sequence[str]) -> Iterable[str]:
    for index, name in enumerate(names):
        if sys.stderr.isatty() and index % 50 == 0:
            print(f"\r{index} of {len(names)}", end="", file=sys.stderr, flush=True)
        yield name


if __name__ == "__main__":
    sys.exit(main())
