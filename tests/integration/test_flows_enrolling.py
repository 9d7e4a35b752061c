"""Enrolling by the button, through the whole appliance: vouching, who the newcomer may be, and every way it ends."""

from __future__ import annotations

from pathlib import Path

from faceauthd.types import EventKind, Reason, Role, Rules, SignalKind
from tests.flow_kit import ADMIN_ALICE, ALICE, BEN, MEMBER_BEN, TURNING, Door, Enrolled, on_disk, visit, write_scene

FEW = "enroll.templates=3"


def vouching(folder: Path, to_s: float) -> Path:
    """Alice looks first and steps aside, then Ben turns his head."""
    return write_scene(folder, to_s, visit(ALICE, 0.5, 4.5), visit(BEN, 4.2, to_s, poses=TURNING[:4]))


def given_up(door: Door) -> tuple[str | None, Reason | None]:
    (told,) = [event for event in door.journal.events if event.kind is EventKind.ENROLL_CANCELLED]
    return told.detail, told.reason


def test_an_administrator_vouches_and_the_newcomer_is_enrolled(tmp_path: Path) -> None:
    with Door(tmp_path, vouching(tmp_path, 12.0), FEW, people=[ADMIN_ALICE]) as door:
        door.press()
        door.until(EventKind.VOUCHED, 4.5, person="alice")
        door.until(EventKind.ENROLLED, 12.0, person="person-2")
        assert door.opened == [], "enrolling opens no door"
        kinds = [EventKind.VOUCH_ASKED, EventKind.VOUCHED, EventKind.ENROLL_BEGAN, EventKind.ENROLLED]
        assert [event.kind for event in door.journal.events if event.kind in kinds] == kinds
        assert [kind for kind in door.shown if kind in (SignalKind.VOUCH, SignalKind.ENROLLED)] == [
            SignalKind.VOUCH,
            SignalKind.ENROLLED,
        ]
    assert on_disk(tmp_path) == [("alice", Role.ADMIN, 3), ("person-2", Role.MEMBER, 3)]


def test_a_power_cut_between_vouching_and_the_commit_leaves_nothing(tmp_path: Path) -> None:
    with Door(tmp_path, vouching(tmp_path, 12.0), FEW, people=[ADMIN_ALICE]) as door:
        door.press()
        door.until(EventKind.ENROLL_STEP, 10.0)
        assert not door.is_open
    assert on_disk(tmp_path) == [("alice", Role.ADMIN, 3)]
    with Door(tmp_path, write_scene(tmp_path, 5.0, visit(ALICE, 0.2, 5.0))) as door:
        assert door.appliance.daemon.gate.enrolment is None
        door.until(EventKind.UNLOCKED, 5.0, person="alice")


def test_somebody_enrolled_already_gets_more_templates_after_a_clear_signal(tmp_path: Path) -> None:
    with Door(tmp_path, vouching(tmp_path, 13.0), FEW, people=[ADMIN_ALICE, MEMBER_BEN]) as door:
        door.press()
        door.until(EventKind.IMPROVED, 13.0, person="ben")
        assert SignalKind.IMPROVING in door.shown
        assert door.hints.isdisjoint({"AMBIGUOUS", "OTHER_FACE"}), "he is himself all the time"
        assert door.opened == []
    assert on_disk(tmp_path) == [("alice", Role.ADMIN, 3), ("ben", Role.MEMBER, 6)]


def test_somebody_disabled_is_not_enrolled_anew(tmp_path: Path) -> None:
    kept_out = Enrolled("ben", BEN, rules=Rules(is_disabled=True))
    with Door(tmp_path, vouching(tmp_path, 12.0), FEW, people=[ADMIN_ALICE, kept_out]) as door:
        door.press()
        door.until(EventKind.ENROLL_CANCELLED, 12.0)
        detail, reason = given_up(door)
        assert reason is Reason.ALREADY_ENROLLED
        assert str(detail).startswith("already enrolled as ben, who is disabled")
        assert door.shown[-1] is SignalKind.CANCELLED
        assert door.opened == []
    assert on_disk(tmp_path) == [("alice", Role.ADMIN, 3), ("ben", Role.MEMBER, 3)]


def test_a_lone_administrator_who_stays_after_vouching_gets_more_templates(tmp_path: Path) -> None:
    scene = write_scene(tmp_path, 16.0, visit(ALICE, 0.5, 16.0, poses=({"yaw_deg": 5.0}, {"yaw_deg": -7.0}, *TURNING)))
    with Door(tmp_path, scene, FEW, people=[ADMIN_ALICE]) as door:
        door.press()
        vouched = door.until(EventKind.VOUCHED, 4.5)
        began = door.until(EventKind.ENROLL_BEGAN, 12.0, person="alice")
        assert 5.0 <= began.time_s - vouched.time_s <= 6.0
        door.until(EventKind.IMPROVED, 16.0, person="alice")
        assert SignalKind.IMPROVING in door.shown
    assert on_disk(tmp_path) == [("alice", Role.ADMIN, 6)]


def test_nobody_vouches(tmp_path: Path) -> None:
    with Door(tmp_path, write_scene(tmp_path, 0.5), people=[ADMIN_ALICE]) as door:
        door.press()
        told = door.until(EventKind.ENROLL_CANCELLED, 22.0)
        assert 20.0 <= told.time_s - door.began_s <= 20.7
        door.run(door.now_s + 3.0)
        assert given_up(door) == ("no administrator vouched in time", None)
        assert door.shown == [SignalKind.READY, SignalKind.VOUCH, SignalKind.CANCELLED, SignalKind.READY]
        assert door.opened == []


def test_a_long_press_cancels(tmp_path: Path) -> None:
    with Door(tmp_path, write_scene(tmp_path, 0.5), people=[ADMIN_ALICE]) as door:
        door.press()
        assert door.shown[-1] is SignalKind.VOUCH
        door.press(hold_s=2.0)
        assert given_up(door) == ("cancelled by a long press", None)
        assert door.shown[-1] is SignalKind.CANCELLED


def test_sixty_seconds_of_nothing_end_an_enrolment_and_nothing_is_kept(tmp_path: Path) -> None:
    with Door(tmp_path, write_scene(tmp_path, 0.5)) as door:
        door.press()
        assert door.shown[-1] is SignalKind.ENROLLING
        told = door.until(EventKind.ENROLL_CANCELLED, 62.0)
        assert 60.0 <= told.time_s - door.began_s <= 61.0
        assert door.shown[-1] is SignalKind.CANCELLED
    assert on_disk(tmp_path) == []
