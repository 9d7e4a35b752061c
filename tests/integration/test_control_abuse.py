"""Clients that do what no client should: each is refused in a line or disconnected, and the others notice nothing."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import queue
import resource
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from faceauthd.control.client import ControlClient, Denied, Done
from faceauthd.control.limits import Limits
from faceauthd.control.peers import Peer, Policy
from faceauthd.control.protocol import LINE_LIMIT_BYTES, REPLY_LIMIT_BYTES, Code
from faceauthd.control.request import Request
from faceauthd.control.server import ControlServer
from tests.integration.control_loop import serving

MEGABYTE = 1 << 20


class NobodyChanges(Policy):
    """Even root only looks: the policy that lets these tests be an onlooker whoever runs them."""

    def allows(self, peer: Peer, *, changes: bool) -> bool:
        return not changes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@contextlib.contextmanager
def raw_client(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(60)
        raw.connect(os.fspath(path))
        yield raw


def everything_from(raw: socket.socket) -> list[dict[str, Any]]:
    """All lines until the server hangs up; fails if it does not within the socket's timeout."""
    found = b""
    with contextlib.suppress(ConnectionResetError):  # how a hang-up looks to whoever was still sending
        while part := raw.recv(65536):
            found += part
    return [json.loads(line) for line in found.splitlines()]


def one_line_from(raw: socket.socket) -> dict[str, Any]:
    line = b""
    while not line.endswith(b"\n"):
        part = raw.recv(1)
        assert part, line
        line += part
    found: dict[str, Any] = json.loads(line)
    return found


def open_files() -> int:
    gc.collect()  # what earlier tests dropped is not this test's
    return len(list(Path("/proc/self/fd").iterdir()))


def files_once_admitted(raw: socket.socket) -> int:
    """Open descriptors of this process, client's and server's end of `raw` included."""
    raw.sendall(b'{"do":"hello"}\n')
    assert one_line_from(raw)["ok"] is True
    return open_files()


def until(what: Callable[[], bool], timeout_s: float = 5.0) -> bool:
    end = time.monotonic() + timeout_s
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def still_serves(path: Path) -> bool:
    with ControlClient(path, timeout_s=60) as client:
        return client.ask("status") == Done({"state": "watching"})


@pytest.mark.parametrize(
    "line",
    [
        b"GET / HTTP/1.1\r",
        b"\xff\xfe\x00\x80",
        b"\x00" * 1000,
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"id":1,"do":"events","limit":' + b"9" * 60_000 + b"}",
        b'{"id":1e400,"do":"status"}',
        b'{"id":NaN,"do":"status"}',
        b'{"do":"' + b"\\ud800" * 1000 + b'"}',
        b"x" * LINE_LIMIT_BYTES,
    ],
    ids=lambda line: repr(line[:12]),
)
def test_garbage_is_refused_in_one_line_and_the_next_line_is_served(path: Path, line: bytes) -> None:
    with serving(path), raw_client(path) as raw:
        raw.sendall(line + b"\n")
        told = one_line_from(raw)
        assert told["ok"] is False
        assert told["error"]["code"] in (Code.BAD_REQUEST, Code.UNKNOWN_VERB, Code.TOO_LARGE)
        raw.sendall(b'{"id":1,"do":"status"}\n')
        assert one_line_from(raw) == {"id": 1, "ok": True, "result": {"state": "watching"}}


def test_blank_lines_and_carriage_returns_do_no_harm(path: Path) -> None:
    with serving(path), raw_client(path) as raw:
        raw.sendall(b'\n\r\n  \n{"do":"status"}\r\n')
        assert one_line_from(raw)["ok"] is True


def test_whoever_sends_nothing_but_garbage_is_disconnected(path: Path) -> None:
    with serving(path, limits=Limits(strikes=4)), raw_client(path) as raw:
        raw.sendall(b"garbage\n" * 4)
        told = everything_from(raw)
        assert len(told) == 5
        assert told[-1]["error"]["message"] == "too many requests in a row were wrong"
        assert still_serves(path)


def test_a_good_request_in_between_starts_the_count_anew(path: Path) -> None:
    with serving(path, limits=Limits(strikes=4)), raw_client(path) as raw:
        for _ in range(3):
            raw.sendall(b'garbage\ngarbage\ngarbage\n{"id":1,"do":"status"}\n')
            assert [one_line_from(raw)["ok"] for _ in range(4)] == [False, False, False, True]


def test_a_megabyte_without_an_end_is_cut_off_early(path: Path) -> None:
    with serving(path), raw_client(path) as raw:
        sent = 0
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while sent < 64 * MEGABYTE:
                sent += raw.send(b"x" * 65536)
        assert sent < 4 * MEGABYTE, "it must not swallow what has no end"
        [told] = everything_from(raw)
        assert told["error"]["code"] == Code.TOO_LARGE
        assert still_serves(path)


