"""Random bytes in random pieces against a living server: it survives, and serves the next good client."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faceauthd.control.client import ControlClient, Done
from faceauthd.control.limits import Limits
from tests.integration.control_loop import Answers, serving

WORDS = [
    b"\n", b'{"do":"status"}', b'{"id":1,"do":"watch"}', b'{"do":"enroll","name":"a","images":2}', b'{"do":"remove"',
    b',"name":"a"}', b'{"id":', b"[" * 2000, b"\x00", b"\xff\xfe", b"9" * 5000, b'"\\ud800"', b"x" * 70_000, b"}\n{",
]  # fmt: skip
PIECES = st.lists(st.sampled_from(WORDS) | st.binary(max_size=200), max_size=30)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("fuzz") / "control.sock"
    answers: Answers = {
        "status": lambda request: request.reply({"state": "watching"}),
        "enroll": lambda request: request.refuse("REFUSED", "no"),
        "remove": lambda request: request.reply({}),
    }
    with serving(path, answers, limits=Limits(half_line_s=0.5)):
        yield path


PLANS = st.lists(st.tuples(st.sampled_from([1, 7, 100, 5000, 70_000]), st.sampled_from([0, 0, 0, 1, 3])), min_size=1)
"""How many bytes go at once, and how many files with them; used in turn. Drawn before anything is sent, since when the
server hangs up is not the same each time."""


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(pieces=PIECES, plan=PLANS, reads=st.booleans())
def test_the_server_survives(path: Path, pieces: list[bytes], plan: list[tuple[int, int]], reads: bool) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(1)
        raw.connect(os.fspath(path))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            data, turns = b"".join(pieces), itertools.cycle(plan)
            while data:
                size, files = next(turns)
                send(raw, data[:size], files)
                data = data[size:]
            if reads:
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
    with ControlClient(path, timeout_s=60) as good:
        assert good.ask("status") == Done({"state": "watching"})


def send(raw: socket.socket, part: bytes, files: int) -> None:
    if not files:
        raw.sendall(part)
        return
    fd = os.open(__file__, os.O_RDONLY)
    try:
        sent = socket.send_fds(raw, [part], [fd] * files)
    finally:
        os.close(fd)
    raw.sendall(part[sent:])


def test_afterwards_nothing_is_left_open(path: Path) -> None:
    """Runs after the fuzzing above: the files it sent are closed again."""
    end = time.monotonic() + 5
    while Path(__file__) in targets() and time.monotonic() < end:
        time.sleep(0.01)
    assert Path(__file__) not in targets()


def targets() -> list[Path]:
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the listing's own descriptor
            found.append(entry.readlink())
    return found
