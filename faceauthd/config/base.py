"""What every section of the configuration has in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from faceauthd.config.places import Places, absolute_path


class Section(BaseModel):
    """A frozen group of keys. Unknown keys, `1` for a text and `yes` for a number are errors, never guesses.

    The models are built when the first configuration is read (`defer_build`), not when the module is imported.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)


@dataclass(frozen=True, slots=True)
class Located:
    """Marks a field that names something on disk.

    `find` turns the text a user wrote into an absolute place, before pydantic sees it; it raises ValueError.
    """

    find: Callable[[str, Places], Path | str]


def as_tuple(value: object) -> object:
    """A YAML list as the tuple that a frozen model holds."""
    return tuple(value) if isinstance(value, list) else value


def one_or_more(value: object) -> object:
    """The same, and a lone word as a list of one."""
    return (value,) if isinstance(value, str) else as_tuple(value)


LocalPath = Annotated[Path, Located(absolute_path)]
ListOf = BeforeValidator(as_tuple)
OneOrMore = BeforeValidator(one_or_more)
