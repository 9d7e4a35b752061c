"""Damaged, foreign, missing, swapped and outdated files: what is mended, what is refused, and that nothing is lost."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery
from faceauthd.types import Role
from tests.gallery_kit import EMBEDDER, templates, unit_vectors

HEADER = 128
ROW = 2048


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Alice has rows 0 and 1, bob 2 and 3, and carol, in 4 and 5, is removed."""
    folder = tmp_path / "gallery"
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=8) as gallery:
        for seed, name in enumerate(("alice", "bob", "carol"), 1):
            gallery.enroll(name, Role.MEMBER, templates(seed, 2), now=1.0)
        gallery.remove("carol")
    return folder


def rows_of(folder: Path) -> Path:
    return folder / "embeddings.npy"


def records_of(folder: Path) -> Path:
    return folder / "people.sqlite3"


def poke(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def sql(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(records_of(folder))) as connection:
        connection.execute(statement)
        connection.commit()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "gallery.lock"}


def matched(gallery: Gallery, seed: int) -> list[str | None]:
    found = []
    for match in gallery.matcher.best(unit_vectors(seed, 2)):
        person = gallery.person_by_id(match.person_id) if match and match.score > 0.999 else None
        found.append(person.name if person else None)
    return found


def opened(folder: Path) -> tuple[list[str], list[str | None], list[str | None], dict[str, int], dict[str, int]]:
    """The repairs told, whom the templates of alice and of bob match, and the templates in use and set aside."""
    told: list[str] = []
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=told.append) as gallery:
        used = {person.name: person.templates for person in gallery.people()}
        aside = {person.name: gallery.quarantined.get(person.id, 0) for person in gallery.people()}
        return told, matched(gallery, 1), matched(gallery, 2), used, aside


@pytest.mark.parametrize("damage", [b"\x01", b"\0" * ROW, b"\xff" * ROW, unit_vectors(9, 1).tobytes()])
def test_a_damaged_row_is_set_aside_told_once_and_never_matched(folder: Path, damage: bytes) -> None:
    poke(rows_of(folder), HEADER + ROW, damage)
    told, alice, bob, used, aside = opened(folder)
    assert len(told) == 1
    assert "'alice' (row 1) is damaged" in told[0]
    assert (alice, bob) == (["alice", None], ["bob", "bob"])
    assert used == {"alice": 1, "bob": 2}
    assert aside == {"alice": 1, "bob": 0}
    with Gallery.open(folder, embedder_id=EMBEDDER, read_only=True) as gallery:
        assert all(match and match.score < 0.3 for match in gallery.matcher.best(unit_vectors(9, 1)))
    assert opened(folder)[0] == []


def test_two_rows_exchanged_are_both_set_aside(folder: Path) -> None:
    raw = rows_of(folder).read_bytes()
    poke(rows_of(folder), HEADER, raw[HEADER + 2 * ROW : HEADER + 3 * ROW])
    poke(rows_of(folder), HEADER + 2 * ROW, raw[HEADER : HEADER + ROW])
    _, alice, bob, used, _ = opened(folder)
    assert (alice, bob) == ([None, "alice"], [None, "bob"])
    assert used == {"alice": 1, "bob": 1}


def test_a_row_that_is_whole_again_is_back_in_use(folder: Path) -> None:
    whole = rows_of(folder).read_bytes()
    poke(rows_of(folder), HEADER, b"\x01")
    opened(folder)
    poke(rows_of(folder), HEADER, whole[HEADER : HEADER + ROW])
    told, alice, _, used, aside = opened(folder)
    assert [line for line in told if "whole again" in line]
    assert (alice, used["alice"], aside["alice"]) == (["alice", "alice"], 2, 0)


