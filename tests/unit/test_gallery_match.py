"""Whose face a probe is nearest to."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from faceauthd.gallery.match import NOBODY, Matcher, Owners, Scores
from faceauthd.types import Match
from tests.gallery_kit import unit_vectors


def matcher_of(rows: NDArray[np.float32], owners: list[int]) -> Matcher:
    matcher = Matcher()
    matcher.point_at(rows, np.array(owners, np.int64))
    return matcher


def toward(one: NDArray[np.float32], other: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
    mixed = one + weight * other
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)


def test_nobody_is_nobody() -> None:
    assert Matcher().best(unit_vectors(1, 2)) == [None, None]
    assert matcher_of(unit_vectors(1, 3), [NOBODY] * 3).best(unit_vectors(1, 1)) == [None]
    assert matcher_of(unit_vectors(1, 3), [1, 1, 1]).best(np.empty((0, 512), np.float32)) == []


def test_a_person_alone_has_no_runner_up() -> None:
    rows = unit_vectors(1, 2)
    match = matcher_of(rows, [5, 5]).best(rows[1:])[0]
    assert match is not None
    assert (match.person_id, match.runner_up) == (5, -1.0)
    assert match.score == pytest.approx(1.0, abs=1e-6)


def test_the_runner_up_is_the_best_other_person_not_the_same_persons_next_template() -> None:
    rows = unit_vectors(2, 3)
    probe = toward(toward(rows[0], rows[1], 0.9), rows[2], 0.3)
    match = matcher_of(rows, [7, 7, 8]).best(probe[None])[0]
    assert match is not None
    assert match.person_id == 7
    assert match.score == pytest.approx(float(rows[0] @ probe), abs=1e-6)
    assert match.runner_up == pytest.approx(float(rows[2] @ probe), abs=1e-6)


def test_rows_of_nobody_are_not_compared_whatever_they_hold() -> None:
    rows = unit_vectors(3, 4)
    probe = rows[:1].copy()
    for junk in (rows[0] * 1e30, np.full(512, np.nan), np.full(512, np.inf), np.zeros(512)):
        rows[0] = junk
        match = matcher_of(rows, [NOBODY, 2, 3, 3]).best(probe)[0]
        assert match is not None
        assert match.person_id in (2, 3)
        assert abs(match.score) < 0.3


def test_every_probe_is_answered_by_itself() -> None:
    rows = unit_vectors(4, 6)
    matches = matcher_of(rows, [1, 2, 3, 4, 5, 6]).best(rows[::-1].copy())
    assert [match.person_id for match in matches if match] == [6, 5, 4, 3, 2, 1]


def test_of_equals_the_first_row_wins_and_the_other_is_as_near() -> None:
    rows = np.repeat(unit_vectors(5, 1), 3, axis=0)
    match = matcher_of(rows, [9, 4, 9]).best(rows[:1])[0]
    assert match is not None
    assert match.person_id == 9
    assert match.runner_up == match.score


def test_scores_are_cosines_even_when_rounding_is_not() -> None:
    rows = unit_vectors(6, 200)
    for match in matcher_of(rows, list(range(1, 201))).best(rows):
        assert match is not None
        assert -1.0 <= match.runner_up <= match.score <= 1.0


def test_pointing_elsewhere_takes_effect_at_once_and_keeps_a_copy_of_the_owners() -> None:
    rows, owners = unit_vectors(7, 2), np.array([1, 2], np.int64)
    matcher = Matcher()
    matcher.point_at(rows, owners)
    owners[:] = NOBODY
    assert matcher.templates == 2
    matcher.point_at(rows, owners)
    assert matcher.templates == 0
    assert matcher.best(rows) == [None, None]


def test_the_rows_are_not_copied() -> None:
    rows = unit_vectors(8, 2)
    matcher = matcher_of(rows, [1, 2])
    rows[0] = rows[1]
    match = matcher.best(rows[1:].copy())[0]
    assert match is not None
    assert match.runner_up == match.score


def test_another_rule_may_fuse_the_templates() -> None:
    def mean(scores: Scores, owners: Owners) -> Match:
        people = np.unique(owners[owners != NOBODY])
        means = [float(scores[owners == person].mean()) for person in people]
        order = np.argsort(means)[::-1]
        return Match(int(people[order[0]]), means[order[0]], means[order[1]])

    rows = unit_vectors(9, 3)
    matcher = Matcher(mean)
    matcher.point_at(rows, np.array([1, 2, 2], np.int64))
    probe = toward(rows[1], rows[0], 0.8)
    assert [match.person_id for match in matcher.best(probe[None]) if match] == [1]


@pytest.mark.parametrize(
    ("probe", "why"),
    [
        (np.full((1, 512), np.nan, np.float32), "not finite"),
        (np.full((1, 512), np.inf, np.float32), "not finite"),
        (np.zeros((1, 512), np.float32), "unit length"),
        (unit_vectors(1, 1) * np.float32(1.01), "unit length"),
        (unit_vectors(1, 1)[:, :128], "float32"),
        (unit_vectors(1, 1)[0], "float32"),
        (unit_vectors(1, 1).astype(np.float64), "float32"),
    ],
)
def test_what_is_no_embedding_is_refused(probe: NDArray[np.float32], why: str) -> None:
    for matcher in (Matcher(), matcher_of(unit_vectors(1, 1), [1])):
        with pytest.raises(ValueError, match=why):
            matcher.best(probe)
