"""One call on its way through the daemon: asked in the socket's thread, answered in the loop's."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping

from faceauthd.control.files import close_all, read_whole
from faceauthd.control.peers import Peer
from faceauthd.control.protocol import (
    REPLY_LIMIT_BYTES,
    Code,
    Refusal,
    Scalar,
    answer_line,
    progress_line,
    refusal_line,
)
from faceauthd.control.verbs import Call

log = logging.getLogger(__name__)

_UNSAYABLE = Refusal(Code.INTERNAL, "the answer cannot be written as JSON; please report this")


Post = Callable[["Request", bytes, bool], None]
"""Takes a line for a request's client; True with the last one."""


class Request:
    """What somebody asks of the daemon, and the way back to them.

    `reply`, `refuse` and `progress` may be called from any thread, never block and never raise; what comes after the
    final answer, or after the client has gone or its time is up, is dropped. `fds` are open, read-only photographs that
    stay open until `reply` or `refuse` is called (or the request is forgotten), so whoever takes a request answers it.
    """

    def __init__(
        self, call: Call, peer: Peer, fds: Iterable[int], post: Callable[[Request, bytes, bool], None]
    ) -> None:
        self.id: Scalar = call.id
        self.verb = call.verb.name
        self.args: Mapping[str, Scalar] = call.args
        self.peer = peer
        self.fds = tuple(fds)
        self.is_long = call.verb.is_long
        self._post = post
        self._close_files = weakref.finalize(self, close_all, self.fds)
        self._lock = threading.Lock()
        self._is_open = True

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for the answer."""
        return self._is_open

    def reply(self, result: Mapping[str, object]) -> None:
        """Done: `result` is JSON without NaN."""
        self._finish(lambda: answer_line(self.id, result))

    def refuse(self, code: str, message: str, **details: object) -> None:
        """Not done: one of `protocol.Code`, one line for people, and more fields for the error object."""
        self._finish(lambda: refusal_line(self.id, Refusal(code, message, details)))

    def progress(self, **fields: object) -> None:
        """How far a long request is; its time starts anew."""
        try:
            line = progress_line(self.id, fields)
        except (TypeError, ValueError):
            log.exception("progress of %s cannot be written as JSON", self.verb)
            return
        with self._lock:
            if self._is_open and len(line) <= REPLY_LIMIT_BYTES:
                self._post(self, line, False)

    def read_file(self, index: int) -> bytes:
        """All bytes of photograph `index`. Raises PictureError if it cannot be read or has grown too large."""
        return read_whole(self.fds[index])

    def expire(self, code: str, message: str) -> bytes | None:
        """Give up waiting, in the socket's thread: the line to send, or None if there is an answer already.

        The files stay open: the loop may be reading them, and a number closed here could be another file by then.
        """
        with self._lock:
            if not self._is_open:
                return None
            self._is_open = False
        return refusal_line(self.id, Refusal(code, message))

    def _finish(self, write: Callable[[], bytes]) -> None:
        self._close_files()
        try:
            line = write()
        except (TypeError, ValueError):
            log.exception("the answer to %s cannot be written as JSON", self.verb)
            line = refusal_line(self.id, _UNSAYABLE)
        if len(line) > REPLY_LIMIT_BYTES:
            line = refusal_line(self.id, Refusal(Code.TOO_LARGE, "the answer is too long for one line; ask for less"))
        with self._lock:
            if self._is_open:
                self._is_open = False
                self._post(self, line, True)
