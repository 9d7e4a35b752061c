"""Whatever bytes come: a call or a refusal, in one line, and never an exception."""

from __future__ import annotations

import json
import math

from hypothesis import example, given, settings
from hypothesis import strategies as st

from faceauthd.control.protocol import Refusal, Rejected, answer_line, encode, refusal_line
from faceauthd.control.shapes import event_fields, event_from
from faceauthd.control.verbs import IMAGES_LIMIT, NAME_LIMIT_CHARS, VERBS, Call, Choice, Seconds, Text, Whole, parse
from faceauthd.types import Event, EventKind, Reason

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
KEYS = st.sampled_from(["id", "do", *(arg.name for verb in VERBS.values() for arg in verb.args)]) | st.text(max_size=5)
VALUES = JSON | st.sampled_from([*VERBS, *EventKind, "admin"])
REQUESTS = st.dictionaries(KEYS, VALUES, max_size=6).map(lambda said: json.dumps(said).encode())
DAMAGED = st.tuples(REQUESTS, st.integers(0, 200), st.binary(max_size=4)).map(
    lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :]
)


@settings(deadline=None)
@given(st.binary(max_size=2000) | REQUESTS | DAMAGED)
@example(b"[" * 65_536)
@example(b"\xff" * 65_536)
@example(b'{"id":' + b"1" * 65_000 + b',"do":"status"}')
@example(b'{"do":"' + b"\\u0000" * 10_000 + b'"}')
@example(json.dumps({"do": "a" * 60_000}).encode())
@example(json.dumps({"do": "remove", "a" * 60_000: 1}).encode())
def test_any_line_is_a_sound_call_or_a_short_refusal(line: bytes) -> None:
    found = parse(line)
    if isinstance(found, Rejected):
        told = refusal_line(found.id, found.refusal)
        assert told.isascii()
        assert told.count(b"\n") == 1
        assert len(told) < 3000
        assert json.loads(told)["error"]["message"]
    else:
        assert_sound(found)


def assert_sound(call: Call) -> None:
    """Every argument that the verb has is there, and is what its kind promises."""
    assert call.verb is VERBS[call.verb.name]
    assert list(call.args) == [arg.name for arg in call.verb.args]
    assert 0 <= call.files <= IMAGES_LIMIT
    assert answer_line(call.id, dict(call.args))
    for arg in call.verb.args:
        value = call.args[arg.name]
        if value is None:
            assert not arg.required
            continue
        match arg.kind:
            case Text():
                assert isinstance(value, str)
                assert 0 < len(value) <= NAME_LIMIT_CHARS
                assert value.encode()
                assert "\n" not in value
            case Whole(least, most):
                assert type(value) is int
                assert least <= value <= most
            case Seconds(most):
                assert isinstance(value, float)
                assert 0 <= value <= most
            case Choice(words):
                assert value in words


@settings(deadline=None)
@given(st.sampled_from(list(VERBS)), st.integers(-(2**52), 2**52) | st.text(max_size=128), st.data())
def test_every_honest_request_is_understood(verb: str, mark: int | str, data: st.DataObject) -> None:
    names = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=NAME_LIMIT_CHARS)
    asked: dict[str, object] = {"id": mark, "do": verb}
    for arg in VERBS[verb].args:
        if not arg.required and data.draw(st.booleans()):
            continue
        match arg.kind:
            case Text():
                asked[arg.name] = data.draw(names)
            case Whole(least, most):
                asked[arg.name] = data.draw(st.integers(least, most))
            case Seconds(most):
                asked[arg.name] = data.draw(st.floats(0, most))
            case Choice(words):
                asked[arg.name] = data.draw(st.sampled_from(words))
    call = parse(encode(asked).rstrip(b"\n"))
    assert isinstance(call, Call)
    assert call.id == mark
    assert {name: call.args[name] for name in asked if name in call.args} == {
        name: value for name, value in asked.items() if name in call.args
    }


@settings(deadline=None)
@given(
    st.text(),
    st.dictionaries(st.text(), SCALARS.filter(lambda value: value == value and value not in (math.inf, -math.inf))),
)
def test_a_refusal_is_one_line_whatever_its_text(message: str, details: dict[str, object]) -> None:
    told = refusal_line(1, Refusal("REFUSED", message, details))
    assert told.count(b"\n") == 1
    said = json.loads(told)
    assert (said["id"], said["ok"], said["error"]["code"]) == (1, False, "REFUSED")
    assert "\n" not in said["error"]["message"]


@settings(deadline=None)
@given(
    st.builds(
        Event,
        kind=st.sampled_from(EventKind),
        time_s=st.floats(0, 1e9).map(lambda value: round(value, 3)),
        person=st.none() | st.text(),
        score=st.none() | st.floats(-1, 1).map(lambda value: round(value, 4)),
        threshold=st.none() | st.floats(-1, 1).map(lambda value: round(value, 4)),
        liveness=st.none() | st.floats(0, 1).map(lambda value: round(value, 4)),
        reason=st.none() | st.sampled_from(Reason),
        detail=st.none() | st.text(),
    )
)
def test_an_event_survives_the_wire(event: Event) -> None:
    assert event_from(json.loads(encode(event_fields(event)))) == event
