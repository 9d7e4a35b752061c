"""Enrolling, finding, changing and removing people."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from faceauthd.errors import GalleryError, GalleryLocked, GalleryRefused
from faceauthd.gallery import Gallery, Newcomer, Origin
from faceauthd.types import NewTemplate, Role
from tests.gallery_kit import EMBEDDER, templates, unit_vectors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "gallery"


@pytest.fixture
def gallery(folder: Path) -> Iterator[Gallery]:
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=4) as opened:
        yield opened


def whose(gallery: Gallery, seed: int) -> str | None:
    """The name of whoever has the templates of this seed."""
    names = set()
    for match in gallery.matcher.best(unit_vectors(seed, 2)):
        person = gallery.person_by_id(match.person_id) if match and match.score > 0.999 else None
        names.add(person.name if person else None)
    assert len(names) == 1
    return names.pop()


def test_a_new_gallery_is_for_its_owner_alone(gallery: Gallery, folder: Path) -> None:
    assert gallery.people() == ()
    gallery.enroll("alice", Role.ADMIN, templates(1, 2), now=1.0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes) == {
        "embeddings.npy",
        "gallery.lock",
        "people.sqlite3",
        "people.sqlite3-shm",
        "people.sqlite3-wal",
    }
    assert set(modes.values()) == {0o600}


def test_enrolled_means_matched_now_and_after_reopening(folder: Path) -> None:
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        matcher = gallery.matcher
        alice = gallery.enroll("Alice", Role.ADMIN, templates(1, 3), now=1000.5)
        assert (alice.name, alice.role, alice.templates, alice.enrolled_at) == ("Alice", Role.ADMIN, 3, 1000.5)
        assert alice.quality == pytest.approx(0.5)
        assert gallery.matcher is matcher
        assert whose(gallery, 1) == "Alice"
        assert whose(gallery, 2) is None
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        assert gallery.people() == (alice,)
        assert whose(gallery, 1) == "Alice"


def test_any_numpy_reads_the_matrix_while_it_is_open(gallery: Gallery, folder: Path) -> None:
    gallery.enroll("alice", Role.MEMBER, templates(1, 2), now=1.0)
    matrix = np.load(folder / "embeddings.npy", mmap_mode="r")
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    assert np.array_equal(matrix[:2], unit_vectors(1, 2))
    assert not matrix[2:].any()
    gallery.enroll("bob", Role.MEMBER, templates(2, 1), now=1.0)
    assert np.array_equal(matrix[2], unit_vectors(2, 1)[0])


def test_it_grows_and_whoever_mapped_the_smaller_file_keeps_it(gallery: Gallery, folder: Path) -> None:
    gallery.enroll("alice", Role.MEMBER, templates(1, 3), now=1.0)
    before = np.load(folder / "embeddings.npy", mmap_mode="r")
    gallery.enroll("bob", Role.MEMBER, templates(2, 20), now=1.0)
    after = np.load(folder / "embeddings.npy", mmap_mode="r")
    assert (len(before), len(after)) == (4, 23)
    assert np.array_equal(before[:3], after[:3])
    assert (whose(gallery, 1), whose(gallery, 2)) == ("alice", "bob")


def test_removed_means_gone_from_the_answer_and_from_every_file(gallery: Gallery, folder: Path) -> None:
    gallery.enroll("alice", Role.MEMBER, templates(1, 2), now=1.0)
    gallery.enroll("bob", Role.MEMBER, templates(2, 2), now=1.0)
    assert gallery.remove("ALICE").name == "alice"
    assert whose(gallery, 1) is None
    assert whose(gallery, 2) == "bob"
    assert gallery.person("alice") is None
    raw = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"alice" not in raw
    assert not any(vector.tobytes() in raw for vector in unit_vectors(1, 2))


def test_the_rows_of_the_removed_are_used_again_but_never_their_id(gallery: Gallery, folder: Path) -> None:
    alice = gallery.enroll("alice", Role.MEMBER, templates(1, 4), now=1.0)
    gallery.remove("alice")
    bob = gallery.enroll("bob", Role.MEMBER, templates(2, 4), now=1.0)
    assert bob.id > alice.id
    assert len(np.load(folder / "embeddings.npy", mmap_mode="r")) == 4


def test_a_rename_leaves_nothing_of_the_old_name(gallery: Gallery, folder: Path) -> None:
    alice = gallery.enroll("alice", Role.GUEST, templates(1, 2), now=1.0)
    renamed = gallery.rename("alice", "Beatrix")
    assert (renamed.id, renamed.name, renamed.role) == (alice.id, "Beatrix", Role.GUEST)
    assert gallery.people() == (renamed,)
    assert gallery.person("alice") is None
    assert whose(gallery, 1) == "Beatrix"
    assert b"alice" not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_a_name_may_change_its_case(gallery: Gallery) -> None:
    gallery.enroll("alice", Role.MEMBER, templates(1, 2), now=1.0)
    assert gallery.rename("alice", "Alice").name == "Alice"


def test_more_templates_for_somebody(gallery: Gallery) -> None:
    alice = gallery.enroll("alice", Role.MEMBER, templates(1, 2), now=1.0)
    more = gallery.add_templates(alice.id, templates(2, 2), now=2.0, origin=Origin.PHOTO)
    assert more.templates == 4
    assert gallery.people() == (more,)
    assert whose(gallery, 2) == "alice"


def test_somebody_disabled_is_matched_and_known_to_be_so(gallery: Gallery, folder: Path) -> None:
    gallery.enroll("alice", Role.MEMBER, templates(1, 2), now=1.0)
    gallery.set_disabled("alice", is_disabled=True)
    assert whose(gallery, 1) == "alice"
    gallery.close()
    with Gallery.open(folder, embedder_id=EMBEDDER) as again:
        assert again.people()[0].rules.is_disabled
        again.add_templates(again.people()[0].id, templates(2, 2), now=2.0)
        assert (whose(again, 1), whose(again, 2)) == ("alice", "alice")
        assert again.matcher.templates == 4
        again.set_disabled("alice", is_disabled=False)
        assert not again.people()[0].rules.is_disabled


def test_names_for_the_nameless_count_everybody_who_ever_was(gallery: Gallery) -> None:
    assert gallery.next_name() == "person-1"
    gallery.enroll(gallery.next_name(), Role.ADMIN, templates(1, 1), now=1.0)
    gallery.enroll("Person-3", Role.MEMBER, templates(2, 1), now=1.0)
    assert gallery.next_name() == "person-4"
    gallery.remove("person-1")
    gallery.remove("person-3")
    assert gallery.next_name() == "person-3"


def test_all_newcomers_or_nobody(gallery: Gallery) -> None:
    gallery.enroll("carol", Role.MEMBER, templates(3, 2), now=1.0)
    newcomers = [Newcomer(name, Role.MEMBER, templates(seed, 2)) for seed, name in ((1, "alice"), (2, "bob"))]
    with pytest.raises(GalleryRefused, match="carol"):
        gallery.enroll_all([*newcomers, Newcomer("CAROL", Role.MEMBER, templates(4, 1))], now=1.0)
    with pytest.raises(GalleryRefused, match="same name"):
        gallery.enroll_all([*newcomers, Newcomer("Alice", Role.MEMBER, templates(4, 1))], now=1.0)
    assert [person.name for person in gallery.people()] == ["carol"]
    assert [person.name for person in gallery.enroll_all(newcomers, now=1.0)] == ["alice", "bob"]
    assert [whose(gallery, seed) for seed in (1, 2, 3)] == ["alice", "bob", "carol"]
    assert gallery.enroll_all([], now=1.0) == ()


def test_what_cannot_be_done_is_refused_in_one_line_and_changes_nothing(gallery: Gallery) -> None:
    gallery.enroll("alice", Role.MEMBER, templates(1, 2), now=1.0)
    gallery.enroll("bob", Role.MEMBER, templates(2, 2), now=1.0)
    before = gallery.people()
    refused: dict[str, Callable[[], object]] = {
        "called 'alice' already": lambda: gallery.enroll("ALICE", Role.MEMBER, templates(3, 2), now=1.0),
        "path separator": lambda: gallery.enroll("a/b", Role.MEMBER, templates(3, 2), now=1.0),
        "without a template": lambda: gallery.enroll("carol", Role.MEMBER, [], now=1.0),
        "called 'bob' already": lambda: gallery.rename("alice", "Bob"),
        "be empty": lambda: gallery.rename("alice", ""),
        "nobody is called 'carol'": lambda: gallery.rename("carol", "dora"),
        "nobody is called 'Carol'": lambda: gallery.remove("Carol"),
        "nobody is called number 99": lambda: gallery.add_templates(99, templates(3, 1), now=1.0),
        "nobody is called 'x": lambda: gallery.set_disabled("x" * 500, is_disabled=True),
    }
    for why, act in refused.items():
        with pytest.raises(GalleryRefused) as caught:
            act()
        assert why in str(caught.value)
        assert "\n" not in str(caught.value)
    assert gallery.people() == before
    assert (whose(gallery, 1), whose(gallery, 2), whose(gallery, 3)) == ("alice", "bob", None)


@pytest.mark.parametrize(
    "template",
    [
        NewTemplate(np.zeros(512, np.float32), 0.5),
        NewTemplate(np.full(512, np.nan, np.float32), 0.5),
        NewTemplate(unit_vectors(1, 1)[0, :100], 0.5),
        NewTemplate(unit_vectors(1, 1)[0].astype(np.float64), 0.5),
        NewTemplate(unit_vectors(1, 1)[0], float("nan")),
        NewTemplate(unit_vectors(1, 1)[0], 0.5, yaw_deg=float("inf")),
    ],
)
def test_what_is_no_template_never_reaches_the_disk(gallery: Gallery, folder: Path, template: NewTemplate) -> None:
    with pytest.raises(ValueError, match=r"embedding|finite|float32|shape"):
        gallery.enroll("alice", Role.MEMBER, [*templates(1, 1), template], now=1.0)
    assert gallery.people() == ()
    assert not np.load(folder / "embeddings.npy", mmap_mode="r").any()


def test_templates_of_another_embedder_are_counted_and_never_compared(folder: Path) -> None:
    with Gallery.open(folder, embedder_id="the-old-one") as gallery:
        alice = gallery.enroll("alice", Role.MEMBER, templates(1, 3), now=1.0)
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        (known,) = gallery.people()
        assert (known.templates, known.foreign_templates) == (0, 3)
        assert gallery.matcher.templates == 0
        assert whose(gallery, 1) is None
        mixed = gallery.add_templates(alice.id, templates(2, 2), now=2.0)
        assert (mixed.templates, mixed.foreign_templates) == (2, 3)
        assert (whose(gallery, 1), whose(gallery, 2)) == (None, "alice")
    with Gallery.open(folder, embedder_id=None, read_only=True) as gallery:
        assert gallery.people()[0].templates == 5
        assert gallery.matcher.best(unit_vectors(1, 1)) == [None]


def test_a_second_writer_is_told_who_the_first_is(gallery: Gallery, folder: Path) -> None:
    with pytest.raises(GalleryLocked, match=f"process {os.getpid()}:"):
        Gallery.open(folder, embedder_id=EMBEDDER)
    gallery.enroll("alice", Role.MEMBER, templates(1, 1), now=1.0)
    gallery.close()
    with Gallery.open(folder, embedder_id=EMBEDDER) as second:
        assert second.person("alice")


def test_the_lock_holds_between_processes(gallery: Gallery, folder: Path) -> None:
    code = (
        "import sys, pathlib; from faceauthd.errors import GalleryLocked; from faceauthd.gallery import Gallery\n"
        "try: Gallery.open(pathlib.Path(sys.argv[1]), embedder_id='e')\n"
        "except GalleryLocked as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert f"in use by process {os.getpid()}" in told.stdout


def test_what_is_closed_matches_nobody_and_takes_nobody(folder: Path) -> None:
    gallery = Gallery.open(folder, embedder_id=EMBEDDER)
    gallery.enroll("alice", Role.MEMBER, templates(1, 1), now=1.0)
    gallery.close()
    gallery.close()
    assert gallery.matcher.best(unit_vectors(1, 1)) == [None]
    with pytest.raises(GalleryRefused, match="not open for writing"):
        gallery.enroll("bob", Role.MEMBER, templates(2, 1), now=1.0)


def test_to_write_needs_to_know_the_embedder(folder: Path) -> None:
    with pytest.raises(ValueError, match="embedder_id"):
        Gallery.open(folder, embedder_id=None)
    assert not folder.exists()


def test_there_is_nothing_to_read_before_the_first_writer(folder: Path) -> None:
    with pytest.raises(GalleryError, match="no gallery in"):
        Gallery.open(folder, embedder_id=EMBEDDER, read_only=True)
    assert not folder.exists()


def held_by_a_reader(folder: Path) -> sqlite3.Connection:
    """A reader that does not let go of what it has begun to read keeps the log from being emptied."""
    reader = sqlite3.connect(folder / "people.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM people").fetchone()
    return reader


def is_named(folder: Path, name: str) -> bool:
    return any(name.encode() in path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("then", ["another change", "the end"])
@pytest.mark.parametrize("how", ["removed", "renamed"])
def test_a_name_that_could_not_be_erased_is_told_and_erased_at_the_next_chance(
    tmp_path: Path, then: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "gallery"
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=8) as gallery:
        for seed, name in enumerate(("alice", "zz-top"), 1):
            gallery.enroll(name, Role.MEMBER, templates(seed, 2), now=1.0)
        with closing(held_by_a_reader(folder)):
            gallery.remove("zz-top") if how == "removed" else gallery.rename("zz-top", "bob")
        assert is_named(folder, "zz-top")
        assert ["may still name" in record.message for record in caplog.records] == [True]
        if then == "another change":
            gallery.rename("alice", "ann")
            assert not is_named(folder, "zz-top")
            assert "any more" in caplog.records[-1].message
    assert not is_named(folder, "zz-top")


def test_a_name_that_was_left_in_the_log_by_a_power_cut_is_erased_at_the_next_opening(tmp_path: Path) -> None:
    folder, cut_off = tmp_path / "gallery", tmp_path / "cut off"
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=8) as gallery:
        gallery.enroll("alice", Role.MEMBER, templates(1, 2), now=1.0)
        gallery.enroll("zz-top", Role.MEMBER, templates(2, 2), now=1.0)
        with closing(held_by_a_reader(folder)):
            gallery.remove("zz-top")
            shutil.copytree(folder, cut_off)
    assert is_named(cut_off, "zz-top")
    with Gallery.open(cut_off, embedder_id=EMBEDDER):
        assert not is_named(cut_off, "zz-top")
