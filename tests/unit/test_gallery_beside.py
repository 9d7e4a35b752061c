"""The int8 copy beside the matrix: the same answers with it, nothing believed of it, nobody left in it who is gone."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery, Newcomer, int8, match
from faceauthd.gallery.beside import FILE_NAME, STEP_ROWS, InMemory, SideFile
from faceauthd.gallery.disk import RealDisk
from faceauthd.gallery.int8 import Int8Copy, quantised
from faceauthd.types import Role
from tests.gallery_kit import EMBEDDER, WIDTH, templates, unit_vectors

EACH = 3


def exact_dots(one: NDArray[np.int8], rows: NDArray[np.int8]) -> NDArray[np.int32]:
    products: NDArray[np.int32] = rows.astype(np.int32) @ one.astype(np.int32)
    return products


class Failing(RealDisk):
    """Refuses what is named in `fails`, for the side file alone."""

    def __init__(self, *fails: str) -> None:
        self.fails = set(fails)
        self.writes = 0

    def _may(self, what: str, name: str) -> None:
        if what in self.fails and name == FILE_NAME:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def create(self, path: Path) -> int:
        self._may("create", path.name)
        return super().create(path)

    def allocate(self, fd: int, size: int) -> None:
        self._may("allocate", _name(fd))
        super().allocate(fd, size)

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> None:
        self._may("write", _name(fd))
        self.writes += _name(fd) == FILE_NAME
        super().write(fd, content, offset)

    def sync(self, fd: int) -> None:
        self._may("sync", _name(fd))
        super().sync(fd)

    def remove(self, path: Path) -> None:
        self._may("remove", path.name)
        super().remove(path)


def _name(fd: int) -> str:
    return Path(f"/proc/self/fd/{fd}").readlink().name


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every gallery is large enough, and products are numpy's."""
    monkeypatch.setattr(match, "WORTH_ROWS", 1)
    monkeypatch.setattr(int8, "_MOST_SHARE", 1)
    monkeypatch.setattr(match, "fast_dots", lambda: exact_dots)


def opened(folder: Path, disk: RealDisk | None = None) -> Gallery:
    return Gallery.open(folder, embedder_id=EMBEDDER, disk=disk, first_capacity=16)


def filled(folder: Path, people: int = 6, disk: RealDisk | None = None) -> Gallery:
    gallery = opened(folder, disk)
    gallery.enroll_all([Newcomer(f"p{n}", Role.MEMBER, templates(n, EACH)) for n in range(people)], now=1.0)
    return gallery


def whole_rows(seed: int) -> list[bytes]:
    """The templates of a person as they stand in the side file."""
    return [row.tobytes() for row in quantised(unit_vectors(seed, EACH))[0]]


def probes() -> NDArray[np.float32]:
    near = unit_vectors(2, EACH) + 0.5 * unit_vectors(99, EACH)
    rows = np.concatenate((near / np.linalg.norm(near, axis=1, keepdims=True), unit_vectors(1, EACH)))
    return np.asarray(rows, np.float32)


def assert_answers_right(gallery: Gallery, people: dict[int, int]) -> None:
    """As the plain product over `people`, seed by person id."""
    for probe, found in zip(probes(), gallery.matcher.best(probes()), strict=True):
        best = {who: float((unit_vectors(seed, EACH) @ probe).max()) for who, seed in people.items()}
        first, second = sorted(best, key=lambda who: -best[who])[:2]
        assert found is not None
        assert found.person_id == first
        assert (found.score, found.runner_up) == pytest.approx((best[first], best[second]), abs=2e-6)


def test_it_lies_beside_the_matrix_for_its_owner_alone(tmp_path: Path) -> None:
    with filled(tmp_path) as gallery:
        content = (tmp_path / FILE_NAME).read_bytes()
        assert_answers_right(gallery, {gallery.people()[n].id: n for n in range(6)})
    assert len(content) == STEP_ROWS * WIDTH
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    for seed in range(6):
        assert all(content.count(row) == 1 for row in whole_rows(seed))
    assert not any(content[6 * EACH * WIDTH :])


def test_no_byte_of_anybody_removed_is_left_in_any_file(tmp_path: Path) -> None:
    with filled(tmp_path) as gallery:
        gallery.remove("p3")
        content = (tmp_path / FILE_NAME).read_bytes()
        assert not any(row in content for row in whole_rows(3))
        assert content.count(bytes(WIDTH)) >= EACH
        assert all(row in content for row in whole_rows(4)), "the others' stay"
        assert_answers_right(gallery, {person.id: int(person.name[1:]) for person in gallery.people()})
    for path in tmp_path.iterdir():
        held = path.read_bytes()
        assert not any(row in held for row in whole_rows(3)), path
        assert not any(row.tobytes() in held for row in unit_vectors(3, EACH)), path


def test_a_row_used_again_is_the_new_persons(tmp_path: Path) -> None:
    with filled(tmp_path) as gallery:
        gallery.remove("p3")
        gallery.enroll("p7", Role.MEMBER, templates(7, EACH), now=2.0)
        content = (tmp_path / FILE_NAME).read_bytes()
        assert all(row in content for row in whole_rows(7))
        assert_answers_right(gallery, {person.id: int(person.name[1:]) for person in gallery.people()})


