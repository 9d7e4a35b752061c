"""The scan in whole numbers answers as the plain one does, whatever the gallery; a million cases are a slow command:

FACEAUTHD_INT8_CASES=1000000 python -m pytest tests/unit/test_gallery_int8.py -k "adversarial or plain_scan"
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from faceauthd.gallery import int8
from faceauthd.gallery.beside import InMemory
from faceauthd.gallery.int8 import Int8Copy, quantised
from faceauthd.gallery.match import NOBODY, Matcher
from faceauthd.types import Match

CASES = int(os.environ.get("FACEAUTHD_INT8_CASES", "2000"))
ROUNDING = 2e-6
"""Of a cosine in float32, as two orders of summing give it."""


def exact_dots(one: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return rows.astype(np.int32) @ one.astype(np.int32)


def copy_of(rows: np.ndarray, is_masked: np.ndarray | None = None) -> Int8Copy:
    copy = Int8Copy(lambda: exact_dots, InMemory())
    copy.follow(rows, np.zeros(len(rows), np.bool_) if is_masked is None else is_masked)
    return copy


def units(rows: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = (rows / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)).astype(np.float32)
    return scaled


def answer(scores: np.ndarray, owners: np.ndarray) -> tuple[float, float]:
    """The best score and the best of anybody else."""
    best = int(scores.argmax())
    return float(scores[best]), float(np.where(owners == owners[best], -np.inf, scores).max())


def galleries(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Sixty rows and a probe of 512, of a kind that is drawn too: random, near duplicates, spikes, zeros, giants."""
    kind = rng.integers(6)
    rows = rng.standard_normal((60, 512))
    probe = rng.standard_normal((1, 512))
    if kind == 1:  # all but the same, closer than the int8 steps
        rows = probe + 10.0 ** rng.uniform(-7, -1) * rows
    elif kind == 2:  # one value holds nearly all the length, so that the others round to nothing
        rows[np.arange(60), rng.integers(0, 512, 60)] = 10.0 ** rng.uniform(1, 4)
        probe[0, rng.integers(512)] = 10.0 ** rng.uniform(1, 4)
    elif kind == 3:  # every value half way between two steps
        rows = (rng.integers(-127, 127, (60, 512)) + 0.5) / 127
        rows[:, 0] = 1.0
    elif kind == 4:  # few values
        rows *= rng.random((60, 512)) < 0.01
        rows[:, 0] += 1e-3
    elif kind == 5:  # the errors of rows and probe point the same way
        rows = np.sign(probe) * np.abs(rows) * rng.uniform(0.01, 1, (60, 1))
    return units(rows), units(probe)[0]


