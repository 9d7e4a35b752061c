"""Answers what clients of the control socket ask, in the loop's thread, between two ticks.

What can be answered at once is; what the gate has to decide becomes something asked of it, and its answer is told to
the client when the events say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from faceauthd import __version__
from faceauthd.album import Album
from faceauthd.control.protocol import Code
from faceauthd.control.request import Request
from faceauthd.control.shapes import event_fields, person_fields
from faceauthd.errors import GalleryError, GalleryRefused
from faceauthd.event_log import EventLog
from faceauthd.gallery.names import check_name
from faceauthd.gate import Gate, Mode
from faceauthd.inbox import Inbox
from faceauthd.photographs import PhotographExaminer
from faceauthd.ports import Camera
from faceauthd.register import Register
from faceauthd.types import Asked, CancelAsked, EnrollAsked, Event, EventKind, Person, Role

_OVER = frozenset({EventKind.ENROLLED, EventKind.ENROLL_CANCELLED, EventKind.FAULT})
_ANNOUNCE_EVERY_S = 1.0
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
    ) -> None:
        """`wanted` is how many templates an enrolment collects."""
        self._requests = requests
        self._register = register
        self._log = log
        self._examiner = examiner
        self._camera = camera
        self._about = about
        self._record = record
        self._todo: list[Request] = []
        self._albums: list[Album] = []
        self._announced_s = 0.0
        self.announce: Callable[[dict[str, object]], None] | None = None
        """Takes the status about once a second, for those who watch."""
        self._wanted = wanted
        self._enrolling: Request | None = None
        self._told: tuple[int, str | None] | None = None
        self._started_s: float | None = None
        self._last_unlock: dict[str, object] | None = None

    def pending(self, state: Gate, now_s: float) -> tuple[Asked, ...]:
        """Answer the next requests; return what the gate has to hear."""
        self._started_s = now_s if self._started_s is None else self._started_s
        self._todo.extend(self._requests.drain())
        now, self._todo = self._todo[:_MANY_AT_ONCE], self._todo[_MANY_AT_ONCE:]
        answers = [self._take(request, state, now_s) for request in now]
        answers.append(self._follow(state, now_s))
        self._turn_a_page(now_s)
        if self.announce is not None and now_s - self._announced_s >= _ANNOUNCE_EVERY_S:
            self._announced_s = now_s
            self.announce(self.status(state, now_s))
        return tuple(asked for asked in answers if asked is not None)

    def _turn_a_page(self, now_s: float) -> None:
        """One photograph a turn: sixteen large ones must not hold up the door."""
        if not self._albums:
            return
        album = self._albums[0]
        try:
            event = album.turn(now_s)
        except GalleryError as error:
            album.request.refuse(Code.REFUSED if isinstance(error, GalleryRefused) else Code.INTERNAL, str(error))
            event = None
        if event is not None:
            self._record(event)
        if not album.request.is_open:
            self._albums.pop(0)

    def _follow(self, state: Gate, now_s: float) -> Asked | None:
        """Tell the client who enrols somebody how far it is; give up if that client has gone."""
        if self._enrolling is None:
            return None
        if not self._enrolling.is_open:
            self._enrolling = None
            return CancelAsked(now_s, "its client, who has gone")
        if state.enrolment is not None:
            told = (len(state.enrolment.taken), str(state.hint) if state.hint else None)
            if told != self._told:
                self._told = told
                self._enrolling.progress(taken=told[0], wanted=self._wanted, reason=told[1])
        return None

    def told(self, events: Sequence[Event]) -> None:
        """Tell the client who waits for an enrolment what became of it."""
        for event in events:
            if event.kind is EventKind.UNLOCKED:
                self._last_unlock = {
                    "person": event.person,
                    "at": self._log.newest(1, kind=event.kind)[-1].at.isoformat(),
                }
            if self._enrolling is not None and event.kind in _OVER:
                request, self._enrolling = self._enrolling, None
                self._finish(request, event)

    def status(self, state: Gate, now_s: float) -> dict[str, object]:
        """What `faceauthctl status` shows."""
        roster, threshold = self._register.roster(), self._register.threshold
        left_s = (state.lockout.until_s or now_s) - now_s
        return {
            **self._about,
            "version": __version__,
            "state": str(state.mode),
            "is_open": state.is_open(now_s),
            "people": len(roster.people),
            "templates": roster.templates,
            "foreign_templates": sum(person.foreign_templates for person in self._register.people()),
            "threshold": round(threshold.cosine, 4),
            "looks_of_an_attempt": threshold.looks,
            "threshold_is_extrapolated": threshold.is_extrapolated,
            "false_accept_rate": self._register.false_accept_rate,
            "camera": {"source": self._about.get("source"), "healthy": self._camera.healthy(now_s)},
            "locked_out_for_s": round(max(0.0, left_s), 1),
            "uptime_s": round(now_s - (self._started_s or now_s), 1),
            "last_unlock": self._last_unlock,
        }

    def _take(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        """One request. Whatever the gallery says no to becomes a refusal, never an end of the loop."""
        try:
            return self._answer(request, state, now_s)
        except GalleryRefused as error:
            request.refuse(Code.REFUSED, str(error))
        except GalleryError as error:
            request.refuse(Code.INTERNAL, str(error))
        return None

    def _answer(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        args = request.args
        match request.verb:
            case "status":
                request.reply(self.status(state, now_s))
            case "people":
                request.reply({"people": [person_fields(person) for person in self._register.people()]})
            case "person":
                self._person(request, str(args["name"]))
            case "events":
                self._events(request)
            case "rename":
                self._rename(request, now_s)
            case "remove":
                self._remove(request, now_s)
            case "enroll":
                return self._enroll(request, state, now_s)
            case "cancel":
                return self._cancel(request, state, now_s)
            case _:
                request.refuse(Code.UNKNOWN_VERB, f"{request.verb} is not known here")
        return None

    def _person(self, request: Request, name: str) -> None:
        person = self._known(request, name)
        if person is not None:
            request.reply({"person": person_fields(person)})

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

    def _known(self, request: Request, name: str) -> Person | None:
        person = self._register.person(name)
        if person is None:
            request.refuse(Code.NOT_FOUND, f"nobody called '{name}' is enrolled; see `faceauthctl people`")
        return person

    def _is_free(self, request: Request, name: str) -> bool:
        if self._register.person(name) is None:
            return True
        request.refuse(Code.NAME_TAKEN, f"somebody called '{name}' is enrolled already; choose another name")
        return False

    def _rename(self, request: Request, now_s: float) -> None:
        old, new = str(request.args["old"]), check_name(str(request.args["new"]))
        before = self._known(request, old)
        after = self._register.person(new)
        if before is None or (after != before and not self._is_free(request, new)):
            return
        person = self._register.rename(old, new)
        self._record(Event(EventKind.RENAMED, now_s, person=person.name, detail=f"was {old}, by {request.peer}"))
        request.reply({"person": person_fields(person)})

    def _remove(self, request: Request, now_s: float) -> None:
        if self._known(request, str(request.args["name"])) is None:
            return
        person = self._register.remove(str(request.args["name"]))
        self._record(Event(EventKind.REMOVED, now_s, person=person.name, detail=f"by {request.peer}"))
        request.reply({"person": person_fields(person)})

    def _cancel(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        if state.mode not in (Mode.ENROLLING, Mode.VOUCHING):
            request.refuse(Code.REFUSED, "nobody is being enrolled")
            return None
        request.reply({"cancelled": True})
        return CancelAsked(now_s, str(request.peer))

    def _enroll(self, request: Request, state: Gate, now_s: float) -> Asked | None:
        name = check_name(str(request.args["name"]))
        if not self._is_free(request, name):
            return None
        role = Role(str(request.args["role"]))
        if request.fds:
            self._albums.append(Album(request, name, role, self._register, self._examiner))
            return None
        if self._enrolling is not None or state.mode in (Mode.ENROLLING, Mode.VOUCHING):
            request.refuse(Code.BUSY, "somebody is being enrolled already; wait, or `faceauthctl cancel`")
            return None
        if state.mode in (Mode.FAULT, Mode.LOCKED_OUT):
            request.refuse(Code.REFUSED, f"nobody can be enrolled now: the door is in state {state.mode}")
            return None
        self._enrolling, self._told = request, None
        return EnrollAsked(name, now_s, str(request.peer), role)

    def _finish(self, request: Request, event: Event) -> None:
        person = self._register.person(event.person) if event.person else None
        if event.kind is EventKind.ENROLLED and person is not None:
            request.reply({"person": person_fields(person)})
        else:
            request.refuse(Code.REFUSED, f"not enrolled: {event.detail}")


def about(source: str, gallery: Path, socket: Path) -> dict[str, object]:
    """What does not change while it runs, for `status`."""
    return {"source": source, "gallery": str(gallery), "socket": str(socket)}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
