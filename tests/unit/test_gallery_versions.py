"""Galleries that earlier versions wrote are read as they were. The samples are of random directions, not of faces."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery, migration
from faceauthd.gallery.schema import VERSION
from faceauthd.types import Person, Role, Rules
from tests.gallery_kit import EMBEDDER, templates, unit_vectors

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
        assert gallery.matcher.templates == 6
        assert [match.person_id for match in gallery.matcher.best(unit_vectors(1, 3)) if match] == [1, 1, 1]
        gallery.set_rules("bob", Rules(hours="Mon-Fri 07:00-19:00"))
        match = gallery.matcher.best(unit_vectors(3, 1))[0]
        assert match is not None
        assert (match.person_id, match.score > 0.999) == (2, True)
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail) as again:
        bob = again.person("bob")
        assert bob is not None
        assert bob.rules == Rules(hours="Mon-Fri 07:00-19:00")


def ask(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{folder / 'people.sqlite3'}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


_SCHEMA = "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY name"
_COLUMNS = 'SELECT m.name, c.name, c.type, c."notnull", c.dflt_value FROM sqlite_schema m, pragma_table_info(m.name) c'


def test_format_1_becomes_what_a_new_gallery_is(folder: Path, tmp_path: Path) -> None:
    before = ask(folder, "SELECT id, person, slot, crc32, made_at, origin, seal FROM templates ORDER BY id")
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail):
        pass
    with Gallery.open(tmp_path / "new", embedder_id=EMBEDDER):
        pass
    assert ask(folder, "PRAGMA user_version") == [(VERSION,)]
    assert ask(folder, "SELECT id, person, slot, crc32, made_at, origin, seal FROM templates ORDER BY id") == before
    for query in (_SCHEMA, f"{_COLUMNS} ORDER BY m.name, c.name"):
        assert ask(folder, query) == ask(tmp_path / "new", query)
    with Gallery.open(folder, embedder_id=EMBEDDER, read_only=True, on_repair=pytest.fail) as reader:
        assert reader.people() == PEOPLE


def test_no_id_is_used_twice_across_the_formats(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "people.sqlite3")) as connection:
        connection.execute("UPDATE sqlite_sequence SET seq = 40 WHERE name = 'templates'")
        connection.commit()
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail) as gallery:
        gallery.add_templates(1, templates(9, 1), now=1.8e9)
        alice = gallery.person("alice")
        assert alice is not None
        assert [one.id for one, _ in gallery.details(alice)][-1] == 41


def test_a_gallery_that_is_refused_is_not_brought_up_to_date(folder: Path) -> None:
    rows = folder / "embeddings.npy"
    content = bytearray(rows.read_bytes())
    with Gallery.open(shutil.copytree(folder, folder.with_name("later")), embedder_id=EMBEDDER) as later:
        for _ in range(3):
            later.rename("bob", "bob")
    rows.write_bytes((folder.with_name("later") / "embeddings.npy").read_bytes())
    assert rows.read_bytes() != bytes(content)
    people = (folder / "people.sqlite3").read_bytes()
    with pytest.raises(GalleryError, match="older copy"):
        Gallery.open(folder, embedder_id=EMBEDDER)
    assert (folder / "people.sqlite3").read_bytes() == people


def test_what_stops_a_migration_leaves_format_1(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "_KEPT", migration._KEPT + ", no_such_column")
    with pytest.raises(GalleryError, match="bring up to date"):
        Gallery.open(folder, embedder_id=EMBEDDER)
    monkeypatch.undo()
    assert ask(folder, "PRAGMA user_version") == [(1,)]
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail) as gallery:
        assert gallery.people() == PEOPLE


V2 = (
    Person(1, "alice", Role.ADMIN, 4, 1_700_000_000.0, 0.5, last_seen=1_700_500_000.0),
    Person(2, "bob", Role.MEMBER, 3, 1_700_000_100.0, 0.5, rules=Rules(is_disabled=True)),
)


def test_format_2_is_read_with_what_it_added(tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLES / "v2", tmp_path / "gallery")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with Gallery.open(folder, embedder_id=EMBEDDER, read_only=True, on_repair=pytest.fail) as gallery:
        assert gallery.people() == V2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with Gallery.open(folder, embedder_id=EMBEDDER, on_repair=pytest.fail) as gallery:
        alice = gallery.person("alice")
        assert alice is not None
        kept = [(str(one.origin), one.is_superseded) for one, _ in gallery.details(alice)]
        assert kept == [*[("enrolled", False)] * 3, ("adapted", True), ("adapted", False)]
        assert gallery.undo_renewal("alice").templates == 4
