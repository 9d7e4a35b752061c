"""The other end of the control socket: for faceauthctl, and for whatever else speaks to the daemon on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from faceauthd.control.protocol import REPLY_LIMIT_BYTES, Code, Scalar, encode
from faceauthd.errors import ControlError

ANSWER_TIMEOUT_S = 15.0
"""Longer than the daemon's own limit (limits.Limits.answer_s), so that its explanation comes first."""

_SLICE_S = 0.5
"""Bounds each wait in the kernel: Python hears of a Ctrl-C that came just before a wait only after it."""

Fields = Mapping[str, object]
_TIMEVAL = struct.Struct("@ll")
"""struct timeval of <sys/time.h>."""
_NO_ARGS: Mapping[str, Scalar] = MappingProxyType({})


class NotRunning(ControlError):
    """Nobody listens on the socket."""


class NotAdmitted(ControlError):
    """The socket is there, and this user may not connect to it."""


@dataclass(frozen=True, slots=True)
class Done:
    """The daemon did it."""

    result: dict[str, object]


@dataclass(frozen=True, slots=True)
class Denied:
    """The daemon did not do it. `code` is a `protocol.Code`, or a newer daemon's; `details` is the error object."""

    code: str
    message: str
    details: Fields = field(default_factory=dict)


Answer = Done | Denied


class ControlClient:
    """One connection. Not for several threads at once.

    Every method raises ControlError if the daemon hangs up or speaks nonsense. Use as a context manager.
    """

    def __init__(self, path: Path, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        """Connect. Raises NotRunning, NotAdmitted or ControlError, with the remedy."""
        self.path = path
        self._timeout_s = timeout_s
        self._last_id = 0
        self._in = bytearray()
        self._side_lines: list[Fields] = []
        self._socket = _connected(path, timeout_s)

    def ask(
        self,
        verb: str,
        args: Mapping[str, Scalar] = _NO_ARGS,
        *,
        files: Sequence[int] = (),
        on_progress: Callable[[Fields], None] | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """Ask for `verb` and wait for the answer; each line of progress starts `timeout_s` anew.

        `files` are open descriptors, which stay open here. Arguments that are None are left out.
        """
        mark = self.send(verb, args, files=files)
        wait_s = self._timeout_s if timeout_s is None else timeout_s
        while True:
            line = self._next_line(time.monotonic() + wait_s)
            if line is None:
                return Denied(Code.TIMEOUT, f"{verb}: no answer in {wait_s:.0f} s; see `systemctl status faceauthd`")
            if "event" in line or "status" in line:
                self._side_lines.append(line)
            elif (progress := line.get("progress")) is not None and line.get("id") == mark:
                if on_progress is not None and isinstance(progress, dict):
                    on_progress(progress)
            elif line.get("id") in (mark, None) and "ok" in line:
                return _answer(line)

    def send(self, verb: str, args: Mapping[str, Scalar] = _NO_ARGS, *, files: Sequence[int] = ()) -> int:
        """Send a request and do not wait; gives its id."""
        self._last_id += 1
        asked = {"id": self._last_id, "do": verb} | {key: value for key, value in args.items() if value is not None}
        line = encode(asked)
        # Gone already? It may have said why before it hung up; whoever reads next finds that, or that it is gone.
        with contextlib.suppress(OSError):
            sent = socket.send_fds(self._socket, [line], list(files)) if files else 0
            self._socket.sendall(line[sent:])
        return self._last_id

    def lines(self) -> Iterator[Fields]:
        """Events and status as they come, after `watch` was asked; ends when the daemon stops."""
        while self._side_lines:
            yield self._side_lines.pop(0)
        while True:
            try:
                line = self._next_line(None)
            except _HungUpError:
                return
            if line is not None and ("event" in line or "status" in line):
                yield line

    def _next_line(self, until_s: float | None) -> Fields | None:
        """The next line, or None if none came before `until_s` of the monotonic clock."""
        while (end := self._in.find(b"\n")) < 0:
            if len(self._in) > REPLY_LIMIT_BYTES:
                raise ControlError(f"{self.path}: a line has no end; is it faceauthd that listens there?")
            if not self._receive(until_s):
                return None
        raw = bytes(self._in[:end])
        del self._in[: end + 1]
        return self._parsed(raw)

    def _receive(self, until_s: float | None) -> bool:
        data: bytes | None = None
        while data is None:
            left_s = _SLICE_S if until_s is None else until_s - time.monotonic()
            if left_s <= 0:
                return False
            self._socket.settimeout(min(left_s, _SLICE_S))
            try:
                data = self._socket.recv(64 * 1024)
            except TimeoutError:
                continue
            except OSError as wrong:
                raise self._hung_up() from wrong
        if not data:
            raise self._hung_up()
        self._in += data
        return True

    def _hung_up(self) -> ControlError:
        return _HungUpError(f"{self.path}: faceauthd closed the connection; see `journalctl -u faceauthd`")

    def _parsed(self, raw: bytes) -> Fields:
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError) as wrong:
            raise ControlError(f"{self.path}: what answers there does not speak faceauthd's protocol") from wrong
        if not isinstance(line, dict):
            raise ControlError(f"{self.path}: what answers there does not speak faceauthd's protocol")
        return line

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        self._socket.close()

    def __enter__(self) -> ControlClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _HungUpError(ControlError):
    """The daemon ended the connection."""


def _connected(path: Path, timeout_s: float) -> socket.socket:
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # With a Python timeout a full queue of connections is EAGAIN at once; the kernel's own waits for a place (unix(7)).
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(timeout_s))
    try:
        stream.connect(os.fspath(path))
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as wrong:
        stream.close()
        remedy = "start it with `systemctl start faceauthd` or `faceauthd run`"
        raise NotRunning(f"faceauthd is not running (nobody listens on {path}); {remedy}") from wrong
    except PermissionError as wrong:
        stream.close()
        raise NotAdmitted(f"{path}: this user may not connect; use sudo, or join the socket's group") from wrong
    except BlockingIOError as wrong:
        stream.close()
        raise ControlError(f"{path}: faceauthd takes no more clients; see `systemctl status faceauthd`") from wrong
    except OSError as wrong:  # a path too long has no errno text
        stream.close()
        raise ControlError(f"{path}: cannot connect: {wrong.strerror or wrong}") from wrong
    return stream


def _timeval(seconds: float) -> bytes:
    whole = int(seconds)
    return _TIMEVAL.pack(whole, max(1, int((seconds - whole) * 1e6)))  # zero would be no limit


def _answer(line: Fields) -> Answer:
    if line["ok"] is True:
        result = line.get("result")
        return Done(result if isinstance(result, dict) else {})
    error = line.get("error")
    told = error if isinstance(error, dict) else {}
    return Denied(str(told.get("code", Code.INTERNAL)), str(told.get("message", "no reason was given")), told)
