"""The connections of the control socket and the selector that waits on them. Only the server's thread is in here."""

from __future__ import annotations

import selectors
from collections.abc import Callable
from functools import partial

from faceauthd.control.connection import Connection
from faceauthd.control.limits import Limits
from faceauthd.control.protocol import Code, Refusal, Rejected, refusal_line


class Switchboard:
    """Adds, writes to and drops connections; no method raises for what a client does.

    `attend(connection)` is called when a connection has something to read, `dropped(connection)` after one is closed.
    """

    def __init__(
        self,
        limits: Limits,
        now: Callable[[], float],
        attend: Callable[[Connection], None],
        dropped: Callable[[Connection], None],
    ) -> None:
        self.connections: set[Connection] = set()
        self._limits = limits
        self._now = now
        self._attend = attend
        self._dropped = dropped
        self._selector = selectors.DefaultSelector()

    def listen(self, source: int, hear: Callable[[], object]) -> None:
        """Call `hear` whenever the descriptor `source` can be read."""
        self._selector.register(source, selectors.EVENT_READ, lambda _: hear())

    def ignore(self, source: int) -> None:
        """Undo `listen`."""
        self._selector.unregister(source)

    def wait(self, timeout_s: float | None) -> None:
        """Do what the sockets ask for, or return after `timeout_s`."""
        for key, mask in self._selector.select(timeout_s):
            key.data(mask)

    def add(self, connection: Connection) -> None:
        self.connections.add(connection)
        self._selector.register(connection.stream, selectors.EVENT_READ, partial(self._on_ready, connection))

    def _on_ready(self, connection: Connection, mask: int) -> None:
        if mask & selectors.EVENT_WRITE and not connection.is_closed and not connection.flush():
            self.drop(connection)
        if mask & selectors.EVENT_READ and connection.is_open:
            self._attend(connection)
        self._settle(connection)

    def send(self, connection: Connection, line: bytes) -> None:
        """Write a line, now or when the client reads; a client that left too much unread is dropped."""
        if not connection.is_open:
            return
        if connection.queue(line):
            self._settle(connection)
        else:
            self.drop(connection)

    def reject(self, connection: Connection, rejected: Rejected) -> None:
        """Refuse one line; disconnect whoever sends nothing else."""
        self.send(connection, refusal_line(rejected.id, rejected.refusal))
        connection.strikes += 1
        if connection.strikes >= self._limits.strikes:
            self.dismiss(connection, Refusal(Code.BAD_REQUEST, "too many requests in a row were wrong"))

    def dismiss(self, connection: Connection, why: Refusal) -> None:
        """Say why in a line, and disconnect once it is on its way."""
        self.send(connection, refusal_line(None, why))
        connection.closing_since_s = self._now()
        self._settle(connection)

    def drop(self, connection: Connection) -> None:
        """Disconnect at once. Safe to call twice."""
        if connection.is_closed:
            return
        self.connections.discard(connection)
        self._selector.unregister(connection.stream)
        connection.close()
        self._dropped(connection)

    def _settle(self, connection: Connection) -> None:
        """Wait for what the connection needs next; close it if that is nothing."""
        if connection.is_closed:
            return
        wanted = selectors.EVENT_READ if connection.is_open else 0
        wanted |= selectors.EVENT_WRITE if connection.has_output else 0
        if not wanted:
            self.drop(connection)
        elif self._selector.get_key(connection.stream).events != wanted:
            self._selector.modify(connection.stream, wanted, partial(self._on_ready, connection))

    @property
    def has_deadlines(self) -> bool:
        return any(c.half_line_since_s is not None or c.closing_since_s is not None for c in self.connections)

    def keep_deadlines(self) -> None:
        """Part with whoever began a line and never ended it, and whoever does not read its farewell."""
        now_s = self._now()
        for connection in list(self.connections):
            began_s, closing_s = connection.half_line_since_s, connection.closing_since_s
            if closing_s is not None and closing_s + self._limits.farewell_s <= now_s:
                self.drop(connection)
            elif closing_s is None and began_s is not None and began_s + self._limits.half_line_s <= now_s:
                self.dismiss(connection, Refusal(Code.TIMEOUT, "half a line came, and its end did not"))

    def close(self) -> None:
        """Drop everybody."""
        for connection in list(self.connections):
            self.drop(connection)
        self._selector.close()
