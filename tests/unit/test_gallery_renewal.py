"""Renewed templates on disk: bounded, superseded one by one, taken back, and gone with their person."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceauthd.errors import GalleryError, GalleryRefused
from faceauthd.gallery import Gallery, Origin
from faceauthd.gallery.details import Detail
from faceauthd.gallery.renewal import turned
from faceauthd.types import NewTemplate, Person, Role, Rules
from tests.gallery_kit import EMBEDDER, templates, unit_vectors

REACH_DEG = 15.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "gallery"


@pytest.fixture
def gallery(folder: Path) -> Iterator[Gallery]:
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=8, on_repair=pytest.fail) as made:
        made.enroll("ann", Role.ADMIN, templates(1, 2), now=100.0)
        made.enroll("ben", Role.MEMBER, templates(2, 2), now=100.0)
        yield made


def of(gallery: Gallery, name: str) -> Person:
    person = gallery.person(name)
    assert person is not None
    return person


def look_like(seed: int, cosine: float, other: int) -> NewTemplate:
    """A look at that cosine to the first template of `seed`, towards a direction of its own."""
    first, away = unit_vectors(seed, 1)[0].astype(np.float64), unit_vectors(other, 1)[0].astype(np.float64)
    across = away - (away @ first) * first
    across /= np.linalg.norm(across)
    return NewTemplate(np.float32(cosine * first + math.sqrt(1 - cosine * cosine) * across), quality=0.9)


def adapt(gallery: Gallery, look: NewTemplate, now: float = 200.0, most: int = 2) -> Person:
    return gallery.adapt(of(gallery, "ben"), look, now=now, reach_deg=REACH_DEG, most=most)


def known(gallery: Gallery) -> list[Detail]:
    return [one for one, _ in gallery.details(of(gallery, "ben"))]


def states(gallery: Gallery) -> list[tuple[str, bool]]:
    return [(str(one.origin), one.is_superseded) for one in known(gallery)]


def score(gallery: Gallery, probe: NewTemplate) -> float:
    match = gallery.matcher.best(probe.probe[None])[0]
    assert match is not None
    return match.score


def test_a_renewal_turns_the_nearest_template_towards_the_look_and_no_further(gallery: Gallery) -> None:
    look = look_like(2, 0.5, 77)
    before = score(gallery, look)
    assert adapt(gallery, look).templates == 3
    after = score(gallery, look)
    assert before == pytest.approx(0.5, abs=1e-5)
    assert math.degrees(math.acos(before) - math.acos(after)) == pytest.approx(REACH_DEG, abs=0.01)
    assert gallery.anchored(of(gallery, "ben"), look.probe) == pytest.approx(0.5, abs=1e-5)
    assert states(gallery) == [("enrolled", False), ("enrolled", False), ("adapted", False)]


def test_of_two_the_one_least_like_the_look_is_superseded_and_not_compared(gallery: Gallery, folder: Path) -> None:
    old, middle, new = look_like(2, 0.5, 77), look_like(2, 0.5, 78), look_like(2, 0.5, 79)
    for at, look in enumerate((old, middle, new)):
        assert adapt(gallery, look, now=200.0 + at).templates == min(3 + at, 4)
    assert [superseded for _, superseded in states(gallery)].count(True) == 1
    assert sum(one.origin is Origin.ENROLLED for one in known(gallery)) == 2
    lost = old if score(gallery, old) < 0.6 else middle
    assert score(gallery, lost) < 0.6 < score(gallery, new)
    gallery.close()
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail) as again:
        assert of(again, "ben").templates == 4
        assert score(again, lost) < 0.6 < score(again, new)


def test_undoing_brings_back_what_was_superseded_and_ends_at_the_enrolment(gallery: Gallery) -> None:
    looks = [look_like(2, 0.5, 77), look_like(2, 0.5, 78)]
    for at, look in enumerate(looks):
        adapt(gallery, look, now=200.0 + at, most=1)
    assert score(gallery, looks[0]) < 0.6
    assert gallery.undo_renewal("BEN").templates == 3
    assert score(gallery, looks[0]) > 0.6 > score(gallery, looks[1])
    assert gallery.undo_renewal("ben").templates == 2
    with pytest.raises(GalleryRefused, match="nothing to undo"):
        gallery.undo_renewal("ben")
    assert states(gallery) == [("enrolled", False)] * 2


def test_an_improvement_is_undone_as_a_whole(gallery: Gallery) -> None:
    ben = of(gallery, "ben")
    adapt(gallery, look_like(2, 0.5, 77), now=150.0)
    gallery.add_templates(ben.id, templates(8, 2), now=200.0)
    gallery.add_templates(ben.id, templates(9, 3), now=300.0)
    assert [gallery.undo_renewal("ben").templates for _ in range(3)] == [5, 3, 2]


def test_whoever_is_disabled_stays_so_through_an_undo(gallery: Gallery) -> None:
    for at in range(2):
        adapt(gallery, look_like(2, 0.5, 77 + at), now=200.0 + at, most=1)
    gallery.set_rules("ben", Rules(is_disabled=True))
    gallery.undo_renewal("ben")
    assert of(gallery, "ben").rules.is_disabled
    assert score(gallery, look_like(2, 0.99, 5)) > 0.9


def test_nobody_without_a_template_of_this_model_is_renewed(gallery: Gallery, folder: Path) -> None:
    gallery.close()
    with Gallery.open(folder, embedder_id="another model") as other:
        with pytest.raises(GalleryRefused, match="no template of this model"):
            other.adapt(of(other, "ben"), look_like(2, 0.5, 77), now=200.0, reach_deg=REACH_DEG, most=2)
        assert other.anchored(of(other, "ben"), unit_vectors(2, 1)[0]) == -1.0


def test_removed_means_gone_with_renewed_superseded_and_undone_templates(gallery: Gallery, folder: Path) -> None:
    ben = of(gallery, "ben")
    rows = [row for _, row in gallery.details(ben)]
    for at in range(4):
        adapt(gallery, look_like(2, 0.6, 77 + at), now=200.0 + at)
        rows += [row for _, row in gallery.details(of(gallery, "ben"))]
    gallery.undo_renewal("ben")
    gallery.note_seen({ben.id: 123456.5})
    assert len(set(rows)) == 6
    assert any(row in (folder / "embeddings.npy").read_bytes() for row in rows)
    gallery.remove("ben")
    kept = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {"embeddings.npy", "people.sqlite3"} <= kept.keys()
    for name, content in kept.items():
        assert b"ben" not in content, name
        for row in rows:
            assert row[:64] not in content, name


def test_when_somebody_was_seen_outlives_a_restart_and_can_be_forgotten(gallery: Gallery, folder: Path) -> None:
    ben = of(gallery, "ben")
    assert ben.last_seen is None
    gallery.note_seen({ben.id: 1234.5, 99: 7.0})
    gallery.note_seen({})
    gallery.close()
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail) as again:
        assert [person.last_seen for person in again.people()] == [None, 1234.5]
        again.note_seen({ben.id: None})
        assert of(again, "ben").last_seen is None


def test_a_disk_that_fails_while_renewing_leaves_what_was(gallery: Gallery, folder: Path) -> None:
    look = look_like(2, 0.5, 77)
    gallery._writer._rows.write = _fails  # type: ignore[method-assign, union-attr]
    with pytest.raises(GalleryError, match="full"):
        adapt(gallery, look)
    assert states(gallery) == [("enrolled", False)] * 2
    gallery.close()
    with Gallery.open(folder, embedder_id=EMBEDDER) as again:
        assert score(again, look) == pytest.approx(0.5, abs=1e-5)


def _fails(*_: object) -> None:
    raise GalleryError("the disk is full")


@given(st.floats(-0.9999, 0.9999), st.floats(0.5, 30.0), st.integers(0, 50))
def test_whoever_matches_a_turned_template_is_near_its_anchor(cosine: float, reach_deg: float, seed: int) -> None:
    """The promise of the reach: an angle to the turned template, and to the anchor at most the reach more."""
    anchor, look = unit_vectors(2, 1)[0], look_like(2, cosine, 60).probe
    leaning = turned(anchor, look, reach_deg)
    probe = unit_vectors(seed, 1)[0] if seed % 2 else leaning * 0.5 + unit_vectors(seed, 1)[0]
    probe = probe / np.linalg.norm(probe)
    angles = [math.degrees(math.acos(np.clip(float(probe @ one), -1, 1))) for one in (leaning, anchor)]
    assert abs(angles[1] - angles[0]) <= reach_deg + 0.05


def test_a_flipped_flag_hides_no_template_of_an_enrolment(folder: Path) -> None:
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=8, on_repair=pytest.fail) as made:
        made.enroll("ann", Role.ADMIN, templates(1, 2), now=100.0)
    with contextlib.closing(sqlite3.connect(folder / "people.sqlite3")) as records:
        records.execute("UPDATE templates SET superseded = 1 WHERE id = 1")
        records.commit()
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=8) as again:
        found = [again.matcher.best(row[np.newaxis])[0] for row in unit_vectors(1, 2)]
        assert all(match is not None and match.score > 0.99 for match in found)
        assert of(again, "ann").templates == 2
