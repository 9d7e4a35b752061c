"""Foreign, cut off, missing and newer files: refused in one line, and left as they are."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery, schema
from faceauthd.types import Role
from tests.gallery_kit import EMBEDDER, templates

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


def sql(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(records_of(folder))) as connection:
        connection.execute(statement)
        connection.commit()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "gallery.lock"}


def saved_by(matrix: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Callable[[Path], None]:
    return lambda folder: np.save(rows_of(folder), matrix)


def write(name: str, content: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return damage


def cut(name: str, size: int) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:size])

    return damage


def lost(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def orphan_log(folder: Path) -> None:
    (folder / "people.sqlite3-wal").write_bytes(b"frames")
    records_of(folder).unlink()


def folder_instead(folder: Path) -> None:
    rows_of(folder).unlink()
    rows_of(folder).mkdir()


def other_gallery(folder: Path) -> None:
    with Gallery.open(folder.with_name("other"), embedder_id=EMBEDDER, first_capacity=8) as gallery:
        gallery.enroll("eve", Role.MEMBER, templates(9, 4), now=1.0)
    shutil.copy(rows_of(folder.with_name("other")), rows_of(folder))


REFUSED = {
    "float64": (saved_by(np.zeros((8, 512))), "'<f8', not '<f4'"),
    "fortran": (saved_by(np.zeros((8, 512), np.float32, order="F")), "C order"),
    "128 wide": (saved_by(np.zeros((8, 128), np.float32)), r"not \(rows, 512\)"),
    "no npy": (write("embeddings.npy", b"GIF89a" * 100), "does not begin like"),
    "empty npy": (write("embeddings.npy", b""), "does not begin like"),
    "cut header": (cut("embeddings.npy", 60), "header is cut off"),
    "cut rows": (cut("embeddings.npy", HEADER + 3 * ROW + 5), "it is cut off"),
    "npy is a folder": (folder_instead, "directory"),
    "npy missing": (lost("embeddings.npy"), "missing, but 2 people are enrolled"),
    "npy of another gallery": (other_gallery, "two different galleries"),
    "records missing": (lost("people.sqlite3"), "holds 4 embeddings, but people.sqlite3 is missing"),
    "records empty": (write("people.sqlite3", b""), "holds 4 embeddings, but people.sqlite3 is missing"),
    "records lost, log left": (orphan_log, "write-ahead log is there"),
    "no SQLite": (write("people.sqlite3", b"not a database at all" * 400), "is not a database"),
    "cut SQLite": (cut("people.sqlite3", 5000), "damaged|malformed"),
    "newer": (lambda folder: sql(folder, "PRAGMA user_version = 3"), "newer faceauthd .format 3, this one knows 2"),
    "another program's": (lambda folder: sql(folder, "PRAGMA application_id = 1"), "another program's"),
    "no meta": (lambda folder: sql(folder, "DELETE FROM meta"), "never writes"),
    "odd meta": (lambda folder: sql(folder, "UPDATE meta SET gallery = 'xyz'"), "never writes"),
}


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_trusted_is_refused_in_one_line_and_left_as_it_is(
    folder: Path, case: str, read_only: bool
) -> None:
    damage, why = REFUSED[case]
    damage(folder)
    before = contents(folder) if case != "npy is a folder" else {}
    if read_only:
        why += "|there is no gallery|is empty yet|was cut off"  # nor can a reader tell these from a beginning
    for _ in range(2):
        with pytest.raises(GalleryError, match=why) as caught:
            Gallery.open(folder, embedder_id=EMBEDDER, read_only=read_only)
        assert "\n" not in str(caught.value)
        assert str(folder) in str(caught.value)
    if before:
        assert contents(folder) == before


def damage_pages(folder: Path) -> None:
    raw = bytearray(records_of(folder).read_bytes())
    raw[4096:] = bytes(range(256)) * ((len(raw) - 4096) // 256)
    records_of(folder).write_bytes(bytes(raw))


def altered(was: bytes, becomes: bytes) -> Callable[[Path], None]:
    """Some bytes of the records' own description, which stands in their first page, and not in the log."""
    assert len(was) == len(becomes)

    def damage(folder: Path) -> None:
        raw = records_of(folder).read_bytes()
        assert was in raw
        records_of(folder).write_bytes(raw.replace(was, becomes))

    return damage


