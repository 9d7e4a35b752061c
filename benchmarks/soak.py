"""Memory of the service over time, while a stranger comes and goes: it must not grow.

python benchmarks/soak.py [--minutes N] [--json]     an hour unless said otherwise
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_pool] = "1"

from faceauthd.bench.idle import RESTS, prepared  # noqa: E402
from faceauthd.bench.kit import open_kit  # noqa: E402
from faceauthd.bench.machine import machine  # noqa: E402
from faceauthd.bench.process import running  # noqa: E402

MANY = next(rest for rest in RESTS if rest.enrolled > 1000)
SAMPLES = 60
WARM_UP_SHARE = 0.2


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        overrides = prepared(open_kit(threads=1), MANY, Path(name))
        with running(Path(name), overrides) as service:
            samples = []
            for number in range(SAMPLES):
                time.sleep(60 * asked.minutes / SAMPLES)
                samples.append({"minute": (number + 1) * asked.minutes / SAMPLES, **service.memory_mb()})
    own = [sample["anonymous_mb"] for sample in samples[round(WARM_UP_SHARE * SAMPLES) :]]
    half = len(own) // 2
    growth = sorted(own[half:])[half // 2] - sorted(own[:half])[half // 2]
    found = {"machine": machine(), "rest": MANY.name, "samples": samples, "growth_mb": round(growth, 2)}
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        for sample in samples[:: SAMPLES // 12]:
            print(
                f"{sample['minute']:7.1f} min  " + "  ".join(f"{k} {v:.1f}" for k, v in sample.items() if k != "minute")
            )
        print(f"own memory, median of the second half less that of the first, after the warm-up: {growth:+.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
