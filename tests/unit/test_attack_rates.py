"""Rates and intervals against known values, and that tuning and judging people are kept apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from faceauthd.errors import EvaluationError
from faceauthd.evaluation.attack_rates import Rate, error_rates_at, table_of
from faceauthd.evaluation.clips import Clip
from faceauthd.evaluation.people import split_people
from faceauthd.evaluation.presentations import Presented, Response
from faceauthd.presentation import WEIGHTS, Weights
from faceauthd.types import Suspicion
from tools.liveness_fit import Looks, folded, key_of
from tools.tune_liveness import refuse_namesakes, refuse_overlap, write_weights

ACCEPTED, REFUSED, NONE = Response.ACCEPTED, Response.REFUSED, Response.NONE


def shown(species: str, *responses: Response, score: float | None = None) -> list[Presented]:
    is_live = species.startswith("live")
    return [
        Presented(
            species,
            str(number),
            is_live,
            None,
            response,
            {ACCEPTED: 0.8, REFUSED: 0.2, NONE: None}[response] if score is None else score,
            1.0,
            Suspicion.FLAT if response is REFUSED else None,
        )
        for number, response in enumerate(responses)
    ]


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [  # R 4.3: binom.test(count, total)$conf.int
        (0, 60, 0.0, 0.05963),
        (3, 60, 0.01043, 0.13923),
        (5, 10, 0.18709, 0.81291),
        (10, 10, 0.69150, 1.0),
    ],
)
def test_intervals_are_those_of_clopper_and_pearson(count: int, total: int, low: float, high: float) -> None:
    assert Rate(count, total).interval == pytest.approx((low, high), abs=1e-4)


def test_of_nothing_nothing_is_known() -> None:
    assert math.isnan(Rate(0, 0).share)
    assert Rate(0, 0).interval == (0.0, 1.0)


def test_no_answer_counts_for_an_attack_that_failed_and_not_for_a_person_refused() -> None:
    presented = [
        *shown("live-a", ACCEPTED, ACCEPTED, REFUSED, NONE),
        *shown("paper", ACCEPTED, REFUSED, NONE, NONE),
        *shown("phone", REFUSED, REFUSED),
    ]
    table = table_of(presented)
    assert [(one.species, one.error, one.silent) for one in table.species] == [
        ("live-a", Rate(1, 3), Rate(1, 4)),
        ("paper", Rate(1, 4), Rate(2, 4)),
        ("phone", Rate(0, 2), Rate(0, 2)),
    ]
    assert table.worst is not None
    assert table.worst.species == "paper"
    assert (table.bpcer, table.bpnrr) == (Rate(1, 3), Rate(1, 4))
    assert table.species[2].suspicions == (("flat", 2),)


def test_a_higher_least_score_lets_fewer_attacks_in_and_refuses_more_people() -> None:
    presented = [
        *shown("live-a", ACCEPTED, score=0.6),
        *shown("live-a", ACCEPTED, score=0.9),
        *shown("paper", ACCEPTED, score=0.7),
        *shown("phone", REFUSED, score=0.1),
        *shown("phone", NONE),
    ]
    assert [error_rates_at(presented, least) for least in (0.0, 0.5, 0.8, 1.0)] == [
        (1.0, 0.0),
        (1.0, 0.0),
        (0.0, 0.5),
        (0.0, 1.0),
    ]


def clip(person: str | None) -> Clip:
    return Clip("live-a", "1", True, 15.0, person, ())


def test_nobody_is_tuned_on_and_judged_by() -> None:
    refuse_overlap([clip("a"), clip("b")], [clip("c")])
    with pytest.raises(EvaluationError, match="in both folders are b"):
        refuse_overlap([clip("a"), clip("b")], [clip("b"), clip("c")])
    with pytest.raises(EvaluationError, match='write "person"'):
        refuse_overlap([clip("a")], [clip(None)])


def test_nobody_is_judged_by_weights_that_are_fitted_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [replace(clip(name), pictures=(Path(f"{name}{number}/000.jpg"),)) for name in "abcde" for number in (1, 2)]
    fitted: list[set[str | None]] = []

    def fit(rest: Sequence[Clip], looks: object, most_refused: float) -> Weights:
        assert most_refused == 0.2
        fitted.append({one.person for one in rest})
        return WEIGHTS

    def judged(one: Clip, looks: object, weights: Weights) -> Presented:
        assert one.person not in fitted[-1]
        return Presented(one.species, one.name, True, one.person, ACCEPTED)

    monkeypatch.setattr("tools.liveness_fit.fit", fit)
    monkeypatch.setattr("tools.liveness_fit.judged", judged)
    looks: dict[Path, Looks] = {key_of(one): [] for one in clips}
    assert len(folded(clips, looks, 3, 0.2)) == len(clips)
    assert fitted == [{"b", "c", "e"}, {"a", "c", "d"}, {"a", "b", "d", "e"}]
    with pytest.raises(EvaluationError, match="5 people make 2 to 5 parts"):
        folded(clips, looks, 6, 0.2)


def test_folders_whose_cache_would_be_one_are_refused(tmp_path: Path) -> None:
    refuse_namesakes([tmp_path / "tune", tmp_path / "more", tmp_path / "test"])
    with pytest.raises(EvaluationError, match="two folders have the name tune"):
        refuse_namesakes([tmp_path / "tune", tmp_path / "other" / "tune"])


def test_the_halves_that_clips_are_made_of_share_nobody() -> None:
    split = split_people([f"person {number}" for number in range(500)], [("person 1", "person 2")])
    refuse_overlap([clip(name) for name in split.tuning], [clip(name) for name in split.test])


def test_weights_are_written_where_they_are_used_and_nowhere_else(tmp_path: Path) -> None:
    place = tmp_path / "presentation.py"
    place.write_text("before\nWEIGHTS = Weights(model=1, goes=2, follows=3, offset=4)\nafter\n")
    write_weights(Weights(0.5, -1.0, -2.0, 0.25), place)
    assert (
        place.read_text()
        == "before\nWEIGHTS = Weights(model=0.500, goes=-1.000, follows=-2.000, offset=0.250)\nafter\n"
    )
    place.write_text("nothing\n")
    with pytest.raises(EvaluationError, match="holds no line"):
        write_weights(Weights(0.5, -1.0, -2.0, 0.25), place)


def test_the_weights_in_use_point_the_right_way() -> None:
    assert WEIGHTS.model > 0
    assert WEIGHTS.goes < 0
    assert WEIGHTS.follows < 0
