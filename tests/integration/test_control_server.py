"""The control socket, with real sockets, threads and users."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import grp
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from faceauthd import __version__
from faceauthd.control.client import Answer, ControlClient, Denied, Done, NotAdmitted, NotRunning
from faceauthd.control.limits import Limits
from faceauthd.control.peers import Policy
from faceauthd.control.protocol import PROTOCOL_VERSION, Code
from faceauthd.control.request import Request
from faceauthd.control.server import ControlServer
from faceauthd.control.verbs import VERBS
from faceauthd.errors import ControlError
from tests.integration.control_loop import Answers, serving

CHECKOUT = Path(__file__).parents[2]
NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


def open_files() -> int:
    gc.collect()  # what earlier tests dropped is not this test's
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_question_goes_to_the_loop_and_its_answer_comes_back(path: Path) -> None:
    seen: list[Request] = []

    def status(request: Request) -> None:
        seen.append(request)
        request.reply({"state": "watching"})

    with serving(path, {"status": status}), ControlClient(path) as client:
        assert client.ask("status") == Done({"state": "watching"})
        assert client.ask("status") == Done({"state": "watching"})
    assert (seen[0].peer.uid, seen[0].peer.pid, seen[0].fds) == (os.geteuid(), os.getpid(), ())


def test_hello_is_answered_while_the_loop_is_busy(path: Path) -> None:
    with serving(path, {}), ControlClient(path) as client:
        answer = client.ask("hello")
    assert answer == Done(
        {"protocol": PROTOCOL_VERSION, "version": __version__, "verbs": list(VERBS), "may_change": True}
    )


def test_a_refusal_has_its_code(path: Path) -> None:
    answers = {"person": lambda request: request.refuse(Code.NOT_FOUND, f"nobody is called {request.args['name']}")}
    with serving(path, answers), ControlClient(path) as client:
        answer = client.ask("person", {"name": "eve"})
        assert isinstance(answer, Denied)
        assert (answer.code, answer.message) == ("NOT_FOUND", "nobody is called eve")


def test_answers_may_come_in_another_order(path: Path) -> None:
    with serving(path, {}) as (_, loop), ControlClient(path) as client:
        first, second = client.send("status"), client.send("people")
        status, people = loop.kept.get(timeout=60), loop.kept.get(timeout=60)
        people.reply({"people": []})
        status.reply({"state": "watching"})
        lines = [client._next_line(time.monotonic() + 5) for _ in range(2)]
    assert [line and line["id"] for line in lines] == [second, first]


def test_a_long_request_tells_how_far_it_is(path: Path) -> None:
    def enroll(request: Request) -> None:
        for taken in range(3):
            request.progress(taken=taken, wanted=3)
        request.reply({"person": {"name": request.args["name"]}})

    heard: list[object] = []
    with serving(path, {"enroll": enroll}), ControlClient(path) as client:
        answer = client.ask("enroll", {"name": "alice"}, on_progress=lambda told: heard.append(told["taken"]))
    assert heard == [0, 1, 2]
    assert answer == Done({"person": {"name": "alice"}})


def test_what_is_not_answered_in_time_is_refused_and_its_late_answer_dropped(path: Path) -> None:
    with serving(path, {}, limits=Limits(answer_s=0.2)) as (_, loop), ControlClient(path) as client:
        answer = client.ask("status")
        assert isinstance(answer, Denied)
        assert answer.code == Code.TIMEOUT
        late = loop.kept.get(timeout=60)
        assert not late.is_open
        late.reply({"state": "late"})
        assert isinstance(client.ask("hello"), Done)


def test_progress_gives_a_long_request_its_time_anew(path: Path) -> None:
    def enroll(request: Request) -> None:
        for step in range(6):
            time.sleep(0.2)
            request.progress(taken=step)
        request.reply({})

    limits = Limits(answer_s=0.1, long_answer_s=0.7)
    with serving(path, {"enroll": enroll}, limits=limits), ControlClient(path) as client:
        assert client.ask("enroll", {"name": "a"}) == Done({})


def test_the_loop_learns_that_its_client_has_gone(path: Path) -> None:
    with serving(path, {}) as (_, loop):
        with ControlClient(path) as client:
            client.send("enroll", {"name": "a"})
            request = loop.kept.get(timeout=60)
            was_open = request.is_open
        until = time.monotonic() + 5
        while request.is_open and time.monotonic() < until:
            time.sleep(0.01)
        assert (was_open, request.is_open) == (True, False)
        request.progress(taken=1)
        request.reply({})
        with ControlClient(path) as other:
            assert isinstance(other.ask("hello"), Done)


def test_watchers_hear_the_status_first_and_then_each_event(path: Path) -> None:
    with serving(path) as (server, _), ControlClient(path) as early, ControlClient(path) as deaf:
        server.publish_status({"state": "watching"})
        assert early.ask("watch") == Done({"watching": True})
        server.publish({"event": "unlocked", "person": "alice"})
        server.publish_status({"state": "open"})
        lines = early.lines()
        assert [next(lines) for _ in range(3)] == [
            {"status": {"state": "watching"}},
            {"event": {"event": "unlocked", "person": "alice"}},
            {"status": {"state": "open"}},
        ]
        assert deaf.ask("status") == Done({"state": "watching"})


def test_stopping_is_told_and_ends_the_watch(path: Path) -> None:
    with ControlServerRunning(path) as server:
        with ControlClient(path) as waiting, ControlClient(path) as watching:
            watching.ask("watch")
            mark = waiting.send("status")
            waiting.ask("hello")
            server.close()
            line = waiting._next_line(time.monotonic() + 5)
            assert line is not None
            error = {"code": "STOPPING", "message": "status: faceauthd is stopping"}
            assert line == {"id": mark, "ok": False, "error": error}
            assert list(watching.lines()) == []
        assert not path.exists()
        with pytest.raises(NotRunning, match="systemctl start faceauthd"):
            ControlClient(path)


class ControlServerRunning:
    """A server without a loop behind it."""

    def __init__(self, path: Path) -> None:
        self.server = ControlServer(path, policy=Policy(), submit=lambda request: None)

    def __enter__(self) -> ControlServer:
        self.server.start()
        return self.server

    def __exit__(self, *_: object) -> None:
        self.server.close()


def test_photographs_come_as_open_files(path: Path, tmp_path: Path) -> None:
    pictures = [tmp_path / f"{index}.jpg" for index in range(3)]
    for index, picture in enumerate(pictures):
        picture.write_bytes(b"picture %d" % index)

    def enroll(request: Request) -> None:
        assert len(request.fds) == request.args["images"]
        request.reply({"read": [request.read_file(index).decode() for index in range(len(request.fds))]})

    before = open_files()
    fds = [os.open(picture, os.O_RDONLY) for picture in pictures]
    with serving(path, {"enroll": enroll}), ControlClient(path) as client:
        answer = client.ask("enroll", {"name": "a", "images": 3}, files=fds)
        assert answer == Done({"read": ["picture 0", "picture 1", "picture 2"]})
    for fd in fds:
        os.close(fd)
    assert open_files() == before


def test_files_of_pipelined_requests_are_not_mixed_up(path: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    answers = {
        "status": lambda request: request.reply({"files": len(request.fds)}),
        "enroll": lambda request: request.reply({"read": request.read_file(0).decode()}),
    }
    lines = b'{"id":1,"do":"status"}\n{"id":2,"do":"enroll","name":"a","images":1}\n{"id":3,"do":"status"}\n'
    with serving(path, answers), socket.socket(socket.AF_UNIX) as raw:
        raw.connect(os.fspath(path))
        socket.send_fds(raw, [lines], [fd])
        told = [json.loads(line)["result"] for line in read_lines(raw, 3)]
    os.close(fd)
    assert told == [{"files": 0}, {"read": "a"}, {"files": 0}]


def read_lines(raw: socket.socket, count: int) -> list[bytes]:
    raw.settimeout(60)
    found = b""
    while found.count(b"\n") < count:
        part = raw.recv(65536)
        assert part, found
        found += part
    return found.split(b"\n")[:count]


def test_the_socket_is_open_to_its_group_and_nobody_else(path: Path) -> None:
    before = os.umask(0)
    try:
        with serving(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            assert stat.S_IMODE(path.with_name("control.sock.lock").stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_a_group_that_is_not_there_is_no_reason_to_stop(path: Path) -> None:
    with ControlServer(path, policy=Policy(), submit=lambda request: None, group="no-such-group"):
        assert path.stat().st_gid == os.getegid()
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to a group it is not in")
def test_the_socket_belongs_to_its_group(path: Path) -> None:
    group = next(entry for entry in grp.getgrall() if entry.gr_gid != os.getegid())
    with ControlServer(path, policy=Policy(), submit=lambda request: None, group=group.gr_name):
        assert path.stat().st_gid == group.gr_gid


ASK = """
import json, os, sys
from pathlib import Path
from typing import Any
from faceauthd.control.client import ControlClient, Denied
from faceauthd.errors import ControlError
os.setgroups([int(gid) for gid in sys.argv[2].split(",") if gid])
os.setgid(65534)
os.setuid(65534)
try:
    client = ControlClient(Path(sys.argv[1]))
