"""The impostor curve beyond what the pairs show."""

from __future__ import annotations

import numpy as np
import pytest

from faceauthd.evaluation.curve import LookAlike
from faceauthd.evaluation.tail import Exceedances, exceedances, fit, interval
from faceauthd.resources import shipped
from faceauthd.threshold import threshold_for
from faceauthd.vision.manifest import read_manifest

SCALE, OVER = 0.03, 0.4


def exponential(people: int, share: float, seed: int = 5) -> Exceedances:
    """One picture each; `share` of the pairs lie above OVER, exponentially."""
    rng = np.random.default_rng(seed)
    a, b = np.triu_indices(people, 1)
    above = rng.random(len(a)) < share
    cosines = OVER + rng.exponential(SCALE, int(above.sum()))
    return Exceedances(OVER, cosines, np.stack((a, b), 1)[above], np.ones(people, int), np.empty((0, 2), int))


def test_an_exponential_is_found_again() -> None:
    above = exponential(400, 0.02)

    line = fit(above, np.ones(400))

    assert line.scale == pytest.approx(SCALE, rel=0.08)
    assert line.rate == pytest.approx(0.02, rel=0.08)
    assert line.cosine_at(np.array([line.rate]))[0] == pytest.approx(OVER)
    assert line.cosine_at(np.array([line.rate / np.e]))[0] == pytest.approx(OVER + line.scale)


def test_the_interval_holds_the_truth_and_widens_outwards() -> None:
    fmr = np.array([1e-3, 1e-5, 1e-7])

    span = interval(exponential(400, 0.02), fmr, draws=200, level=0.95, seed=2)

    truth = OVER + SCALE * np.log(0.02 / fmr)
    assert ((span.lower < truth) & (truth < span.upper)).all()
    assert (np.diff(span.upper - span.lower) > 0).all()


def test_people_are_drawn_and_not_pairs() -> None:
    """Two people that are behind every high score make the tail far less sure than as many scores of many people."""
    rng = np.random.default_rng(3)
    cosines = OVER + rng.exponential(SCALE, 400)
    many = exponential(400, 400 / 79_800)
    few = Exceedances(OVER, cosines, np.tile([[0, 1]], (400, 1)), np.array([20, 20] + [1] * 398), many.left_out)
    both = Exceedances(
        OVER, np.append(many.cosines, cosines + 0.1), np.vstack((many.people, few.people)), few.pictures, many.left_out
    )

    def width(above: Exceedances) -> float:
        span = interval(above, np.array([1e-6]), draws=200, level=0.95, seed=2)
        return float(span.upper[0] - span.lower[0])

    assert width(both) > 1.02 * width(many)
    # ... and yet their 400 pairs of pictures are one pair of people
    assert fit(both, np.ones(400)).rate == pytest.approx(fit(many, np.ones(400)).rate, rel=0.02)


def test_each_pair_of_people_counts_once_however_many_pictures_it_has() -> None:
    people = np.array([0, 0, 1, 2])
    pairs = [LookAlike(0, 2, 0.5), LookAlike(1, 2, 0.6), LookAlike(2, 3, 0.7)]

    above = exceedances(pairs, people, 0.45, {(0, 2)})

    assert above.weights(np.ones(3)).tolist() == [0.5, 0.5, 1.0]
    assert above.pairs_of_people(np.ones(3)) == 2  # three, less the pair that is one person
    line = fit(above, np.ones(3))
    assert line.rate == pytest.approx(1.0)
    assert line.scale == pytest.approx((0.5 * 0.05 + 0.5 * 0.15 + 0.25) / 2)
    assert fit(above, np.array([2.0, 1.0, 0.0])).scale == pytest.approx((0.05 + 0.15) / 2)


def test_nothing_above_is_no_tail() -> None:
    with pytest.raises(ValueError, match="begin the tail lower"):
        fit(exceedances([], np.array([0, 1]), 0.9), np.ones(2))


def test_the_shipped_tail_is_never_laxer_than_the_shipped_curve() -> None:
    curve = read_manifest(shipped("models") / "manifest.yaml")["embedder"].impostor_curve
    assert curve is not None
    assert curve.tail is not None
    for promise in (1e-3, 1e-5, 1e-7):
        for templates in (1, 5, 50, 500, 10_000):
            cautious = curve.threshold_for(promise, templates)
            assert cautious.cosine >= threshold_for(promise, templates, curve.points).cosine - 1e-3
            assert cautious.cosine < 0.9
