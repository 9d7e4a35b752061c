"""Fits the weights of `faceauthd/presentation.py` to clips of living people and of attacks.

    python -m tools.attack_kit tune/ --faces lfw/images --people tune --clips 45
    python -m tools.attack_kit test/ --faces lfw/images --people test --clips 66
    python tools/tune_liveness.py tune/ --test test/ --cache cues/
    python tools/tune_liveness.py tune/ --cache cues/ --write

Each clip goes once through the product's own stages; --cache keeps what the looks showed, so that the next run takes
seconds. Several folders may be given, with names of their own. The logistic part is fitted with each species counting
alike, those without eyes of their own (`cutout-eyes` is told by its relief alone); then the offset is moved until 3.5 %
of the living clips are refused as the door refuses, for several weights of the texture, of which the one that lets the
fewest attacks in is taken.

With --folds the people are dealt into so many parts, and each part is judged by weights that are fitted to the others:
what --refused brings to people whom the weights never saw.

With --test the clips of other people are judged: by the weights, and, for each attack species, by weights fitted
without it. Nobody may be in both folders.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from pathlib import Path

from faceauthd import presentation
from faceauthd.config.deciding import Decision
from faceauthd.config.inputs import Vision
from faceauthd.errors import EvaluationError, FaceauthdError
from faceauthd.evaluation.attack_rates import Rate, table_of
from faceauthd.evaluation.clips import Clip, find_clips
from faceauthd.evaluation.presentations import Presented, Recorder, present, stages_of
from faceauthd.presentation import WEIGHTS, Weights
from faceauthd.resources import shipped
from faceauthd.settings import limits_of
from faceauthd.types import Cues
from faceauthd.vision.pack import ModelPack
from tools.liveness_fit import MOST_REFUSED, Looks, fit, folded, judged, key_of, policy

PLACE = Path(presentation.__file__)


def read_looks(clips: Sequence[Clip], cache: Path | None, name: str) -> dict[Path, Looks]:
    """What the looks of each clip showed, by species and clip. Raises FaceauthdError."""
    file = cache / f"{name}.json" if cache else None
    kept: dict[str, list[list[float | None]]] = json.loads(file.read_text()) if file and file.exists() else {}
    stages = stages_of(ModelPack.open(shipped("models"), threads=1), limits_of(Vision()))
    for number, clip in enumerate(clips):
        if _kept_as(clip) not in kept:
            recorder = Recorder()
            present(clip, stages, policy(), Decision().liveness_s, recorder)
            kept[_kept_as(clip)] = [[at_s, track, *astuple(cues)] for at_s, track, cues in recorder.kept]
            print(f"\r{number + 1}/{len(clips)} clips of {name}", end="", file=sys.stderr, flush=True)
            if file and number % 20 == 0:
                _save(file, kept)
    print(file=sys.stderr)
    if file:
        _save(file, kept)
    return {
        key_of(clip): [(float(at), int(track), Cues(*row)) for at, track, *row in kept[_kept_as(clip)]]  # type: ignore[arg-type]
        for clip in clips
    }


def _kept_as(clip: Clip) -> str:
    return f"{clip.species}/{clip.name}"


def refuse_namesakes(folders: Sequence[Path]) -> None:
    """Raise EvaluationError if two folders have one name: what their looks showed is kept under it."""
    names = [folder.resolve().name for folder in folders]
    both = sorted({name for name in names if names.count(name) > 1})
    if both:
        raise EvaluationError(f"two folders have the name {both[0]}; rename one, or give it only once")


def refuse_overlap(tuning: Iterable[Clip], test: Iterable[Clip]) -> None:
    """Raise EvaluationError if anybody is in both, or it is not said who is shown."""
    people = [{clip.person for clip in clips} for clips in (tuning, test)]
    if None in people[0] | people[1]:
        raise EvaluationError('some clips do not say who they show; write "person" into their clip.json')
    both = sorted(str(name) for name in people[0] & people[1])
    if both:
        raise EvaluationError(f"in both folders are {', '.join(both[:3])}; tune on people who do not judge")


def write_weights(weights: Weights, place: Path = PLACE) -> None:
    """Put the weights into the module. Raises EvaluationError if it has no place for them."""
    line = (
        f"WEIGHTS = Weights(model={weights.model:.3f}, goes={weights.goes:.3f}, follows={weights.follows:.3f}, "
        f"offset={weights.offset:.3f})"
    )
    text, count = re.subn(r"^WEIGHTS = Weights\(.*\)$", line, place.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if count != 1:
        raise EvaluationError(f"{place}: holds no line that begins with WEIGHTS = Weights(")
    place.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 if the input is at fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+", help="folders of clips to tune on")
    parser.add_argument("--test", type=Path, help="folder of clips of other people, to judge by")
    parser.add_argument("--cache", type=Path, help="folder that keeps what the looks showed")
    parser.add_argument(
        "--folds", type=int, metavar="N", help="judge each Nth of the people by the others' weights, too"
    )
    parser.add_argument("--refused", type=float, default=MOST_REFUSED, metavar="SHARE", help="BPCER to fit for")
    parser.add_argument("--write", action="store_true", help="write the weights into the product")
    options = parser.parse_args(arguments)
    try:
        refuse_namesakes([*options.clips, *([options.test] if options.test else [])])
        found = {folder: find_clips(folder) for folder in options.clips}
        clips = [clip for each in found.values() for clip in each]
        test = find_clips(options.test) if options.test else []
        if test:
            refuse_overlap(clips, test)
        looks: dict[Path, Looks] = {}
        for folder, each in found.items():
            looks |= read_looks(each, options.cache, folder.resolve().name)
        weights = fit(clips, looks, options.refused)
        print(f"fitted {weights}\nin use {WEIGHTS}")
        _report("tuning people", [judged(clip, looks[key_of(clip)], weights) for clip in clips])
        if options.folds:
            _report(f"tuning people, in {options.folds} parts", folded(clips, looks, options.folds, options.refused))
        if test:
            seen = read_looks(test, options.cache, options.test.resolve().name)
            _report("test people", [judged(clip, seen[key_of(clip)], weights) for clip in test])
            _leave_out(clips, looks, test, seen, options.refused)
        if options.write:
            write_weights(weights)
    except FaceauthdError as error:
        print(f"tune_liveness: {error}", file=sys.stderr)
        return 2
    return 0


def _leave_out(
    clips: Sequence[Clip], looks: dict[Path, Looks], test: Sequence[Clip], seen: dict[Path, Looks], most_refused: float
) -> None:
    print("\ntest people, each species left out of the tuning (APCER, and BPCER with those weights)")
    for species in sorted({clip.species for clip in test if not clip.is_live}):
        left = fit([clip for clip in clips if clip.species != species], looks, most_refused)
        others = [judged(clip, seen[key_of(clip)], left) for clip in test if clip.is_live or clip.species == species]
        table = table_of(others)
        assert table.worst is not None
        print(f"  {species:16} {_shown(table.worst.error)}   {_shown(table.bpcer)}")


def _report(title: str, presented: Sequence[Presented]) -> None:
    table = table_of(presented)
    print(f"\n{title}: BPCER {_shown(table.bpcer)}, no answer {table.bpnrr.count}")
    for one in table.species:
        reasons = ", ".join(f"{name} {count}" for name, count in one.suspicions)
        print(f"  {one.species:16} {_shown(one.error)}  no answer {one.silent.count:2}  refused for {reasons}")


def _shown(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.share if rate.total else math.nan:.3f} ({low:.3f} to {high:.3f}) of {rate.total}"


def _save(file: Path, kept: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept))


if __name__ == "__main__":
    sys.exit(main())
