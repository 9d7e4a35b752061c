"""Percentiles, and taking turns. How long anything takes is never asserted."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceauthd.bench.sample import interleaved, percentile, spread


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7.0], 0.99, 7.0),
        ([1.0, 2.0], 0.5, 1.5),
        ([1.0, 2.0, 3.0], 0.5, 2.0),
        ([0.0, 10.0], 0.95, 9.5),
        ([float(value) for value in range(101)], 0.95, 95.0),
        ([1.0, 2.0, 3.0], 0.0, 1.0),
        ([1.0, 2.0, 3.0], 1.0, 3.0),
    ],
)
def test_a_percentile_lies_between_its_neighbours(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50))
def test_percentiles_agree_with_the_standard_library(values: list[float]) -> None:
    quarters = statistics.quantiles(values, n=4, method="inclusive")
    told = spread(values)
    assert told["p50"] == pytest.approx(quarters[1], abs=1e-5)
    assert told["iqr"] == pytest.approx(quarters[2] - quarters[0], abs=1e-5)
    assert min(values) - 1e-6 <= told["p50"] <= told["p95"] <= told["p99"] <= max(values) + 1e-6


def test_nothing_measured_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_cases_take_turns_and_the_warm_up_is_not_counted() -> None:
    called: list[tuple[str, int]] = []
    cases = {"a": lambda number: called.append(("a", number)), "b": lambda number: called.append(("b", number))}
    taken = interleaved(cases, rounds=3, warm_up=2)
    numbers = (0, 1, 0, 1, 2)
    assert called == [(name, number) for number in numbers for name in ("a", "b")]
    assert [(len(each.wall_ms), len(each.cpu_ms)) for each in taken.values()] == [(3, 3), (3, 3)]
    assert all(each.as_json()["n"] == 3 for each in taken.values())
