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

With --test the clips of other people are judged: by the weights, and, for each attack species, by weights fitted
without it. Nobody may be in both folders.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceauthd import presentation
from faceauthd.config.deciding import Decision
from faceauthd.config.inputs import Vision
from faceauthd.errors import EvaluationError, FaceauthdError
from faceauthd.evaluation.attack_rates import Rate, table_of
from faceauthd.evaluation.clips import Clip, find_clips
from faceauthd.evaluation.presentations import Presented, Recorder, Response, answer, present, stages_of
from faceauthd.evidence import EvidencePolicy
from faceauthd.presentation import WEIGHTS, Judgement, Stand, Weights, judge, stand_of
from faceauthd.resources import shipped
from faceauthd.settings import limits_of
from faceauthd.types import Box, Cues, Match, Quality, Sighting
from faceauthd.vision.pack import ModelPack

Floats = NDArray[np.float64]
Looks = list[tuple[float, int, Cues]]

MOST_REFUSED = 0.035
"""BPCER at the operating point, among those who have an answer: other people's is higher, and may be 0.05. Of 73 tuning
people, fitted to two thirds and judged on the rest: 0.039, and 0.046 where it is 0.04 here (docs/adr/0058)."""
UNFITTED = frozenset({"cutout-eyes"})
"""Texture and surroundings of a worn mask are those of whoever wears it."""
RIDGE = 0.01
EMPHASES = (1.0, 1.25, 1.5, 2.0)
"""Factors that the texture's weight is tried with: likelihood counts all looks, and the door only those at its edge."""
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


def key_of(clip: Clip) -> Path:
    """The clip's own folder."""
    return clip.pictures[0].parent


def _kept_as(clip: Clip) -> str:
    return f"{clip.species}/{clip.name}"


def policy() -> EvidencePolicy:
    """The door's own."""
    chosen = Decision()
    return EvidencePolicy(
        looks=chosen.looks,
        window_s=chosen.window_s,
        margin=chosen.margin,
        refuse_after_looks=chosen.refuse_after_looks,
        liveness_min=chosen.liveness_min,
    )


def judged(clip: Clip, looks: Looks, weights: Weights) -> Presented:
    """What the door would make of the clip with these weights."""
    given: dict[int, list[tuple[float, Sighting]]] = {}
    held_back = set[int]()
    for at_s, track, cues in looks:
        found, begun = judge(cues, weights), track in given
        if stand_of(cues, found, Decision().liveness_s) is not Stand.JUDGED:
            held_back.add(track)
            continue
        sighting = Sighting(
            track,
            Box(0, 0, 1, 1),
            Quality(1.0),
            match=Match(1, 1.0),
            liveness=found.score,
            suspicion=found.suspicion,
            probe=np.ones(1, dtype=np.float32),
            continuity=1.0 if begun and track not in held_back else None,
        )
        held_back.discard(track)
        given.setdefault(track, []).append((at_s, sighting))
    return answer(clip, given, policy())


def fit(clips: Sequence[Clip], looks: Mapping[Path, Looks]) -> Weights:
    """Weights for which each species counts alike, and each clip of one; offset for BPCER at most MOST_REFUSED."""
    chosen = [clip for clip in clips if clip.species not in UNFITTED and looks[key_of(clip)]]
    rows, labels, shares = [], [], []
    for clip in chosen:
        seen = [cues for _, _, cues in looks[key_of(clip)] if _is_watched(cues)]
        kin = sum(other.species == clip.species for other in chosen)
        kinds = len({other.species for other in chosen if other.is_live is clip.is_live})
        for cues in seen:
            rows.append(_row(cues))
            labels.append(float(clip.is_live))
            shares.append(100.0 / len(seen) / kin / kinds)
    model, goes, follows, offset = _logistic(np.array(rows), np.array(labels), np.array(shares))
    living = [clip for clip in clips if clip.is_live]
    tried = [_moved(living, looks, Weights(model * more, goes, follows, offset)) for more in EMPHASES]
    return min(tried, key=lambda weights: _let_in(chosen, looks, weights))


def _is_watched(cues: Cues) -> bool:
    return stand_of(cues, Judgement(1.0), Decision().liveness_s) is not Stand.EARLY


def _let_in(clips: Sequence[Clip], looks: Mapping[Path, Looks], weights: Weights) -> float:
    """Mean APCER over the species."""
    table = table_of([judged(clip, looks[key_of(clip)], weights) for clip in clips if not clip.is_live])
    return sum(one.error.share for one in table.species) / max(1, len(table.species))


def _row(cues: Cues) -> tuple[float, float, float]:
    goes = presentation.UNSEEN_GOES if cues.goes is None else cues.goes
    follows = presentation.UNSEEN_FOLLOWS if cues.follows is None else cues.follows
    return cues.model, presentation.log_goes(goes), presentation.within(follows, presentation.FOLLOWS)


def _logistic(rows: Floats, labels: Floats, shares: Floats) -> tuple[float, float, float, float]:
    """Weights and offset of largest likelihood with a little ridge, by Newton's method."""
    spread = rows.std(axis=0)
    scaled = np.column_stack((rows / spread, np.ones(len(rows))))
    ridge = np.diag([RIDGE] * rows.shape[1] + [0.0])
    found = np.zeros(scaled.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-scaled @ found))
        slope = scaled.T @ (shares * (p - labels)) + ridge @ found
        bend = (scaled.T * (shares * p * (1 - p))) @ scaled + ridge
        found = found - np.linalg.solve(bend, slope)
    model, goes, follows = (float(value) for value in found[:3] / spread)
    return model, goes, follows, float(found[3])


def _moved(living: Sequence[Clip], looks: Mapping[Path, Looks], weights: Weights) -> Weights:
    """The weights with the least offset at which at most MOST_REFUSED of those who had an answer are refused."""
    low, high = weights.offset - 10, weights.offset + 10
    for _ in range(14):
        middle = (low + high) / 2
        said = [judged(clip, looks[key_of(clip)], replace(weights, offset=middle)).response for clip in living]
        heard = [response for response in said if response is not Response.NONE]
        refused = sum(response is Response.REFUSED for response in heard)
        low, high = (middle, high) if refused > MOST_REFUSED * len(heard) else (low, middle)
    return replace(weights, offset=high)


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
        weights = fit(clips, looks)
        print(f"fitted {weights}\nin use {WEIGHTS}")
        _report("tuning people", [judged(clip, looks[key_of(clip)], weights) for clip in clips])
        if test:
            _judge_others(clips, looks, test, read_looks(test, options.cache, options.test.resolve().name), weights)
        if options.write:
            write_weights(weights)
    except FaceauthdError as error:
        print(f"tune_liveness: {error}", file=sys.stderr)
        return 2
    return 0


def _judge_others(
    clips: Sequence[Clip], looks: dict[Path, Looks], test: Sequence[Clip], seen: dict[Path, Looks], weights: Weights
) -> None:
    _report("test people", [judged(clip, seen[key_of(clip)], weights) for clip in test])
    print("\ntest people, each species left out of the tuning (APCER, and BPCER with those weights)")
    for species in sorted({clip.species for clip in test if not clip.is_live}):
        left = fit([clip for clip in clips if clip.species != species], looks)
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
