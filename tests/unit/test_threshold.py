"""From the promise to the cosine."""

from __future__ import annotations

import pytest

from faceauthd.errors import ModelError
from faceauthd.threshold import check_curve, threshold_for

CURVE = [(1e-2, 0.24), (1e-3, 0.34), (1e-4, 0.42), (1e-5, 0.48)]


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
