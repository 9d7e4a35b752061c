"""What the liveness score would be worth as a probability, on clips whose answer is known."""

from __future__ import annotations

import math

import pytest

from faceauthd.evaluation.presentations import Presented, Response
from faceauthd.evaluation.raster import as_pixels
from faceauthd.evaluation.reliability import expected_error, reliability_chart, reliability_of


def clip(score: float | None, *, is_live: bool) -> Presented:
    return Presented("live" if is_live else "print", "1", is_live, "ann", Response.ACCEPTED, score)


def test_a_score_that_is_the_share_of_the_living_is_off_by_nothing() -> None:
    clips = [clip(0.8, is_live=True)] * 8 + [clip(0.2, is_live=True)] * 2
    clips += [clip(0.8, is_live=False)] * 2 + [clip(0.2, is_live=False)] * 8
    bins = reliability_of(clips)
    assert [(round(each.score, 9), round(each.alive, 9), each.weight) for each in bins] == [
        (0.2, 0.2, pytest.approx(0.5)),
        (0.8, 0.8, pytest.approx(0.5)),
    ]
    assert expected_error(bins) == pytest.approx(0.0)


def test_attacks_and_people_weigh_alike_however_many_there_are() -> None:
    few = [clip(0.9, is_live=True), clip(0.9, is_live=False)]
    many = few + [clip(0.9, is_live=False)] * 98
    assert expected_error(reliability_of(few)) == pytest.approx(0.4)
    assert expected_error(reliability_of(many)) == pytest.approx(0.4)


def test_of_one_kind_alone_nothing_can_be_said() -> None:
    assert reliability_of([clip(0.5, is_live=True), clip(None, is_live=False)]) == []
    assert math.isnan(expected_error([]))


def test_the_chart_is_drawn_as_a_picture_too() -> None:
    bins = reliability_of([clip(1.0, is_live=True), clip(0.0, is_live=False), clip(0.6, is_live=False)])
    svg = reliability_chart(bins)
    assert svg.count("<circle") == 3
    assert as_pixels(svg).std() > 0