def test_half_a_line_is_not_waited_for_for_ever(path: Path) -> None:
    with serving(path, limits=Limits(half_line_s=0.2)), raw_client(path) as raw:
        raw.sendall(b'{"do":"sta')
        [told] = everything_from(raw)
        assert told["error"]["code"] == Code.TIMEOUT


def test_dripping_bytes_gains_no_time(path: Path) -> None:
    with serving(path, limits=Limits(half_line_s=0.5)), raw_client(path) as raw:
        began = time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() - began < 5:
                raw.send(b" ")
                time.sleep(0.02)
        assert time.monotonic() - began < 3


def test_a_client_may_keep_silent(path: Path) -> None:
    with serving(path, limits=Limits(half_line_s=0.1, farewell_s=0.1)), raw_client(path) as raw:
        raw.sendall(b'{"do":"status"}\n')
        assert one_line_from(raw)["ok"] is True
        time.sleep(0.5)
        raw.sendall(b'{"do":"status"}\n')
        assert one_line_from(raw)["ok"] is True


def test_vanishing_in_the_middle_of_a_line_is_nothing(path: Path) -> None:
    with serving(path):
        before = open_files()
        for _ in range(50):
            with raw_client(path) as raw:
                raw.sendall(b'{"id":1,"do":"sta')
        assert still_serves(path)
        assert until(lambda: open_files() == before)


def test_vanishing_before_the_answer_is_nothing(path: Path) -> None:
    with serving(path, {}) as (_, loop):
        for _ in range(20):
            with raw_client(path) as raw:
                raw.sendall(b'{"do":"people"}\n')
            loop.kept.get(timeout=60).reply({"people": ["x" * 1000] * 100})
        with ControlClient(path) as client:
            assert isinstance(client.ask("hello"), Done)


def test_who_does_not_read_is_dropped_and_the_others_hear_everything(path: Path) -> None:
    events = 3 * REPLY_LIMIT_BYTES // 1000
    with serving(path) as (server, _), raw_client(path) as deaf, ControlClient(path) as good:
        deaf.sendall(b'{"do":"watch"}\n')
        good.ask("watch")
        one_line_from(deaf)
        lines, heard = good.lines(), 0
        for index in range(events):
            server.publish({"index": index, "text": "x" * 1000})
            assert next(lines)["event"]["index"] == index  # type: ignore[index]
            heard += 1
        assert heard == events
        assert until(lambda: has_hung_up(deaf))


def has_hung_up(raw: socket.socket) -> bool:
    """Whether the server no longer takes anything; what it wrote before stays unread."""
    try:
        raw.sendall(b'{"do":"hello"}\n')
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


def test_a_flood_of_requests_is_bounded(path: Path) -> None:
    with serving(path, {}, limits=Limits(open_requests=3)) as (_, loop), raw_client(path) as raw:
        raw.sendall(b'{"id":1,"do":"people"}\n' * 5)
        assert [one_line_from(raw)["error"]["code"] for _ in range(2)] == [Code.BUSY] * 2
        for _ in range(3):
            loop.kept.get(timeout=60).reply({})
        assert [one_line_from(raw)["ok"] for _ in range(3)] == [True] * 3
        assert loop.kept.empty()


def test_a_full_inbox_is_told(path: Path) -> None:
    def submit(request: Request) -> None:
        raise queue.Full

    with ControlServer(path, policy=Policy(), submit=submit), ControlClient(path) as client:
        answer = client.ask("status")
        assert isinstance(answer, Denied)
        assert answer.code == Code.BUSY


@pytest.fixture
def picture(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "a.jpg").write_bytes(b"picture")
    fd = os.open(tmp_path / "a.jpg", os.O_RDONLY)
    yield fd
    os.close(fd)


@pytest.mark.parametrize(
    ("line", "files", "message"),
    [
        (b'{"do":"hello"}\n', 3, "files came that no request asked for"),
        (b"garbage\n", 1, "files came that no request asked for"),
        (b'{"do":"enroll","name":"a","images":1}\n', 2, "files came that no request asked for"),
        (b'{"do":"enroll","name":"a"}\n', 1, "files came that no request asked for"),
        (b'{"do":"enroll","name":"a","images":3}\n', 2, "3 images were announced and 2 files came with it"),
        (b'{"do":"enroll","name":"a","images":99}\n', 2, "files came that no request asked for"),
    ],
)
def test_files_that_nobody_asked_for_are_closed(
    path: Path, picture: int, line: bytes, files: int, message: str
) -> None:
    answers = {"enroll": lambda request: request.reply({})}
    with serving(path, answers), raw_client(path) as raw:
        before = files_once_admitted(raw)
        socket.send_fds(raw, [line], [picture] * files)
        told = one_line_from(raw)
        if told.get("error", {}).get("message") != message:
            assert one_line_from(raw)["error"]["message"] == message
        assert until(lambda: open_files() == before)


