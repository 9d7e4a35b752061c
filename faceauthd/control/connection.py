"""One client of the control socket: its bytes and descriptors, in and out, and bounded."""

from __future__ import annotations

import array
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from faceauthd.control.files import close_all
from faceauthd.control.peers import Peer
from faceauthd.control.protocol import LINE_LIMIT_BYTES, REPLY_LIMIT_BYTES
from faceauthd.control.verbs import IMAGES_LIMIT

_CHUNK_BYTES = 64 * 1024
_FILES_SPACE = socket.CMSG_SPACE(IMAGES_LIMIT * array.array("i").itemsize)


@dataclass(frozen=True, slots=True)
class Received:
    """What one read gave: whole lines, whether the client hung up, and the limit that it broke, if it did."""

    lines: Sequence[bytes] = ()
    ended: bool = False
    broke: str | None = None


class Connection:
    """A non-blocking stream that cuts lines. Only the server's thread touches it.

    `files` are descriptors that came and belong to no request yet. No method raises for what the client does.
    """

    def __init__(self, stream: socket.socket, peer: Peer, *, keeps_files: bool) -> None:
        stream.setblocking(False)
        self.stream = stream
        self.peer = peer
        self.files: list[int] = []
        self.is_watching = False
        self.is_closed = False
        self.strikes = 0
        self.half_line_since_s: float | None = None
        self.closing_since_s: float | None = None
        """Since when it is only being written to, to be closed after that."""
        self._keeps_files = keeps_files
        self._in = bytearray()
        self._out = bytearray()

    @property
    def has_output(self) -> bool:
        return bool(self._out)

    @property
    def is_open(self) -> bool:
        """Whether requests are still taken from it."""
        return not self.is_closed and self.closing_since_s is None

    def read(self, now_s: float) -> Received:
        """Take what is there, at most one chunk, so that no client keeps the others waiting."""
        try:
            data, ancillary, flags, _ = self.stream.recvmsg(
                _CHUNK_BYTES, _FILES_SPACE, socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return Received()
        except OSError:
            return Received(ended=True)
        self._take_files(ancillary)
        if not data:
            return Received(ended=True)
        *lines, rest = (bytes(self._in) + data).split(b"\n")
        if not rest:
            self.half_line_since_s = None
        elif lines or self.half_line_since_s is None:
            self.half_line_since_s = now_s
        self._in[:] = rest[: LINE_LIMIT_BYTES + 1]
        if flags & socket.MSG_CTRUNC:
            return Received(broke=f"a request may bring {IMAGES_LIMIT} files at most")
        if len(rest) > LINE_LIMIT_BYTES:
            return Received(lines, broke=f"a request may have {LINE_LIMIT_BYTES} bytes at most")
        return Received(lines)

    def _take_files(self, ancillary: Sequence[tuple[int, int, bytes]]) -> None:
        for level, kind, raw in ancillary:
            if (level, kind) != (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                continue
            fds = array.array("i")
            fds.frombytes(raw[: len(raw) - len(raw) % fds.itemsize])
            if self._keeps_files:
                self.files.extend(fds)
            else:
                close_all(fds)

    def take_files(self, count: int) -> list[int]:
        """The oldest `count` descriptors, or as many as there are; they are the caller's to close."""
        taken, self.files = self.files[:count], self.files[count:]
        return taken

    def drop_files(self) -> int:
        """Close what nobody asked for, and say how many that were."""
        count = len(self.files)
        close_all(self.take_files(count))
        return count

    def queue(self, line: bytes) -> bool:
        """Send when it can be sent. False if the client has left too much unread to go on with it."""
        self._out += line
        return self.flush() and len(self._out) <= REPLY_LIMIT_BYTES

    def flush(self) -> bool:
        """Send what the client takes now. False if it is gone."""
        try:
            while self._out:
                del self._out[: self.stream.send(self._out, socket.MSG_NOSIGNAL)]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of everything. Safe to call twice."""
        self.drop_files()
        self.stream.close()
        self.is_closed = True
