"""The shipped scene through the whole appliance: real models, real faces, a real gallery, mock pins."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from faceauthd.app import build
from faceauthd.config import Config, load_config
from faceauthd.gallery import Gallery
from faceauthd.scene.expect import judge
from faceauthd.scene.library import load_scene
from faceauthd.types import Event, EventKind, Reason, Role
from tests.fakes import FakeJournal

RELAY = 17


def demo_config(folder: Path, *more: str) -> Config:
    ours = [
        "camera.source=scene:demo",
        "camera.at_end=stop",
        "camera.pace=fast",
        f"gallery.path={folder / 'gallery'}",
        f"control.socket={folder / 'control.sock'}",
        "panel.pin_factory=mock",
    ]
    return load_config(None, [*ours, *more]).config


@dataclass
class Played:
    events: list[Event]
    relay: list[tuple[float, bool]]
    folder: Path

    def of(self, kind: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind is kind]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The demo scene, once: its events and the whole history of the relay's line."""
    folder = tmp_path_factory.mktemp("demo")
    journal = FakeJournal()
    factory = MockFactory(pin_class=MockPWMPin)
    relay: list[tuple[float, bool]] = []
    with build(
        demo_config(folder), journals=lambda _: [journal], screen=io.StringIO(), serve=False, factory=factory
    ) as appliance:
        pin = factory.pin(RELAY)
        while not appliance.daemon.stop_requested and not appliance.finished:
            appliance.daemon.tick()
            level = bool(pin.state)
            if not relay or relay[-1][1] != level:
                relay.append((appliance.clock.now(), level))
    assert not pin.state, "the relay is closed after the end"
    return Played(journal.events, relay, folder)


def test_the_scene_ends_as_it_should(played: Played) -> None:
    assert judge(load_scene("demo").expected, played.events) == []


def test_the_relay_follows_the_journal_and_nothing_else(played: Played) -> None:
    moves = [
        (event.time_s, event.kind is EventKind.UNLOCKED)
        for event in played.events
        if event.kind in (EventKind.UNLOCKED, EventKind.LOCKED)
    ]
    assert played.relay == [(played.relay[0][0], False), *moves]
    opened, locked = played.of(EventKind.UNLOCKED), played.of(EventKind.LOCKED)
    assert [round(end.time_s - begin.time_s) for begin, end in zip(opened, locked, strict=True)] == [5, 5]


def test_the_door_opens_on_enough_evidence(played: Played) -> None:
    for event in played.of(EventKind.UNLOCKED):
        assert event.score is not None
        assert event.threshold is not None
        assert event.liveness is not None
        assert event.score > event.threshold
        assert event.liveness >= 0.5
        assert dict(event.fields)["looks"] == 3


def test_the_stranger_is_nowhere_near(played: Played) -> None:
    refused = [event for event in played.of(EventKind.REFUSED) if event.reason is Reason.UNKNOWN]
    assert refused
    for event in refused:
        assert event.score is not None
        assert event.threshold is not None
        assert event.score < event.threshold - 0.2


def test_what_was_enrolled_is_on_disk_for_any_numpy(played: Played) -> None:
    with Gallery.open(played.folder / "gallery", embedder_id=None, read_only=True) as gallery:
        (person,) = gallery.people()
    assert (person.name, person.role, person.templates) == ("person-1", Role.ADMIN, 5)
    matrix = np.load(played.folder / "gallery" / "embeddings.npy", mmap_mode="r")
    assert matrix.shape[1] == 512
    lengths = np.linalg.norm(matrix, axis=1)
    assert sorted(np.round(lengths, 3))[-6:] == [0.0, *[1.0] * 5]


def test_the_looks_that_unlocked_are_not_those_that_enrolled(played: Played) -> None:
    assert all(event.score is not None and event.score < 0.995 for event in played.of(EventKind.UNLOCKED))
