#!/usr/bin/env python3
"""Measure an embedder's impostor curve over all pairs of pictures of different people.

    python tools/measure_curve.py --images lfw/                       # a table, of the shipped embedder
    python tools/measure_curve.py --images lfw/ --json                # the same as JSON
    python tools/measure_curve.py --images lfw/ --model my.onnx --card my.yaml
    python tools/measure_curve.py --images lfw/ --one-person tools/lfw_one_person.csv --data "LFW, ..." --write

`--images` holds one folder for each person. Each picture is embedded through the product's own stages. Names that have
a pair of pictures at or above --suspicion are listed: in a collection gathered from the web they are mostly one person
under two names. Only a person can tell them from brothers, so nothing is left out but the pairs of names in
--one-person, a CSV file with the columns a, b and why; for LFW it is tools/lfw_one_person.csv. The curve with
everything counted is printed beside. Below what the pairs can show the curve goes on by a fitted tail, with its
interval (docs/evaluation.md). --cache keeps the embeddings for the next run and for measure_evidence.py.

`faceauthd models measure` does the same for an embedder that was added, and writes the curve on its card.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from faceauthd.errors import FaceauthdError
from faceauthd.evaluation.card_curve import SUSPICION, as_text, measured_curve
from faceauthd.evaluation.collection import collect
from faceauthd.vision.card import read_card
from faceauthd.vision.pack import ModelPack

MODELS = Path(__file__).resolve().parent.parent / "models"


def main() -> int:
    """Measure, print and, if asked, write; 0 if done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="a folder with one folder for each person")
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--model", type=Path, default=None, help="another embedder's ONNX file, with its --card")
    parser.add_argument("--card", type=Path, default=None, help="what it takes and gives (docs/embedders.md)")
    parser.add_argument("--suspicion", type=float, default=SUSPICION, help="cosine from which a pair is a suspect")
    parser.add_argument("--one-person", type=Path, default=None, help="CSV of names that are one person: a,b,why")
    parser.add_argument("--data", default=None, help="what the pictures are, for the manifest")
    parser.add_argument("--cache", type=Path, default=None, help="file to keep the embeddings in")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="put the curve into the manifest of --models")
    options = parser.parse_args()
    if (options.model is None) is not (options.card is None) or (options.model and options.write):
        parser.error("--model and --card go together; --write is for the shipped embedder alone")
    try:
        found = collect(options.images, _pack(options), counted, options.cache)
        data = options.data or options.images.resolve().name
        report = measured_curve(found, data, options.one_person, options.suspicion)
    except (FaceauthdError, OSError, KeyError, ValueError) as error:
        print(f"measure_curve: {error}", file=sys.stderr)
        return 2
    if options.write:
        write(options.models / "manifest.yaml", report["curve"])
    print(json.dumps(report) if options.json else as_text(report))
    return 0


def _pack(options: argparse.Namespace) -> ModelPack:
    pack = ModelPack.open(options.models, threads=options.threads)
    if options.model is None:
        return pack
    return pack.with_embedder(options.model.read_bytes(), read_card(options.card)[0], threads=options.threads)


def write(manifest: Path, curve: dict[str, Any]) -> None:
    """Put the curve into the embedder's entry."""
    from model_manifest import render  # which needs onnx; measuring does not

    data = yaml.safe_load(manifest.read_bytes())
    entry = data["models"]["embedder"]
    entry.pop("impostor_curve", None)
    entry["impostor_curve"] = curve
    manifest.write_bytes(render(data))


def counted(names: Sequence[str]) -> Iterable[str]:
    """Passes the names on, and on a terminal says how far it is."""
    for index, name in enumerate(names):
        if sys.stderr.isatty() and index % 50 == 0:
            print(f"\r{index} of {len(names)}", end="", file=sys.stderr, flush=True)
        yield name


if __name__ == "__main__":
    sys.exit(main())
