"""Takes the requests, answers what can be answered at once, and passes on to the gate what the gate decides."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from faceauthd.album import Album, Improvement, Newcomer
from faceauthd.control.protocol import Code
from faceauthd.control.request import Request
from faceauthd.control.shapes import event_fields
from faceauthd.desk.clerk import Clerk
from faceauthd.desk.moving import ImportWait, why_not_now
from faceauthd.desk.report import Report
from faceauthd.desk.waiting import EnrolWait, OrderWait, VerifyWait, Waiting, is_busy
from faceauthd.errors import GalleryError, GalleryRefused
from faceauthd.event_log import EventLog
from faceauthd.gallery.names import check_name
from faceauthd.gallery.room import check_room
from faceauthd.gate import Gate, Mode
from faceauthd.inbox import Inbox
from faceauthd.photographs import PhotographExaminer
from faceauthd.ports import Camera
from faceauthd.register import Register
from faceauthd.snapshot import Darkroom
from faceauthd.types import (
    Asked,
    CancelAsked,
    ClearLockoutAsked,
    EnrollAsked,
    Event,
    EventKind,
    Frame,
    ImproveAsked,
    LockAsked,
    Role,
    Sighting,
    UnlockAsked,
    VerifyAsked,
)

_ANNOUNCE_EVERY_S = 1.0
_NEWS_EVERY_S = 0.2
"""Hints may change with every frame, and be read by nobody at that rate."""
_MANY_AT_ONCE = 8
"""Requests answered in one turn, so that a crowd of clients does not hold up the door."""


class FrontDesk:
    """The daemon's side of the control protocol; docs/contracts.md lists what may be asked."""

    def __init__(
        self,
        requests: Inbox[Request],
        register: Register,
        log: EventLog,
        examiner: PhotographExaminer,
        camera: Camera,
        about: Mapping[str, object],
        record: Callable[[Event], None],
        wanted: int,
        darkroom: Darkroom,
    ) -> None:
        """`wanted` is how many templates an enrolment collects."""
        self._requests = requests
        self._register = register
        self._log = log
        self._examiner = examiner
        self._record = record
        self._wanted = wanted
        self._darkroom = darkroom
        self._clerk = Clerk(register, record)
        self._report = Report(register, camera, about, wanted)
        self._todo: list[Request] = []
        self._albums: list[Album] = []
        self._waiting: list[Waiting] = []
        self._announced_s = 0.0
        self._announced: object = None
        self.announce: Callable[[dict[str, object]], None] | None = None
        """Takes the status about once a second, and what is new in it at once, for those who watch."""

    def pending(self, state: Gate, now_s: float) -> tuple[Asked, ...]:
        """Answer the next requests; return what the gate has to hear."""
        self._report.begin(now_s)
        self._darkroom.mind(now_s)
        answers = [waiting.follow(state, now_s) for waiting in self._waiting]
        self._forget_the_answered()
        self._todo.extend(self._requests.drain())
        now, self._todo = self._todo[:_MANY_AT_ONCE], self._todo[_MANY_AT_ONCE:]
        answers += [self._take(request, state, now_s) for request in now]
        self._turn_a_page(now_s)
        self._announce(state, now_s)
        return tuple(asked for asked in answers if asked is not None)

    def _announce(self, state: Gate, now_s: float) -> None:
        """Tell those who watch how it is: about once a second, and sooner if the panel shows something else."""
        if self.announce is None:
            return
        news, waited_s = self._report.news(state, now_s), now_s - self._announced_s
        if waited_s >= (_ANNOUNCE_EVERY_S if news == self._announced else _NEWS_EVERY_S):
            self._announced_s, self._announced = now_s, news
            self.announce(self._report.status(state, now_s))

    def record(self, event: Event) -> None:
        """What happened reaches the clients by `told`."""

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None:  # noqa: ARG002 - the Protocol's
        """Count the frames, for the status."""
        self._report.count(frame.time_s)

    def told(self, events: Sequence[Event]) -> None:
        """Tell the clients who wait what became of it."""
        for event in events:
            if event.kind is EventKind.UNLOCKED:
                at = self._log.newest(1, kind=event.kind)[-1].at
                self._report.last_unlock = {"person": event.person, "detail": event.detail, "at": at.isoformat()}
            for waiting in self._waiting:
                waiting.hear(event)
        self._forget_the_answered()

    def _forget_the_answered(self) -> None:
        self._waiting = [waiting for waiting in self._waiting if not waiting.is_over]

    def _turn_a_page(self, now_s: float) -> None:
        """One photograph a turn: sixteen large ones must not hold up the door."""
        if not self._albums:
            return
        album = self._albums[0]
        try:
            event = album.turn(now_s)
        except GalleryError as error:
            album.request.refuse(_code_of(error), str(error))
            event = None
        if event is not None:
            self._record(event)
        if not album.request.is_open:
            self._albums.pop(0)

    def _take(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        """One request. Whatever the gallery says no to becomes a refusal, never an end of the loop."""
        try:
            if self._answer_at_once(request, state, now_s):
                return None
            return self._pass_on(request, state, now_s)
        except GalleryError as error:
            request.refuse(_code_of(error), str(error))
        return None

    def _answer_at_once(self, request: Request, state: Gate, now_s: float) -> bool:
        """Whether it was something that needs no gate."""
        match request.verb:
            case "status":
                request.reply(self._report.status(state, now_s))
            case "threshold":
                request.reply(self._report.threshold())
            case "events":
                self._events(request)
            case "snapshot":
                self._snapshot(request, now_s)
            case _:
                return self._clerk.answer(request, now_s)
        return True

    def _pass_on(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        match request.verb:
            case "enroll":
                return self._enroll(request, state, now_s)
            case "improve":
                return self._improve(request, state, now_s)
            case "cancel":
                return self._cancel(request, state, now_s)
            case "unlock":
                self._wait(OrderWait(request, Gate.is_open, "the door was not opened"))
                return UnlockAsked(now_s, str(request.peer))
            case "lock":
                self._wait(OrderWait(request, _is_shut, "the door is still open"))
                return LockAsked(now_s, str(request.peer))
            case "clear-lockout":
                self._wait(OrderWait(request, _is_free_of_lockout, "the lockout was not ended"))
                return ClearLockoutAsked(now_s, str(request.peer))
            case "verify":
                return self._verify(request, state, now_s)
            case "import":
                self._import(request, state)
                return None
        request.refuse(Code.UNKNOWN_VERB, f"{request.verb} is not known here")
        return None

    def _wait(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)

    def _events(self, request: Request) -> None:
        args = request.args
        since_s = args.get("since_s")
        entries = self._log.newest(
            int(args["limit"] or 0),
            since_s=None if since_s is None else float(since_s),
            kind=_text(args.get("kind")),
            person=_text(args.get("person")),
        )
        request.reply({"events": [event_fields(entry.event, entry.at) for entry in entries]})

    def _snapshot(self, request: Request, now_s: float) -> None:
        """Root only, and the daemon's own user: a picture shows whoever stands there, enrolled or not."""
        if request.peer.uid in (0, os.getuid()):
            self._darkroom.order(request, now_s)
        else:
            request.refuse(Code.FORBIDDEN, f"snapshot: uid {request.peer.uid} may not see pictures; use sudo")

    def _cancel(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        if not is_busy(state):
            request.refuse(Code.REFUSED, "nobody is being enrolled")
            return None
        request.reply({"cancelled": True})
        return CancelAsked(now_s, str(request.peer))

    def _enroll(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        name = check_name(str(request.args["name"]))
        if not self._clerk.is_free(request, name):
            return None
        role = Role(str(request.args["role"]))
        if request.fds:
            self._albums.append(Album(request, Newcomer(name, role), self._register, self._examiner))
            return None
        if not self._may_look(request, state):
            return None
        self._wait(EnrolWait(request, self._register, self._wanted))
        return EnrollAsked(name, now_s, str(request.peer), role)

    def _improve(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        person = self._clerk.known(request, str(request.args["name"]))
        if person is not None:
            check_room(person)
        if person is not None and request.fds:
            self._albums.append(Album(request, Improvement(person), self._register, self._examiner))
            return None
        if person is None or not self._may_look(request, state):
            return None
        self._wait(EnrolWait(request, self._register, self._wanted))
        return ImproveAsked(person.id, person.name, now_s, str(request.peer))

    def _verify(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        person = self._clerk.known(request, str(request.args["name"]))
        if person is None or not self._may_look(request, state):
            return None
        until_s = now_s + float(request.args["timeout_s"] or 0)
        self._wait(VerifyWait(request, person.name, until_s))
        return VerifyAsked(person.id, person.name, now_s, until_s, str(request.peer))

    def _import(self, request: Request, state: Gate) -> None:
        """A dry run changes nothing, and so waits for no enrolment; imports are looked through one by one."""
        changes = request.args["dry_run"] is not True
        in_the_way = (ImportWait, EnrolWait) if changes else (ImportWait,)
        if changes and (why := why_not_now(state)) is not None:
            request.refuse(Code.BUSY, why)
        elif any(isinstance(waiting, in_the_way) for waiting in self._waiting):
            request.refuse(Code.BUSY, "people are being imported or enrolled already: try again when that is done")
        else:
            self._wait(ImportWait(request, self._register, self._register.folder, self._record))

    def _may_look(self, request: Request, state: Gate) -> bool:
        """Whether the camera is free for an enrolment or a verification; if not, the request is refused."""
        if is_busy(state) or any(isinstance(waiting, EnrolWait | VerifyWait) for waiting in self._waiting):
            request.refuse(Code.BUSY, "somebody is being enrolled or verified already; wait, or `faceauthctl cancel`")
            return False
        if state.mode in (Mode.FAULT, Mode.LOCKED_OUT):
            request.refuse(Code.REFUSED, f"{request.verb} is not possible now: the door is in state {state.mode}")
            return False
        return True


def _code_of(error: GalleryError) -> Code:
    return Code.REFUSED if isinstance(error, GalleryRefused) else Code.INTERNAL


def _is_shut(state: Gate, now_s: float) -> bool:
    return not state.is_open(now_s)


def _is_free_of_lockout(state: Gate, _now_s: float) -> bool:
    return state.mode is not Mode.LOCKED_OUT


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
