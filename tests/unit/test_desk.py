"""What clients ask, and what the desk answers them and asks of the gate."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from faceauthd.control.peers import Peer
from faceauthd.control.request import Request
from faceauthd.control.verbs import Call, parse
from faceauthd.desk import FrontDesk
from faceauthd.enrolment import Enrolment
from faceauthd.event_log import EventLog
from faceauthd.gallery import Gallery
from faceauthd.gate import Gate, Mode
from faceauthd.gate.state import SpoofAlarm, Verification
from faceauthd.inbox import Inbox
from faceauthd.photographs import PhotographExaminer
from faceauthd.register import Register
from faceauthd.snapshot import Darkroom, _told_of, mark_of
from faceauthd.types import (
    Asked,
    CancelAsked,
    ClearLockoutAsked,
    EnrollAsked,
    Event,
    EventKind,
    ImproveAsked,
    LockAsked,
    Quality,
    Reason,
    Role,
    UnlockAsked,
    VerifyAsked,
)
from tests.fakes import FakeCamera, FakeClock, sighting
from tests.gallery_kit import EMBEDDER, templates

PEER = Peer(1000, 1000, 77)
CURVE = [(1e-2, 0.24), (1e-3, 0.34), (1e-4, 0.42), (1e-5, 0.48)]
WATCHING = Gate()
OPEN = Gate(mode=Mode.OPEN, until_s=1e9)
LOCKED_OUT = Gate(mode=Mode.LOCKED_OUT)


class Counter:
    """A desk with a gallery behind it and clients before it; time goes on a second a turn."""

    def __init__(self, gallery: Gallery) -> None:
        self.clock = FakeClock()
        self.log = EventLog(self.clock)
        self.register = Register(gallery, CURVE, 1e-4, self.clock)
        self.requests: Inbox[Request] = Inbox()
        examiner = cast(PhotographExaminer, None)  # no photograph is sent in here
        camera = FakeCamera(self.clock)
        self.camera = camera
        self.darkroom = Darkroom(camera, self.log.record)
        self.desk = FrontDesk(
            self.requests, self.register, self.log, examiner, camera, {}, self.log.record, 5, self.darkroom
        )
        self.lines: list[dict[str, Any]] = []

    def send(self, do: str, *, peer: Peer = PEER, fds: tuple[int, ...] = (), **args: object) -> Request:
        call = parse(json.dumps({"id": do, "do": do, **args}).encode())
        assert isinstance(call, Call), call
        request = Request(call, peer, fds, lambda _request, line, _final: self.lines.append(json.loads(line)))
        self.requests.put(request)
        return request

    def turn(self, state: Gate = WATCHING, *events: Event) -> tuple[Asked, ...]:
        self.clock.at_s += 1
        asked = self.desk.pending(state, self.clock.at_s)
        self.desk.told(events)
        return asked

    def ask(self, do: str, **args: object) -> dict[str, Any]:
        """What comes of something that needs no gate."""
        self.send(do, **args)
        assert self.turn() == ()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """The one final answer that has come since the last was taken."""
        final = [line for line in self.lines if "ok" in line]
        self.lines.clear()
        assert len(final) == 1, final
        result = final[0]["result"] if final[0]["ok"] else final[0]["error"]
        assert isinstance(result, dict)
        return result

    @property
    def journal(self) -> list[tuple[str, str | None, str | None]]:
        return [(str(e.event.kind), e.event.person, e.event.detail) for e in self.log.newest(100)]


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with Gallery.open(tmp_path / "gallery", embedder_id=EMBEDDER, first_capacity=8) as gallery:
        made = Counter(gallery)
        made.register.enroll("ann", Role.ADMIN, templates(1, 2))
        made.register.enroll("ben", Role.MEMBER, templates(2, 1))
        yield made


def test_a_role_is_changed_and_journalled_with_the_uid(counter: Counter) -> None:
    assert counter.ask("role", name="ben", role="guest")["person"]["role"] == "guest"
    assert counter.journal == [("role-changed", "ben", "from member to guest, by uid 1000 (pid 77)")]


def test_disabling_and_enabling(counter: Counter) -> None:
    assert counter.ask("disable", name="BEN")["person"]["disabled"] is True
    assert counter.ask("enable", name="ben")["person"]["disabled"] is False
    assert [kind for kind, *_ in counter.journal] == ["disabled", "enabled"]


def test_an_expiry_is_set_and_taken_back(counter: Counter) -> None:
    end = counter.clock.wall().timestamp() + 1000
    person = counter.ask("expire", name="ben", valid_until=end)["person"]
    assert (person["valid_from"], person["valid_until"]) == (None, end)
    assert counter.ask("expire", name="ben")["person"]["valid_until"] is None
    assert counter.ask("expire", name="ben", valid_until=5)["code"] == "REFUSED"
    until = datetime.fromtimestamp(end).astimezone().strftime("%Y-%m-%d %H:%M")
    assert counter.journal == [
        ("rules-changed", "ben", f"may enter: until {until}, by uid 1000 (pid 77)"),
        ("rules-changed", "ben", "may enter: always, by uid 1000 (pid 77)"),
    ]


def test_hours_are_set_kept_in_one_way_and_taken_back(counter: Counter) -> None:
    assert counter.ask("hours", name="ben", hours="monday-fri 7:00-19:00")["person"]["hours"] == "Mon-Fri 07:00-19:00"
    told = counter.ask("hours", name="ben", hours="Mon 07:00-07:00")
    assert (told["code"], "never occurs" in told["message"]) == ("REFUSED", True)
    assert counter.ask("hours", name="ben")["person"]["hours"] is None
    assert [detail for _, _, detail in counter.journal] == [
        "may enter: Mon-Fri 07:00-19:00, by uid 1000 (pid 77)",
        "may enter: always, by uid 1000 (pid 77)",
    ]


@pytest.mark.parametrize(
    ("do", "args"),
    [("remove", {}), ("remove", {"last": True}), ("role", {"role": "member"}), ("disable", {})],
)
def test_the_last_administrator_stays(counter: Counter, do: str, args: dict[str, object]) -> None:
    told = counter.ask(do, name="ann", **args)
    assert told["code"] == "REFUSED"
    assert "faceauthctl role NAME admin" in told["message"]
    assert counter.journal == []
    assert [person.role for person in counter.register.people()] == [Role.ADMIN, Role.MEMBER]


NAMED = ["role", "disable", "enable", "expire", "improve", "verify", "remove", "person", "undo", "hours", "export-data"]


@pytest.mark.parametrize("do", NAMED)
def test_nobody_of_that_name(counter: Counter, do: str) -> None:
    args = {"role": "admin"} if do == "role" else {}
    assert counter.ask(do, name="eve", **args)["code"] == "NOT_FOUND"
    assert counter.journal == []


def test_a_rename_to_a_name_that_exists_is_refused_and_to_another_case_is_not(counter: Counter) -> None:
    assert counter.ask("rename", old="ben", new="ANN")["code"] == "NAME_TAKEN"
    assert counter.ask("rename", old="ben", new="Ben")["person"]["name"] == "Ben"
    assert counter.ask("rename", old="ben", new="Ben")["code"] == "REFUSED"
    assert [kind for kind, *_ in counter.journal] == ["renamed"]


def test_the_threshold_is_explained_by_what_it_is_made_of(counter: Counter) -> None:
    told = counter.ask("threshold")
    assert (told["people"], told["templates"], told["false_accept_rate"]) == (2, 3, 1e-4)
    assert told["threshold"] == pytest.approx(counter.register.threshold.cosine, abs=1e-4)


@pytest.mark.parametrize(
    ("do", "kind", "done", "undone"),
    [
        ("unlock", UnlockAsked, OPEN, WATCHING),
        ("lock", LockAsked, WATCHING, OPEN),
        ("clear-lockout", ClearLockoutAsked, WATCHING, LOCKED_OUT),
    ],
)
def test_an_order_is_answered_by_what_the_door_then_does(
    counter: Counter, do: str, kind: type, done: Gate, undone: Gate
) -> None:
    counter.send(do)
    (asked,) = counter.turn(undone)
    assert asked == kind(counter.clock.at_s, "uid 1000 (pid 77)")
    assert counter.lines == []
    counter.turn(done)
    assert counter.answer()["state"] == str(done.mode)
    counter.send(do)
    counter.turn(undone)
    counter.turn(undone)
    assert counter.answer()["code"] == "REFUSED"


def test_the_status_tells_what_the_panel_shows_and_of_both_alarms(counter: Counter) -> None:
    counter.send("status")
    enrolment = Enrolment("cat", Role.MEMBER, "button", 1.0, 1.0, taken=templates(3, 2))
    spoofs = SpoofAlarm(until_s=counter.clock.at_s + 31)
    counter.turn(Gate(mode=Mode.ENROLLING, since_s=99.0, enrolment=enrolment, hint=Reason.BLURRED, spoofs=spoofs))
    told = counter.answer()
    assert (told["alarm"], told["spoof_alarm_for_s"]) == (None, 30.0)
    assert told["panel"] == {
        "signal": "enrolling", "for_s": 2.0, "taken": 2, "wanted": 5, "person": "cat", "reason": "BLURRED",
        "turn": None,
    }  # fmt: skip
    assert counter.ask("status")["spoof_alarm_for_s"] == 0.0


def test_it_runs_for_as_long_as_since_its_first_turn_also_on_a_clock_that_began_then(counter: Counter) -> None:
    counter.clock.at_s = -1.0
    counter.turn()
    counter.turn()
    assert counter.ask("status")["uptime_s"] == 2.0


def test_whoever_watches_hears_at_once_what_is_new_on_the_panel_and_the_rest_each_second(counter: Counter) -> None:
    heard: list[tuple[float, object]] = []
    desk, began_s = counter.desk, counter.clock.at_s
    desk.announce = lambda status: heard.append((round(now_s - began_s, 1), status["state"]))
    for tenth in range(30):
        now_s = began_s + tenth / 10
        desk.pending(WATCHING if tenth < 14 else enrolling("button"), now_s)
    assert heard == [(0.0, "watching"), (1.0, "watching"), (1.4, "enrolling"), (2.4, "enrolling")]


def test_hints_that_change_with_every_frame_are_told_five_times_a_second(counter: Counter) -> None:
    heard: list[float] = []
    counter.desk.announce = lambda _: heard.append(now_s)
    for frame in range(61):
        now_s = 100 + frame / 30
        counter.desk.pending(replace(WATCHING, reason=(Reason.BLURRED, Reason.TOO_DARK)[frame % 2]), now_s)
    assert 8 <= len(heard) <= 11


def test_the_last_unlock_says_whose_order_it_was_where_no_face_opened(counter: Counter) -> None:
    for event in (Event(EventKind.UNLOCKED, 1.0, person="ann"), Event(EventKind.UNLOCKED, 2.0, detail="by uid 1000")):
        counter.log.record(event)
        counter.turn(WATCHING, event)
    told = counter.ask("status")["last_unlock"]
    assert (told["person"], told["detail"]) == (None, "by uid 1000")


def enrolling(by: str) -> Gate:
    return Gate(mode=Mode.ENROLLING, enrolment=Enrolment("cat", Role.MEMBER, by, 1.0, 1.0))


def test_enrolling_tells_how_far_it_is_and_who_it_was(counter: Counter) -> None:
    counter.send("enroll", name="cat")
    assert counter.turn() == (EnrollAsked("cat", counter.clock.at_s, str(PEER)),)
    counter.turn(enrolling(str(PEER)))
    assert [line["progress"]["taken"] for line in counter.lines] == [0]
    counter.register.enroll("cat", Role.MEMBER, templates(3, 1))
    counter.turn(enrolling(str(PEER)), Event(EventKind.ENROLLED, 1.0, person="cat"))
    assert counter.answer()["person"]["name"] == "cat"


@pytest.mark.parametrize("state", [enrolling("button"), Gate(mode=Mode.VOUCHING)])
def test_a_press_in_the_same_turn_wins_and_the_client_hears_that_it_is_busy(counter: Counter, state: Gate) -> None:
    counter.send("enroll", name="cat")
    counter.turn()
    assert counter.turn(state) == ()
    assert counter.answer()["code"] == "BUSY"
    counter.turn(state, Event(EventKind.ENROLLED, 1.0, person="ann"))
    assert counter.lines == []


def test_two_clients_at_once_and_the_second_is_told_so(counter: Counter) -> None:
    counter.send("enroll", name="cat")
    counter.send("enroll", name="dan", peer=replace(PEER, pid=78))
    assert len(counter.turn()) == 1
    assert counter.answer()["code"] == "BUSY"


def test_a_client_that_goes_gives_its_enrolment_up(counter: Counter) -> None:
    request = counter.send("enroll", name="cat")
    counter.turn()
    counter.turn(enrolling(str(PEER)))
    request.expire("X", "gone")
    assert counter.turn(enrolling(str(PEER))) == (CancelAsked(counter.clock.at_s, "its client, who has gone"),)
    assert counter.turn() == ()


@pytest.mark.parametrize("dry_run", [True, False])
def test_only_looking_through_an_import_waits_for_no_enrolment(counter: Counter, dry_run: bool) -> None:
    counter.send("import", fds=(os.memfd_create("import"),), dry_run=dry_run)
    for _ in range(1000):
        counter.turn(enrolling("button"))
        if counter.lines:
            break
        time.sleep(0.01)
    assert counter.answer()["code"] == ("BAD_REQUEST" if dry_run else "BUSY")  # the file is empty, and so was looked at


def test_improving_asks_for_the_person_and_tells_the_templates(counter: Counter) -> None:
    ben = counter.register.person("ben")
    assert ben is not None
    counter.send("improve", name="BEN")
    assert counter.turn() == (ImproveAsked(ben.id, "ben", counter.clock.at_s, str(PEER)),)
    counter.turn(enrolling(str(PEER)))
    counter.register.improve(ben.id, templates(9, 2))
    counter.turn(enrolling(str(PEER)), Event(EventKind.IMPROVED, 1.0, person="ben"))
    assert counter.answer()["person"]["templates"] == 3


def test_somebody_with_as_many_templates_as_there_may_be_is_not_asked_before_the_camera(counter: Counter) -> None:
    ben = counter.register.person("ben")
    assert ben is not None
    counter.register.improve(ben.id, templates(9, 15))
    told = counter.ask("improve", name="ben")
    assert (told["code"], "--undo" in told["message"]) == ("REFUSED", True)


def test_verified_is_only_who_was_asked_for(counter: Counter) -> None:
    ann = counter.register.person("ann")
    assert ann is not None
    counter.send("verify", name="ann", timeout_s=5)
    (asked,) = counter.turn()
    now_s = counter.clock.at_s
    assert asked == VerifyAsked(ann.id, "ann", now_s, now_s + 5, str(PEER))
    counter.turn(WATCHING, Event(EventKind.VERIFIED, 1.0, person="ann", score=0.8, liveness=0.9))
    assert counter.answer() == {"person": "ann", "score": 0.8, "liveness": 0.9}


@pytest.mark.parametrize(
    "event",
    [
        Event(EventKind.VERIFIED, 1.0, person="ben"),
        Event(EventKind.VERIFIED, 1.0),
        Event(EventKind.VERIFY_FAILED, 1.0, person="ann"),
        Event(EventKind.FAULT, 1.0),
    ],
)
def test_anything_else_is_a_no(counter: Counter, event: Event) -> None:
    counter.send("verify", name="ann")
    counter.turn()
    counter.turn(WATCHING, event)
    assert counter.answer()["code"] == "REFUSED"


def test_a_verification_that_nobody_answers_ends_by_itself_and_others_wait_for_it(counter: Counter) -> None:
    counter.send("verify", name="ann", timeout_s=3)
    counter.turn()
    counter.send("verify", name="ben")
    counter.turn()
    assert counter.answer()["code"] == "BUSY"
    for _ in range(5):
        counter.turn()
    assert "not seen live in time" in counter.answer()["message"]
    counter.send("verify", name="ben")
    assert len(counter.turn()) == 1


def test_a_client_that_goes_gives_its_verification_up(counter: Counter) -> None:
    request = counter.send("verify", name="ann", timeout_s=100)
    counter.turn()
    looking = Gate(mode=Mode.ASKED, verification=Verification(1, "ann", str(PEER)))
    assert counter.turn(looking) == ()
    request.expire("X", "gone")
    assert counter.turn(looking) == (CancelAsked(counter.clock.at_s, "its client, who has gone"),)
    assert counter.turn() == ()
    counter.send("verify", name="ben")
    assert len(counter.turn()) == 1


def test_a_client_that_goes_gives_up_nobody_elses_verification(counter: Counter) -> None:
    request = counter.send("verify", name="ann", timeout_s=100)
    counter.turn()
    request.expire("X", "gone")
    assert counter.turn(Gate(mode=Mode.ASKED, verification=Verification(1, "ann", "uid 0 (pid 1)"))) == ()


@pytest.mark.parametrize("do", ["enroll", "improve", "verify"])
@pytest.mark.parametrize("mode", [Mode.FAULT, Mode.LOCKED_OUT])
def test_nobody_is_looked_at_while_the_door_is_deaf(counter: Counter, do: str, mode: Mode) -> None:
    counter.send(do, name="cat" if do == "enroll" else "ben")
    assert counter.turn(Gate(mode=mode)) == ()
    assert counter.answer()["code"] == "REFUSED"


def test_a_person_is_told_with_each_template_and_no_number_of_it(counter: Counter) -> None:
    ben = counter.register.person("ben")
    assert ben is not None
    counter.register.improve(ben.id, templates(9, 1))
    told = counter.ask("person", name="ben")
    assert [(one["origin"], one["state"]) for one in told["templates"]] == [
        ("enrolled", "in-use"),
        ("improved", "in-use"),
    ]
    assert set(told["templates"][0]) == {"id", "made_at", "origin", "quality", "yaw_deg", "pitch_deg", "state"}
    assert counter.journal == []


def test_all_that_is_kept_is_given_away_only_with_an_entry_in_the_journal(counter: Counter) -> None:
    told = counter.ask("export-data", name="BEN")
    assert told["person"]["name"] == "ben"
    (one,) = told["templates"]
    assert (one["embedder"], one["embedding"]["dtype"], one["embedding"]["shape"]) == (EMBEDDER, "<f4", [512])
    row = np.frombuffer(base64.b64decode(one["embedding"]["base64"]), "<f4")
    assert np.array_equal(row, templates(2, 1)[0].probe)
    assert counter.journal == [("exported", "ben", "all that is kept of ben, by uid 1000 (pid 77)")]


def test_an_improvement_is_taken_back_and_the_enrolment_is_not(counter: Counter) -> None:
    ben = counter.register.person("ben")
    assert ben is not None
    counter.register.improve(ben.id, templates(9, 2))
    assert counter.ask("undo", name="ben")["person"]["templates"] == 1
    told = counter.ask("undo", name="ben")
    assert (told["code"], "nothing to undo" in told["message"]) == ("REFUSED", True)
    assert counter.journal == [("improve-undone", "ben", "1 template left, by uid 1000 (pid 77)")]


def test_a_snapshot_is_for_root_and_the_daemon_only(counter: Counter) -> None:
    counter.camera.last_s = counter.clock.at_s
    counter.send("snapshot", peer=replace(PEER, uid=os.getuid() + 1))
    counter.turn()
    assert counter.answer()["code"] == "FORBIDDEN"
    assert counter.journal == []


def test_without_pictures_a_snapshot_is_refused_at_once_or_soon(counter: Counter) -> None:
    counter.send("snapshot", peer=replace(PEER, uid=0))
    counter.turn()
    assert "camera gives no pictures" in counter.answer()["message"]
    counter.camera.last_s = counter.clock.at_s + 1
    counter.send("snapshot", peer=replace(PEER, uid=0))
    counter.turn()
    assert counter.lines == []
    counter.send("snapshot", peer=replace(PEER, uid=0))
    counter.turn()
    assert counter.answer()["code"] == "BUSY"
    for _ in range(4):
        counter.turn()
    assert "camera gives no pictures" in counter.answer()["message"]
    assert counter.journal == []


def test_a_face_that_is_not_looked_at_closely_is_told_so_and_not_called_bad() -> None:
    """Whoever had their answer is only followed; nought of quality would be read as a bad camera."""
    closely = sighting(1)
    followed = replace(closely, quality=Quality(0.0))
    blurred = replace(closely, quality=Quality(0.0, (Reason.BLURRED,)))
    told = [(_told_of(face)["is_judged"], mark_of(face).words) for face in (closely, followed, blurred)]
    assert told[1:] == [(False, "not looked at closely"), (True, "face blurred")]
    assert told[0][0] is True
    assert told[0][1].startswith("good: ")
