"""Splitting people, drawing attempts, and fusing them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceauthd.evaluation.evidence import (
    LOOKS,
    RULES,
    TEMPLATES,
    Attempts,
    Draw,
    attempts_of,
    fused,
    genuine_draws,
    impostor_draws,
    mean_over_people,
)
from faceauthd.evaluation.people import person_of, split_people

NAMES = st.sets(st.text(min_size=1, max_size=6), max_size=30)


@given(names=NAMES, data=st.data())
def test_nobody_is_tuned_on_and_judged_by(names: set[str], data: st.DataObject) -> None:
    some = st.sampled_from(sorted(names)) if names else st.just("nobody")
    one_person = data.draw(st.lists(st.tuples(some, some), max_size=8))

    split = split_people(names, one_person)

    assert split.tuning & split.test == frozenset()
    assert split.tuning | split.test == names
    for a, b in one_person:
        assert (a in split.tuning) == (b in split.tuning)


def test_people_keep_their_side_when_others_come() -> None:
    names = {f"Person_{index}" for index in range(400)}
    few, many = split_people(sorted(names)[:50]), split_people(names)

    assert few.tuning <= many.tuning
    assert few.test <= many.test
    assert 150 < len(many.tuning) < 250


def test_the_folder_names_the_person() -> None:
    assert person_of("Ann_Lee/Ann_Lee_0001.jpg") == "Ann_Lee"
    assert person_of("a.jpg") is None


def one_attempt() -> Attempts:
    scores = np.array([[[0.9, 0.3, 0.6], [0.5, 0.7, 0.3], [0.2, 0.8, 0.2]]])
    return Attempts(scores, np.array([[1.0, 0.0, 1.0]]), np.array([[1.0, 0.5, 0.5]]), np.array([0.5]))


@pytest.mark.parametrize(
    ("rule", "score"),
    [
        (("max", "all"), 0.7),
        (("max", "mean"), 0.8),
        (("max", "mean by quality"), 0.825),
        (("mean of top 2", "all"), 0.5),
        (("mean", "mean"), 0.5),
        (("mean by quality", "all"), 0.2),
        (("mean template", "all"), 0.8),
    ],
)
def test_each_rule_by_hand(rule: tuple[str, str], score: float) -> None:
    assert fused(one_attempt(), rule)[0] == pytest.approx(score)


def test_pictures_of_no_quality_count_alike() -> None:
    attempt = one_attempt()
    none = Attempts(attempt.scores, np.zeros((1, 3)), np.zeros((1, 3)), attempt.agreement)
    for templates, looks in RULES:
        plain = (templates.replace(" by quality", ""), looks.replace(" by quality", ""))
        assert fused(none, (templates, looks)) == pytest.approx(fused(none, plain))


def test_no_look_is_also_a_template_and_strangers_are_strangers() -> None:
    people = np.repeat([0, 1, 2, 3], [6, 8, 3, 2])
    rng = np.random.default_rng(4)

    own, foreign = genuine_draws(people, 5, rng), impostor_draws(people, {(0, 1)}, rng)

    assert sorted(set(own.person.tolist())) == [0, 1]  # the others have too few pictures
    for looks, templates, person in zip(own.looks, own.templates, own.person, strict=True):
        assert len({*looks, *templates}) == LOOKS + TEMPLATES
        assert set(people[[*looks, *templates]]) == {person}
    met = {(int(people[a[0]]), int(people[b[0]])) for a, b in zip(foreign.looks, foreign.templates, strict=True)}
    assert met == {(0, 2), (1, 2), (2, 0), (2, 1)}


def test_attempts_are_looked_up() -> None:
    rows = np.eye(6, dtype=np.float32)
    rows[3] = rows[0]
    draw = Draw(np.array([[0, 1, 2]]), np.array([[3, 4, 5]]), np.array([7]))

    attempts = attempts_of(draw, rows @ rows.T, np.arange(6) / 10)

    assert attempts.scores[0].tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert attempts.template_quality[0] == pytest.approx([0.3, 0.4, 0.5])
    assert attempts.agreement[0] == pytest.approx(3**-0.5)


def test_everybody_counts_alike() -> None:
    missed, person = np.array([True, False, False, False, True]), np.array([4, 9, 9, 9, 9])

    share, low, high = mean_over_people(missed, person, draws=200, seed=1)

    assert share == pytest.approx((1 + 0.25) / 2)
    assert (low, high) == pytest.approx((0.25, 1.0))
