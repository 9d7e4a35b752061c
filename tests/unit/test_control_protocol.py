"""Lines in, calls and refusals out."""

from __future__ import annotations

import json

import pytest

from faceauthd.control.protocol import (
    LINE_LIMIT_BYTES,
    Code,
    Refusal,
    Rejected,
    answer_line,
    encode,
    progress_line,
    refusal_line,
)
from faceauthd.control.verbs import EVENTS_LIMIT, IMAGES_LIMIT, NAME_LIMIT_CHARS, VERBS, Call, parse


def called(line: str) -> Call:
    call = parse(line.encode())
    assert isinstance(call, Call), call
    return call


def rejected(line: str | bytes) -> Rejected:
    found = parse(line.encode() if isinstance(line, str) else line)
    assert isinstance(found, Rejected), found
    return found


def test_a_request_is_read_with_its_defaults() -> None:
    call = called('{"id": 7, "do": "enroll", "name": "Zoë"}')
    assert (call.id, call.verb.name, call.files) == (7, "enroll", 0)
    assert dict(call.args) == {"name": "Zoë", "role": "member", "images": 0}


def test_null_means_not_given() -> None:
    assert called('{"do": "events", "kind": null}').args == {
        "limit": 50, "since_s": None, "kind": None, "person": None,
    }  # fmt: skip


@pytest.mark.parametrize("mark", [None, 0, -5, 1.5, True, "x" * 128])
def test_any_scalar_is_an_id_and_comes_back(mark: object) -> None:
    call = called(json.dumps({"id": mark, "do": "status"}))
    assert json.loads(answer_line(call.id, {}))["id"] == mark


@pytest.mark.parametrize("mark", [[], {}, "x" * 129, 2**53, -(2**53)])
def test_what_is_no_id_is_refused_and_not_repeated(mark: object) -> None:
    found = rejected(json.dumps({"id": mark, "do": "status"}))
    assert found.id is None
    assert found.refusal.code == Code.BAD_REQUEST


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"", "one JSON object"),
        (b"GET / HTTP/1.1", "one JSON object"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"\x00\x00", "one JSON object"),
        (b'{"do": "status"', "one JSON object"),
        (b'{"do": "status"} {"do": "status"}', "one JSON object"),
        (b'"status"', "JSON object"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b"{}", "`do`"),
        (b'{"do": 5}', "`do`"),
        (b'{"do": "status", "do": "remove"}', "twice"),
        (b'{"do": "events", "limit": NaN}', "NaN"),
        (b'{"do": "events", "since_s": Infinity}', "Infinity"),
        (b'{"do": "events", "since_s": 1e999}', "out of range"),
        (b'{"do": "events", "limit": ' + b"9" * 5000 + b"}", "one JSON object"),
        (b"[" * 60_000, "a request must"),
        (b'{"do":' * 9_000, "a request must"),
    ],
)
def test_garbage_is_refused_in_one_line(line: bytes, says: str) -> None:
    found = rejected(line)
    assert found.refusal.code == Code.BAD_REQUEST
    assert says in found.refusal.message
    assert len(refusal_line(found.id, found.refusal)) < 300


def test_a_line_beyond_the_limit_is_not_even_read() -> None:
    assert rejected(b"{" + b" " * LINE_LIMIT_BYTES).refusal.code == Code.TOO_LARGE


def test_a_line_of_the_limit_is_read() -> None:
    line = b'{"do": "status"'
    assert isinstance(parse(line + b" " * (LINE_LIMIT_BYTES - len(line) - 1) + b"}"), Call)


def test_an_unknown_verb_is_answered_with_the_nearest() -> None:
    found = rejected('{"id": "a", "do": "enrol", "name": "x"}')
    assert found.id == "a"
    assert found.refusal == Refusal(Code.UNKNOWN_VERB, "cannot do 'enrol'; did you mean 'enroll'?")


def test_a_verb_like_no_other_is_answered_with_all() -> None:
    message = rejected(json.dumps({"do": "\x1b[2J" * 1000})).refusal.message
    assert all(verb in message for verb in VERBS)
    assert len(message) < 400


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"do": "remove"}, "`name` is missing"),
        ({"do": "remove", "name": None}, "`name` is missing"),
        ({"do": "remove", "name": ""}, "`name` must have 1 to 256 characters, and has 0"),
        ({"do": "remove", "name": "x" * (NAME_LIMIT_CHARS + 1)}, "and has 257"),
        ({"do": "remove", "name": 5}, "`name` must be a string"),
        ({"do": "remove", "name": ["a"]}, "`name` must be a string"),
        ({"do": "remove", "name": "a\nb"}, "control characters"),
        ({"do": "remove", "name": "a\x00"}, "control characters"),
        ({"do": "remove", "name": "\ud800"}, "control characters"),
        ({"do": "remove", "nmae": "a"}, "there is no argument 'nmae'; did you mean 'name'?; `name` is missing"),
        ({"do": "status", "now": 1}, "there is no argument 'now'"),
        ({"do": "enroll", "name": "a", "role": "owner"}, "`role` must be one of admin, member, guest"),
        ({"do": "enroll", "name": "a", "role": "gest"}, "did you mean 'guest'?"),
        ({"do": "enroll", "name": "a", "images": IMAGES_LIMIT + 1}, "whole number from 0 to 16"),
        ({"do": "enroll", "name": "a", "images": -1}, "whole number from 0 to 16"),
        ({"do": "enroll", "name": "a", "images": True}, "whole number from 0 to 16"),
        ({"do": "enroll", "name": "a", "images": 1.0}, "whole number from 0 to 16"),
        ({"do": "events", "limit": 0}, f"whole number from 1 to {EVENTS_LIMIT}"),
        ({"do": "events", "since_s": -1}, "`since_s` must be seconds"),
        ({"do": "events", "since_s": "1h"}, "`since_s` must be seconds"),
        ({"do": "events", "kind": "unlock"}, "did you mean 'unlocked'?"),
    ],
)
def test_each_wrong_argument_is_named(asked: dict[str, object], says: str) -> None:
    found = rejected(json.dumps(asked))
    assert found.refusal.code == Code.BAD_REQUEST
    assert says in found.refusal.message
    assert found.refusal.message.startswith(f"{asked['do']}: ")


def test_what_changes_something_is_marked_so() -> None:
    reading = {"hello", "status", "people", "person", "threshold", "events", "watch"}
    at_the_door = {"unlock", "lock", "verify"}
    assert {name for name, verb in VERBS.items() if not verb.changes} == reading | at_the_door
    assert {name for name, verb in VERBS.items() if verb.is_long} == {"enroll", "improve", "verify", "import"}


def test_what_goes_out_is_plain_ascii_and_one_line() -> None:
    lines = [
        answer_line(1, {"name": "\x1b[31m\u202eevil\x9b\n"}),
        refusal_line("é", Refusal(Code.REFUSED, "one\ntwo\r\nthree", {"code": "NOT_THIS", "images": []})),
        progress_line(None, {"taken": 1}),
    ]
    for line in lines:
        assert line.endswith(b"\n")
        assert line.isascii()
        assert not any(byte < 32 or byte == 127 for byte in line[:-1])
    assert json.loads(lines[1])["error"] == {"code": "REFUSED", "message": "one two three", "images": []}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes"])
def test_what_json_cannot_say_is_an_error_here(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode({"value": value})
