"""The gallery's commit at its bounds: how far it grows, and what it says to whoever asks for what cannot be."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceauthd.errors import GalleryRefused
from faceauthd.gallery import Gallery
from faceauthd.types import Role
from tests.gallery_kit import EMBEDDER, templates


def capacity(folder: Path) -> int:
    return int(np.load(folder / "embeddings.npy", mmap_mode="r").shape[0])


def test_it_grows_to_twice_its_size_or_to_what_is_wanted(tmp_path: Path) -> None:
    with Gallery.open(tmp_path, embedder_id=EMBEDDER, first_capacity=4) as gallery:
        gallery.enroll("ann", Role.MEMBER, templates(1, 4), now=1.0)
        assert capacity(tmp_path) == 4
        gallery.enroll("bea", Role.MEMBER, templates(2, 1), now=1.0)
        assert capacity(tmp_path) == 8
        gallery.enroll("cem", Role.MEMBER, templates(3, 20), now=1.0)
        assert capacity(tmp_path) == 25


def test_room_that_is_left_is_used_first(tmp_path: Path) -> None:
    with Gallery.open(tmp_path, embedder_id=EMBEDDER, first_capacity=4) as gallery:
        gallery.enroll("ann", Role.MEMBER, templates(1, 3), now=1.0)
        gallery.enroll("bea", Role.MEMBER, templates(2, 2), now=1.0)
        assert capacity(tmp_path) == 8
        gallery.remove("ann")
        gallery.enroll("cem", Role.MEMBER, templates(3, 6), now=1.0)
        assert capacity(tmp_path) == 8


def test_what_cannot_be_is_said_plainly(tmp_path: Path) -> None:
    with Gallery.open(tmp_path, embedder_id=EMBEDDER) as gallery:
        with pytest.raises(GalleryRefused, match=r"^nobody can be enrolled without a template: take .* good look$"):
            gallery.enroll("ann", Role.MEMBER, (), now=1.0)
        (template,) = templates(1, 1)
        for odd in (replace(template, quality=math.nan), replace(template, yaw_deg=math.inf)):
            with pytest.raises(ValueError, match=r"^a template's quality, angles and time must be finite$"):
                gallery.enroll("ann", Role.MEMBER, (odd,), now=1.0)


@pytest.mark.parametrize("has_index", [True, False])
def test_a_log_of_nothing_but_its_header_keeps_no_reader_waiting(tmp_path: Path, has_index: bool) -> None:
    """What a kill leaves that comes before the first frame; SQLite's own readers wait eleven seconds, and give up."""
    records, log = tmp_path / "people.sqlite3", tmp_path / "people.sqlite3-wal"
    with Gallery.open(tmp_path, embedder_id=EMBEDDER) as gallery:
        gallery.enroll("ann", Role.MEMBER, templates(1, 1), now=1.0)
        header = log.read_bytes()[:32]
    whole = records.read_bytes()
    assert len(header) == 32
    log.write_bytes(header)
    if has_index:
        (tmp_path / "people.sqlite3-shm").write_bytes(bytes(32768))
    with Gallery.open(tmp_path, embedder_id=EMBEDDER, read_only=True) as gallery:
        assert [person.name for person in gallery.people()] == ["ann"]
    assert (records.read_bytes(), log.read_bytes()) == (whole, header), "a reader wrote"