def test_rows_that_nobody_refers_to_are_erased(folder: Path) -> None:
    poke(rows_of(folder), HEADER + 5 * ROW, unit_vectors(3, 1).tobytes())
    poke(rows_of(folder), HEADER + 7 * ROW, np.full(512, -0.0, np.float32).tobytes())
    told = opened(folder)[0]
    assert told == ["2 rows that no record refers to were erased (an interrupted enrolment or removal)"]
    assert not any(rows_of(folder).read_bytes()[HEADER + 4 * ROW : HEADER + 8 * ROW])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE templates SET person = 2 WHERE person = 1",
        "UPDATE templates SET slot = slot + 10 WHERE person = 1",
        "UPDATE templates SET crc32 = crc32 + 1 WHERE person = 1",
        "UPDATE templates SET embedder = embedder || 'x' WHERE person = 1",
        "UPDATE people SET role = 'admin' WHERE id = 1",
        "UPDATE people SET disabled = 1 WHERE id = 1",
        "UPDATE people SET name = 'eve' WHERE id = 1",
    ],
)
def test_a_record_that_was_altered_lets_nobody_in(folder: Path, statement: str) -> None:
    sql(folder, statement)
    told, alice, bob, _, _ = opened(folder)
    assert alice == [None, None]
    assert bob == ["bob", "bob"]
    assert told


def test_an_altered_record_cannot_be_sealed_by_changing_it(folder: Path) -> None:
    sql(folder, "UPDATE people SET role = 'admin' WHERE id = 1")
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        acts: tuple[Callable[[], object], ...] = (
            lambda: gallery.rename("alice", "alicia"),
            lambda: gallery.set_disabled("alice", is_disabled=False),
            lambda: gallery.add_templates(1, templates(1, 1), now=1.0),
        )
        for act in acts:
            with pytest.raises(GalleryError, match="damaged: remove and enrol"):
                act()
        gallery.remove("alice")
        gallery.enroll("alice", Role.MEMBER, templates(1, 2), now=1.0)
        assert matched(gallery, 1) == ["alice", "alice"]


def test_a_lost_matrix_put_back_brings_everybody_back(folder: Path) -> None:
    rows_of(folder).rename(folder / "aside")
    with pytest.raises(GalleryError, match="missing"):
        Gallery.open(folder, embedder_id=EMBEDDER)
    (folder / "aside").rename(rows_of(folder))
    assert opened(folder) == ([], ["alice"] * 2, ["bob"] * 2, {"alice": 2, "bob": 2}, {"alice": 0, "bob": 0})


def test_older_records_beside_newer_rows_are_refused_for_they_may_list_the_removed(folder: Path) -> None:
    older = records_of(folder).read_bytes()
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        gallery.remove("bob")
    records_of(folder).write_bytes(older)
    before = contents(folder)
    for read_only in (False, True):
        with pytest.raises(GalleryError, match=r"older copy than .*change 4, the rows have seen 5"):
            Gallery.open(folder, embedder_id=EMBEDDER, read_only=read_only)
    assert contents(folder) == before
    told: list[str] = []
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=told.append, accept_older_records=True) as gallery:
        assert matched(gallery, 2) == [None, None]
        assert gallery.person("bob")
        assert matched(gallery, 1) == ["alice", "alice"]
    assert "accepted as asked" in told[0]
    assert len(told) == 3
    assert opened(folder)[0] == []


def test_even_one_rename_makes_records_older(folder: Path) -> None:
    older = records_of(folder).read_bytes()
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        gallery.set_disabled("bob", is_disabled=True)
    records_of(folder).write_bytes(older)
    with pytest.raises(GalleryError, match="older copy"):
        Gallery.open(folder, embedder_id=EMBEDDER)


