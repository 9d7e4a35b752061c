"""A gallery read as a whole, and taken in as a whole, while somebody uses it."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from faceauthd.errors import GalleryError, GalleryRefused
from faceauthd.gallery import Gallery, Origin
from faceauthd.gallery.copying import back_up, read_everybody
from faceauthd.gallery.taking import Arrival
from faceauthd.types import Role, Rules
from tests.gallery_kit import EMBEDDER, Lab, PowerCut, templates

RULES = Rules(valid_from=1e9, valid_until=4e9, hours="Mon-Fri 07:00-19:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "gallery"
    with Gallery.open(path, embedder_id=EMBEDDER, first_capacity=8) as gallery:
        ann = gallery.enroll("ann", Role.ADMIN, templates(1, 3), now=10.0)
        gallery.enroll("ben", Role.MEMBER, templates(2, 2), now=20.0, origin=Origin.PHOTO)
        gallery.set_rules("ben", RULES)
        gallery.note_seen({ann.id: 99.0})
    return path


def test_everybody_is_carried_over_as_they_were(folder: Path, tmp_path: Path) -> None:
    found = read_everybody(folder, EMBEDDER)
    with Gallery.open(tmp_path / "new", embedder_id=EMBEDDER, first_capacity=2) as gallery:
        gallery.enroll("zoe", Role.ADMIN, templates(9, 1), now=5.0)
        gallery.take_in([Arrival(person) for person in found.people])
    again = read_everybody(tmp_path / "new", EMBEDDER)
    assert again.people[1:] == found.people
    assert found.left_out == {}
    assert found.people[0].last_seen == 99.0
    assert found.people[1].rules == RULES
    for person, other in zip(again.people[1:], found.people, strict=True):
        for kept, was in zip(person.templates, other.templates, strict=True):
            assert np.array_equal(kept.template.probe, was.template.probe)


def test_who_was_taken_in_is_matched_at_once_and_stays_disabled(folder: Path, tmp_path: Path) -> None:
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        gallery.set_disabled("ben", is_disabled=True)
    found = read_everybody(folder, EMBEDDER)
    with Gallery.open(tmp_path / "new", embedder_id=EMBEDDER) as gallery:
        taken = gallery.take_in([Arrival(person) for person in found.people])
        assert [(person.name, person.templates) for person in taken] == [("ann", 3), ("ben", 2)]
        assert [person.rules.is_disabled for person in taken] == [False, True]
        assert gallery.matcher.templates == 5
        best = gallery.matcher.best(np.stack([templates(1, 1)[0].probe, templates(2, 1)[0].probe]))
        assert [match is not None and match.score > 0.9 for match in best] == [True, True]


def test_more_templates_for_somebody_enrolled_change_nothing_else(folder: Path) -> None:
    entrant = read_everybody(folder, EMBEDDER).people[1]
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        ann = gallery.person("ann")
        assert ann is not None
        (after,) = gallery.take_in([Arrival(entrant, ann.id)])
        assert (after.name, after.role, after.rules, after.templates) == ("ann", Role.ADMIN, Rules(), 5)


def test_a_taken_name_refuses_all_of_them(folder: Path, tmp_path: Path) -> None:
    people = read_everybody(folder, EMBEDDER).people
    with Gallery.open(tmp_path / "new", embedder_id=EMBEDDER) as gallery:
        gallery.enroll("BEN", Role.ADMIN, templates(5, 1), now=1.0)
        with pytest.raises(GalleryRefused, match="somebody is called 'BEN'"):
            gallery.take_in([Arrival(person) for person in people])
        assert [person.name for person in gallery.people()] == ["BEN"]


def test_damaged_superseded_and_foreign_templates_are_left_out_and_counted(folder: Path) -> None:
    rows = folder / "embeddings.npy"
    raw = bytearray(rows.read_bytes())
    at = raw.index(templates(2, 2)[1].probe.tobytes())
    raw[at + 5] ^= 0x10
    rows.write_bytes(raw)
    found = read_everybody(folder, EMBEDDER)
    assert found.left_out == {"ben": 1}
    assert [len(person.templates) for person in found.people] == [3, 1]
    assert read_everybody(folder, "another-model").people == ()
    with pytest.raises(GalleryError, match="holds damaged templates"):
        back_up(folder, folder.with_name("copy"))


def test_power_may_be_cut_at_any_step_of_taking_in(folder: Path, tmp_path: Path) -> None:
    """Then all of them are found, or nobody."""
    arrivals = [Arrival(person) for person in read_everybody(folder, EMBEDDER).people]
    outcomes: list[int] = []
    for fault in ("cut-before", "cut-after"):
        step, is_over = 0, False
        while not is_over:
            place = tmp_path / f"{fault}-{step}"
            with Gallery.open(place, embedder_id=EMBEDDER, first_capacity=2) as gallery:
                gallery.enroll("zoe", Role.ADMIN, templates(9, 1), now=5.0)
            lab = Lab(place, faults={step: fault})
            is_over = _is_whole(place, lab, arrivals)
            outcomes += [_people_in(world) for world in lab.worlds]
            step += 1
    assert set(outcomes) == {1, 3}
    assert len(outcomes) > 10


def _is_whole(place: Path, lab: Lab, arrivals: list[Arrival]) -> bool:
    """Whether it came to its end without a cut."""
    try:
        with Gallery.open(place, embedder_id=EMBEDDER, disk=lab, first_capacity=2) as gallery:
            gallery.take_in(arrivals)
    except PowerCut:
        return False
    return True


def _people_in(world: Path) -> int:
    with Gallery.open(world, embedder_id=EMBEDDER) as gallery:
        assert not gallery.quarantined
        people = gallery.people()
        assert sum(person.templates for person in people) == {1: 1, 3: 6}[len(people)]
        return len(people)


def test_reading_leaves_no_trace(folder: Path) -> None:
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        gallery.enroll("zoe", Role.MEMBER, templates(9, 1), now=5.0)
        before = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}
        assert len(read_everybody(folder, EMBEDDER).people) == 3
        back_up(folder, folder.with_name("copy"))
        assert before == {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}


@pytest.mark.parametrize("is_in_use", [True, False])
def test_a_backup_is_a_gallery_like_the_original(folder: Path, is_in_use: bool) -> None:
    copy = folder.with_name("copy")
    gallery = Gallery.open(folder, embedder_id=EMBEDDER)
    gallery.rename("ben", "bert")
    people = gallery.people()
    if not is_in_use:
        gallery.close()
    made = back_up(folder, copy)
    gallery.close()

    assert sorted(path.name for path in copy.iterdir()) == ["embeddings.npy", "people.sqlite3"]
    assert made.bytes == sum(path.stat().st_size for path in copy.iterdir())
    assert (made.people, made.templates) == (2, 5)
    assert copy.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in copy.iterdir()} == {0o600}
    said: list[str] = []
    with Gallery.open(copy, embedder_id=EMBEDDER, on_repair=said.append) as restored:
        assert restored.people() == people
        assert restored.matcher.templates == 5
    assert said == []
    assert list(folder.parent.glob("*.part")) == []


def test_a_backup_takes_nothings_place(folder: Path) -> None:
    copy = folder.with_name("copy")
    copy.mkdir()
    with pytest.raises(GalleryError, match="is there already"):
        back_up(folder, copy)
    with pytest.raises(GalleryError, match="there is no gallery in"):
        back_up(folder.with_name("nowhere"), folder.with_name("other"))
    assert not folder.with_name("other").exists()
    assert list(folder.parent.glob("*.part")) == []


def test_copies_made_while_people_come_and_go_are_each_of_one_instant(folder: Path) -> None:
    """Whoever is in one is in it with all their templates."""
    stop = threading.Event()

    def come_and_go() -> None:
        with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
            for number in range(10_000):
                if stop.is_set():
                    break
                gallery.enroll("guest", Role.GUEST, templates(100 + number, 4), now=1.0)
                gallery.remove("guest")

    writer = threading.Thread(target=come_and_go)
    writer.start()
    try:
        seen = [len(read_everybody(folder, EMBEDDER).people) for _ in range(20)]
        for number in range(6):
            copy = folder.with_name(f"copy-{number}")
            made = back_up(folder, copy)
            assert made.templates == {2: 5, 3: 9}[made.people]
            with Gallery.open(copy, embedder_id=EMBEDDER) as gallery:
                assert not gallery.quarantined
    finally:
        stop.set()
        writer.join(60)
    assert set(seen) <= {2, 3}