def test_what_an_earlier_process_left_is_not_believed(tmp_path: Path) -> None:
    filled(tmp_path).close()
    side = tmp_path / FILE_NAME
    right = side.read_bytes()
    for damage in (b"\x55" * len(right), right[:-WIDTH], b"", right + bytes(WIDTH), right[WIDTH:] + right[:WIDTH]):
        side.write_bytes(damage)
        with opened(tmp_path) as gallery:
            assert_answers_right(gallery, {gallery.people()[n].id: n for n in range(6)})
            assert side.read_bytes() == right


def test_rows_left_by_a_removal_that_was_cut_off_are_erased_at_the_next_opening(tmp_path: Path) -> None:
    filled(tmp_path).close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with opened(tmp_path) as gallery:
        gallery.remove("p0")
        after = (tmp_path / FILE_NAME).read_bytes()
    (tmp_path / FILE_NAME).write_bytes(before)  # the power went before this file had it
    opened(tmp_path).close()
    assert (tmp_path / FILE_NAME).read_bytes() == after


def test_a_start_writes_nothing_that_is_there(tmp_path: Path) -> None:
    filled(tmp_path).close()
    disk = Failing()
    opened(tmp_path, disk).close()
    assert disk.writes == 0


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    something_else = b"7" * STEP_ROWS * WIDTH
    elsewhere.write_bytes(something_else)
    filled(tmp_path / "g").close()
    (tmp_path / "g" / FILE_NAME).unlink()
    (tmp_path / "g" / FILE_NAME).symlink_to(elsewhere)
    opened(tmp_path / "g").close()
    assert elsewhere.read_bytes() == something_else
    assert not (tmp_path / "g" / FILE_NAME).is_symlink()


def test_a_gallery_that_is_too_small_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path).close()
    assert (tmp_path / FILE_NAME).exists()
    monkeypatch.setattr(match, "WORTH_ROWS", 1000)
    with opened(tmp_path) as gallery:
        assert not (tmp_path / FILE_NAME).exists()
        assert_answers_right(gallery, {gallery.people()[n].id: n for n in range(6)})


def test_without_the_library_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path).close()
    monkeypatch.setattr(match, "fast_dots", lambda: None)
    opened(tmp_path).close()
    assert not (tmp_path / FILE_NAME).exists()


def test_a_reader_neither_makes_nor_reads_it(tmp_path: Path) -> None:
    filled(tmp_path).close()
    (tmp_path / FILE_NAME).write_bytes(b"\x55" * STEP_ROWS * WIDTH)
    with Gallery.open(tmp_path, embedder_id=EMBEDDER, read_only=True) as gallery:
        assert_answers_right(gallery, {gallery.people()[n].id: n for n in range(6)})
    assert (tmp_path / FILE_NAME).read_bytes() == b"\x55" * STEP_ROWS * WIDTH


@pytest.mark.parametrize("fails", ["create", "allocate", "write", "sync"])
def test_where_it_cannot_be_kept_the_answers_are_the_same(tmp_path: Path, fails: str) -> None:
    with filled(tmp_path, disk=Failing(fails)) as gallery:
        assert not (tmp_path / FILE_NAME).exists()
        assert_answers_right(gallery, {gallery.people()[n].id: n for n in range(6)})
        gallery.remove("p5")
        assert_answers_right(gallery, {gallery.people()[n].id: n for n in range(5)})


def test_a_removal_that_cannot_reach_it_says_so_and_is_done_before_the_next_change(tmp_path: Path) -> None:
    disk = Failing()
    with filled(tmp_path, disk=disk) as gallery:
        disk.fails = {"write", "remove"}
        with pytest.raises(GalleryError, match="not erased yet"):
            gallery.remove("p3")
        assert_answers_right(gallery, {person.id: int(person.name[1:]) for person in gallery.people()})
        assert any(row in (tmp_path / FILE_NAME).read_bytes() for row in whole_rows(3))
        disk.fails = set()
        gallery.rename("p1", "p1")
        left = (tmp_path / FILE_NAME).read_bytes() if (tmp_path / FILE_NAME).exists() else b""
        assert not any(row in left for row in whole_rows(3))


def test_it_grows_with_the_matrix(tmp_path: Path) -> None:
    rows = unit_vectors(5, STEP_ROWS + 10)
    copy, shelf = int8_copy(SideFile(tmp_path, RealDisk()))
    for count in (10, STEP_ROWS, STEP_ROWS + 10, 20):
        copy.follow(rows[:count], np.zeros(count, np.bool_))
        kept = copy.candidates(rows[count - 1], np.arange(1, count + 1))
        assert kept is not None
        assert count - 1 in kept
        assert np.array_equal(shelf.rows[:count], quantised(rows[:count])[0])
        assert not shelf.rows[count:].any()
    shelf.discard()
    assert list(tmp_path.iterdir()) == []


def test_only_rows_that_changed_are_quantised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, is_masked = unit_vectors(6, 50), np.zeros(50, np.bool_)
    copy, shelf = int8_copy(InMemory())
    copy.follow(rows, is_masked)
    seen: list[int] = []
    monkeypatch.setattr(int8, "quantised", lambda exact: (seen.append(len(exact)), quantised(exact))[1])
    is_masked[7] = True
    copy.follow(rows, is_masked)
    assert not shelf.rows[7].any()
    is_masked[7], is_masked[30] = False, True
    copy.follow(rows, is_masked)
    assert sum(seen) == 1
    assert np.array_equal(shelf.rows[7], quantised(rows[7:8])[0][0])


def int8_copy(shelf: InMemory | SideFile) -> tuple[Int8Copy, InMemory | SideFile]:
    return Int8Copy(lambda: exact_dots, shelf), shelf
