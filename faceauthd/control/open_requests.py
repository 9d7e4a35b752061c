"""Requests that were handed to the daemon's loop and have no final answer yet. Only the server's thread is in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faceauthd.control.connection import Connection
from faceauthd.control.limits import Limits
from faceauthd.control.protocol import Code
from faceauthd.control.request import Request


@dataclass(slots=True)
class _Waiting:
    connection: Connection
    deadline_s: float


class OpenRequests:
    """Who waits for which answer, and until when. `send` writes a line to a connection."""

    def __init__(self, limits: Limits, now: Callable[[], float], send: Callable[[Connection, bytes], None]) -> None:
        self._limits = limits
        self._now = now
        self._send = send
        self._waiting: dict[Request, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def count_of(self, connection: Connection) -> int:
        """How many of them are this client's."""
        return sum(waiting.connection is connection for waiting in self._waiting.values())

    @property
    def files(self) -> int:
        """Descriptors they hold."""
        return sum(len(request.fds) for request in self._waiting)

    def add(self, request: Request, connection: Connection) -> None:
        self._waiting[request] = _Waiting(connection, self._deadline_s(request))

    def _deadline_s(self, request: Request) -> float:
        return self._now() + (self._limits.long_answer_s if request.is_long else self._limits.answer_s)

    def pass_on(self, request: Request, line: bytes, is_final: bool) -> None:
        """Send an answer or progress to whoever asked, if they are still there."""
        waiting = self._waiting.get(request)
        if waiting is None:
            return
        waiting.deadline_s = self._deadline_s(request)
        if is_final:
            del self._waiting[request]
        self._send(waiting.connection, line)

    def forget(self, connection: Connection) -> None:
        """The client has gone: its requests learn that nobody waits for them."""
        for request in [r for r, waiting in self._waiting.items() if waiting.connection is connection]:
            request.expire(Code.CANCELLED, "the client has gone")
            del self._waiting[request]

    def keep_deadlines(self) -> None:
        """Refuse what the loop has not answered in time."""
        now_s = self._now()
        for request in [r for r, waiting in self._waiting.items() if waiting.deadline_s <= now_s]:
            self._give_up(request, Code.TIMEOUT, "no answer in time; it may still be carried out")

    def give_up_all(self, code: Code, message: str) -> None:
        """Refuse everything that waits."""
        for request in list(self._waiting):
            self._give_up(request, code, message)

    def _give_up(self, request: Request, code: Code, message: str) -> None:
        line = request.expire(code, f"{request.verb}: {message}")
        if line is not None:  # else its answer is on its way already
            self._send(self._waiting.pop(request).connection, line)
