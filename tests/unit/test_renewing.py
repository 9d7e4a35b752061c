"""Who listens beside the loop: what it keeps of people, and when it writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceauthd.adaptation import AdaptationPolicy
from faceauthd.audience import Audience
from faceauthd.errors import GalleryError, GalleryRefused
from faceauthd.gallery import Gallery
from faceauthd.gallery.room import MOST_TEMPLATES
from faceauthd.last_seen import WRITE_EVERY_S, LastSeen
from faceauthd.register import Register
from faceauthd.renewing import Renewing
from faceauthd.types import Event, EventKind, Frame, Match, Role, Sighting
from tests.fakes import PICTURE, FakeClock, FakeJournal, sighting
from tests.gallery_kit import EMBEDDER, templates, unit_vectors

CURVE = [(1e-2, 0.24), (1e-3, 0.34), (1e-4, 0.42), (1e-5, 0.48)]


class House:
    """A register with ann and ben in it, and somebody who listens."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        self.clock = FakeClock()
        self.register = Register(gallery, CURVE, 1e-4, self.clock)
        self.register.enroll("ann", Role.ADMIN, templates(1, 2))
        self.register.enroll("ben", Role.MEMBER, templates(2, 2))
        self.journal = FakeJournal()
        self.renewing = Renewing(self.register, self.journal.record, AdaptationPolicy())

    def writes(self) -> int:
        return self.gallery._writer.records.generation

    def look(self, cosine: float = 0.8, *, person: str = "ben", track: int = 1, **change: object) -> Sighting:
        """A look at somebody, as alike as that to their first template."""
        found = self.register.person(person)
        assert found is not None
        first, away = unit_vectors(2, 1)[0], unit_vectors(99, 1)[0]
        probe = np.float32(cosine * first + np.sqrt(1 - cosine**2) * (away - (away @ first) * first))
        probe /= np.linalg.norm(probe)
        seen = sighting(track, found.id)
        return replace(seen, match=Match(found.id, cosine, 0.1), probe=probe, **change)  # type: ignore[arg-type]

    def unlock(self, *seen: Sighting, person: str = "ben", track: int | None = 1, liveness: float = 0.97) -> None:
        """The door opens for the face of `track`, is locked again, and a frame later nobody is there."""
        now_s = self.clock.at_s
        self.renewing.record(Event(EventKind.UNLOCKED, now_s, person=person, liveness=liveness, track=track))
        self.renewing.watch(Frame(PICTURE, now_s), seen)
        self.renewing.record(Event(EventKind.LOCKED, now_s + 5, person=person))
        self.renewing.watch(Frame(PICTURE, now_s + 6), ())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Gallery.open(tmp_path / "gallery", embedder_id=EMBEDDER, first_capacity=8) as gallery:
        yield House(gallery)


def counts(house: House) -> list[int]:
    return [person.templates for person in house.register.people()]


def test_a_sure_unlock_renews_once_a_day_and_is_journalled(house: House) -> None:
    house.unlock(house.look())
    assert counts(house) == [2, 3]
    house.clock.at_s += 3600
    house.unlock(house.look())
    assert counts(house) == [2, 3]
    house.clock.at_s += 86_400
    house.unlock(house.look())
    assert counts(house) == [2, 4]
    assert house.journal.kinds() == ["adapted", "adapted"]
    assert house.journal.events[0].person == "ben"
    assert "improve --undo" in str(house.journal.events[0].detail)


def test_a_day_is_counted_from_what_is_on_disk(house: House) -> None:
    house.unlock(house.look())
    house.renewing = Renewing(house.register, house.journal.record, AdaptationPolicy())
    house.clock.at_s += 3600
    house.unlock(house.look())
    assert counts(house) == [2, 3]


def test_nothing_is_written_while_the_door_is_open(house: House) -> None:
    before = house.writes()
    house.renewing.record(Event(EventKind.UNLOCKED, 1.0, person="ben", liveness=0.97, track=1))
    for at_s in range(5):
        house.renewing.watch(Frame(PICTURE, float(at_s)), (house.look(),))
    assert house.writes() == before
    house.renewing.record(Event(EventKind.LOCKED, 6.0, person="ben"))
    house.renewing.watch(Frame(PICTURE, 7.0), ())
    assert counts(house) == [2, 3]


@pytest.mark.parametrize("case", ["client", "other-track", "other-person", "two", "removed", "poor", "lie", "unlike"])
def test_any_doubt_renews_nothing(house: House, case: str) -> None:
    face = house.look()
    match case:
        case "client":
            house.unlock(face, track=None)
        case "other-track":
            house.unlock(house.look(track=2))
        case "other-person":
            house.unlock(face, person="ann")
        case "two":
            house.unlock(face, house.look(track=2))
        case "removed":
            house.register.remove("ben")
            house.unlock(face)
        case "poor":
            house.unlock(replace(face, quality=replace(face.quality, score=0.5)))
        case "lie":
            house.unlock(face, liveness=0.6)
        case "unlike":
            house.unlock(replace(house.look(0.3), match=face.match))
    assert house.journal.events == []
    assert sum(counts(house)) in (2, 4)


