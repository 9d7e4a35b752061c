"""A board or a camera that is too slow for anybody to be let in is told once, with what to do."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from faceauthd.config import Config
from faceauthd.pace import Pace
from faceauthd.settings import pace_of
from faceauthd.types import Box, Frame, Quality, Sighting
from tests.fakes import sighting

PICTURE = np.zeros((4, 4, 3), dtype=np.uint8)
DECIDED = Sighting(1, Box(0, 0, 9, 9), Quality(0.0))


def told(caplog: pytest.LogCaptureFixture, gap_s: float, *shown: list[Sighting]) -> list[str]:
    caplog.clear()
    pace = Pace(pace_of(Config()))
    with caplog.at_level(logging.WARNING):
        for number, seen in enumerate(shown):
            pace.watch(Frame(PICTURE, 50.0 + gap_s * number), seen)
    return [record.getMessage() for record in caplog.records]


def test_three_looks_that_cannot_lie_within_two_seconds_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = told(caplog, 1.1, *[[sighting()]] * 30)
    assert line.startswith("somebody was looked at every 1.1 s only, where 3 looks have to lie within 2 s")
    assert "vision.threads: 4" in line


@pytest.mark.parametrize("gap_s", [0.07, 0.9])
def test_looks_that_add_up_are_nothing_to_tell(caplog: pytest.LogCaptureFixture, gap_s: float) -> None:
    assert told(caplog, gap_s, *[[sighting()]] * 30) == []


def test_frames_without_a_look_are_no_slow_ones(caplog: pytest.LogCaptureFixture) -> None:
    assert told(caplog, 5.0, *[[], [sighting()]] * 15) == []
    assert told(caplog, 5.0, *[[DECIDED]] * 30) == []


def test_a_few_slow_looks_are_no_slow_board(caplog: pytest.LogCaptureFixture) -> None:
    assert told(caplog, 1.1, *[[sighting()]] * 8) == []


def test_the_tighter_of_both_limits_counts() -> None:
    config = Config()
    assert pace_of(config).longest_s == config.gate.forget_s == 1.0
    longer = config.model_copy(update={"gate": config.gate.model_copy(update={"forget_s": 3.0})})
    assert pace_of(longer).longest_s == config.decision.window_s / (config.decision.looks - 1)
    few = config.decision.model_copy(update={"looks": 2, "window_s": 1.5})
    assert pace_of(longer.model_copy(update={"decision": few})).longest_s == 1.5
