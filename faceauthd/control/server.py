"""The control socket's one thread: it reads, checks and queues; it never decides.

A request goes to the daemon's loop through `submit`; its answer comes back through `Request.reply` or `refuse`, which
wake this thread. Whatever a client does, the worst for anybody is that this client is disconnected.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from faceauthd import __version__
from faceauthd.control.connection import Connection
from faceauthd.control.files import close_all, why_not_a_photograph, why_not_to_be_filled
from faceauthd.control.limits import Limits
from faceauthd.control.listener import Listener
from faceauthd.control.open_requests import OpenRequests
from faceauthd.control.peers import Policy, peer_of
from faceauthd.control.protocol import PROTOCOL_VERSION, Code, Refusal, Rejected, answer_line, encode
from faceauthd.control.request import Request
from faceauthd.control.switchboard import Switchboard
from faceauthd.control.verbs import VERBS, Call, parse

log = logging.getLogger(__name__)

_TICK_S = 0.25
"""How finely deadlines are kept. While there are none, the thread sleeps until something happens."""
_DEAF_S = 1.0
"""Pause in accepting when the process has no descriptors left: the listener stays readable and would spin."""


class ControlServer:
    """Serve the socket at `path` from `start` to `close`; it is not started twice.

    `submit` is called in this server's thread for each request that may be carried out; it must return at once, and may
    raise `queue.Full`. `hello` and `watch` are answered here.
    """

    def __init__(
        self,
        path: Path,
        *,
        policy: Policy,
        submit: Callable[[Request], None],
        group: str | None = None,
        limits: Limits | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._policy = policy
        self._submit = submit
        self._group = group
        self._limits = limits or Limits()
        self._now = now
        self._board = Switchboard(self._limits, now, self._attend, lambda gone: self._open.forget(gone))
        self._open = OpenRequests(self._limits, now, self._board.send)
        self._outbox: deque[Callable[[], None]] = deque()
        self._last_status: bytes | None = None
        self._listener: Listener | None = None
        self._wake_fd = -1
        self._wake_lock = threading.Lock()
        self._deaf_until_s: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)

    def start(self) -> None:
        """Listen, and serve in a thread of its own. Raises ControlError with the remedy."""
        self._listener = Listener(self.path, self._group)
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._board.listen(self._wake_fd, lambda: os.eventfd_read(self._wake_fd))
        self._board.listen(self._listener.socket.fileno(), self._accept)
        self._thread.start()

    def close(self) -> None:
        """Tell waiting clients that it is over, take the socket away and end the thread. Safe to call twice."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)
        with self._wake_lock:
            if self._wake_fd >= 0:
                os.close(self._wake_fd)
                self._wake_fd = -1

    def __enter__(self) -> ControlServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether the thread serves."""
        return self._thread.is_alive()

    def publish(self, event: Mapping[str, object]) -> None:
        """Send an event to everybody who watches; from any thread. Raises as `protocol.encode`."""
        self._post(partial(self._tell_watchers, encode({"event": event})))

    def publish_status(self, status: Mapping[str, object]) -> None:
        """Send the status to everybody who watches, and first thing to whoever will; raises as `protocol.encode`."""
        self._post(partial(self._tell_status, encode({"status": status})))

    def _post(self, deliver: Callable[[], None]) -> None:
        if not self._stopping.is_set():
            self._outbox.append(deliver)
            self._wake()

    def _wake(self) -> None:
        with self._wake_lock:  # a number closed meanwhile could be another file's by now
            if self._wake_fd >= 0:
                os.eventfd_write(self._wake_fd, 1)

    def _serve(self) -> None:
        try:
            while not self._stopping.is_set():
                self._board.wait(_TICK_S if self._has_deadlines() else None)
                self._deliver()
                self._keep_deadlines()
        finally:
            self._say_farewell()

    def _has_deadlines(self) -> bool:
        return bool(self._open) or self._deaf_until_s is not None or self._board.has_deadlines

    def _accept(self) -> None:
        if self._listener is None:
            return
        try:
            stream, _ = self._listener.socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as wrong:
            log.warning("cannot accept on the control socket: %s", wrong.strerror)
            self._board.ignore(self._listener.socket.fileno())
            self._deaf_until_s = self._now() + _DEAF_S
            return
        try:
            peer = peer_of(stream)
        except OSError:
            stream.close()
            return
        may_change = self._policy.allows(peer, changes=True)
        connection = Connection(stream, peer, keeps_files=may_change)
        self._board.add(connection)
        if len(self._board.connections) > self._limits.places(may_change=may_change):
            self._board.dismiss(connection, Refusal(Code.BUSY, "too many clients; try again later"))

    def _attend(self, connection: Connection) -> None:
        received = connection.read(self._now())
        for line in received.lines:
            if connection.is_open and line.strip():
                self._take(connection, line)
        if not connection.is_open:
            return
        if received.ended:
            self._board.drop(connection)
        elif received.broke is not None:
            self._board.dismiss(connection, Refusal(Code.TOO_LARGE, received.broke))
        elif connection.half_line_since_s is None and connection.drop_files():
            refusal = Refusal(Code.BAD_REQUEST, "files came that no request asked for")
            self._board.reject(connection, Rejected(None, refusal))
        elif self._files_held() > self._limits.held_files:
            self._board.dismiss(connection, Refusal(Code.BUSY, "too many files are open; try again later"))

    def _files_held(self) -> int:
        return self._open.files + sum(len(connection.files) for connection in self._board.connections)

    def _take(self, connection: Connection, line: bytes) -> None:
        call = parse(line)
        if isinstance(call, Rejected):
            self._board.reject(connection, call)
            return
        files = connection.take_files(call.files)
        refusal = self._why_not(connection, call, files)
        if refusal is not None:
            close_all(files)
            self._board.reject(connection, Rejected(call.id, refusal))
            return
        connection.strikes = 0
        if call.verb.name == "hello":
            self._board.send(connection, answer_line(call.id, self._greeting(connection)))
        elif call.verb.name == "watch":
            self._watch(connection, call)
        else:
            self._hand_over(connection, Request(call, connection.peer, files, self._post_answer))

    def _why_not(self, connection: Connection, call: Call, files: list[int]) -> Refusal | None:
        if not self._policy.allows(connection.peer, changes=call.verb.changes):
            who = f"uid {connection.peer.uid} may look and not change anything"
            return Refusal(Code.FORBIDDEN, f"{call.verb.name}: {who}; use sudo, or add the uid to control.admin_uids")
        if len(files) < call.files:
            what = "file to fill" if call.verb.fills_file else "file" if call.verb.brings_file else "images"
            came = f"{call.files} {what} were announced and {len(files)} files came with it"
            return Refusal(Code.BAD_REQUEST, came)
        for index, fd in enumerate(files):
            if call.verb.fills_file and (why := why_not_to_be_filled(fd)) is not None:
                return Refusal(Code.BAD_REQUEST, f"the file {why}")
            if not call.verb.fills_file and (why := why_not_a_photograph(fd)) is not None:
                what = "the file" if call.verb.brings_file else f"image {index}"
                return Refusal(Code.BAD_REQUEST, f"{what} {why}", {} if call.verb.brings_file else {"image": index})
        if self._open.count_of(connection) >= self._limits.open_requests:
            return Refusal(Code.BUSY, f"{self._limits.open_requests} requests are waiting already; read their answers")
        return None

    def _greeting(self, connection: Connection) -> dict[str, object]:
        return {
            "protocol": PROTOCOL_VERSION,
            "version": __version__,
            "verbs": list(VERBS),
            "may_change": self._policy.allows(connection.peer, changes=True),
        }

    def _watch(self, connection: Connection, call: Call) -> None:
        self._board.send(connection, answer_line(call.id, {"watching": True}))
        connection.is_watching = True
        if self._last_status is not None:
            self._board.send(connection, self._last_status)

    def _hand_over(self, connection: Connection, request: Request) -> None:
        self._open.add(request, connection)
        try:
            self._submit(request)
        except queue.Full:
            request.refuse(Code.BUSY, "too much is waiting to be done; try again later")

    def _post_answer(self, request: Request, line: bytes, is_final: bool) -> None:
        self._post(partial(self._open.pass_on, request, line, is_final))

    def _tell_watchers(self, line: bytes) -> None:
        for connection in [c for c in self._board.connections if c.is_watching]:
            self._board.send(connection, line)

    def _tell_status(self, line: bytes) -> None:
        self._last_status = line
        self._tell_watchers(line)

    def _deliver(self) -> None:
        while self._outbox:
            self._outbox.popleft()()

    def _keep_deadlines(self) -> None:
        self._open.keep_deadlines()
        self._board.keep_deadlines()
        if self._deaf_until_s is not None and self._deaf_until_s <= self._now() and self._listener is not None:
            self._deaf_until_s = None
            self._board.listen(self._listener.socket.fileno(), self._accept)

    def _say_farewell(self) -> None:
        self._deliver()
        self._open.give_up_all(Code.STOPPING, "faceauthd is stopping")
        if self._listener is not None:
            self._listener.close()
        self._board.close()
