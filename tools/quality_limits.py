"""What the quality gate's limits do to FNMR: looks that miss, by each thing that the gate measures.

    python tools/quality_limits.py --images lfw/images --pairs lfw/pairs.csv --out docs/report
    python tools/quality_limits.py --images lfw/images --pairs lfw/pairs.csv --people tuning --json

One picture of each person is made worse in each way that bears on a measure (`faceauthd/evaluation/degrade.py`), and
compared with another of them as it is, at the default promise, whatever the gate says of it. The looks are sorted by
the measure into parts of equal size; of each the share is drawn that misses, with its 95 % interval, and the limit.
The test people are the default: the limits were chosen on the tuning people.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faceauthd.cli.evaluate import cosine_in_force
from faceauthd.errors import FaceauthdError
from faceauthd.evaluation.attack_rates import Rate
from faceauthd.evaluation.charts import BLUE, ORANGE
from faceauthd.evaluation.degrade import CONDITIONS
from faceauthd.evaluation.pairs import read_pairs
from faceauthd.evaluation.robustness import Trial, Who, one_pair_each, try_out
from faceauthd.resources import shipped
from faceauthd.svg import Axis, Plane, band, chart, legend, line, steps
from faceauthd.types import Quality
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.quality import QualityLimits

PARTS = 8
LIMITS = QualityLimits()


@dataclass(frozen=True)
class Measure:
    """Something that the gate limits. `groups` are the conditions that change it; `is_least`: more of it is better."""

    name: str
    of: Callable[[Quality], float]
    limit: float
    is_least: bool
    groups: tuple[str, ...]
    axis: tuple[float, float, float]


MEASURES = (
    Measure("size", lambda q: q.face_px, LIMITS.min_face_px, True, ("far away",), (0.0, 160.0, 20.0)),
    Measure(
        "sharpness",
        lambda q: q.sharpness,
        LIMITS.min_sharpness,
        True,
        ("out of focus", "moving across", "nodding"),
        (0.010, 0.045, 0.005),
    ),
    Measure("brightness", lambda q: q.brightness, LIMITS.min_brightness, True, ("darkness",), (0.0, 0.8, 0.1)),
    Measure("contrast", lambda q: q.contrast, LIMITS.min_contrast, True, ("backlight",), (0.0, 0.3, 0.05)),
    Measure("yaw", lambda q: abs(q.yaw_deg), LIMITS.max_yaw_deg, False, ("turned",), (0.0, 60.0, 10.0)),
    Measure("pitch", lambda q: abs(q.pitch_deg), LIMITS.max_pitch_deg, False, ("looking down",), (0.0, 40.0, 10.0)),
)


@dataclass(frozen=True)
class Part:
    """Looks that are alike in the measure: its mean, and how many of them miss."""

    at: float
    missed: Rate


def parts_of(measure: Measure, trials: Sequence[Trial], cosine: float) -> list[Part]:
    """PARTS parts of the looks under the measure's conditions and with nothing made worse, by the measure."""
    groups = {"as it is", *measure.groups}
    looks = sorted(
        (measure.of(trial.quality), trial.score is not None and trial.score >= cosine)
        for trial in trials
        if trial.quality is not None and CONDITIONS[trial.condition].group in groups
    )
    cuts = [index * len(looks) // PARTS for index in range(PARTS + 1)]
    parts = [looks[first:last] for first, last in itertools.pairwise(cuts) if last > first]
    return [
        Part(sum(value for value, _ in part) / len(part), Rate(sum(not hit for _, hit in part), len(part)))
        for part in parts
    ]


def limit_chart(measure: Measure, parts: Sequence[Part]) -> str:
    """FNMR by the measure, and where the gate draws the line."""
    low, high, step = measure.axis
    plane = Plane(Axis(measure.name, low, high, steps(low, high, step)), Axis("FNMR", 0.0, 1.0, steps(0, 1, 0.2)))
    at = [min(high, max(low, part.at)) for part in parts]
    intervals = [part.missed.interval for part in parts]
    marks = [
        band(plane, at, [first for first, _ in intervals], [last for _, last in intervals], BLUE),
        line(plane, at, [part.missed.share for part in parts], BLUE),
        line(plane, (measure.limit, measure.limit), (0.0, 1.0), ORANGE),
        legend([(BLUE, "looks that miss, 95 %"), (ORANGE, f"the limit, {measure.limit:g}")]),
    ]
    return chart(
        f"{'Below' if measure.is_least else 'Beyond'} the limit a look is refused: {measure.name}", plane, marks
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 if the input is at fault."""
    options = _parser().parse_args(arguments)
    try:
        pack = ModelPack.open(shipped("models"), threads=1)
        chosen = one_pair_each(read_pairs(options.pairs), options.count, Who(options.people))
        trials = try_out(options.images, chosen, pack, lambda pairs: pairs)
        cosine = cosine_in_force(pack.impostor_curve)
    except FaceauthdError as error:
        print(f"quality_limits: {error}", file=sys.stderr)
        return 2
    told = {}
    for measure in MEASURES:
        parts = parts_of(measure, trials, cosine)
        told[measure.name] = [[round(part.at, 4), part.missed.count, part.missed.total] for part in parts]
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / f"limit-{measure.name}.svg").write_text(limit_chart(measure, parts), encoding="utf-8")
        if not options.json:
            shown = ", ".join(f"{part.at:.3g}: {part.missed.share:.2f}" for part in parts)
            print(f"{measure.name:10} limit {measure.limit:<6g} FNMR by it  {shown}")
    if options.json:
        print(json.dumps({"people": len({trial.person for trial in trials}), "cosine": cosine, "measures": told}))
    return 0


def _parser() -> argparse.ArgumentParser:
    doc = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="folder that the pairs' paths start in")
    parser.add_argument("--pairs", type=Path, required=True, help="CSV with the columns fold, a, b and same")
    parser.add_argument("--people", choices=[who.value for who in Who], default=Who.TEST.value, help="default: test")
    parser.add_argument("--count", type=int, default=60, help="how many people (default: 60)")
    parser.add_argument("--out", type=Path, help="folder to write the charts to, one SVG for each measure")
    parser.add_argument("--json", action="store_true", help="print one JSON object: [mean, missed, of] for each part")
    return parser


if __name__ == "__main__":
    sys.exit(main())