except ControlError as wrong:
    print(json.dumps(type(wrong).__name__))
else:
    answers = [client.ask("status"), client.ask("hello"), client.ask("remove", {"name": "alice"})]
    print(json.dumps([a.code if isinstance(a, Denied) else a.result for a in answers]))
"""


def ask_as_nobody(path: Path, groups: str) -> Any:
    run = subprocess.run(
        [sys.executable, "-c", ASK, os.fspath(path), groups], capture_output=True, cwd=CHECKOUT, timeout=30, check=True
    )
    return json.loads(run.stdout)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_looks_in_with_the_group_and_changes_nothing() -> None:
    removed: list[int] = []

    def remove(request: Request) -> None:
        removed.append(request.peer.uid)
        request.reply({})

    answers: Answers = {"status": lambda request: request.reply({"uid": request.peer.uid}), "remove": remove}
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders let nobody else in
        Path(folder).chmod(0o755)
        path = Path(folder) / "control.sock"
        with serving(path, answers):
            status, hello, refused = ask_as_nobody(path, str(os.getegid()))
            assert status == {"uid": NOBODY}
            assert hello["may_change"] is False
            assert refused == "FORBIDDEN"
            assert ask_as_nobody(path, "") == "NotAdmitted"
        assert removed == []
        with serving(path, answers, policy=Policy.of([NOBODY])):
            *_, done = ask_as_nobody(path, str(os.getegid()))
            assert done == {}
    assert removed == [NOBODY]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may connect to every socket")
def test_no_permission_is_told_from_not_running(path: Path) -> None:
    with serving(path):
        path.chmod(0)
        with pytest.raises(NotAdmitted, match="sudo"):
            ControlClient(path)


def test_a_daemon_that_hangs_is_not_waited_for_for_ever(path: Path) -> None:
    with contextlib.ExitStack() as crowd:
        hung = crowd.enter_context(socket.socket(socket.AF_UNIX))
        hung.bind(os.fspath(path))
        hung.listen(1)
        answer = crowd.enter_context(ControlClient(path, timeout_s=0.2)).ask("status")
        assert isinstance(answer, Denied)
        assert answer.code == Code.TIMEOUT
        with pytest.raises(ControlError, match="takes no more clients"):
            crowd_in(path, crowd)


def crowd_in(path: Path, crowd: contextlib.ExitStack) -> None:
    for _ in range(10):
        crowd.enter_context(ControlClient(path, timeout_s=0.2))


def test_a_second_daemon_is_turned_away_and_disturbs_nothing(path: Path) -> None:
    with serving(path):
        with pytest.raises(ControlError, match="another faceauthd listens here; stop it first"):
            ControlServer(path, policy=Policy(), submit=lambda request: None).start()
        with ControlClient(path) as client:
            assert isinstance(client.ask("status"), Done)


def test_a_daemon_that_is_just_starting_is_not_overtaken(path: Path) -> None:
    with path.with_name("control.sock.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ControlError, match="another faceauthd"):
            ControlServer(path, policy=Policy(), submit=lambda request: None).start()
    with serving(path):
        assert path.exists()


def test_a_killed_daemons_socket_is_no_obstacle(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(os.fspath(path))
        old.listen()
    assert path.exists()
    with serving(path), ControlClient(path) as client:
        assert isinstance(client.ask("status"), Done)


def test_a_socket_somebody_else_listens_on_is_left_alone(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(os.fspath(path))
        other.listen()
        with pytest.raises(ControlError, match="another faceauthd"):
            ControlServer(path, policy=Policy(), submit=lambda request: None).start()
        assert path.exists()


def test_what_is_no_socket_is_left_alone(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(ControlError, match="is not a socket; move it away"):
        ControlServer(path, policy=Policy(), submit=lambda request: None).start()
    assert path.read_text() == "precious"


def test_a_path_too_long_for_a_socket_says_so(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match=r"set a shorter control\.socket"):
        ControlServer(tmp_path / ("x" * 120), policy=Policy(), submit=lambda request: None).start()


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ControlError, match="make the folder writable"):
        ControlServer(tmp_path / "file" / "control.sock", policy=Policy(), submit=lambda request: None).start()


def test_two_daemons_at_the_same_instant_never_both_serve(path: Path) -> None:
    servers = [ControlServer(path, policy=Policy(), submit=lambda request: None) for _ in range(8)]
    started: list[ControlServer] = []

    def start(server: ControlServer) -> None:
        try:
            server.start()
        except ControlError:
            return
        started.append(server)

    threads = [threading.Thread(target=start, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(started) == 1
    with ControlClient(path) as client:
        assert isinstance(client.ask("hello"), Done)
    for server in servers:
        server.close()


def test_close_leaves_nothing_open(path: Path) -> None:
    before = open_files()
    for _ in range(3):
        with serving(path), ControlClient(path) as client:
            client.ask("status")
            assert path.exists()
        assert not path.exists()
    assert open_files() == before


def test_a_hundred_clients_at_once_are_all_answered(path: Path) -> None:
    answers: list[Answer] = []

    def ask() -> None:
        with ControlClient(path) as client:
            for _ in range(5):
                answers.append(client.ask("status"))

    with serving(path):
        threads = [threading.Thread(target=ask) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert answers == [Done({"state": "watching"})] * 500
