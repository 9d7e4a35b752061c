"""A board or a camera that is too slow for anybody to be let in is told once, with what to do."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from faceauthd.config import Config
from faceauthd.config.deciding import Decision
from faceauthd.pace import Pace
from faceauthd.presentation import Judgement, Stand, stand_of
from faceauthd.settings import pace_of
from faceauthd.types import Box, Cues, Frame, Quality, Sighting
from faceauthd.vision.presence import MOST_REACH_S, Presence
from tests.fakes import sighting
from tests.unit.test_cues import looks_of

PICTURE = np.zeros((4, 4, 3), dtype=np.uint8)
DECIDED = Sighting(1, Box(0, 0, 9, 9), Quality(0.0))


def told(caplog: pytest.LogCaptureFixture, gap_s: float, *shown: list[Sighting]) -> list[str]:
    caplog.clear()
    pace = Pace(pace_of(Config()))
    with caplog.at_level(logging.WARNING):
        for number, seen in enumerate(shown):
            pace.watch(Frame(PICTURE, 50.0 + gap_s * number), seen)
    return [record.getMessage() for record in caplog.records]


def test_looks_too_far_apart_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = told(caplog, 1.1, *[[sighting()]] * 30)
    assert line.startswith(
        "somebody was looked at every 1.1 s only, where looks have to follow each other within 1.0 s"
    )
    assert "vision.threads: 4" in line
    assert "decision.window_s and gate.forget_s" in line


@pytest.mark.parametrize("gap_s", [0.07, 0.99])
def test_looks_that_add_up_are_nothing_to_tell(caplog: pytest.LogCaptureFixture, gap_s: float) -> None:
    assert told(caplog, gap_s, *[[sighting()]] * 30) == []


def test_frames_without_a_look_are_no_slow_ones(caplog: pytest.LogCaptureFixture) -> None:
    assert told(caplog, 5.0, *[[], [sighting()]] * 15) == []
    assert told(caplog, 5.0, *[[DECIDED]] * 30) == []


def test_a_few_slow_looks_are_no_slow_board(caplog: pytest.LogCaptureFixture) -> None:
    assert told(caplog, 1.1, *[[sighting()]] * 8) == []


def test_the_tightest_limit_counts() -> None:
    with_liveness = pace_of(Config())
    assert with_liveness.longest_s == with_liveness.forget_s == 1.0
    assert replace(with_liveness, forget_s=3.0).longest_s == 2.0 / (3 - 1)
    assert replace(with_liveness, forget_s=3.0, looks=2, window_s=1.2).longest_s == 1.2
    assert replace(with_liveness, forget_s=3.0, window_s=9.0).longest_s == MOST_REACH_S
    without = pace_of(Config(decision=Decision(liveness="off")))
    assert replace(without, forget_s=3.0, window_s=9.0).longest_s == 3.0


def test_looks_farther_apart_than_the_reach_show_no_motion() -> None:
    """What the limit is for: with the first there are cues of motion, beyond it there is none."""
    for gap_s, is_seen in ((MOST_REACH_S - 0.01, True), (MOST_REACH_S + 0.01, False)):
        assert (looks_of(Presence(), [1.0, 1.0 + gap_s])[-1].relief is not None) is is_seen


def is_watched(cues: Cues) -> bool:
    return stand_of(cues, Judgement(1.0), Decision().liveness_s) is not Stand.EARLY


def test_within_the_reach_everybody_is_judged_and_beyond_it_nobody() -> None:
    """However seldom the looks are, those kept make the longer watch."""
    for gap_s in (0.1, 0.65, 0.95, 1.01, 1.3, MOST_REACH_S - 0.01):
        looks = looks_of(Presence(), [1.0 + gap_s * number for number in range(30)])
        begun = next(number for number, cues in enumerate(looks) if is_watched(cues))
        assert begun * gap_s <= 1.3 + gap_s
        assert all(is_watched(cues) for cues in looks[begun:])
    looks = looks_of(Presence(), [1.0 + 2.01 * number for number in range(20)])
    assert not any(is_watched(cues) for cues in looks)
