"""What cues add up to: a product of respects in which an attack may fail."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from faceauthd.config.deciding import Decision
from faceauthd.presentation import MOST_PATIENT_S, SHOWN_RELIEF, Stand, judge, stand_of
from faceauthd.types import Cues, Suspicion
from faceauthd.vision.presence import WINDOW_S

LIVING = Cues(watched_s=0.6, looks=9, model=4.0, goes=0.01, follows=-2.0, relief=0.2, sway=5.0, shown=0.5)
BETTER_UP = ("model", "relief", "sway")
BETTER_DOWN = ("goes", "follows")

cues = st.builds(
    Cues,
    watched_s=st.just(0.6),
    looks=st.just(9),
    model=st.floats(-9, 9),
    goes=st.none() | st.floats(0, 1),
    follows=st.none() | st.floats(-5, 5),
    relief=st.none() | st.floats(-4, 4),
    sway=st.none() | st.floats(0, 200),
    shown=st.none() | st.floats(-4, 4),
)


def test_somebody_who_moves_before_a_room_that_stays_is_alive() -> None:
    found = judge(LIVING)
    assert found.score > 0.9
    assert found.suspicion is None


@pytest.mark.parametrize(
    ("wrong", "suspicion"),
    [
        ({"model": -9.0}, Suspicion.TEXTURE),
        ({"model": -1.0, "goes": 0.3, "follows": 2.5}, Suspicion.FRAMED),
        ({"model": 9.0, "relief": -2.0}, Suspicion.FLAT),
        ({"model": 9.0, "sway": 0.05}, Suspicion.STILL),
        ({"model": math.inf}, Suspicion.UNCLEAR),
        ({"goes": -math.inf}, Suspicion.UNCLEAR),
        ({"sway": math.inf}, Suspicion.UNCLEAR),
        ({"model": math.nan}, Suspicion.UNCLEAR),
        ({"goes": math.nan}, Suspicion.UNCLEAR),
        ({"follows": math.nan}, Suspicion.UNCLEAR),
        ({"relief": math.nan}, Suspicion.UNCLEAR),
        ({"sway": math.nan}, Suspicion.UNCLEAR),
    ],
)
def test_one_respect_in_which_it_fails_is_enough_and_is_named(wrong: dict[str, float], suspicion: Suspicion) -> None:
    found = judge(replace(LIVING, **wrong))
    assert found.score < 0.5
    assert found.suspicion is suspicion


@given(cues)
def test_the_score_is_a_probability_and_names_a_suspicion_exactly_where_it_is_low(seen: Cues) -> None:
    found = judge(seen)
    assert 0.0 <= found.score <= 1.0
    assert (found.suspicion is None) is (found.score >= 0.5)


@given(cues, st.sampled_from(BETTER_UP + BETTER_DOWN), st.floats(0, 5))
def test_no_cue_that_gets_worse_raises_the_score(seen: Cues, name: str, by: float) -> None:
    value = getattr(seen, name)
    if value is None:
        return
    worse = value - by if name in BETTER_UP else value + by
    assert judge(replace(seen, **{name: worse})).score <= judge(seen).score


@given(cues)
def test_surroundings_that_are_not_seen_count_as_those_that_go_along(seen: Cues) -> None:
    hidden = replace(seen, goes=None, follows=None)
    assert judge(hidden).score <= judge(replace(seen, goes=0.06, follows=0.4)).score


@given(cues)
def test_relief_and_sway_can_only_speak_against(seen: Cues) -> None:
    assert judge(replace(seen, relief=None, sway=None)).score >= judge(seen).score


@pytest.mark.parametrize("name", ["model", "goes", "follows", "relief", "sway", "shown"])
@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_what_is_beyond_all_bounds_still_gives_a_score(name: str, value: float) -> None:
    assert 0.0 <= judge(replace(LIVING, **{name: value})).score <= 1.0


def stand(cues: Cues, watch_s: float = 0.6) -> Stand:
    return stand_of(cues, judge(cues), watch_s)


@pytest.mark.parametrize(
    ("shown", "relief", "early_s", "then"),
    [
        (SHOWN_RELIEF, 0.0, 0.6, Stand.JUDGED),
        (math.inf, 0.0, 0.6, Stand.JUDGED),
        (SHOWN_RELIEF, -2.0, 0.6, Stand.JUDGED),
        (SHOWN_RELIEF - 0.01, 0.3, 1.32, Stand.STIFF),
        (None, None, 1.32, Stand.STIFF),
        (math.nan, 0.3, 1.32, Stand.JUDGED),
        (None, -2.0, 1.32, Stand.JUDGED),
        (None, math.nan, 1.32, Stand.JUDGED),
    ],
)
def test_a_face_without_relief_is_watched_for_longer_and_then_refused_or_asked_to_turn(
    shown: float | None, relief: float | None, early_s: float, then: Stand
) -> None:
    before, after = (replace(LIVING, watched_s=early_s + by, relief=relief, shown=shown) for by in (-0.01, 0.01))
    assert stand(before) is Stand.EARLY
    assert stand(after) is then


@given(cues)
def test_nobody_passes_who_has_not_shown_relief(seen: Cues) -> None:
    """However long they are watched."""
    seen = replace(seen, watched_s=2.0)
    passes = stand(seen) is Stand.JUDGED and judge(seen).suspicion is None
    assert not passes or (seen.shown is not None and seen.shown >= SHOWN_RELIEF)


def test_how_much_relief_has_to_be_shown_can_be_set() -> None:
    assert Decision().relief_min == SHOWN_RELIEF
    watched = replace(LIVING, watched_s=0.7, shown=0.1)
    found = judge(watched)
    assert stand_of(watched, found, 0.6, relief_min=0.1) is Stand.JUDGED
    assert stand_of(watched, found, 0.6, relief_min=0.11) is Stand.EARLY
    assert stand_of(replace(watched, shown=None), found, 0.6, relief_min=-1.0) is Stand.EARLY


def test_nobody_is_refused_while_they_come_nearer() -> None:
    blurred = replace(LIVING, watched_s=2.0, shown=1.0, model=-9.0)
    assert judge(blurred).suspicion is not None
    assert stand(blurred) is Stand.JUDGED
    assert stand(replace(blurred, is_coming=True)) is Stand.EARLY
    assert stand(replace(blurred, is_coming=True), 0.0) is Stand.JUDGED
    assert stand(replace(LIVING, watched_s=2.0, shown=1.0, is_coming=True)) is Stand.JUDGED, "who passes may at once"


def test_where_no_time_to_watch_is_asked_for_none_is_waited_for() -> None:
    assert stand(replace(LIVING, watched_s=0.0, relief=None, shown=None), 0.0) is Stand.JUDGED


@pytest.mark.parametrize("watch_s", [0.6, 0.9, 1.2, 1.8])
def test_nobody_has_to_be_watched_for_longer_than_cues_reach_back(watch_s: float) -> None:
    """The longest that may be asked for is less than the window by more than a frame at five a second."""
    assert stand(replace(LIVING, watched_s=WINDOW_S - 0.2, relief=-2.0, shown=None), watch_s) is Stand.JUDGED
    assert MOST_PATIENT_S <= WINDOW_S - 0.2
    assert Decision(liveness_s=MOST_PATIENT_S).liveness_s == MOST_PATIENT_S
    with pytest.raises(ValidationError):
        Decision(liveness_s=MOST_PATIENT_S + 0.01)
