"""Does the loop keep anything of the frames it has seen? tracemalloc over 10,000 frames of somebody who comes and goes.

python benchmarks/growth.py [--frames N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_pool] = "1"

from faceauthd.bench.growth import measure_growth  # noqa: E402
from faceauthd.bench.kit import open_kit  # noqa: E402
from faceauthd.bench.machine import machine  # noqa: E402

A_ROUND = 56
"""Frames of one walk-up at ten a second."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure_growth(open_kit(threads=1), Path(folder), max(1, -(-asked.frames // A_ROUND)))
    if asked.json:
        print(json.dumps({"machine": machine(), **asdict(found)}, indent=2))
    else:
        print(f"{found.frames} frames, {found.rounds} walk-ups: {found.bytes_more:+d} bytes")
        print("\n".join(found.where))
    return 0


if __name__ == "__main__":
    sys.exit(main())
