"""Galleries that earlier versions wrote are read as they were. The samples are of random directions, not of faces."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from faceauthd.gallery import Gallery
from faceauthd.types import Person, Role, Rules
from tests.gallery_kit import EMBEDDER, unit_vectors

SAMPLES = Path(__file__).parents[1] / "data" / "galleries"
PEOPLE = (
    Person(1, "alice", Role.ADMIN, 3, 1_700_000_000.0, 0.5),
    Person(2, "bob", Role.MEMBER, 3, 1_700_000_100.0, 0.5, rules=Rules(is_disabled=True)),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SAMPLES / "v1", tmp_path / "gallery")


def test_format_1_is_read_and_nothing_is_written(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with Gallery.open(folder, embedder_id=EMBEDDER, read_only=True, on_repair=pytest.fail) as gallery:
        assert gallery.people() == PEOPLE
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_format_1_is_written_to_and_matches(folder: Path) -> None:
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail) as gallery:
        assert gallery.people() == PEOPLE
        assert gallery.matcher.templates == 3
        assert [match.person_id for match in gallery.matcher.best(unit_vectors(1, 3)) if match] == [1, 1, 1]
        gallery.set_rules("bob", Rules(hours="Mon-Fri 07:00-19:00"))
        match = gallery.matcher.best(unit_vectors(3, 1))[0]
        assert match is not None
        assert (match.person_id, match.score > 0.999) == (2, True)
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail) as again:
        bob = again.person("bob")
        assert bob is not None
        assert bob.rules == Rules(hours="Mon-Fri 07:00-19:00")
