"""From the promise to the cosine."""

from __future__ import annotations

import pytest

from faceauthd.errors import ModelError
from faceauthd.threshold import Tail, check_curve, check_support, check_tail, threshold_for

CURVE = [(1e-2, 0.24), (1e-3, 0.34), (1e-4, 0.42), (1e-5, 0.48)]
TAIL = Tail(((1e-5, 0.50), (1e-6, 0.58), (1e-8, 0.72)))


def test_a_measured_rate_gives_its_measured_cosine() -> None:
    for fmr, cosine in CURVE:
        assert threshold_for(fmr, 1, CURVE).cosine == pytest.approx(cosine)


def test_the_order_of_the_points_does_not_matter() -> None:
    assert threshold_for(1e-3, 1, CURVE[::-1]).cosine == pytest.approx(0.34)


def test_each_template_takes_its_share_of_the_promise() -> None:
    assert threshold_for(1e-3, 10, CURVE).cosine == pytest.approx(0.42)
    assert threshold_for(1e-3, 0, CURVE).cosine == pytest.approx(0.34)


def test_between_points_the_logarithm_is_straight() -> None:
    assert threshold_for(10**-3.5, 1, CURVE).cosine == pytest.approx(0.38)


def test_beyond_the_data_the_last_decade_goes_on_and_is_said() -> None:
    beyond = threshold_for(1e-5, 10, CURVE)
    assert beyond.cosine == pytest.approx(0.54)
    assert beyond.is_extrapolated
    assert not threshold_for(1e-5, 1, CURVE).is_extrapolated


def test_more_templates_or_a_stricter_promise_never_lower_it() -> None:
    cosines = [threshold_for(1e-4, n, CURVE).cosine for n in (1, 2, 5, 50, 1000, 100_000)]
    assert cosines == sorted(cosines)
    assert cosines[-1] <= 0.999


def test_a_promise_that_no_cosine_keeps_is_refused_and_not_made_a_weaker_one() -> None:
    """CURVE gains 0.06 a decade: at 1e-13 it would take 0.96, at 1e-14 more than a picture has with itself."""
    assert threshold_for(1e-13, 1, CURVE).cosine == pytest.approx(0.96)
    with pytest.raises(ModelError, match="cannot keep a false_accept_rate of 1e-07 with 10000000 templates"):
        threshold_for(1e-7, 10_000_000, CURVE)


def test_a_curve_states_no_rate_that_its_pairs_cannot_show() -> None:
    check_support(CURVE, 2_000_000)
    with pytest.raises(ModelError, match="states FMR 1e-05 from 1,999,000 pairs"):
        check_support(CURVE, 1_999_000)
    with pytest.raises(ModelError, match="it takes 20"):
        check_support([(1e-2, 0.3), (1e-12, 0.5)], 10)


@pytest.mark.parametrize(
    "curve",
    [
        [],
        [(1e-3, 0.3)],
        [(1e-2, 0.4), (1e-3, 0.3)],
        [(1e-2, 0.3), (1e-2, 0.4)],
        [(0.0, 0.5), (1e-2, 0.3)],
        [(1e-2, float("nan")), (1e-3, 0.4)],
    ],
)
def test_a_curve_that_is_not_one_is_refused(curve: list[tuple[float, float]]) -> None:
    with pytest.raises(ModelError, match="impostor curve"):
        check_curve(curve)


def test_where_curve_and_tail_meet_the_stricter_holds() -> None:
    assert threshold_for(1e-5, 1, CURVE, TAIL).cosine == pytest.approx(0.50)
    laxer = Tail(((1e-5, 0.40), (1e-6, 0.58)))
    assert threshold_for(1e-5, 1, CURVE, laxer).cosine == pytest.approx(0.48)


def test_beyond_the_curve_the_tails_upper_end_decides() -> None:
    assert threshold_for(1e-5, 10, CURVE, TAIL).cosine == pytest.approx(0.58)
    assert threshold_for(1e-7, 1, CURVE, TAIL).cosine == pytest.approx(0.65)
    assert threshold_for(1e-7, 100, CURVE, TAIL).cosine == pytest.approx(0.79)  # its own last decade goes on


def test_the_tail_leaves_what_was_measured_alone() -> None:
    for fmr, cosine in CURVE[:-1]:
        assert threshold_for(fmr, 1, CURVE, TAIL).cosine == pytest.approx(cosine)


def test_what_the_tail_gives_is_marked_as_extrapolated() -> None:
    assert not threshold_for(1e-5, 1, CURVE, TAIL).is_extrapolated
    assert threshold_for(1e-5, 2, CURVE, TAIL).is_extrapolated


def test_with_a_tail_too_a_stricter_promise_never_lowers_it() -> None:
    cosines = [threshold_for(10 ** (-step / 4), 1, CURVE, TAIL).cosine for step in range(45)]
    assert cosines == sorted(cosines)


@pytest.mark.parametrize(
    ("upper", "message"),
    [
        ((), "no impostor curve"),
        (((1e-5, 0.5),), "no impostor curve"),
        (((1e-5, 0.5), (1e-6, 0.49)), "not monotone"),
        (((1e-6, 0.5), (1e-7, 0.6)), r"begins at FMR 1e-06, but the curve ends at 1e-05"),
        (((1e-5, 0.3), (1e-6, 0.47)), "not monotone"),  # laxer than what was measured at 1e-5
        (((1e-5, 0.5), (1e-6, float("nan"))), "not monotone"),
    ],
)
def test_a_tail_that_does_not_continue_its_curve_is_refused(
    upper: tuple[tuple[float, float], ...], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        check_tail(CURVE, Tail(upper))
