"""YAML as we take it: lines for every key, no key twice, no bomb."""

from __future__ import annotations

from pathlib import Path

import pytest

from faceauthd.yamlfile import MAX_BYTES, YamlError, load_yaml, load_yaml_with_lines

TEXT = """\
# a comment
camera:
  source: replay:faces
  fps: 15

pins:
  - green
  - {name: red, pin: 17}
"""


def test_each_key_has_its_line() -> None:
    data, lines = load_yaml_with_lines(TEXT, "door.yaml")

    assert data == {"camera": {"source": "replay:faces", "fps": 15}, "pins": ["green", {"name": "red", "pin": 17}]}
    assert lines == {
        (): 2,
        ("camera",): 2,
        ("camera", "source"): 3,
        ("camera", "fps"): 4,
        ("pins",): 6,
        ("pins", 0): 7,
        ("pins", 1): 8,
        ("pins", 1, "name"): 8,
        ("pins", 1, "pin"): 8,
    }


def test_nothing_is_none() -> None:
    assert load_yaml_with_lines("# only a comment\n", "x") == (None, {(): 1})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "t:3: key 'a' stands here and in line 1; keep one"),
        ("x:\n  a: 1\n  a: 2\n", "t:3: key 'a' stands here and in line 2; keep one"),
        ("a: [1, 2\n", "t:2: expected ',' or ']'"),
        ("a:\n\t- 1\n", "t:2: found character"),
        ("? [1, 2]\n: x\n", "t:1: a key must be plain text"),
        ("a: !!python/object/apply:os.system [ls]\n", "t:1: could not determine a constructor"),
        ("a: 1\n---\nb: 2\n", "t:2: but found another document"),
        ("a: *nothing\n", "t:1: found undefined alias"),
        ("a: \x07\n", "t: "),
        ("a: 2026-13-45\n", "t: a value is out of range"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, message: str) -> None:
    with pytest.raises(YamlError) as caught:
        load_yaml_with_lines(text, "t")

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_billion_laughs_are_refused() -> None:
    rows = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]

    with pytest.raises(YamlError, match="aliases unfold into more than"):
        load_yaml("\n".join(rows))


def test_an_alias_within_itself_is_refused() -> None:
    with pytest.raises(YamlError):
        load_yaml("a: &a [*a]\n")


def test_an_honest_alias_is_fine() -> None:
    assert load_yaml("a: &a {x: 1}\nb: *a\n") == {"a": {"x": 1}, "b": {"x": 1}}


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 5000])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(YamlError):
        load_yaml(text)


def test_files_are_bounded_and_named(tmp_path: Path) -> None:
    large, binary = tmp_path / "large.yaml", tmp_path / "binary.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    binary.write_bytes(b"a: \xff\xfe")

    with pytest.raises(YamlError, match=r"large\.yaml: larger than"):
        load_yaml(large)
    with pytest.raises(YamlError, match=r"binary\.yaml: not UTF-8"):
        load_yaml(binary)
    with pytest.raises(YamlError, match=r"gone\.yaml: cannot be read: No such file"):
        load_yaml(tmp_path / "gone.yaml")
