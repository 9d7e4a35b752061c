"""How the short form of the mutants suite judges what it drew."""

from __future__ import annotations

import pytest

from tests.suites import mutants_sample as sample
from tests.suites.figures import Figures
from tests.suites.mutants import GROUPS, LEAST, ROOT


def judged(noticed: int, tried: int) -> Figures:
    figures = Figures("mutants")
    sample.judge(figures, {f"faceauthd.rules.x_f__mutmut_{number}": number < noticed for number in range(tried)}, LEAST)
    return figures


def test_the_chance_is_the_binomials() -> None:
    assert sample.at_most(90, 90, 0.9) == pytest.approx(1.0)
    assert sample.at_most(0, 3, 0.9) == pytest.approx(0.001)
    assert sample.at_most(72, 90, 0.9) == pytest.approx(0.0036, abs=0.0005)


@pytest.mark.parametrize(("noticed", "is_bad"), [(90, False), (81, False), (75, False), (72, True), (45, True)])
def test_it_fails_only_on_what_nine_of_ten_would_hardly_ever_give(noticed: int, is_bad: bool) -> None:
    assert bool(judged(noticed, 90).violations) == is_bad


def test_of_too_few_it_says_nothing_but_that() -> None:
    figures = judged(10, sample.FEWEST - 1)
    assert not figures.violations
    assert figures.left_out


def test_the_same_seed_draws_the_same_and_another_others() -> None:
    names = [f"m.x_f__mutmut_{number}" for number in range(3000)]
    assert sample.drawn(names, 1) == sample.drawn(names, 1)
    assert sample.drawn(names, 1) != sample.drawn(names, 2)
    assert len(set(sample.drawn(names, 1))) == sample.DRAWN


def test_every_module_and_every_test_of_the_groups_is_there() -> None:
    for group in GROUPS:
        assert all(list((ROOT / "faceauthd").glob(f"{module}.py")) for module in group.modules)
        assert all(list((ROOT / "tests").glob(test)) for test in group.tests)
