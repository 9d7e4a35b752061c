#!/usr/bin/env python3
"""Measure what evidence buys: misses (FNMR) at FMR 1e-5 for one picture against one and for three against three.

    python tools/measure_evidence.py --images lfw/ --one-person tools/lfw_one_person.csv
    python tools/measure_evidence.py --images lfw/ --cache embeddings.npz --json

`--images` holds one folder for each person. The people are halved: thresholds and the rule by which several looks and
templates are fused come from the tuning people, the figures from the test people, whom nothing was tuned on. Each
person counts alike in a rate of misses, and each pair of people in a rate of false matches, however many pictures they
have. Rules are written "over the templates / over the looks"; max / mean by quality is the product's.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from measure_curve import MODELS, counted
from numpy.typing import NDArray

from faceauthd.config.deciding import Decision
from faceauthd.errors import EvaluationError, FaceauthdError
from faceauthd.evaluation.card_curve import known_as_one
from faceauthd.evaluation.collection import Collection, collect
from faceauthd.evaluation.curve import impostor_scores
from faceauthd.evaluation.evidence import (
    LOOKS,
    PRODUCT,
    RULES,
    STRICT,
    TEMPLATES,
    attempts_of,
    fused,
    genuine_draws,
    impostor_draws,
    mean_over_people,
)
from faceauthd.evaluation.people import split_people
from faceauthd.evaluation.tail import exceedances
from faceauthd.evaluation.verification import threshold_at_fmr
from faceauthd.vision.manifest import ImpostorCurve
from faceauthd.vision.pack import ModelPack

FMR = 1e-5
GENUINE_PAIRS = 20
"""At most so many pairs of one person's pictures: LFW has 530 pictures of one man."""
TRIALS, REPEATS = 40, 40
"""Attempts of each person on themselves, and of each person on each other person."""
PROMISE_SHARED = (TEMPLATES, TEMPLATES * LOOKS, TEMPLATES * Decision().refuse_after_looks)
"""Among how many comparisons the promise is shared: the templates', those of the looks in an attempt here, and those of
the most looks that an attempt at the door may have, which is what the product does."""
DRAWS, SEED = 2000, 1
LISTED_FROM = 0.36
"""Impostor pairs from this cosine on are listed one by one; the rates of interest lie well above."""

Floats = NDArray[np.floating]
Integers = NDArray[np.intp]
Pairs = set[tuple[int, int]]


@dataclass(frozen=True)
class Side:
    """One half of the people."""

    rows: NDArray[np.float32]
    people: Integers
    quality: Floats
    one_person: Pairs


@dataclass(frozen=True)
class Singles:
    """One picture against one: genuine scores with their person, impostor pairs with the weight of each."""

    genuine: Floats
    person: Integers
    impostor: Floats
    weight: Floats
    pairs_of_people: float

    def cosine_at(self, fmr: float) -> float:
        """The score above which the share `fmr` of the pairs of people lies.

        Raises EvaluationError if so few people resemble each other that it is not among the scores listed.
        """
        order = np.argsort(-self.impostor)
        share = np.cumsum(self.weight[order]) / self.pairs_of_people
        if not len(share) or share[-1] <= fmr:
            raise EvaluationError(
                f"not even {fmr:g} of the {self.pairs_of_people:.0f} pairs of people reach cosine {LISTED_FROM}; "
                f"it takes a larger collection to measure that rate"
            )
        return float(self.impostor[order][np.searchsorted(share, fmr)])

    def fmr_at(self, cosine: float) -> float:
        return float(self.weight[self.impostor > cosine].sum() / self.pairs_of_people)


@dataclass(frozen=True)
class Several:
    """Three against three: for each rule the scores of the same attempts."""

    genuine: dict[tuple[str, str], Floats]
    person: Integers
    impostor: dict[tuple[str, str], Floats]


