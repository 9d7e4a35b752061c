"""Our matching against faiss and usearch: one probe, one thread, in turns; and whether the answers are the same.

.venv-peers/bin/python benchmarks/peers/matching.py [--rows N ...] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # read when numpy and faiss are imported
    os.environ[_pool] = "1"

import faiss  # noqa: E402
import numpy as np  # noqa: E402
from usearch.index import search as usearch_exact  # noqa: E402

from faceauthd.bench.kit import owners_of, random_units  # noqa: E402
from faceauthd.bench.machine import load, machine  # noqa: E402
from faceauthd.bench.matching import mapped_matcher, write_rows  # noqa: E402
from faceauthd.bench.sample import interleaved  # noqa: E402
from faceauthd.gallery import Matcher  # noqa: E402

NEAREST = 6
"""Templates that faiss and usearch are asked for: one more than a person has, so that the next person is among them."""
OURS = "faceauthd"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 5_000, 10_000, 20_000, 50_000, 100_000])
    parser.add_argument("--rounds", type=int, default=30, help="how often each is timed")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    faiss.omp_set_num_threads(1)
    described = machine()
    with tempfile.TemporaryDirectory() as folder:
        found = {rows: measure(Path(folder), rows, asked.rounds) for rows in asked.rows}
    if asked.json:
        print(json.dumps({"machine": described, "load_after": load(), "match": found}, indent=2))
    else:
        for rows, each in found.items():
            tell(rows, each)
    return 0


def measure(folder: Path, rows: int, rounds: int) -> dict[str, object]:
    """Durations of each, and of how many probes the answers were the same; half of the probes are of somebody."""
    path = folder / f"{rows}.npy"
    write_rows(path, rows)
    matrix, owners = np.load(path, mmap_mode="r"), owners_of(rows)
    with (
        mapped_matcher(matrix, folder / "ours") as ours,
        mapped_matcher(matrix, folder / "int8", worth_rows=0) as with_int8,
        mapped_matcher(matrix, folder / "plain", worth_rows=10**9) as plain,
    ):
        return compared(matrix, owners, ours, with_int8, plain, rounds)


def compared(
    matrix: np.ndarray, owners: np.ndarray, ours: Matcher, with_int8: Matcher, plain: Matcher, rounds: int
) -> dict[str, object]:
    """The same, over the mapped `matrix` and what was pointed at it."""
    index = faiss.IndexFlatIP(matrix.shape[1])
    index.add(np.asarray(matrix))
    rng = np.random.default_rng(7)
    probes = random_units(rng, 16)
    known = np.asarray(matrix[rng.integers(0, len(matrix), 8)]) + random_units(rng, 8)
    probes[:8] = known / np.linalg.norm(known, axis=1, keepdims=True)

    def one(number: int) -> np.ndarray:
        return probes[number % 16 : number % 16 + 1]

    cases = {
        OURS: lambda number: ours.best(one(number)),
        "faceauthd, int8 first": lambda number: with_int8.best(one(number)),
        "faceauthd, plain product": lambda number: plain.best(one(number)),
        "faiss IndexFlatIP": lambda number: index.search(one(number), NEAREST),
        "usearch, exact": lambda number: usearch_exact(
            matrix, one(number), NEAREST, metric="ip", exact=True, threads=1
        ),
    }
    same = sum(_is_same(ours.best(one(number))[0], index.search(one(number), NEAREST), owners) for number in range(16))
    taken = interleaved(cases, rounds=rounds)
    return {"same_answers": f"{same} of 16", "times": {name: each.as_json() for name, each in taken.items()}}


def _is_same(ours, found, owners) -> bool:
    """The same person, score and score of the next person, but for rounding."""
    scores, people = found[0][0], owners[found[1][0]]
    others = scores[people != people[0]]
    alike = ours.person_id == people[0] and abs(ours.score - scores[0]) < 1e-5
    return bool(alike and abs(ours.runner_up - others[0]) < 1e-5)


def tell(rows: int, found: dict) -> None:
    """The table of one size."""
    ours = found["times"][OURS]["cpu_ms"]["p50"]
    print(f"{rows} templates; same answers as faiss: {found['same_answers']}")
    for name, each in found["times"].items():
        cpu = each["cpu_ms"]
        print(f"  {name:28} cpu p50 {cpu['p50']:8.3f}  p95 {cpu['p95']:8.3f}  times ours {cpu['p50'] / ours:5.2f}")


if __name__ == "__main__":
    sys.exit(main())
