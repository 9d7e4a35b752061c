"""What clients ask of a door at which people stand: enrolling, improving, verifying, adapting; and asking badly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faceauthd.types import EventKind, Role, SignalKind
from tests.flow_kit import (
    ADMIN_ALICE,
    ALICE,
    BEN,
    MEMBER_BEN,
    TURNING,
    Door,
    Enrolled,
    on_disk,
    visit,
    write_scene,
)

FEW = "enroll.templates=3"


def turning(folder: Path, who: str, to_s: float = 9.0) -> Path:
    return write_scene(folder, to_s, visit(who, 0.2, to_s, poses=TURNING[:4]))


def progress(lines: list[dict[str, Any]]) -> list[int]:
    return [line["progress"]["taken"] for line in lines if "progress" in line]


def test_two_clients_enrol_at_once_and_one_is_told_that_it_is_busy(tmp_path: Path) -> None:
    with Door(tmp_path, turning(tmp_path, BEN), FEW, people=[ADMIN_ALICE]) as door:
        first = door.send("enroll", name="ben")
        second = door.send("enroll", name="carol")
        door.tick()
        assert door.heard(second)["code"] == "BUSY"
        done = door.until(EventKind.ENROLLED, 9.0)
        assert done.person == "ben"
        assert door.heard(first)["person"]["role"] == "member"
        assert {0, 1, 2} <= set(progress(door.answers[str(first.id)]))
        assert door.opened == []
    assert on_disk(tmp_path) == [("alice", Role.ADMIN, 3), ("ben", Role.MEMBER, 3)]


def test_the_first_by_a_client_is_administrator(tmp_path: Path) -> None:
    with Door(tmp_path, turning(tmp_path, BEN), FEW) as door:
        asked = door.send("enroll", name="ben")
        door.until(EventKind.ENROLLED, 9.0)
        assert door.heard(asked)["person"]["role"] == "admin"
    assert on_disk(tmp_path) == [("ben", Role.ADMIN, 3)]


def test_improving_takes_looks_of_that_person_and_of_nobody_else(tmp_path: Path) -> None:
    with Door(tmp_path, turning(tmp_path, BEN), FEW, people=[ADMIN_ALICE, MEMBER_BEN]) as door:
        wrong = door.send("improve", name="alice")
        door.until(EventKind.ENROLL_CANCELLED, 6.0)
        assert door.heard(wrong)["message"] == (
            "not improved: ben stands there, and more looks of alice were asked for"
        )
        assert door.shown[-1] is SignalKind.CANCELLED
        right = door.send("improve", name="ben")
        door.tick()
        door.until(EventKind.IMPROVED, 12.0, person="ben")
        assert door.heard(right)["person"]["templates"] == 6
        assert door.opened == []


def test_while_somebody_is_to_be_verified_others_come_in_as_ever(tmp_path: Path) -> None:
    scene = write_scene(tmp_path, 9.0, visit(BEN, 0.2, 4.2), visit(ALICE, 4.6, 9.0))
    with Door(tmp_path, scene, "gate.unlock_s=1", people=[ADMIN_ALICE, MEMBER_BEN]) as door:
        gone = door.send("verify", name="alice", timeout_s=60)
        door.tick()
        gone.expire("CANCELLED", "its client has hung up")
        door.until(EventKind.VERIFY_FAILED, 1.0, person="alice")
        asked = door.send("verify", name="alice", timeout_s=60)
        door.until(EventKind.UNLOCKED, 4.2, person="ben")
        door.until(EventKind.VERIFIED, 9.0, person="alice")
        assert door.heard(asked)["person"] == "alice"
        door.run(9.0)
        assert len(door.opened) == 1, "the face that answers a client opens nothing"


def test_a_sure_unlock_renews_a_template_and_that_is_taken_back(tmp_path: Path) -> None:
    scene = write_scene(tmp_path, 6.0, visit(BEN, 0.2, 6.0))
    people = [Enrolled("ben", BEN, Role.ADMIN)]
    with Door(tmp_path, scene, "adaptation.enabled=true", "gate.unlock_s=1", people=people) as door:
        door.until(EventKind.ADAPTED, 6.0, person="ben")
        assert not door.is_open
        assert door.ask("person", name="ben")["person"]["templates"] == 4
        assert door.ask("undo", name="ben")["person"]["templates"] == 3
    assert on_disk(tmp_path) == [("ben", Role.ADMIN, 3)]


BADLY: tuple[tuple[str, dict[str, object], str, str], ...] = (
    ("rename", {"old": "ben", "new": "Alice"}, "NAME_TAKEN", "choose another name"),
    ("remove", {"name": "alice"}, "REFUSED", "last administrator"),
    ("role", {"name": "alice", "role": "member"}, "REFUSED", "last administrator"),
    ("disable", {"name": "alice"}, "REFUSED", "last administrator"),
    ("hours", {"name": "ben", "hours": "Mon 08:00-08:00"}, "REFUSED", "never occurs"),
    ("expire", {"name": "ben", "valid_until": 1_600_000_000}, "REFUSED", "in the past"),
    ("verify", {"name": "eve"}, "NOT_FOUND", "nobody called 'eve'"),
)


def test_what_cannot_be_done_is_said_and_changes_nothing(tmp_path: Path) -> None:
    with Door(tmp_path, write_scene(tmp_path, 0.5), people=[ADMIN_ALICE, MEMBER_BEN]) as door:
        for do, args, code, says in BADLY:
            answer = door.ask(do, **args)
            assert (answer["code"], says in answer["message"]) == (code, True), answer
        assert door.told() == []
        assert door.opened == []
    assert on_disk(tmp_path) == [("alice", Role.ADMIN, 3), ("ben", Role.MEMBER, 3)]
