"""The configuration as YAML that people read and faceauthd reads back."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from operator import attrgetter

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from faceauthd.config.fields import leaves, limits, submodel
from faceauthd.config.load import Loaded
from faceauthd.config.schema import Config
from faceauthd.config.text import printable, yaml_scalar

LINE_WIDTH = 100

_HEAD = """\
# faceauthd: every key, what it means, what it may be, and its default.
#
# Only what differs from a default need stand in a file of your own. After a change:
#   faceauthd check-config FILE      every problem at once, with its line
#   faceauthd show-config --config FILE   what is in force, and where each value came from
# Any key can be set for one run: faceauthd run --set gate.unlock_s=3
# A relative path starts at the folder of this file (in --set: where the command is typed);
# ~, $HOME, $XDG_STATE_HOME and $XDG_RUNTIME_DIR are expanded where a path begins with them.
#
# This file is made from the descriptions in faceauthd/config: faceauthd show-config --reference
"""


def effective_yaml(loaded: Loaded) -> str:
    """Every key with the value in force and, as a comment, where it came from."""

    def comment(path: tuple[str, ...], _: FieldInfo) -> tuple[list[str], str]:
        return [], printable(loaded.origins[".".join(path)])

    return _yaml(loaded.config, comment)


def reference_yaml() -> str:
    """config/faceauthd.yaml: every key with its description, its range or choices, and its default."""

    def comment(_: tuple[str, ...], field: FieldInfo) -> tuple[list[str], str]:
        allowed = str(limits(field))
        text = f"{field.description} ({allowed})" if allowed else field.description or ""
        return textwrap.wrap(text, LINE_WIDTH, break_long_words=False, break_on_hyphens=False), ""

    return _HEAD + _yaml(Config(), comment, is_commented=True)


def _yaml(
    config: Config,
    comment: Callable[[tuple[str, ...], FieldInfo], tuple[list[str], str]],
    is_commented: bool = False,
) -> str:
    out: list[str] = []
    above: tuple[str, ...] = ()
    for path, field in leaves():
        out += _headings(above, path[:-1], is_commented)
        above = path[:-1]
        indent = "  " * len(above)
        before, behind = comment(path, field)
        text = f"{indent}{path[-1]}: {yaml_scalar(attrgetter('.'.join(path))(config))}"
        out += [f"{indent}# {each}" for each in before]
        out.append(f"{text:<44}  # {behind}" if behind else text)
    return "\n".join(out) + "\n"


def _headings(above: tuple[str, ...], section: tuple[str, ...], is_commented: bool) -> list[str]:
    """The lines that open `section` when `above` was the last one."""
    if section == above:
        return []
    depth = len(section) - 1
    heading = f"{'  ' * depth}{section[-1]}:"
    if not is_commented:
        return [heading]
    return ["", f"{'  ' * depth}# {_purpose(section)}", heading]


def _purpose(section: tuple[str, ...]) -> str:
    """The docstring of the section's model, on one line."""
    model: type[BaseModel] = Config
    for name in section:
        model = submodel(model.model_fields[name]) or model
    return " ".join((model.__doc__ or "").split())
