"""The impostor curve, against every pair compared one by one."""

from __future__ import annotations

import numpy as np
import pytest

from faceauthd.evaluation.curve import BINS, BLOCK, impostor_scores


def people_and_rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    rows = rng.normal(size=(count, 32)).astype(np.float32)
    return rng.integers(0, count // 3, count), rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_every_pair_of_strangers_is_counted_once() -> None:
    people, rows = people_and_rows(BLOCK + 90)  # more than one block
    slow = np.array([a @ b for i, a in enumerate(rows) for j, b in enumerate(rows[:i]) if people[i] != people[j]])

    scores = impostor_scores(rows, people, suspicion=2.0)

    assert scores.pairs == slow.size
    assert scores.look_alikes == ()
    for fmr in (0.1, 0.01, 0.001):
        at = scores.cosine_at(fmr)
        assert np.mean(slow >= at + 1e-6) <= fmr
        assert np.mean(slow >= at - 2 / BINS - 1e-6) > fmr


def test_look_alikes_are_listed_and_can_be_left_out() -> None:
    people, rows = people_and_rows(60)
    rows[59], people[58:] = rows[3], (900, 901)

    scores = impostor_scores(rows, people, suspicion=0.9)
    clean = impostor_scores(rows, people, suspicion=0.9, one_person={(901, int(people[3])), (900, 901)})

    (pair,) = scores.look_alikes
    assert (pair.a, pair.b) == (3, 59)
    assert pair.cosine == pytest.approx(1.0, abs=1e-5)
    assert clean.pairs == scores.pairs - int((people == people[3]).sum()) - 1
    assert clean.look_alikes == ()
    assert clean.cosine_at(1e-4) < 0.9 <= scores.cosine_at(1e-4)


def test_a_rate_no_pair_reaches_lies_above_all() -> None:
    people, rows = people_and_rows(30)
    scores = impostor_scores(rows, people, suspicion=2.0)

    assert np.cumsum(scores.counts[::-1])[int((1 - scores.cosine_at(1e-9)) * BINS / 2) - 1] == 0
