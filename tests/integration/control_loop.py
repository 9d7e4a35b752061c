"""A daemon's loop cut down to what the control socket needs: a thread that takes requests off a queue and answers."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faceauthd.control.limits import Limits
from faceauthd.control.peers import Policy
from faceauthd.control.request import Request
from faceauthd.control.server import ControlServer

Answers = dict[str, Callable[[Request], None]]


class Loop:
    """Answers each verb as `answers` says; without an entry it takes the request and keeps it in `kept`."""

    def __init__(self, answers: Answers) -> None:
        self.inbox: queue.Queue[Request | None] = queue.Queue(maxsize=1024)  # as the daemon's own
        self.kept: queue.Queue[Request] = queue.Queue()
        self._answers = answers
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while (request := self.inbox.get()) is not None:
            answer = self._answers.get(request.verb)
            if answer is None:
                self.kept.put(request)
            else:
                answer(request)
            del request, answer

    def __enter__(self) -> Loop:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.inbox.put(None)
        self._thread.join(60)


@contextmanager
def serving(
    path: Path, answers: Answers | None = None, policy: Policy | None = None, limits: Limits | None = None
) -> Iterator[tuple[ControlServer, Loop]]:
    """A real server on a real socket with a loop behind it; fails if the server's thread did not live through it."""
    told = {"status": lambda request: request.reply({"state": "watching"})} if answers is None else answers
    with Loop(told) as loop:
        server = ControlServer(path, policy=policy or Policy(), submit=loop.inbox.put_nowait, limits=limits)
        with server:
            yield server, loop
            assert server.is_alive
        assert not server.is_alive