@pytest.mark.parametrize("kind", ["pipe", "folder", "socket", "path-only"])
def test_what_is_no_photograph_is_refused_and_closed(path: Path, tmp_path: Path, kind: str) -> None:
    with contextlib.ExitStack() as stack:
        if kind == "pipe":
            fd, other = os.pipe()
            stack.callback(os.close, other)
            stack.callback(os.close, fd)
        elif kind == "socket":
            fd = stack.enter_context(socket.socket(socket.AF_UNIX)).fileno()
        else:
            fd = os.open(tmp_path, os.O_RDONLY if kind == "folder" else os.O_PATH)
            stack.callback(os.close, fd)
        with serving(path, {}), ControlClient(path) as client:
            client.ask("hello")
            before = open_files()
            answer = client.ask("enroll", {"name": "a", "images": 1}, files=[fd])
            assert isinstance(answer, Denied)
            assert (answer.code, answer.message) == (Code.BAD_REQUEST, "image 0 is not a regular file")
            assert answer.details["image"] == 0
            assert open_files() == before


def test_more_files_than_a_request_may_bring_end_the_connection(path: Path, picture: int) -> None:
    with serving(path), raw_client(path) as raw:
        before = files_once_admitted(raw)
        socket.send_fds(raw, [b'{"do":"status"}\n'], [picture] * 40)
        told = everything_from(raw)
        assert told[-1]["error"]["message"] == "a request may bring 16 files at most"
        assert until(lambda: open_files() == before - 1), "its own connection, and every file, is closed"
        assert still_serves(path)


def test_files_do_not_pile_up_behind_half_a_line(path: Path, picture: int) -> None:
    with serving(path, limits=Limits(held_files=20)), raw_client(path) as raw:
        before = files_once_admitted(raw)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(10):
                socket.send_fds(raw, [b" "], [picture] * 16)
        assert everything_from(raw)[-1]["error"]["message"] == "too many files are open; try again later"
        assert until(lambda: open_files() == before - 1)


def test_an_onlookers_files_are_never_kept(path: Path, picture: int) -> None:
    with serving(path, policy=NobodyChanges()), raw_client(path) as raw, raw_client(path) as other:
        files_once_admitted(other)
        before = files_once_admitted(raw)
        socket.send_fds(raw, [b'{"do":"enroll","name":"a","images":16}'], [picture] * 16)
        files_once_admitted(other)  # one thread serves both: by now it has read what came before
        assert files_once_admitted(other) == before
        raw.sendall(b"\n")
        assert one_line_from(raw)["error"]["code"] == Code.FORBIDDEN
        assert open_files() == before


def test_the_files_of_a_client_that_vanished_are_closed_when_the_loop_is_done(path: Path, picture: int) -> None:
    with serving(path, {}) as (_, loop):
        before = open_files()
        with raw_client(path) as raw:
            socket.send_fds(raw, [b'{"do":"enroll","name":"a","images":2}\n'], [picture] * 2)
            request = loop.kept.get(timeout=60)
        assert until(lambda: not request.is_open)
        assert request.read_file(0) == b"picture"
        request.refuse(Code.CANCELLED, "nobody waits")
        assert until(lambda: open_files() == before)


def test_onlookers_leave_room_for_those_in_charge(path: Path) -> None:
    with serving(path, policy=NobodyChanges(), limits=Limits(max_clients=16)), contextlib.ExitStack() as crowd:
        first = [crowd.enter_context(raw_client(path)) for _ in range(14)]
        late = crowd.enter_context(raw_client(path))
        [told] = everything_from(late)
        assert told["error"] == {"code": "BUSY", "message": "too many clients; try again later"}
        first.pop().close()
        assert until(lambda: _is_admitted(path))


def test_those_in_charge_may_take_every_place(path: Path) -> None:
    with serving(path, limits=Limits(max_clients=16)), contextlib.ExitStack() as crowd:
        for _ in range(15):
            crowd.enter_context(raw_client(path))
        assert still_serves(path)
        crowd.enter_context(raw_client(path))
        assert not _is_admitted(path)


def _is_admitted(path: Path) -> bool:
    with ControlClient(path, timeout_s=60) as client:
        return isinstance(client.ask("hello"), Done)


def test_a_process_without_descriptors_left_serves_again_when_it_has_some(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving(path), socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(60)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), hard))  # noqa: PTH208
            raw.connect(os.fspath(path))
            raw.sendall(b'{"id":1,"do":"status"}\n')
            time.sleep(0.2)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert one_line_from(raw)["ok"] is True
        assert still_serves(path)
