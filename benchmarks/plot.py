"""A plot of matching against others, as SVG; `faceauthd bench --plot DIR` draws all that is ours alone.

.venv-peers/bin/python benchmarks/peers/matching.py --json > match.json
python benchmarks/plot.py match.json docs/bench/peers.svg
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from faceauthd.bench.plots import growth

SHOWN = ("faceauthd", "faceauthd, plain product", "faiss IndexFlatIP", "usearch, exact")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("match", type=Path, help="what `benchmarks/peers/matching.py --json` printed")
    parser.add_argument("picture", type=Path, help="the file to write")
    asked = parser.parse_args()
    found = {int(rows): each["times"] for rows, each in json.loads(asked.match.read_text())["match"].items()}
    rows = sorted(found)
    series = {name: [found[each][name]["cpu_ms"]["p50"] for each in rows] for name in SHOWN}
    asked.picture.write_text(growth("One probe, one thread", rows, series), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
