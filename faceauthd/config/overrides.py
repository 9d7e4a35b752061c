"""`--set section.key=value`: one value from the command line over what the file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faceauthd.config.fields import find_field, is_a, is_section
from faceauthd.config.text import quoted
from faceauthd.yamlfile import YamlError, load_yaml_with_lines


def parse_override(text: str) -> tuple[tuple[str, ...], Any]:
    """The key's path and its value. Raises ValueError with one line.

    The value is read as YAML (`5`, `true`, `null`, `[5, 6]`). That of a key that holds text is taken as it is typed,
    so that a folder named `a: b #1` needs no quotes inside quotes.
    """
    name, equals, written = text.partition("=")
    path = tuple(name.strip().split("."))
    if not equals or len(path) < 2 or not all(path):
        raise ValueError(f"--set {quoted(text)}: not of the form section.key=value; for example --set gate.unlock_s=5")
    if is_section(path) or find_field(path[:-1]) is not None:
        what = "is a section: name one key of it" if is_section(path) else "has a key too many"
        raise ValueError(f"--set {quoted(text)}: {name.strip()} {what}; for example --set gate.unlock_s=5")
    field = find_field(path)
    is_text = field is not None and (is_a(field, str) or is_a(field, Path))
    if is_text and written.strip() not in ("", "null"):
        return path, written
    try:
        return path, load_yaml_with_lines(written, name)[0]
    except YamlError as error:
        raise ValueError(f"--set {quoted(text)}: the value is not YAML; put it in quotes inside the quotes") from error


def put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Place `value` in nested `data`, making the sections on the way.

    Where the file has something that is no section, that stays, to be reported as what it is.
    """
    for part in path[:-1]:
        if data.get(part) is None:
            data[part] = {}
        if not isinstance(data[part], dict):
            return
        data = data[part]
    data[path[-1]] = value
