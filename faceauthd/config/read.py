"""A configuration file as nested data and the line of each key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faceauthd.config.fields import KeyPath
from faceauthd.config.text import printable
from faceauthd.yamlfile import MAX_BYTES, YamlError, load_yaml_with_lines


def read_mapping(path: Path, name: str, problems: list[str]) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """What the file says, or nothing and one more line in `problems`, which call the file `name`."""
    name = printable(name)
    try:
        data, lines = load_yaml_with_lines(_text(path, name), name)
    except YamlError as error:
        problems.append(str(error))
    except OSError as error:
        problems.append(f"{name}: cannot be read ({error.strerror}); name another file with --config")
    except UnicodeDecodeError as error:
        problems.append(f"{name}: is not UTF-8 text (byte {error.start}); save it as UTF-8")
    else:
        if isinstance(data, dict):
            return data, lines
        problems.append(_not_sections(name, data))
    return {}, {}


def _text(path: Path, name: str) -> str:
    if path.exists() and not path.is_file():  # a pipe would be waited for, and /dev/zero read for ever
        raise YamlError(f"{name}: is not a file; name a YAML file")
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise YamlError(f"{name}: is larger than {MAX_BYTES} bytes; is this the right file?")
    return raw.decode("utf-8-sig")


def _not_sections(name: str, data: object) -> str:
    remedy = "begin with a section such as gate:, and put its keys on the lines below it, indented"
    return f"{name}: is empty; {remedy}" if data is None else f"{name}: holds no sections; {remedy}"
