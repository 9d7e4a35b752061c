"""Figures of comparison, on scores small enough to work out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceauthd.evaluation.verification import accuracy_over_folds, best_threshold, tar_at_fmr, threshold_at_fmr

SCORES = st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=40)


def test_scores_that_part_cleanly_are_judged_rightly() -> None:
    scores = np.array([0.9, 0.8, 0.1, 0.0, 0.8, 0.2])
    same = np.array([True, True, False, False, True, False])

    assert accuracy_over_folds(scores, same, np.array([0, 0, 0, 0, 1, 1])) == [1.0, 1.0]


def test_a_fold_is_judged_by_the_others_threshold() -> None:
    scores = np.array([0.9, 0.5, 0.3, 0.1])
    same = np.array([True, False, True, False])

    # Fold 0's best threshold is 0.7, which refuses fold 1's genuine 0.3; fold 1's is 0.2, which accepts 0.5.
    assert accuracy_over_folds(scores, same, np.array([0, 0, 1, 1])) == [0.5, 0.5]
    assert best_threshold(scores[:2], same[:2]) == pytest.approx(0.7)


@given(genuine=SCORES, impostor=SCORES)
def test_scores_that_part_cleanly_are_parted_in_the_middle(genuine: list[float], impostor: list[float]) -> None:
    low = np.array(impostor) / 4 - 0.5
    high = np.array(genuine) / 4 + 0.5
    scores, same = np.concatenate((high, low)), np.arange(high.size + low.size) < high.size

    assert best_threshold(scores, same) == pytest.approx((high.min() + low.max()) / 2)


def test_the_threshold_is_the_middle_of_those_that_do_about_as_well() -> None:
    genuine, impostor = np.linspace(0.5, 0.9, 200), np.linspace(-0.2, 0.1, 200)
    mislabelled = np.array([0.01, 0.02])  # two genuine pairs that no threshold saves
    chance = np.array([0.48])  # an impostor that scores high: the best threshold is above it, by one comparison

    scores = np.concatenate((genuine, mislabelled, impostor, chance))
    same = np.arange(scores.size) < genuine.size + mislabelled.size

    assert best_threshold(scores, same) == pytest.approx(0.3, abs=0.01)


def test_a_picture_without_a_face_counts_as_wrong() -> None:
    scores = np.array([0.9, math.nan, 0.1, math.nan, 0.9, 0.1])
    same = np.array([True, True, False, False, True, False])

    assert accuracy_over_folds(scores, same, np.array([0, 0, 0, 0, 1, 1])) == [0.5, 1.0]
    assert tar_at_fmr(scores, same, 0.5) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("fmr", "expected"), [(0.1, 0.89), (0.05, 0.94), (0.01, 0.98), (0.001, 0.99)])
def test_at_most_the_promised_share_of_impostors_lies_above(fmr: float, expected: float) -> None:
    impostor = np.arange(100) / 100

    threshold = threshold_at_fmr(impostor, fmr)

    assert threshold == pytest.approx(expected)
    assert np.mean(impostor > threshold) <= fmr


@given(impostor=SCORES, fmr=st.floats(1e-4, 0.99))
def test_the_promise_holds_with_ties(impostor: list[float], fmr: float) -> None:
    assert np.mean(np.array(impostor) > threshold_at_fmr(np.array(impostor), fmr)) <= fmr + 1e-9


def test_true_accepts_are_counted_above_the_threshold() -> None:
    scores = np.array([0.5, 0.6, 0.7, 0.1, 0.2, 0.6])
    same = np.array([True, True, True, False, False, False])

    assert tar_at_fmr(scores, same, 0.01) == pytest.approx(1 / 3)
    assert tar_at_fmr(scores, same, 0.34) == 1.0


def test_without_impostors_there_is_no_rate() -> None:
    with pytest.raises(ValueError, match="no impostor"):
        threshold_at_fmr(np.array([]), 0.01)
