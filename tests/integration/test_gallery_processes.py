"""Several processes at one gallery: killed writers, readers beside a writer, and a writer without any space left."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery
from faceauthd.types import Role
from tests.gallery_kit import EMBEDDER, templates, unit_vectors

ROOT = Path(__file__).parents[2]
TRIALS = 40
ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""The trials fork, and a process with threads must not."""

WRITER = """
import itertools, pathlib, sys
from faceauthd.gallery import Gallery
from faceauthd.types import Role
from tests.gallery_kit import EMBEDDER, templates
with Gallery.open(pathlib.Path(sys.argv[1]), embedder_id=EMBEDDER, first_capacity=2) as gallery:
    gallery.enroll("alice", Role.ADMIN, templates(1, 2), now=1.0)
    print("ready", flush=True)
    for turn in itertools.count():
        gallery.enroll(f"guest-{turn}", Role.GUEST, templates(2, 1 + turn % 9), now=1.0)
        gallery.rename(f"guest-{turn}", f"visitor-{turn}")
        gallery.remove(f"visitor-{turn}")
"""


@contextmanager
def writer(folder: Path, code: str = WRITER) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", code, folder], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def seen_by_a_reader(folder: Path) -> list[str]:
    """Who a reader finds, after checking that it finds nothing damaged and leaves no trace."""
    with Gallery.open(folder, embedder_id=EMBEDDER, read_only=True, on_repair=pytest.fail) as reader:
        (match,) = reader.matcher.best(unit_vectors(1, 1))
        assert match is not None
        assert match.score > 0.999
        return [person.name for person in reader.people()]


def test_nothing_confirmed_is_lost_when_the_writer_is_killed() -> None:
    """The short form of `python -m tests.integration.crash_trials --trials 1000`."""
    command = [sys.executable, "-m", "tests.integration.crash_trials", "--trials", str(TRIALS)]
    done = subprocess.run(command, cwd=ROOT, env=ONE_THREAD, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert figures["losses"] == []
    assert figures["trials"] == sum(figures["killed_during"].values()) == TRIALS
    assert figures["lives_with_confirmed_changes"] > TRIALS // 4
    assert len(figures["killed_during"]) > 2


def test_readers_beside_a_busy_writer_see_one_instant_each(tmp_path: Path) -> None:
    looks = 0
    with writer(tmp_path / "gallery") as process:
        while looks < 60:
            names = seen_by_a_reader(tmp_path / "gallery")
            assert names[0] == "alice"
            assert len(names) <= 2
            looks += 1
        assert process.poll() is None


def test_a_reader_leaves_no_trace_wherever_the_writer_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "gallery"
    pause = WRITER.split("    for turn")[0] + "    sys.stdin.read()\n"
    with writer(folder, pause):
        before = snapshot(folder)
        assert seen_by_a_reader(folder) == ["alice"]
        assert snapshot(folder) == before
    before = snapshot(folder)
    assert "people.sqlite3-wal" in before
    assert seen_by_a_reader(folder) == ["alice"]
    assert snapshot(folder) == before
    (folder / "people.sqlite3-shm").unlink()
    with pytest.raises(GalleryError, match="start faceauthd once, which mends it"):
        seen_by_a_reader(folder)
    Gallery.open(folder, embedder_id=EMBEDDER).close()
    before = snapshot(folder)
    assert set(before) == {"embeddings.npy", "gallery.lock", "people.sqlite3"}
    assert seen_by_a_reader(folder) == ["alice"]
    assert snapshot(folder) == before


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Every write behind this byte of any file fails (EFBIG), SQLite's own too, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


PLENTY = 85_000
"""More than any file of this gallery grows to, its log included (2026-11-26)."""


@pytest.mark.parametrize("size", [0, 10000, 14000, 20000, 60000, 65000, 70000, 75000, 80000, 90000, 100000, 10**7])
def test_a_full_disk_fails_the_change_and_not_the_gallery(tmp_path: Path, size: int) -> None:
    """Wherever the space ends, in rows, in a growing file or in SQLite's log: one line, and all as before."""
    folder, failures = tmp_path / "gallery", list[str]()
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=4) as gallery:
        gallery.enroll("alice", Role.ADMIN, templates(1, 2), now=1.0)
        for seed in (2, 3, 4):
            with no_file_beyond(size):
                try:
                    gallery.enroll(f"person-{seed}", Role.MEMBER, templates(seed, 3), now=1.0)
                    gallery.remove("alice" if seed == 4 else f"person-{seed}")
                except GalleryError as error:
                    failures.append(str(error))
            check_agreement(gallery)
        kept = gallery.people()
    assert bool(failures) == (size < PLENTY)
    assert all("\n" not in line for line in failures)
    assert all("disk" in line or os.strerror(errno.EFBIG) in line for line in failures)
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail) as gallery:
        assert gallery.people() == kept
        check_agreement(gallery)
        gallery.enroll("zoe", Role.MEMBER, templates(9, 3), now=1.0)
        check_agreement(gallery)
    matrix = np.load(folder / "embeddings.npy", mmap_mode="r")
    assert np.count_nonzero(matrix.any(axis=1)) == sum(person.templates for person in kept) + 3


def check_agreement(gallery: Gallery) -> None:
    """Whoever is listed is matched, and nobody else."""
    listed = {person.name for person in gallery.people()}
    for seed, name in ((1, "alice"), (2, "person-2"), (3, "person-3"), (4, "person-4"), (9, "zoe")):
        for match in gallery.matcher.best(unit_vectors(seed, 2)):
            person = gallery.person_by_id(match.person_id) if match and match.score > 0.999 else None
            assert (person.name if person else None) == (name if name in listed else None)
