"""A request between the socket's thread and the loop's."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path

import pytest

from faceauthd.control.files import FILE_LIMIT_BYTES, why_not_a_photograph
from faceauthd.control.peers import Peer
from faceauthd.control.protocol import REPLY_LIMIT_BYTES, Code
from faceauthd.control.request import Request
from faceauthd.control.verbs import Call, parse
from faceauthd.errors import PictureError


class Post:
    """What a request posts to its client."""

    def __init__(self) -> None:
        self.lines: list[tuple[dict[str, object], bool]] = []

    def __call__(self, request: Request, line: bytes, is_final: bool) -> None:
        self.lines.append((json.loads(line), is_final))


def request_for(line: str, post: Post, fds: tuple[int, ...] = ()) -> Request:
    call = parse(line.encode())
    assert isinstance(call, Call)
    return Request(call, Peer(0, 0, 1), fds, post)


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def photograph(folder: Path, content: bytes = b"picture") -> int:
    path = folder / "a.jpg"
    path.write_bytes(content)
    return os.open(path, os.O_RDONLY)


def test_only_the_first_answer_counts() -> None:
    post = Post()
    request = request_for('{"id": 1, "do": "status"}', post)
    request.progress(taken=1)
    was_open = request.is_open
    request.reply({"state": "open"})
    request.refuse(Code.REFUSED, "too late")
    request.progress(taken=2)
    assert (was_open, request.is_open) == (True, False)
    assert post.lines == [
        ({"id": 1, "progress": {"taken": 1}}, False),
        ({"id": 1, "ok": True, "result": {"state": "open"}}, True),
    ]


def test_a_refusal_carries_its_details() -> None:
    post = Post()
    request_for('{"do": "status"}', post).refuse(Code.REFUSED, "none is good enough", images=[{"image": 0}])
    error = {"code": "REFUSED", "message": "none is good enough", "images": [{"image": 0}]}
    assert post.lines == [({"id": None, "ok": False, "error": error}, True)]


@pytest.mark.parametrize("result", [{"score": float("nan")}, {"at": object()}])
def test_an_answer_json_cannot_say_does_not_stop_the_loop(result: dict[str, object]) -> None:
    post = Post()
    request = request_for('{"do": "status"}', post)
    request.progress(**result)
    request.reply(result)
    [(line, is_final)] = post.lines
    assert is_final
    assert line["error"]["code"] == "INTERNAL"  # type: ignore[index]


def test_an_answer_too_long_is_refused_and_progress_too_long_dropped() -> None:
    post = Post()
    request = request_for('{"do": "status"}', post)
    request.progress(text="x" * REPLY_LIMIT_BYTES)
    request.reply({"text": "x" * REPLY_LIMIT_BYTES})
    [(line, _)] = post.lines
    assert line["error"]["code"] == "TOO_LARGE"  # type: ignore[index]


def test_after_its_time_an_answer_is_dropped() -> None:
    post = Post()
    request = request_for('{"id": 2, "do": "status"}', post)
    line = request.expire(Code.TIMEOUT, "no answer")
    assert line is not None
    assert json.loads(line)["error"]["code"] == "TIMEOUT"
    request.reply({})
    assert post.lines == []
    assert request.expire(Code.TIMEOUT, "again") is None


@pytest.mark.parametrize("ending", ["reply", "refuse", "expired reply", "forgotten"])
def test_files_are_closed_whatever_the_end(tmp_path: Path, ending: str) -> None:
    fd = photograph(tmp_path)
    request = request_for('{"do": "enroll", "name": "a", "images": 1}', Post(), (fd,))
    if ending == "expired reply":
        request.expire(Code.TIMEOUT, "no answer")
        assert is_open(fd), "the loop may be reading it"
    if ending == "refuse":
        request.refuse(Code.REFUSED, "no")
    elif ending != "forgotten":
        request.reply({})
    del request
    gc.collect()
    assert not is_open(fd)


def test_a_photograph_is_read_from_its_start(tmp_path: Path) -> None:
    fd = photograph(tmp_path, b"0123456789")
    os.lseek(fd, 7, os.SEEK_SET)
    request = request_for('{"do": "enroll", "name": "a", "images": 1}', Post(), (fd,))
    assert request.read_file(0) == b"0123456789"
    assert request.read_file(0) == b"0123456789"
    request.reply({})


def test_a_photograph_that_has_grown_is_not_swallowed(tmp_path: Path) -> None:
    fd = photograph(tmp_path)
    os.truncate(tmp_path / "a.jpg", FILE_LIMIT_BYTES + 1)
    request = request_for('{"do": "enroll", "name": "a", "images": 1}', Post(), (fd,))
    with pytest.raises(PictureError, match="more than 32 MiB"):
        request.read_file(0)
    request.reply({})


def test_a_photograph_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    fd = os.open(tmp_path / "a", os.O_WRONLY)
    request = request_for('{"do": "enroll", "name": "a", "images": 1}', Post(), (fd,))
    with pytest.raises(PictureError, match="cannot be read"):
        request.read_file(0)
    request.reply({})


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("good", None),
        ("pipe", "is not a regular file"),
        ("folder", "is not a regular file"),
        ("device", "is not a regular file"),
        ("write-only", "is not open for reading"),
        ("path-only", "is not open for reading"),
        ("huge", "has more than 32 MiB"),
    ],
)
def test_what_is_no_photograph_is_told_from_one(tmp_path: Path, how: str, why: str | None) -> None:
    path = tmp_path / "file"
    path.touch()
    if how == "huge":
        os.truncate(path, FILE_LIMIT_BYTES + 1)
    if how == "pipe":
        fd, other = os.pipe()
        os.close(other)
    elif how in ("folder", "device"):
        fd = os.open(tmp_path if how == "folder" else "/dev/zero", os.O_RDONLY)
    else:
        fd = os.open(path, {"write-only": os.O_WRONLY, "path-only": os.O_PATH}.get(how, os.O_RDONLY))
    try:
        assert why_not_a_photograph(fd) == why
    finally:
        os.close(fd)