def main() -> int:
    """Measure and print; 0 if done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="a folder with one folder for each person")
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--one-person", type=Path, default=None, help="CSV of names that are one person: a,b,why")
    parser.add_argument("--cache", type=Path, default=None, help="file to keep the embeddings in")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        pack = ModelPack.open(options.models, threads=options.threads)
        found = collect(options.images, pack, counted, options.cache)
        if pack.impostor_curve is None:
            raise EvaluationError("the embedder's card has no impostor curve; run tools/measure_curve.py first")
        report = measured(found, *sides_of(found, options.one_person), pack.impostor_curve)
    except (FaceauthdError, OSError, KeyError, ValueError) as error:
        print(f"measure_evidence: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report) if options.json else as_text(report))
    return 0


def sides_of(found: Collection, one_person: Path | None) -> tuple[Side, Side]:
    """The tuning people and the test people."""
    names, people = np.unique(found.people, return_inverse=True)
    known = known_as_one(one_person, names.tolist())
    split = split_people(names.tolist(), [(str(names[a]), str(names[b])) for a, b in known])
    is_tuning = np.array([name in split.tuning for name in names])[people]
    tuning, test = (
        Side(found.rows[mine], people[mine], found.quality[mine], known) for mine in (is_tuning, ~is_tuning)
    )
    return tuning, test


def measured(found: Collection, tuning: Side, test: Side, curve: ImpostorCurve) -> dict[str, Any]:
    """Every figure; rates of misses come with the central 95 % of a bootstrap over people."""
    rng = np.random.default_rng(SEED)
    single, single_test = singles(tuning, rng), singles(test, rng)
    several, several_test = attempts(tuning, rng), attempts(test, rng)
    at = {rule: threshold_at_fmr(several.impostor[rule], FMR) for rule in RULES}
    tuned = {rule: missed(several.genuine[rule], several.person, at[rule])["fnmr"] for rule in RULES}
    chosen = min(RULES, key=lambda rule: tuned[rule])
    one_cosine = single.cosine_at(FMR)
    return {
        "fmr": FMR,
        "people": {"tuning": len(np.unique(tuning.people)), "test": len(np.unique(test.people))},
        "pictures": {"tuning": len(tuning.people), "test": len(test.people)},
        "failures_to_acquire": len(found.without_face),
        "attempts_of_strangers": {
            "tuning": several.impostor[PRODUCT].size,
            "test": several_test.impostor[PRODUCT].size,
        },
        "one_against_one": {
            "cosine": round(one_cosine, 4),
            "fmr_of_test_people": single_test.fmr_at(one_cosine),
            **missed(single_test.genuine, single_test.person, one_cosine),
            "at_their_own_cosine": missed(single_test.genuine, single_test.person, single_test.cosine_at(FMR)),
        },
        "three_against_three": {
            "as_promised": [
                as_promised(rule, share, curve.threshold_for(FMR, share).cosine, several_test)
                for share in PROMISE_SHARED
                for rule in (STRICT, PRODUCT)
            ],
            "chosen_on_tuning_people": name_of(chosen),
            "rules": [
                {
                    "rule": name_of(rule),
                    "cosine": round(at[rule], 4),
                    "fnmr_of_tuning_people": tuned[rule],
                    "fmr_of_test_people": fmr_of(several_test.impostor[rule], at[rule]),
                    **missed(several_test.genuine[rule], several_test.person, at[rule]),
                }
                for rule in RULES
            ],
            "product_better_than_strict_by": bettered(several_test, at),
        },
    }


def singles(side: Side, rng: np.random.Generator) -> Singles:
    """One picture against one."""
    listed = impostor_scores(side.rows, _renumbered(side), LISTED_FROM, _apart(side)).look_alikes
    above = exceedances(listed, _renumbered(side), LISTED_FROM, _apart(side))
    once = np.ones(len(above.pictures))
    genuine, person = [], []
    for one in np.unique(side.people):
        own = np.flatnonzero(side.people == one)
        a, b = np.triu_indices(len(own), 1)
        kept = rng.permutation(len(a))[:GENUINE_PAIRS]
        genuine += np.einsum("ij,ij->i", side.rows[own[a[kept]]], side.rows[own[b[kept]]]).tolist()
        person += [int(one)] * len(kept)
    return Singles(np.array(genuine), np.array(person), above.cosines, above.weights(once), above.pairs_of_people(once))


def attempts(side: Side, rng: np.random.Generator) -> Several:
    """Three pictures against three, fused by every rule."""
    cosines = side.rows @ side.rows.T
    draw = genuine_draws(side.people, TRIALS, rng)
    own = attempts_of(draw, cosines, side.quality)
    foreign: dict[tuple[str, str], list[Floats]] = {rule: [] for rule in RULES}
    for _ in range(REPEATS):
        tried = attempts_of(impostor_draws(side.people, side.one_person, rng), cosines, side.quality)
        for rule in RULES:
            foreign[rule].append(fused(tried, rule).astype(np.float32))
    return Several(
        {rule: fused(own, rule) for rule in RULES},
        draw.person,
        {rule: np.concatenate(scores) for rule, scores in foreign.items()},
    )


def missed(scores: Floats, person: Integers, cosine: float) -> dict[str, Any]:
    """The rate of misses at `cosine`, and whose attempts it rests on."""
    share, low, high = mean_over_people(scores <= cosine, person, draws=DRAWS, seed=SEED)
    return {
        "fnmr": round(share, 5),
        "interval": [round(low, 5), round(high, 5)],
        "people_judged": len(np.unique(person)),
        "attempts": len(scores),
    }


def as_promised(rule: tuple[str, str], share: int, cosine: float, test: Several) -> dict[str, Any]:
    """What the test people meet when the threshold comes from the card, the promise shared by `share` comparisons."""
    return {
        "rule": name_of(rule),
        "shared_by": share,
        "cosine": round(cosine, 4),
        "fmr_of_test_people": fmr_of(test.impostor[rule], cosine),
        **missed(test.genuine[rule], test.person, cosine),
    }


def bettered(test: Several, at: dict[tuple[str, str], float]) -> list[float]:
    """The central 95 % of the misses that the product's rule saves against asking each look, on the same attempts."""
    gain = (test.genuine[STRICT] <= at[STRICT]).astype(float) - (test.genuine[PRODUCT] <= at[PRODUCT])
    _, low, high = mean_over_people(gain, test.person, draws=DRAWS, seed=SEED)
    return [round(low, 5), round(high, 5)]


