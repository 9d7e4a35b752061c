"""Values written as YAML are read back as they were, by a reader of YAML 1.1."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from faceauthd.config.text import printable, quoted, yaml_scalar


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "a",
            "off",
            "No",
            "null",
            "TRUE",
            "y",
            "1",
            "1e5",
            "~",
            "a: b",
            "a #b",
            "a:",
            "- a",
            "[a",
            "'",
            '"',
            "\\",
        ),
        *(" a ", "<<", "=", "&a", "*a", "!a", "replay:/a/b", "/a: b"),
        *("\0\x07\x1b\x7f\x85\xa0", "a\nb", "ä😀", "\u2028\ufeff\uffff"),
        *(None, True, False, 0, -5, 17, 0.5, 1e-5, 1e-7, 1.5e-7, 1e22, -2.25, [], [1, 2], ["a b", None, 0.03]),
    ],
)
def test_a_value_reads_back_as_itself(value: object) -> None:
    written = yaml_scalar(value)
    assert "\n" not in written
    assert yaml.safe_load(written) == value
    assert yaml.safe_load(f"[{written}, {{k: {written}}}]") == [value, {"k": value}]


@pytest.mark.parametrize(("value", "written"), [(5.0, "5"), (Path("/a/b"), "/a/b"), ((1, 2), "[1, 2]"), (30.0, "30")])
def test_values_are_written_plainly(value: object, written: str) -> None:
    assert yaml_scalar(value) == written


def test_nothing_from_outside_moves_the_cursor() -> None:
    assert printable("a\x1b[2J\u202eb\nc") == "a\\x1b[2J\\u202eb\\nc"
    assert quoted("a\x1b\n").isprintable()
    assert len(quoted("x" * 1000)) < 80
    assert len(quoted({"a": list(range(1000))})) < 200
