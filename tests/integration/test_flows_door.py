"""How the door is opened and how it is not: a press, two people, orders, a way out, strangers, photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faceauthd.challenge import SIGNS
from faceauthd.scene.face import SampleFaces
from faceauthd.types import EventKind, Sign, SignalKind
from tests.flow_kit import (
    ADMIN_ALICE,
    ALARM,
    ALICE,
    BEN,
    BUTTON,
    CONTACT,
    EXIT,
    FPS,
    MEMBER_BEN,
    STRAIGHT,
    Door,
    visit,
    write_scene,
)
from tools.attack_kit import render


def test_a_press_and_then_a_face(tmp_path: Path) -> None:
    scene = write_scene(tmp_path, 8.4, visit(ALICE, 0.2, 4.0), visit(ALICE, 4.4, 8.4))
    with Door(tmp_path, scene, "gate.entry=press", people=[ADMIN_ALICE]) as door:
        door.run(4.5)
        assert (door.opened, door.told()) == ([], []), "nobody is let in who did not press"
        door.press()
        door.until(EventKind.UNLOCKED, 8.4, person="alice")
        assert door.is_open


def test_who_keeps_still_is_asked_to_turn_and_let_in_once_they_do(tmp_path: Path) -> None:
    still, turning = ({"yaw_deg": 2.0},) * 4, ({"yaw_deg": -7.0}, {"yaw_deg": 6.0})
    scene = write_scene(tmp_path, 10.0, visit(ALICE, 0.2, 10.0, poses=(*still, *turning)))
    with Door(tmp_path, scene, people=[ADMIN_ALICE]) as door:
        door.run(6.3)
        assert (door.shown[-1], door.opened, door.told()) == (SignalKind.TURN, [], []), "4.4 s, and nothing is refused"
        door.until(EventKind.UNLOCKED, 9.2, person="alice")


def test_two_people_one_after_the_other(tmp_path: Path) -> None:
    scene = write_scene(tmp_path, 8.0, visit(ALICE, 0.2, 4.0), visit(BEN, 3.7, 8.0))
    with Door(tmp_path, scene, "gate.entry=two-person", people=[ADMIN_ALICE, MEMBER_BEN]) as door:
        door.until(EventKind.SECOND_ASKED, 4.0, person="alice")
        assert not door.is_open
        door.until(EventKind.UNLOCKED, 8.0, person="ben")
        assert SignalKind.SECOND in door.shown
        assert len(door.opened) == 1


def test_a_sign_of_life_is_a_turn_of_the_head_and_whoever_gives_none_is_refused(tmp_path: Path) -> None:
    """Neither blinks: Alice turns her head when the lamps ask for it, and Ben looks about before, not after."""
    turning = visit(ALICE, 0.2, 8.0, poses=({"yaw_deg": 8.0}, {"yaw_deg": 8.0}, {"yaw_deg": -14.0}))
    still = visit(BEN, 8.4, 15.0, poses=({"yaw_deg": 8.0}, {"yaw_deg": -8.0}, *({"yaw_deg": 8.0},) * 4))
    scene = write_scene(tmp_path, 15.0, turning | {"blinks": False}, still | {"blinks": False})
    settings = ("decision.liveness=challenge", "decision.challenge_s=3", "gate.unlock_s=1")
    lot = SIGNS.index(Sign.RIGHT)
    with Door(tmp_path, scene, *settings, people=[ADMIN_ALICE, MEMBER_BEN], lot=lot) as door:
        door.until(EventKind.CHALLENGED, 5.0)
        assert (door.shown[-1], door.opened) == (SignalKind.SIGN_RIGHT, [])
        door.until(EventKind.UNLOCKED, 8.0, person="alice")
        door.until(EventKind.CHALLENGED, 12.5)
        door.run(15.0)
        assert [reason for _, reason, _ in door.refused()] == ["SPOOF"]
        assert len(door.opened) == 1


def test_the_way_out_an_order_and_a_forced_door(tmp_path: Path) -> None:
    settings = (f"panel.pins.door_contact={CONTACT}", "gate.unlock_s=2", "gate.held_open_s=3")
    with Door(tmp_path, write_scene(tmp_path, 0.5), *settings, people=[ADMIN_ALICE]) as door:
        door.pin(CONTACT).drive_low()
        door.run(2.0)
        door.press(pin=EXIT)
        assert door.is_open
        door.run(door.now_s + 2.5)
        assert not door.is_open
        assert door.ask("unlock")["is_open"] is True
        assert door.ask("lock")["is_open"] is False
        door.run(door.now_s + 2.0)
        door.pin(CONTACT).drive_high()
        door.until(EventKind.DOOR_FORCED, door.now_s + 1.0)
        assert (door.pin(ALARM).state, door.shown[-1]) == (1, SignalKind.DOOR_FORCED)
        door.pin(CONTACT).drive_low()
        door.until(EventKind.DOOR_SHUT, door.now_s + 1.0)
        assert not door.pin(ALARM).state
        door.press(pin=EXIT)
        door.pin(CONTACT).drive_high()
        door.until(EventKind.DOOR_HELD, door.now_s + 8.0)
        assert (door.pin(ALARM).state, door.is_open) == (1, False)
        assert [kind for kind, _ in door.told()] == [
            "exit", "locked", "unlocked", "locked", "door-forced", "door-shut", "exit", "locked", "door-held",
        ]  # fmt: skip
        assert len(door.opened) == 3


def test_strangers_lock_everybody_out_over_a_restart_until_it_is_cleared(tmp_path: Path) -> None:
    settings = ("lockout.refusals=2", "gate.retry_s=0.5", "lockout.delays_s=[30]")
    with Door(tmp_path, write_scene(tmp_path, 10.0, visit(BEN, 0.2, 10.0)), *settings, people=[ADMIN_ALICE]) as door:
        door.until(EventKind.LOCKOUT_BEGAN, 10.0)
        assert [reason for _, reason, _ in door.refused()] == ["UNKNOWN", "UNKNOWN"]
        assert door.shown[-1] is SignalKind.LOCKED_OUT
        assert door.opened == []
    looking = visit(ALICE, 0.2, 8.0, poses=STRAIGHT * 2)
    with Door(tmp_path, write_scene(tmp_path, 8.0, looking), *settings) as door:
        door.run(4.0)
        assert door.shown == [SignalKind.LOCKED_OUT], "pulling the plug is no way round"
        door.press(pin=BUTTON)
        assert door.told() == []
        door.ask("clear-lockout")
        door.until(EventKind.UNLOCKED, 8.0, person="alice")


def clip(folder: Path, species: str, seed: int, seconds: float) -> Path:
    """Frames of somebody who holds Alice's face up to the camera."""
    face = SampleFaces().face(ALICE)
    played = render(species, face, np.random.default_rng(seed), fps=FPS, seconds=seconds, handling="held")
    for index, (_, picture) in enumerate(played):
        Image.fromarray(picture).save(folder / f"{index:03d}.png", compress_level=1)
    return folder


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """On a telephone."""
    return clip(tmp_path_factory.mktemp("phone"), "phone", 3, 6.0)