SEEN = "UPDATE people SET last_seen = 1.0"
CUT_OFF: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "newer": ("PRAGMA user_version = 3", lambda folder: None, "newer faceauthd .format 3, this one knows 2"),
    "another program's": ("PRAGMA application_id = 1", lambda folder: None, "another program's"),
    "no meta": ("DELETE FROM meta", lambda folder: None, "never writes"),
    "damaged pages": ("UPDATE people SET last_seen = 1.0 WHERE id = 1", damage_pages, "damaged|malformed"),
    "a constraint altered": (SEEN, altered(b"('enrolled',", b"('enrollee',"), "CHECK constraint failed"),
    "a constraint on no column": (SEEN, altered(b"(slot >= 0)", b"(slop >= 0)"), "no such column: slop"),
    "a constraint that is no text": (SEEN, altered(b"(disabled IN", b"(disable\xe4 IN"), "damaged"),
    "a column altered": (SEEN, altered(b"crc32 INTEGER", b"crc33 INTEGER"), "no such column: crc32"),
    "npy missing": (SEEN, lost("embeddings.npy"), "missing, but 2 people are enrolled"),
    "older records": ("UPDATE meta SET generation = 0", lambda folder: None, "older copy"),
    "npy of another gallery": (SEEN, other_gallery, "two different galleries"),
}


@pytest.mark.parametrize("has_index", [True, False])
@pytest.mark.parametrize("case", CUT_OFF)
def test_what_is_refused_after_a_power_cut_is_left_untouched_to_the_last_byte(
    folder: Path, tmp_path: Path, case: str, has_index: bool
) -> None:
    """With a log that was never moved into the file, a growth that was cut off, and a lock that was signed."""
    statement, damage, why = CUT_OFF[case]
    cut_off = tmp_path / "cut off"
    with closing(sqlite3.connect(records_of(folder), isolation_level=None)) as connection:
        connection.execute(statement)
        shutil.copytree(folder, cut_off)
    (cut_off / "embeddings.npy.new").write_bytes(b"half of it")
    (cut_off / "embeddings.int8").write_bytes(b"of another version")
    (cut_off / "gallery.lock").write_bytes(b"4711\n")
    damage(cut_off)
    if not has_index:
        (cut_off / "people.sqlite3-shm").unlink()
    assert (cut_off / "people.sqlite3-wal").stat().st_size > 4096
    before = contents(cut_off) | {"gallery.lock": (cut_off / "gallery.lock").read_bytes()}
    with pytest.raises(GalleryError, match=why):
        Gallery.open(cut_off, embedder_id=EMBEDDER)
    assert {path.name: path.read_bytes() for path in cut_off.iterdir()} == before


@pytest.mark.parametrize("has_index", [True, False])
def test_what_is_sound_after_a_power_cut_opens_and_has_its_last_commit(
    folder: Path, tmp_path: Path, has_index: bool
) -> None:
    cut_off = tmp_path / "cut off"
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        gallery.rename("bob", "ben")
        shutil.copytree(folder, cut_off)
    if not has_index:
        (cut_off / "people.sqlite3-shm").unlink()
    with Gallery.open(cut_off, embedder_id=EMBEDDER) as gallery:
        assert [person.name for person in gallery.people()] == ["alice", "ben"]


@pytest.mark.parametrize(
    "log",
    [b"\x37\x7f\x06\x83" + bytes(28), b"\0" + bytes(range(255)), b"\x37\x7f\x06\x82" + bytes(range(255))],
    ids=["begun", "none", "wrong checksum"],
)
def test_a_log_that_is_none_does_not_hold_up_the_start(folder: Path, log: bytes) -> None:
    """SQLite's reader waits ten seconds for whoever seems to be beginning it, and then cannot read."""
    (folder / "people.sqlite3-wal").write_bytes(log)
    with schema.readable_by_its_writer(folder), closing(schema.connect_to_read(folder, is_alone=True)) as connection:
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (2,)
    assert not (folder / "people.sqlite3-shm").exists()
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        assert [person.name for person in gallery.people()] == ["alice", "bob"]


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "gallery").write_text("no folder")
    for read_only in (False, True):
        with pytest.raises(GalleryError, match="gallery"):
            Gallery.open(tmp_path / "gallery", embedder_id=EMBEDDER, read_only=read_only)
    assert (tmp_path / "gallery").read_text() == "no folder"
    with pytest.raises(GalleryError, match=r"set gallery\.path to a folder"):
        Gallery.open(tmp_path / "gallery" / "below", embedder_id=EMBEDDER)
