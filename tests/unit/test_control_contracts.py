"""docs/contracts.md says what the code does: every name there is one of ours, and every name of ours is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faceauthd.cli.exits import EXIT_MEANING, exit_for_code
from faceauthd.config import Config
from faceauthd.control.files import FILE_LIMIT_BYTES
from faceauthd.control.limits import Limits
from faceauthd.control.protocol import ID_LIMIT_CHARS, LINE_LIMIT_BYTES, PROTOCOL_VERSION, REPLY_LIMIT_BYTES, Code
from faceauthd.control.shapes import person_fields
from faceauthd.control.verbs import EVENTS_LIMIT, IMAGES_LIMIT, VERBS, Verb
from faceauthd.gallery.names import LONGEST_NAME
from faceauthd.gate import Mode
from faceauthd.types import EventKind, Person, Reason, Role

PAGE = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text()


def table(heading: str) -> dict[str, list[str]]:
    """The first table below a heading: its first column, without its backticks, to the others."""
    text = PAGE.partition(f"{heading}\n")[2]
    rows = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert rows is not None, heading
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows[0].splitlines()[2:]]
    return {first.strip("`"): rest for first, *rest in cells}


def test_exit_codes() -> None:
    assert table("## Exit codes") == {str(int(code)): [meaning] for code, meaning in EXIT_MEANING.items()}


def test_codes_of_refusal() -> None:
    told = table("### Codes of refusal")
    assert list(told) == list(Code)
    assert {code: int(cells[-1]) for code, cells in told.items()} == {code: int(exit_for_code(code)) for code in Code}


def test_events_and_reasons() -> None:
    assert list(table("## Events")) == list(EventKind)
    assert re.findall(r"`([A-Z_]+)`", PAGE.partition("### Reasons\n")[2]) == list(Reason)


def test_verbs() -> None:
    assert list(table("### Verbs")) == list(VERBS)


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_arguments(verb: Verb) -> None:
    changes, arguments, _ = table("### Verbs")[verb.name]
    assert (changes == "yes") is verb.changes
    assert re.findall(r"(?:^|, )`(\w+)`", re.sub(r"\([^)]*\)", "", arguments)) == [arg.name for arg in verb.args]


def test_numbers() -> None:
    limits = Limits()
    for told in (
        f"Version {PROTOCOL_VERSION}, on a Unix stream socket",
        f"at most {ID_LIMIT_CHARS} characters",
        f"{LINE_LIMIT_BYTES:,} bytes at most",
        f"An answer has {REPLY_LIMIT_BYTES >> 20} MiB at most",
        f"`limit` (50, at most {EVENTS_LIMIT})",
        f"`images` (0, at most {IMAGES_LIMIT})",
        f"of {FILE_LIMIT_BYTES >> 20} MiB at most",
        f"A name has 1 to {LONGEST_NAME} characters",
        f"without an answer | {limits.open_requests} |",
        f"refused lines in a row | {limits.strikes} |",
        f"once it is begun | {limits.half_line_s:.0f} s |",
        f"{limits.answer_s:.0f} s; `enroll` {limits.long_answer_s:.0f} s",
    ):
        assert told in PAGE, told


def test_words_and_fields() -> None:
    for words in (Mode, Role, person_fields(Person(1, "a", Role.MEMBER, 1, 0.0))):
        for word in words:
            assert f"`{word}`" in PAGE, word


def test_paths() -> None:
    config = Config()
    socket = str(config.control.socket)
    assert {socket, f"{socket}.lock", f"{config.gallery.path}/"} <= set(table("## Paths"))
    assert f"group `{config.control.group}`" in PAGE