def test_a_photograph_of_somebody_enrolled_is_refused_and_raises_the_alarm(tmp_path: Path, photograph: Path) -> None:
    settings = (f"camera.replay_fps={FPS}", "gate.retry_s=0.5", "lockout.alarm_after_spoofs=2")
    with Door(tmp_path, f"replay:{photograph}", *settings, people=[ADMIN_ALICE]) as door:
        door.until(EventKind.SPOOF_ALARM, 6.0)
        assert {reason for _, reason, _ in door.refused()} == {"SPOOF"}
        assert (door.pin(ALARM).state, door.shown[-1]) == (1, SignalKind.SPOOF_ALARM)
        assert door.opened == []


@pytest.mark.parametrize(("species", "seconds"), [("print-flat", 4.0), ("replay-phone", 2.5)])
def test_a_print_and_a_replayed_film_of_somebody_enrolled_are_refused(
    tmp_path: Path, species: str, seconds: float
) -> None:
    """A sheet of paper held still, and a telephone that plays a film of her. One of each: how many of such
    attacks are let in is measured elsewhere (docs/liveness.md), and it is not none."""
    (tmp_path / "clip").mkdir()
    held = clip(tmp_path / "clip", species, 3, seconds)
    with Door(tmp_path, f"replay:{held}", f"camera.replay_fps={FPS}", people=[ADMIN_ALICE]) as door:
        door.run(seconds + 0.5)
        assert {reason for _, reason, _ in door.refused()} == {"SPOOF"}
        assert SignalKind.SPOOF in door.shown
        assert door.opened == []
    with Door(tmp_path, f"replay:{held}", f"camera.replay_fps={FPS}", "decision.liveness=off") as door:
        door.until(EventKind.UNLOCKED, seconds, person="alice")  # it is liveness, and nothing else, that keeps it out


def test_a_photograph_neither_vouches_nor_is_enrolled_where_the_door_takes_any(
    tmp_path: Path, photograph: Path
) -> None:
    settings = (f"camera.replay_fps={FPS}", "decision.liveness=off")
    with Door(tmp_path, f"replay:{photograph}", *settings, people=[ADMIN_ALICE]) as door:
        door.press()
        door.run(6.0)
        assert EventKind.VOUCHED not in {event.kind for event in door.journal.events}
        assert ("refused", None) in door.told()
    (tmp_path / "empty").mkdir()
    with Door(tmp_path / "empty", f"replay:{photograph}", *settings) as door:
        door.press()
        door.run(6.0)
        assert door.appliance.daemon.gate.enrolment is not None
        assert door.appliance.daemon.gate.enrolment.taken == ()
