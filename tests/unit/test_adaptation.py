"""When a look may renew a template, and where a drift of many days can lead to: nowhere near a stranger."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceauthd.adaptation import MOST, REACH_DEG, AdaptationPolicy, Chance, may_renew
from faceauthd.gallery import Gallery
from faceauthd.types import NewTemplate, Role
from tests.gallery_kit import EMBEDDER, unit_vectors

if TYPE_CHECKING:
    from faceauthd.types import Vector

POLICY = AdaptationPolicy()
DAY_S = 86_400.0
T = 0.62
"""The cosine of the default promise for a household (20 templates, 8 looks)."""
SURE = Chance(
    score=0.8, runner_up=0.2, anchored=0.8, threshold=T, liveness=0.97, quality=0.95, yaw_deg=2.0, pitch_deg=-3.0,
    faces=1, now=10 * DAY_S,
)  # fmt: skip


def test_a_sure_look_may() -> None:
    assert may_renew(SURE, POLICY)
    assert may_renew(replace(SURE, renewed_at=SURE.now - DAY_S), POLICY)
    rarely = replace(POLICY, max_per_day=0.5)
    assert [may_renew(replace(SURE, renewed_at=SURE.now - days * DAY_S), rarely) for days in (1.9, 2.0)] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    "doubt",
    [
        {"score": T + POLICY.margin - 0.001},
        {"anchored": T - 0.001},
        {"runner_up": 0.61},
        {"liveness": None},
        {"liveness": 0.89},
        {"quality": 0.79},
        {"yaw_deg": -12.5},
        {"pitch_deg": 12.5},
        {"faces": 2},
        {"renewed_at": SURE.now - DAY_S + 1},
        {"renewed_at": SURE.now + 365 * DAY_S},
        {"score": math.nan},
        {"anchored": math.nan},
        {"liveness": math.nan},
        {"quality": math.nan},
        {"yaw_deg": math.nan},
        {"pitch_deg": math.nan},
        {"now": math.nan, "renewed_at": 0.0},
    ],
    ids=str,
)
def test_any_doubt_is_enough(doubt: dict[str, float | None]) -> None:
    assert not may_renew(replace(SURE, **doubt), POLICY)  # type: ignore[arg-type]


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with Gallery.open(tmp_path / "gallery", embedder_id=EMBEDDER, first_capacity=8) as made:
        yield made


def between(start: Vector, end: Vector, share: float) -> Vector:
    """The unit vector at that share of the way from one to the other, on the shortest way."""
    angle = math.acos(float(start @ end))
    there = (math.sin((1 - share) * angle) * start + math.sin(share * angle) * end) / math.sin(angle)
    return np.float32(there / np.linalg.norm(there))


def noisy(face: Vector, size: float, random: np.random.Generator) -> Vector:
    """A look at a face: `size` is the noise's length beside the face's 1."""
    noise = random.standard_normal(512)
    look = face + size * noise / np.linalg.norm(noise)
    return np.float32(look / np.linalg.norm(look))


def score(gallery: Gallery, probe: Vector) -> float:
    match = gallery.matcher.best(probe[None])[0]
    assert match is not None
    return match.score


def day(gallery: Gallery, look: Vector, now: float) -> bool:
    """One day at the door, nothing but the embedding against it: whether the look got in."""
    person = gallery.people()[0]
    found = score(gallery, look)
    chance = replace(SURE, score=found, anchored=gallery.anchored(person, look), runner_up=0.0, now=now)
    if may_renew(chance, POLICY):
        gallery.adapt(person, NewTemplate(look, 0.9), now=now, reach_deg=REACH_DEG, most=MOST)
    return found >= T


def enrolled(gallery: Gallery, face: Vector, random: np.random.Generator) -> None:
    looks = [NewTemplate(noisy(face, 0.45, random), 0.9) for _ in range(5)]
    gallery.enroll("ann", Role.ADMIN, looks, now=0.0)


@pytest.mark.parametrize("noise", [0.0, 0.45])
def test_a_year_of_drifting_towards_a_stranger_never_lets_the_stranger_in(gallery: Gallery, noise: float) -> None:
    """Led along the shortest way, by whoever gets in as far as that goes; the stranger's looks are tried every day."""
    ann, eve = unit_vectors(1, 1)[0], unit_vectors(2, 1)[0]
    random = np.random.default_rng(3)
    enrolled(gallery, ann, random)
    reach = math.cos(math.acos(T) + math.radians(REACH_DEG))
    for number in range(400):
        day(gallery, noisy(between(ann, eve, number / 399), noise, random), number * DAY_S)
        for probe in (eve, noisy(eve, noise, random)):
            assert score(gallery, probe) < T
            assert gallery.anchored(gallery.people()[0], probe) < reach
    assert gallery.people()[0].templates == 5 + MOST  # it did renew, and no more than that


def test_keeping_the_look_itself_would_have_let_the_stranger_in(gallery: Gallery) -> None:
    """Why a renewed template leans: the same drift, with an unbounded reach."""
    ann, eve = unit_vectors(1, 1)[0], unit_vectors(2, 1)[0]
    enrolled(gallery, ann, np.random.default_rng(3))
    person = gallery.people()[0]
    for number in range(400):
        look = between(ann, eve, number / 399)
        if score(gallery, look) >= T + 0.05 and gallery.anchored(person, look) >= T:
            gallery.adapt(person, NewTemplate(look, 0.9), now=number * DAY_S, reach_deg=180.0, most=MOST)
    assert score(gallery, eve) >= T


def test_a_beard_is_followed_as_far_as_the_reach_and_no_further(gallery: Gallery, tmp_path: Path) -> None:
    ann, beard = unit_vectors(1, 1)[0], unit_vectors(7, 1)[0]
    random = np.random.default_rng(5)
    enrolled(gallery, ann, random)
    days = {True: 0, False: 0}
    with Gallery.open(tmp_path / "other", embedder_id=EMBEDDER) as stiff:
        enrolled(stiff, ann, np.random.default_rng(5))
        for number in range(300):
            look = noisy(between(ann, beard, number / 300), 0.45, random)
            days[True] += day(gallery, look, number * DAY_S)
            days[False] += score(stiff, look) >= T
    assert days[True] > days[False] + 15
    assert not day(gallery, beard, 301 * DAY_S)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), shares=st.lists(st.floats(0, 1), min_size=5, max_size=40))
def test_whatever_looks_come_nobody_beyond_threshold_and_reach_gets_in(
    tmp_path_factory: pytest.TempPathFactory, seed: int, shares: list[float]
) -> None:
    ann, eve = unit_vectors(2 * seed, 1)[0], unit_vectors(2 * seed + 1, 1)[0]
    random = np.random.default_rng(seed)
    with Gallery.open(tmp_path_factory.mktemp("drift"), embedder_id=EMBEDDER, first_capacity=8) as gallery:
        enrolled(gallery, ann, random)
        for number, share in enumerate(shares):
            day(gallery, noisy(between(ann, eve, share), 0.3, random), number * DAY_S)
        person = gallery.people()[0]
        reach = math.cos(math.acos(T) + math.radians(REACH_DEG))
        for share in np.linspace(0, 1, 50):
            probe = between(ann, eve, float(share))
            assert score(gallery, probe) < T or gallery.anchored(person, probe) >= reach - 1e-5