def fmr_of(impostor: Floats, cosine: float) -> float:
    return float(np.mean(impostor > cosine))


def name_of(rule: tuple[str, str]) -> str:
    return " / ".join(rule)


def as_text(report: dict[str, Any]) -> str:
    """A table for people."""
    one, three = report["one_against_one"], report["three_against_three"]
    own = one["at_their_own_cosine"]
    lines = [
        f"{report['people']['tuning']} people to tune on, {report['people']['test']} to judge by; one false match in "
        f"{1 / report['fmr']:,.0f} is asked for",
        "",
        f"{'':34}cosine  FMR (test)  FNMR (test)  95 % interval     people",
        _line("one against one", one),
        f"  at the test people's own cosine{'':22}{own['fnmr']:.4f}       {own['interval'][0]:.4f} to "
        f"{own['interval'][1]:.4f}  {own['people_judged']}",
        "",
        "three against three, at the card's cosine for the promise, shared by so many comparisons",
        *(_line(f"{rule['shared_by']:3} {rule['rule']}", rule) for rule in three["as_promised"]),
        "",
        "three against three, by rule        (FNMR of tuning people in brackets)",
        *(f"{_line(rule['rule'], rule)}   [{rule['fnmr_of_tuning_people']:.4f}]" for rule in three["rules"]),
        "",
        f"chosen on the tuning people: {three['chosen_on_tuning_people']}; misses that "
        "{} saves against max / all, 95 %: {:.4f} to {:.4f}".format(
            name_of(PRODUCT), *three["product_better_than_strict_by"]
        ),
    ]
    return "\n".join(lines)


def _line(label: str, found: dict[str, Any]) -> str:
    low, high = found["interval"]
    return (
        f"{label:34}{found['cosine']:.4f}  {found['fmr_of_test_people']:.1e}     {found['fnmr']:.4f}       "
        f"{low:.4f} to {high:.4f}  {found['people_judged']}"
    )


def _renumbered(side: Side) -> Integers:
    return np.unique(side.people, return_inverse=True)[1]


def _apart(side: Side) -> Pairs:
    """`one_person` in the numbers of `_renumbered`, as far as they are on this side."""
    number = {int(person): index for index, person in enumerate(np.unique(side.people))}
    return {(number[a], number[b]) for a, b in side.one_person if a in number and b in number}


if __name__ == "__main__":
    sys.exit(main())