@pytest.mark.parametrize("kind", [EventKind.FAULT, EventKind.SPOOF_ALARM, EventKind.DOOR_FORCED])
def test_what_follows_can_spoil_it(house: House, kind: EventKind) -> None:
    house.renewing.record(Event(EventKind.UNLOCKED, 1.0, person="ben", liveness=0.97, track=1))
    house.renewing.watch(Frame(PICTURE, 1.0), (house.look(),))
    house.renewing.record(Event(kind, 2.0))
    house.renewing.record(Event(EventKind.LOCKED, 6.0, person="ben"))
    house.renewing.watch(Frame(PICTURE, 7.0), ())
    assert house.journal.events == []


def test_a_card_that_fails_stops_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise GalleryError("the disk is full")

    monkeypatch.setattr(house.register, "adapt", fails)
    house.unlock(house.look())
    assert house.journal.events == []


def seen_at(house: House, name: str) -> float | None:
    person = house.register.person(name)
    assert person is not None
    return person.last_seen


def test_last_seen_is_known_at_once_and_written_once_an_hour_and_at_the_end(house: House, tmp_path: Path) -> None:
    keeper = LastSeen(house.register, is_kept=True)
    keeper.watch(Frame(PICTURE, 0.0), ())
    before = house.writes()
    for number in range(50):
        house.clock.at_s += 60
        keeper.record(Event(EventKind.UNLOCKED, house.clock.at_s, person="ben"))
        keeper.watch(Frame(PICTURE, 60.0 * number), ())
    assert seen_at(house, "ben") == house.clock.wall().timestamp()
    assert seen_at(house, "ann") is None
    assert house.writes() == before
    keeper.watch(Frame(PICTURE, WRITE_EVERY_S), ())
    assert house.writes() == before + 1
    keeper.watch(Frame(PICTURE, 2 * WRITE_EVERY_S), ())
    assert house.writes() == before + 1  # nobody came
    keeper.record(Event(EventKind.VERIFIED, 0.0, person="ann"))
    keeper.close()
    house.gallery.close()
    with Gallery.open(tmp_path / "gallery", embedder_id=EMBEDDER) as again:
        assert [person.last_seen for person in again.people()] == [house.clock.wall().timestamp()] * 2


def test_a_clock_that_was_never_set_says_nothing(house: House) -> None:
    house.clock.at_s -= 365 * 86_400
    LastSeen(house.register, is_kept=True).record(Event(EventKind.UNLOCKED, 0.0, person="ben"))
    assert seen_at(house, "ben") is None


def test_switched_off_it_is_forgotten_and_not_kept(house: House) -> None:
    house.register.saw("ben")
    house.register.keep_seen()
    keeper = LastSeen(house.register, is_kept=False)
    keeper.record(Event(EventKind.UNLOCKED, 0.0, person="ben"))
    assert seen_at(house, "ben") is None
    keeper.close()
    assert [person.last_seen for person in house.gallery.people()] == [None, None]


def test_who_was_removed_before_it_was_written_leaves_nothing(house: House) -> None:
    keeper = LastSeen(house.register, is_kept=True)
    keeper.record(Event(EventKind.UNLOCKED, 0.0, person="ben"))
    house.register.remove("ben")
    keeper.close()
    assert [person.name for person in house.register.people()] == ["ann"]


def test_the_audience_hears_and_sees_all_of_it(house: House) -> None:
    audience, event = Audience(), Event(EventKind.UNLOCKED, 0.0, person="ben")
    audience.record(event)
    audience.watch(Frame(PICTURE, 0.0), ())
    audience.members = (LastSeen(house.register, is_kept=True), house.renewing)
    audience.record(event)
    assert seen_at(house, "ben") is not None


def test_whoever_has_as_many_templates_as_anybody_may_have_is_not_renewed(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """With room for one, one is renewed again and again; without any nothing is, and nothing is said of it either."""
    ben = house.register.person("ben")
    assert ben is not None
    house.register.improve(ben.id, templates(5, MOST_TEMPLATES - 3))
    for day in range(3):
        house.clock.at_s = 86_400.0 * (day + 1)
        house.unlock(house.look())
        assert counts(house) == [2, MOST_TEMPLATES]
    assert house.journal.kinds() == ["adapted"] * 3
    for _ in range(2):  # the renewed one, and then the one that it superseded
        house.register.undo_renewal("ben")
    house.register.improve(ben.id, templates(6, 5))
    house.clock.at_s += 86_400.0
    house.unlock(house.look())
    assert counts(house) == [2, MOST_TEMPLATES]
    assert (house.journal.kinds(), caplog.records) == (["adapted"] * 3, [])
    with pytest.raises(GalleryRefused, match="nobody gets more than 16"):
        house.register.adapt("ben", templates(2, 1)[0])
