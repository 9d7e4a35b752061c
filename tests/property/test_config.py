"""Whatever is written: a configuration that survives being shown and read again, or a ConfigError."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from faceauthd.config import Loaded, load_config
from faceauthd.config.fields import is_a, leaves, limits
from faceauthd.config.render import effective_yaml, reference_yaml
from faceauthd.config.text import yaml_scalar
from faceauthd.errors import ConfigError

LEAVES = dict(leaves())
ENV = {"HOME": "/h/ann"}
REFERENCE = reference_yaml()
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda word: word.strip() not in ("", "null")
)
ANY_PATH = WORDS.map(lambda word: f"/{word}")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "config.yaml"


def one_value(field: FieldInfo) -> st.SearchStrategy[Any]:
    """Values that are right for a key by itself."""
    allowed = limits(field)
    if allowed.choices:
        return st.sampled_from(allowed.choices)
    if is_a(field, bool):
        return st.booleans()
    if is_a(field, float):
        return st.floats(allowed.least, allowed.most)
    if is_a(field, int):
        step = 2 if is_even(field) else 1
        return st.integers(int(allowed.least or 0) // step, int(allowed.most or 0) // step).map(lambda n: n * step)
    if field.default == "picamera2":
        return st.one_of(
            st.sampled_from(["picamera2", "picamera2:3", "none", "scene:demo", "av:rtsp://host/a b#c"]),
            st.tuples(st.sampled_from(["replay", "scene", "av"]), ANY_PATH).map(":".join),
        )
    return ANY_PATH if is_a(field, Path) or field.default == "shipped" else WORDS


def is_even(field: FieldInfo) -> bool:
    return any(getattr(mark, "multiple_of", None) == 2 for mark in field.metadata)


def value_of(field: FieldInfo) -> st.SearchStrategy[Any]:
    is_list = get_origin(field.annotation) is tuple
    values = (
        st.lists(one_value(field), min_size=1, max_size=2, unique=True).map(sorted) if is_list else one_value(field)
    )
    return st.one_of(st.none(), values) if type(None) in get_args(field.annotation) else values


SETTINGS = st.lists(st.sampled_from(list(LEAVES)), max_size=6, unique=True).flatmap(
    lambda paths: st.fixed_dictionaries({path: value_of(LEAVES[path]) for path in paths})
)


def as_file(chosen: dict[tuple[str, ...], Any]) -> str:
    """The settings as YAML in flow style: another spelling than the one that `show-config` writes."""
    tree: dict[str, Any] = {}
    for path, value in chosen.items():
        section = tree
        for part in path[:-1]:
            section = section.setdefault(part, {})
        section[path[-1]] = yaml_scalar(value)
    return flow(tree)


def flow(tree: dict[str, Any] | str) -> str:
    return tree if isinstance(tree, str) else "{" + ", ".join(f"{key}: {flow(tree[key])}" for key in tree) + "}"


@settings(max_examples=150, deadline=None)
@given(chosen=SETTINGS)
def test_what_is_in_force_can_be_shown_and_read_again(scratch: Path, chosen: dict[tuple[str, ...], Any]) -> None:
    scratch.write_text(as_file(chosen), encoding="utf-8")
    first, problems = outcome(scratch)
    assert not [problem for problem in problems if re.search("unknown key|is not|out of range|refused", problem)]
    assume(first is not None)
    assert first is not None
    scratch.write_text(effective_yaml(first), encoding="utf-8")
    again = load_config(scratch, env={})
    assert again.config == first.config
    assert set(again.origins.values()) != {"default"}


@settings(max_examples=100, deadline=None)
@given(chosen=SETTINGS)
def test_the_command_line_and_the_file_mean_the_same(scratch: Path, chosen: dict[tuple[str, ...], Any]) -> None:
    scratch.write_text(as_file(chosen), encoding="utf-8")
    typed = [f"{'.'.join(path)}={as_typed(path, value)}" for path, value in chosen.items()]
    from_file, problems = outcome(scratch)
    from_typing, same_problems = outcome(None, typed)
    assert len(problems) == len(same_problems)
    assert (from_file and from_file.config) == (from_typing and from_typing.config)


def as_typed(path: tuple[str, ...], value: Any) -> str:
    """A text as it is, without quotes; everything else in YAML."""
    is_text = is_a(LEAVES[path], str) or is_a(LEAVES[path], Path)
    return str(value) if is_text and value is not None else yaml_scalar(value)


def outcome(file: Path | None, overrides: Sequence[str] = ()) -> tuple[Loaded | None, list[str]]:
    """What was loaded, or what was complained of; any other exception is a failed test."""
    try:
        return load_config(file, overrides, env=ENV), []
    except ConfigError as error:
        return None, error.problems


def loads_or_complains(file: Path, overrides: Sequence[str] = ()) -> None:
    """Each complaint is one line that a terminal shows as it is."""
    loaded, problems = outcome(file, overrides)
    assert (loaded is None) == bool(problems)
    assert [problem for problem in problems if not problem.isprintable() or len(problem) > 2000] == []


KEYS = st.one_of(st.sampled_from(sorted({part for path in LEAVES for part in path})), st.text(max_size=5))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9))
TREES = st.recursive(
    SCALARS.map(yaml_scalar),
    lambda below: st.one_of(
        st.lists(below, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(KEYS.map(yaml_scalar), below, max_size=4).map(flow),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(TREES, st.text(max_size=60)))
def test_any_yaml_and_any_text_is_a_configuration_or_a_config_error(scratch: Path, text: str) -> None:
    scratch.write_text(text, encoding="utf-8", errors="surrogatepass")
    loads_or_complains(scratch)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=60))
def test_any_bytes_are_a_configuration_or_a_config_error(scratch: Path, content: bytes) -> None:
    scratch.write_bytes(content)
    loads_or_complains(scratch)


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(REFERENCE)), cut=st.integers(0, 9), put=st.text(max_size=4))
def test_a_damaged_reference_is_a_configuration_or_a_config_error(scratch: Path, at: int, cut: int, put: str) -> None:
    scratch.write_text(REFERENCE[:at] + put + REFERENCE[at + cut :], encoding="utf-8", errors="surrogatepass")
    loads_or_complains(scratch)


@settings(max_examples=150, deadline=None)
@given(path=st.sampled_from(list(LEAVES)), value=st.one_of(TREES, st.text(max_size=20)), junk=st.text(max_size=20))
def test_any_override_is_taken_or_a_config_error(scratch: Path, path: tuple[str, ...], value: str, junk: str) -> None:
    scratch.write_text("gate: {unlock_s: 3}", encoding="utf-8")
    loads_or_complains(scratch, (f"{'.'.join(path)}={value}", junk))
