"""Memory of the service over time, while somebody enrolled and a stranger come and go by turns: it must not grow.

python benchmarks/soak.py [--minutes N] [--json]     an hour unless said otherwise
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_pool] = "1"

from faceauthd.bench.idle import LOOKS_A_SECOND, MANY_TEMPLATES, enroll, overrides_of  # noqa: E402
from faceauthd.bench.kit import open_kit  # noqa: E402
from faceauthd.bench.machine import machine  # noqa: E402
from faceauthd.bench.process import running  # noqa: E402
from faceauthd.bench.walks import comings_and_goings  # noqa: E402
from faceauthd.picture import save_picture  # noqa: E402

WALKS = 6
EMPTY_S = 5.0
SAMPLES = 60
WARM_UP_SHARE = 0.2


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(folder, prepared(folder)) as service:
            samples = []
            for number in range(SAMPLES):
                time.sleep(60 * asked.minutes / SAMPLES)
                samples.append({"minute": (number + 1) * asked.minutes / SAMPLES, **service.memory_mb()})
        seen = Counter(re.findall(r"^ *[\d.]+ (\S+) ", (folder / "log").read_text(), re.MULTILINE))
    own = [sample["anonymous_mb"] for sample in samples[round(WARM_UP_SHARE * SAMPLES) :]]
    half = len(own) // 2
    growth = sorted(own[half:])[half // 2] - sorted(own[:half])[half // 2]
    found = {"machine": machine(), "events": dict(seen), "samples": samples, "growth_mb": round(growth, 2)}
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        for sample in samples[:: SAMPLES // 12]:
            print(
                f"{sample['minute']:7.1f} min  " + "  ".join(f"{k} {v:.1f}" for k, v in sample.items() if k != "minute")
            )
        print(f"own memory, median of the second half less that of the first, after the warm-up: {growth:+.2f} MB")
        print(f"in that time: {', '.join(f'{count} {kind}' for kind, count in seen.most_common())}")
    return 0


def prepared(folder: Path) -> list[str]:
    """The frames, played over and over, and a gallery of many; the settings of the service that uses them."""
    kit, frames, gallery = open_kit(threads=1), folder / "frames", folder / "gallery"
    frames.mkdir()
    scene = comings_and_goings(WALKS, LOOKS_A_SECOND, EMPTY_S)
    for number in range(len(scene)):
        save_picture(scene.frame(number).main, frames / f"{number:04d}.jpg")
    enroll(kit, gallery, MANY_TEMPLATES)
    return overrides_of(kit, frames, gallery)


if __name__ == "__main__":
    sys.exit(main())
