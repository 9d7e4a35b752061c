"""YAML in: the one module that knows PyYAML.

Stricter than the library: a key twice is an error, a file has a size limit, and aliases may not multiply
(a few lines of nested aliases would otherwise unfold into gigabytes).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
"""Nodes of the document with every alias unfolded; the longest scene is far below a thousand."""

KeyPath = tuple[str | int, ...]


class YamlError(ValueError):
    """The text is not YAML as we take it; one line with name, line and what is wrong."""


def load_yaml(source: Path | str, *, name: str = "text") -> Any:
    """Data of a file, or of text: dicts, lists and scalars. Raises YamlError."""
    text, name = (_read(source), str(source)) if isinstance(source, Path) else (source, name)
    return load_yaml_with_lines(text, name)[0]


def load_yaml_with_lines(text: str, name: str) -> tuple[Any, dict[KeyPath, int]]:
    """Data, and for each path of keys and indices in it the line, from 1, where that key stands.

    The empty path is the document itself. `name` stands for the text in errors. Raises YamlError.
    """
    if len(text) > MAX_BYTES:
        raise YamlError(f"{name}: {len(text)} characters is too long for a YAML file; the limit is {MAX_BYTES}")
    try:
        return _parsed(text, name)
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        raise YamlError(f"{_where(name, error)}: {_what(error)}") from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise YamlError(f"{name}: {' '.join(str(error).split())}") from error
    except (ValueError, RecursionError, AttributeError, KeyError, IndexError) as error:  # a tag misused among them
        raise YamlError(f"{name}: a value is out of range or nested too deeply ({error})") from error


def _parsed(text: str, name: str) -> tuple[Any, dict[KeyPath, int]]:
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return None, {(): 1}
        lines: dict[KeyPath, int] = {}
        _walk(root, (), root.start_mark.line + 1, lines, name)
        return loader.construct_document(root), lines
    finally:
        if loader is not None:
            loader.dispose()


def _walk(node: yaml.Node, path: KeyPath, line: int, lines: dict[KeyPath, int], name: str) -> None:
    """Note the line of `path`, refuse keys that stand twice, and go on below."""
    if len(lines) >= MAX_NODES:
        raise YamlError(f"{name}:{line}: aliases unfold into more than {MAX_NODES} values; write them out")
    lines[path] = line
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), item.start_mark.line + 1, lines, name)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise YamlError(f"{name}:{at}: a key must be plain text, not a list or a mapping")
            if key.value in seen:
                raise YamlError(f"{name}:{at}: key '{key.value}' stands here and in line {seen[key.value]}; keep one")
            seen[key.value] = at
            _walk(value, (*path, key.value), at, lines, name)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise YamlError(f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise YamlError(f"{path}: larger than {MAX_BYTES} bytes; is this the right file?")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise YamlError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error


def _where(name: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return name if mark is None else f"{name}:{mark.line + 1}"


def _what(error: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (error.problem, error.context) if part)
