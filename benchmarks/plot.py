"""Plots of what was measured, as SVG.

faceauthd bench --full --json > run.json
.venv-peers/bin/python benchmarks/peers/matching.py --json > match.json
python benchmarks/plot.py run.json match.json docs/bench
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from faceauthd.evaluation.svg import Axis, Plane, bars, chart, decades, legend, line, steps

COLOURS = {
    "faceauthd": "#0072b2",
    "faceauthd, plain product": "#56b4e9",
    "faiss IndexFlatIP": "#d55e00",
    "usearch, exact": "#009e73",
}
"""Told apart by the colour-blind too (Okabe and Ito, Color Universal Design, 2008)."""
STAGES = ("detect", "landmarks", "eyes", "quality", "align", "embed", "match", "liveness")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("run", type=Path, help="what `faceauthd bench --json` printed")
    parser.add_argument("match", type=Path, help="what `benchmarks/peers/matching.py --json` printed")
    parser.add_argument("folder", type=Path, help="where to put stages.svg and match.svg")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    charts = {
        "stages.svg": stages(json.loads(asked.run.read_text())),
        "match.svg": match(json.loads(asked.match.read_text())),
    }
    for name, picture in charts.items():
        (asked.folder / name).write_text(picture, encoding="utf-8")
        print(asked.folder / name)
    return 0


def stages(run: dict[str, Any]) -> str:
    """The processor's time of each stage of one look, medians."""
    times = [run["stages"][name]["cpu_ms"]["p50"] for name in STAGES]
    top = float(int(max(times)) + 1)
    places = tuple((index + 0.5, name) for index, name in enumerate(STAGES))
    plane = Plane(Axis("stage", 0, len(STAGES), places), Axis("ms of the processor, median", 0, top, steps(0, top, 1)))
    edges = [index + gap for index in range(len(STAGES)) for gap in (0.15, 0.85)]
    heights = [height for time in times for height in (time, 0.0)][:-1]
    return chart(
        f"One look: {run['stages']['look']['cpu_ms']['p50']:.1f} ms", plane, [bars(plane, edges, heights, "#0072b2")]
    )


def match(found: dict[str, Any]) -> str:
    """The processor's time of one probe by the number of templates."""
    rows = sorted(map(int, found["match"]))
    times = {name: [found["match"][str(each)]["times"][name]["cpu_ms"]["p50"] for each in rows] for name in COLOURS}
    low, high = (10.0 ** round(power) for power in (-2, 2))
    across = Axis("templates", rows[0], rows[-1], decades(rows[0], rows[-1]), is_log=True)
    plane = Plane(across, Axis("ms of the processor, median", low, high, decades(low, high), is_log=True))
    marks = [line(plane, rows, each, COLOURS[name]) for name, each in times.items()]
    return chart("One probe, one thread", plane, [*marks, legend([(colour, name) for name, colour in COLOURS.items()])])


if __name__ == "__main__":
    sys.exit(main())
