"""Clients whose answer the gate gives: by its state at the next turn, or by an event later on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from faceauthd.control.protocol import Code
from faceauthd.control.request import Request
from faceauthd.control.shapes import person_fields
from faceauthd.gate import Gate, Mode
from faceauthd.register import Register
from faceauthd.types import Asked, CancelAsked, Event, EventKind

_ENROLMENT_ENDS = frozenset({EventKind.ENROLLED, EventKind.IMPROVED, EventKind.ENROLL_CANCELLED, EventKind.FAULT})
_GRACE_S = 2.0
"""How long after its time the gate may take to say that nobody was verified."""


class Waiting(Protocol):
    """A request that the gate was told of. `is_over` once nothing more is to be done about it."""

    @property
    def is_over(self) -> bool: ...

    def follow(self, state: Gate, now_s: float) -> Asked | None:
        """A turn later, and at every turn from then on: what the gate has to hear, if anything."""
        ...

    def hear(self, event: Event) -> None: ...


class EnrolWait:
    """Somebody is enrolled, or gets more templates, in front of the camera while a client waits."""

    def __init__(self, request: Request, register: Register, wanted: int) -> None:
        """`wanted` is how many templates it collects."""
        self._request = request
        self._register = register
        self._wanted = wanted
        self._has_begun = False
        self._told: tuple[int, str | None, str | None] | None = None
        self.is_over = False

    def follow(self, state: Gate, now_s: float) -> Asked | None:
        """Tell how far it is. A press of the button may have come first: then this client's turn is not now."""
        is_ours = state.enrolment is not None and state.enrolment.by == str(self._request.peer)
        if not self._has_begun and not is_ours:
            self.is_over = True
            self._request.refuse(Code.BUSY, "something else came first, a press of the button perhaps: try again")
            return None
        self._has_begun = True
        if not self._request.is_open:
            self.is_over = True
            return CancelAsked(now_s, "its client, who has gone")
        if state.enrolment is not None:
            asks = state.enrolment.asks
            told = (len(state.enrolment.taken), str(state.hint) if state.hint else None, str(asks) if asks else None)
            if told != self._told:
                self._told = told
                self._request.progress(taken=told[0], wanted=self._wanted, reason=told[1], turn=told[2])
        return None

    def hear(self, event: Event) -> None:
        if self.is_over or event.kind not in _ENROLMENT_ENDS:
            return
        self.is_over = True
        person = self._register.person(event.person) if event.person else None
        if event.kind in (EventKind.ENROLLED, EventKind.IMPROVED) and person is not None:
            self._request.reply({"person": person_fields(person)})
        else:
            what = "improved" if self._request.verb == "improve" else "enrolled"
            self._request.refuse(Code.REFUSED, f"not {what}: {event.detail}")


class OrderWait:
    """An order that the gate carries out at once or not at all: what its state then shows is the answer."""

    def __init__(self, request: Request, is_done: Callable[[Gate, float], bool], refused: str) -> None:
        """`refused` says why not; the state that it is in is put behind it."""
        self._request = request
        self._is_done = is_done
        self._refused = refused
        self.is_over = False

    def follow(self, state: Gate, now_s: float) -> Asked | None:
        self.is_over = True
        if self._is_done(state, now_s):
            self._request.reply({"state": str(state.mode), "is_open": state.is_open(now_s)})
        else:
            self._request.refuse(Code.REFUSED, f"{self._refused}: it is in state {state.mode}")
        return None

    def hear(self, event: Event) -> None:
        """What happened meanwhile shows in the state."""


class VerifyWait:
    """A client asks whether somebody stands there alive. Only the gate's own word, for that name, is a yes."""

    def __init__(self, request: Request, person: str, until_s: float) -> None:
        self._request = request
        self._person = person
        self._until_s = until_s
        self.is_over = False

    def follow(self, state: Gate, now_s: float) -> Asked | None:
        """A client that has gone, by Ctrl-C perhaps, gives it up: the door has others to look at."""
        if not self._request.is_open:
            self.is_over = True
            asked = state.verification
            is_ours = asked is not None and asked.by == str(self._request.peer)
            return CancelAsked(now_s, "its client, who has gone") if is_ours else None
        if now_s > self._until_s + _GRACE_S:
            self._end("was not seen live in time")
        return None

    def hear(self, event: Event) -> None:
        if self.is_over:
            return
        if event.kind is EventKind.VERIFIED and event.person == self._person:
            self.is_over = True
            self._request.reply({"person": self._person, "score": event.score, "liveness": event.liveness})
        elif event.kind in (EventKind.VERIFIED, EventKind.VERIFY_FAILED, EventKind.FAULT):
            self._end((event.detail or "was not seen live").removesuffix(f", by {self._request.peer}"))

    def _end(self, why: str) -> None:
        self.is_over = True
        self._request.refuse(Code.REFUSED, f"{self._person} is not verified: {why}")


def is_busy(state: Gate) -> bool:
    """Whether somebody is being enrolled, by the button or a client, or verified for one."""
    return state.mode in (Mode.ENROLLING, Mode.VOUCHING) or state.verification is not None