def test_older_rows_beside_newer_records_give_back_nobody(folder: Path) -> None:
    older = rows_of(folder).read_bytes()
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        gallery.remove("bob")
        gallery.enroll("dora", Role.MEMBER, templates(4, 3), now=1.0)
    rows_of(folder).write_bytes(older)
    told, alice, bob, used, aside = opened(folder)
    assert "older copy (change 4 of 6)" in told[0]
    assert (alice, bob) == (["alice", "alice"], [None, None])
    assert used == {"alice": 2, "dora": 0}
    assert aside == {"alice": 0, "dora": 3}
    assert unit_vectors(2, 2)[0].tobytes() not in rows_of(folder).read_bytes()


def test_a_matrix_that_numpy_saved_anew_is_checked_row_by_row(folder: Path) -> None:
    np.save(rows_of(folder), np.load(rows_of(folder)))
    told, alice, bob, _, _ = opened(folder)
    assert len(told) == 1
    assert "no valid stamp" in told[0]
    assert (alice, bob) == (["alice"] * 2, ["bob"] * 2)
    assert opened(folder)[0] == []


def test_slots_of_a_smaller_older_matrix_are_not_given_away_when_it_grows(folder: Path) -> None:
    older = rows_of(folder).read_bytes()
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        gallery.enroll("dora", Role.MEMBER, templates(4, 6), now=1.0)
    rows_of(folder).write_bytes(older)
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        gallery.enroll("eve", Role.MEMBER, templates(5, 6), now=1.0)
        assert matched(gallery, 5) == ["eve", "eve"]
    _, alice, bob, used, _ = opened(folder)
    assert (alice, bob, used["eve"], used["dora"]) == (["alice"] * 2, ["bob"] * 2, 6, 0)


def test_a_damaged_row_is_counted_out_by_a_reader_who_changes_nothing(folder: Path) -> None:
    poke(rows_of(folder), HEADER, b"\x01")
    before, told = contents(folder), list[str]()
    with Gallery.open(folder, embedder_id=EMBEDDER, read_only=True, on_repair=told.append) as gallery:
        assert {person.name: person.templates for person in gallery.people()} == {"alice": 1, "bob": 2}
        assert dict(gallery.quarantined) == {1: 1}
        assert matched(gallery, 1) == [None, "alice"]
    assert len(told) == 1
    assert contents(folder) == before


def test_a_locked_database_is_named_with_the_remedy(folder: Path) -> None:
    with closing(sqlite3.connect(records_of(folder), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GalleryError, match="another program has locked it"):
            Gallery.open(folder, embedder_id=EMBEDDER)
        other.execute("ROLLBACK")
    assert opened(folder)[0] == []


def test_a_writer_in_the_way_is_an_error_and_no_harm(folder: Path) -> None:
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        with closing(sqlite3.connect(records_of(folder), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(GalleryError, match="locked"):
                gallery.enroll("dora", Role.MEMBER, templates(4, 2), now=1.0)
            with pytest.raises(GalleryError, match="locked"):
                gallery.remove("alice")
            other.execute("ROLLBACK")
        assert matched(gallery, 1) == ["alice", "alice"]
        gallery.enroll("dora", Role.MEMBER, templates(4, 2), now=1.0)
        gallery.remove("alice")
        assert matched(gallery, 4) == ["dora", "dora"]
    told, alice, _, used, _ = opened(folder)
    assert (told, alice, used) == ([], [None, None], {"bob": 2, "dora": 2})


@pytest.mark.parametrize("read_only", [True, False])
def test_a_sector_that_cannot_be_read_is_named_at_the_start(
    folder: Path, read_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read error under a mapping is a SIGBUS, which ends the process without a word."""
    bad, real = HEADER + 5 * ROW, os.pread

    def pread(fd: int, count: int, offset: int) -> bytes:
        if offset <= bad < offset + count and Path(f"/proc/self/fd/{fd}").readlink() == rows_of(folder):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(fd, count, offset)

    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(os, "pread", pread)
    with pytest.raises(GalleryError, match=r"npy: Input/output error: the disk is failing: copy the folder"):
        Gallery.open(folder, embedder_id=EMBEDDER, read_only=read_only)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