def test_random_and_adversarial_galleries_lose_neither_the_nearest_nor_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(int8, "_MOST_SHARE", 1)
    rng, narrowed = np.random.default_rng(20261124), 0
    for case in range(-(-CASES // 20)):  # a gallery serves twenty probes
        rows, probe = galleries(rng)
        owners = rng.integers(1, 20, len(rows))
        copy = copy_of(rows)
        for _ in range(20):
            scores = rows.astype(np.float64) @ probe.astype(np.float64)
            kept = copy.candidates(probe, owners)
            assert kept is not None
            narrowed += len(kept) < len(rows)
            assert answer(scores[kept], owners[kept]) == answer(scores, owners), f"gallery {case}"
            probe = units(probe[np.newaxis] + rng.uniform(0, 0.1) * rng.standard_normal((1, 512)))[0]
    assert narrowed > 0.3 * CASES, "the bound leaves rows out"


@given(
    hnp.arrays(np.float32, (8, 16), elements=st.floats(-1, 1, width=32)),
    st.integers(0, 7),
    st.sampled_from([1.0, 1e-10, 1e-20, 1e-28, 1e-35]),
)
@settings(deadline=None, max_examples=400)
def test_the_bound_holds_for_any_values(values: np.ndarray, at: int, scale: float) -> None:
    """What is computed in float32 bounds what exact numbers give, from unit rows to those that underflow."""
    values[at::2] *= np.float32(scale)
    rows = values.astype(np.float64)
    whole, step, length, error = quantised(values)
    assert np.abs(whole.astype(int)).max() <= 127
    kept = step.astype(np.float64)[:, np.newaxis] * whole
    assert (np.linalg.norm(rows - kept, axis=1) <= error).all()
    assert (np.linalg.norm(kept, axis=1) <= length * (1 + 1e-12)).all()
    near = kept @ kept[at]
    off = length * error[at] + error * np.linalg.norm(rows[at])
    assert (np.abs(rows @ rows[at] - near) <= off + 1e-12).all()


def test_one_person_alone_or_too_many_who_are_alike_are_left_to_the_plain_product() -> None:
    rows = units(np.random.default_rng(1).standard_normal((64, 512)))
    assert copy_of(rows).candidates(rows[0], np.ones(64, np.int64)) is None
    alike = np.repeat(rows[:1], 64, axis=0)
    assert copy_of(alike).candidates(rows[0], np.arange(1, 65)) is None


def test_rows_of_nobody_may_hold_anything() -> None:
    rows = units(np.random.default_rng(2).standard_normal((64, 512)))
    rows[3], rows[4] = np.nan, np.inf
    is_masked = np.zeros(64, np.bool_)
    is_masked[[3, 4, 5]] = True
    owners = np.arange(1, 65)
    owners[is_masked] = NOBODY
    kept = copy_of(rows, is_masked).candidates(units(rows[5:6] + 0.5 * rows[6:7])[0], owners)
    assert kept is not None
    assert 6 in kept
    assert not set(kept) & {3, 4, 5}


def matched(rows: np.ndarray, owners: np.ndarray, probes: np.ndarray, *, worth_rows: int) -> list[Match | None]:
    matcher = Matcher(worth_rows=worth_rows)
    matcher.point_at(rows, owners)
    return matcher.best(probes)


def test_a_matcher_answers_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    rows, owners = units(rng.standard_normal((3000, 512))), np.arange(3000) // 5 + 1
    owners[rng.integers(0, 3000, 100)] = NOBODY
    probes = units(rows[:400:10] + 0.6 * units(rng.standard_normal((40, 512))))
    plain = matched(rows, owners, probes, worth_rows=10**9)
    scans: list[Any] = []

    def dots(one: np.ndarray, many: np.ndarray) -> np.ndarray:
        scans.append(len(many))
        return exact_dots(one, many)

    monkeypatch.setattr("faceauthd.gallery.match.fast_dots", lambda: dots)
    for before, now in zip(plain, matched(rows, owners, probes, worth_rows=0), strict=True):
        assert before is not None
        assert now is not None
        assert before.person_id == now.person_id
        assert (before.score, before.runner_up) == pytest.approx((now.score, now.runner_up), abs=ROUNDING)
    assert len(scans) == len(probes)


def crowded(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """500 rows, their owners, and 25 probes near somebody: five looks a person, rows that nobody owns and that may hold
    anything, and people who are strangers, or so alike that all of them may be the nearest."""
    alike = float(rng.choice((0.0, 0.0, 0.9, 0.999)))
    common = rng.standard_normal((1, 512))
    people = units(alike * common + (1 - alike) * rng.standard_normal((100, 512)))
    rows = units(np.repeat(people, 5, axis=0) + 0.6 * units(rng.standard_normal((500, 512))) * (1 - alike))
    owners = np.arange(500) // 5 + 1
    nobody = rng.random(500) < rng.choice((0.0, 0.02, 0.5))
    owners[nobody] = NOBODY
    probes = units(rows[rng.integers(0, 500, 25)] + rng.uniform(0, 1.5) * units(rng.standard_normal((25, 512))))
    rows[nobody] = rng.choice((np.nan, np.inf, 7.0, 0.0), (int(nobody.sum()), 1))
    return rows, owners, probes


def test_with_the_library_the_answers_are_those_of_the_products_own_plain_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Library, limit on candidates and masks as at the door. FACEAUTHD_INT8_CASES=1000000 runs a million probes."""
    pytest.importorskip("numkong", reason="the extra large-gallery is not installed")
    candidates, kept = Int8Copy.candidates, Counter[bool]()

    def counted(self: Int8Copy, *given: Any) -> Any:
        found = candidates(self, *given)
        kept[found is not None] += 1
        return found

    monkeypatch.setattr(Int8Copy, "candidates", counted)
    rng = np.random.default_rng(20261126)
    for case in range(-(-CASES // 25)):
        rows, owners, probes = crowded(rng)
        plain = matched(rows, owners, probes, worth_rows=10**9)
        for before, now in zip(plain, matched(rows, owners, probes, worth_rows=0), strict=True):
            assert before is not None
            assert now is not None
            assert (now.score, now.runner_up) == pytest.approx((before.score, before.runner_up), abs=ROUNDING), case
            is_tie = before.score - before.runner_up <= ROUNDING
            assert now.person_id == before.person_id or is_tie, case
    assert min(kept[True], kept[False]) > 0.1 * CASES, "both ways are taken"


def test_the_library_multiplies_exactly() -> None:
    pytest.importorskip("numkong", reason="the extra large-gallery is not installed")
    rng = np.random.default_rng(6)
    rows = rng.integers(-127, 128, (500, 512)).astype(np.int8)
    rows[0], rows[1] = 127, -127
    dots = int8.fast_dots()
    assert dots is not None
    for one in (rows[0], rows[1], rows[7]):
        assert (dots(one, rows) == exact_dots(one, rows)).all()


def test_without_the_library_the_plain_product_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "numkong", None)
    assert int8.fast_dots() is None
    rows = units(np.random.default_rng(8).standard_normal((10, 512)))
    (match,) = matched(rows, np.arange(1, 11), rows[3:4], worth_rows=0)
    assert match is not None
    assert match.person_id == 4
