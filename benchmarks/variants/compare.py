"""What int8, float16 and pruning do to each model: its time, its answers, and how well faces are then told apart.

    python benchmarks/variants/compare.py --images LFW/images --pairs LFW/pairs.csv [--only ROLE ...] [--json]

In the environment of the tests (`./dev setup`), which has the package onnx. Times are taken in turns with the shipped
model on its own inputs, one thread. Answers are compared over pictures that nothing was calibrated with. The
verification is the product's whole way from picture to score, over all pairs, with that one model changed; liveness and
eyes are no part of it. A variant is free if accuracy is within 0.0005 and TAR at FMR 1e-4 within 0.002 of the shipped.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_pool] = "1"

import numpy as np  # noqa: E402
from made import VARIANTS  # noqa: E402
from recorded import ROLES, answers, inputs_of, with_model  # noqa: E402

from faceauthd.bench.kit import open_kit  # noqa: E402
from faceauthd.bench.machine import load, machine  # noqa: E402
from faceauthd.bench.sample import interleaved  # noqa: E402
from faceauthd.errors import FaceauthdError  # noqa: E402
from faceauthd.evaluation.pairs import Pair, pictures_of, read_pairs  # noqa: E402
from faceauthd.evaluation.runner import FaceReader, measure  # noqa: E402
from faceauthd.vision.net import Net  # noqa: E402
from faceauthd.vision.pack import ModelPack  # noqa: E402

CALIBRATED_WITH, COMPARED_OVER = 200, 200
"""Pictures."""
FREE_ACCURACY, FREE_TAR = 0.0005, 0.002
VERIFIES = ("detector", "landmarks", "embedder")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument(
        "--folds", type=int, choices=range(2, 11), metavar="2-10", help="only the pairs of so many folds: says less"
    )
    parser.add_argument("--only", nargs="+", choices=ROLES, default=ROLES, metavar="ROLE")
    parser.add_argument("--rounds", type=int, default=60, help="how often each is timed")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)  # the quantiser gives advice
    pairs = [pair for pair in read_pairs(asked.pairs) if asked.folds is None or pair.fold < asked.folds]
    described = machine()
    found = compare(asked.images, pairs, asked.only, asked.rounds)
    if asked.json:
        print(json.dumps({"machine": described, "load_after": load(), "pairs": len(pairs), "models": found}, indent=2))
    else:
        tell(found)
    return 0


def compare(images: Path, pairs: Sequence[Pair], roles: Sequence[str], rounds: int) -> dict[str, dict[str, Any]]:
    """Figures of each variant, by model and variant. Raises FaceauthdError."""
    kit = open_kit(threads=1)
    names = pictures_of(pairs, images)
    shown = inputs_of(kit.pack, kit.config, [images / name for name in names[: CALIBRATED_WITH + COMPARED_OVER]])
    shipped = verified(kit.pack, images, pairs)
    found: dict[str, dict[str, Any]] = {}
    for role in roles:
        found[role] = {"shipped": dict(shipped) if role in VERIFIES else {}}
        half = len(shown[role]) // 2
        for name, make in VARIANTS.items():
            print(f"{role}: {name} ...", file=sys.stderr)
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "variant.onnx"
                make(kit.config.vision.models_folder / f"{role}.onnx", file, shown[role][:half])
                pack = with_model(kit.config.vision.models_folder, role, file, Path(folder) / "models")
                if isinstance(pack, str):
                    found[role][name] = {"refused": pack}
                    continue
                figures = against(getattr(kit.pack, role), getattr(pack, role), shown[role][half:], rounds)
                figures["kilobytes"] = round(file.stat().st_size / 1024)
                if role in VERIFIES:
                    figures |= verified(pack, images, pairs)
                    figures["is_free"] = is_free(figures, shipped)
            found[role][name] = figures
            print(f"    {figures}", file=sys.stderr)
    return found


def against(shipped: Net, variant: Net, given: Sequence[Any], rounds: int) -> dict[str, Any]:
    """Time as a share of the shipped model's, and how far the answers are from its."""
    cases = {
        "shipped": lambda number: shipped.run(given[number % len(given)]),
        "variant": lambda number: variant.run(given[number % len(given)]),
    }
    taken = {name: each.as_json()["cpu_ms"]["p50"] for name, each in interleaved(cases, rounds=rounds).items()}
    return {
        "ms": taken["variant"],
        "of_shipped": round(taken["variant"] / taken["shipped"], 3),
        **apart(answers(shipped, given), answers(variant, given)),
    }


def apart(ours: Sequence[tuple[Any, ...]], theirs: Sequence[tuple[Any, ...]]) -> dict[str, float]:
    """The least cosine between two answers to the same, and the largest difference of a value, over all outputs."""
    pairs = [
        (a.ravel(), b.ravel()) for one, other in zip(ours, theirs, strict=True) for a, b in zip(one, other, strict=True)
    ]
    cosines = [float(a @ b / max(1e-12, np.linalg.norm(a) * np.linalg.norm(b))) for a, b in pairs]
    return {
        "least_cosine": round(min(cosines), 4),
        "most_apart": round(max(float(abs(a - b).max()) for a, b in pairs), 4),
    }


def verified(pack: ModelPack, images: Path, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Accuracy and true accept rates of the product with these models."""
    try:
        told = measure(images, pairs, FaceReader(pack), progress=lambda names: names)
    except FaceauthdError as error:
        return {"verification": str(error)}
    tars = {f"tar_at_{fmr}": round(tar, 4) for fmr, tar in told.tar_at_fmr.items()}
    return {"accuracy": round(told.accuracy, 4), **tars, "not_found": len(told.failures_to_acquire)}


def is_free(figures: dict[str, Any], shipped: dict[str, Any]) -> bool:
    """Whether nothing of the verification is lost by it."""
    return bool(
        figures.get("accuracy", 0) >= shipped["accuracy"] - FREE_ACCURACY
        and figures.get("tar_at_1e-4", 0) >= shipped["tar_at_1e-4"] - FREE_TAR
        and figures.get("not_found", 1) <= shipped["not_found"]
    )


def tell(found: dict[str, dict[str, Any]]) -> None:
    """A table, as it stands in the README."""
    columns = (
        "of_shipped",
        "kilobytes",
        "least_cosine",
        "most_apart",
        "accuracy",
        "tar_at_1e-3",
        "tar_at_1e-4",
        "not_found",
    )
    print("| model | variant | " + " | ".join(columns) + " | free |")
    print("| --- " * (len(columns) + 3) + "|")
    for role, variants in found.items():
        for name, figures in variants.items():
            said = figures.get("refused") or figures.get("verification")
            cells = [said[:60], *[""] * (len(columns) - 1)] if said else [str(figures.get(key, "")) for key in columns]
            free = {True: "yes", False: "no"}.get(figures.get("is_free"), "")
            print(f"| {role} | {name} | " + " | ".join(cells) + f" | {free} |")


if __name__ == "__main__":
    sys.exit(main())
