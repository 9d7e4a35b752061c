"""What a person may be called."""

from __future__ import annotations

import unicodedata

import pytest

from faceauthd.errors import GalleryRefused
from faceauthd.gallery.names import LONGEST_NAME, check_name, name_key


@pytest.mark.parametrize(
    "name",
    ["alice", "Zoë", "person-1", "O'Neill", "李小龍", "Анна Каренина", "ألف", "J. R. R.", "a" * LONGEST_NAME, "7"],
)
def test_good_names_are_kept(name: str) -> None:
    assert check_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "empty"),
        ("x" * 65, "longer than 64"),
        ("x" * 500, "longer than 64"),
        (" alice", "space"),
        ("alice ", "space"),
        ("alice\u00a0bob", "unusual space"),
        ("-rf", "like an option"),
        ("../alice", "path separator"),
        ("a/b", "path separator"),
        ("a\\b", "path separator"),
        ("a\x1b[31m", "control character"),
        ("a\nb", "control character"),
        ("a\0b", "control character"),
        ("a\u202eb", "formatting"),
        ("a\u2066b", "formatting"),
        ("a\u200db", "formatting"),
        ("a\ufeffb", "formatting"),
        ("a\ud800b", "surrogate"),
        ("a\ue000b", "private-use"),
        ("a\u0378b", "unassigned"),
        ("a\u2028b", "line separator"),
        ("a\u3164b", "invisible"),
        ("a\ufe0fb", "invisible"),
        ("\u0301alice", "combining mark"),
        ("..", "letter or digit"),
        ("!?", "letter or digit"),
    ],
)
def test_bad_names_are_refused_in_one_printable_line(name: str, why: str) -> None:
    with pytest.raises(GalleryRefused) as caught:
        check_name(name)
    text = str(caught.value)
    assert why in text
    assert text.isascii()
    assert text.isprintable()
    assert len(text) < 800


def test_names_are_composed_before_they_are_measured() -> None:
    assert check_name("Zoe\u0308") == "Zo\u00eb"
    assert check_name("e\u0301" * LONGEST_NAME) == "\u00e9" * LONGEST_NAME


@pytest.mark.parametrize(
    ("one", "other"), [("ALICE", "alice"), ("Straße", "STRASSE"), ("Zoe\u0308", "ZO\u00cb"), ("\u1e9e", "ss")]
)
def test_case_does_not_tell_people_apart(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_accents_do() -> None:
    assert name_key("Zoe") != name_key("Zoë")
