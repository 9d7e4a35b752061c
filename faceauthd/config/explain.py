"""A problem as one line: where, which key, what is wrong with which value, what is allowed, and an example."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic.fields import FieldInfo

from faceauthd.config.fields import KeyPath, find_field, leaves, limits
from faceauthd.config.origins import Origins
from faceauthd.config.text import printable, quoted, yaml_scalar

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# pydantic's error types and what each says of a value; the fields are those of the error's context.
_WRONG = {
    "float_type": "is not a number",
    "int_type": "is not a whole number",
    "bool_type": "is not true or false",
    "string_type": "is not a text",
    "tuple_type": "is not a list",
    "is_instance_of": "is not a path",
    "finite_number": "is not a finite number",
    "multiple_of": "is not a multiple of {multiple_of}",
    "greater_than_equal": "is out of range ({allowed})",
    "less_than_equal": "is out of range ({allowed})",
    "literal_error": "is not one of {allowed}",
    "too_short": "has fewer than {min_length} items",
    "too_long": "has more than {max_length} items",
    "string_too_short": "has fewer than {min_length} characters",
    "string_too_long": "has more than {max_length} characters",
}

_ALIKE_ELSEWHERE = 0.8
"""A key of another section is suggested only if one letter or two are wrong in it."""


def line(path: KeyPath, text: str, origins: Origins) -> str:
    """`config.yaml:12: gate.unlock_s: text`, or with `--set` in front."""
    return f"{printable(origins.where(path))}: {printable(dotted(path))}: {text}"


def dotted(path: KeyPath) -> str:
    """`section.key`, and `section.key[0]` for an item of a list."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def explain(error: ErrorDetails) -> str:
    """What pydantic found, in our words."""
    path, kind, value = error["loc"], error["type"], error["input"]
    if kind in ("extra_forbidden", "invalid_key"):
        return unknown_key(path)
    field = find_field(path)
    if field is None:
        return f"{quoted(value)} is not a section; put its keys on the lines below it, indented"
    remedy = _example(path, field)
    if value is None:
        return f"has no value; {remedy}, or leave the line out"
    allowed = limits(field)
    if kind == "value_error":
        return f"{quoted(value)} {error['ctx']['error']}"
    if kind == "literal_error":
        meant = _closest(value, map(str, allowed.choices))
        remedy = _did_you_mean(meant) if meant else remedy
    wrong = _WRONG.get(kind, f"is refused ({kind})").format(allowed=allowed, **error.get("ctx", {}))
    return f"{quoted(value)} {wrong}; {remedy}"


def unknown_key(path: KeyPath) -> str:
    """That there is no such key, and which one was probably meant: a neighbour, or a key of another section."""
    *above, name = (str(part) for part in path)
    depth = len(above)
    known = [leaf for leaf, _ in leaves()]
    here = {leaf[depth] for leaf in known if list(leaf[:depth]) == above and len(leaf) > depth}
    elsewhere = [dotted(leaf) for leaf in known if leaf[-1] == name]
    if elsewhere:
        return f"belongs in another section: {' or '.join(elsewhere)}"
    if meant := _closest(name, here):
        return f"unknown key; {_did_you_mean(meant)}"
    if far := _closest(name, {leaf[-1] for leaf in known}, _ALIKE_ELSEWHERE):
        return f"unknown key; {_did_you_mean([dotted(leaf) for leaf in known if leaf[-1] in far])}"
    return f"unknown key; its section has {', '.join(sorted(here))}"


def _closest(written: object, known: Iterable[str], cutoff: float = 0.6) -> list[str]:
    """All that are equally close to what was written, or none that is close enough."""
    text = written[:80] if isinstance(written, str) else quoted(written)
    close = difflib.get_close_matches(text, list(known), n=3, cutoff=cutoff)
    likeness = [difflib.SequenceMatcher(None, text, each).ratio() for each in close]
    return sorted(each for each, ratio in zip(close, likeness, strict=True) if ratio == likeness[0])


def _did_you_mean(meant: list[str]) -> str:
    return f"did you mean {' or '.join(meant)}?"


def _example(path: KeyPath, field: FieldInfo) -> str:
    name = [str(part) for part in path if not isinstance(part, int)][-1]
    example = field.examples[0] if field.examples else field.default
    return f"for example {name}: {yaml_scalar(example)}"
