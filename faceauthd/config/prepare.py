"""Between YAML and the models: paths made absolute, empty sections allowed, old YAML spellings read as meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from faceauthd.config.base import Located
from faceauthd.config.fields import KeyPath, is_a, limits, submodel
from faceauthd.config.places import Places
from faceauthd.config.schema import Config
from faceauthd.config.text import quoted

# YAML 1.1, which PyYAML reads, wants a dot in a number with an exponent; YAML 1.2 and people do not.
_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]{1,3}")


def prepare(
    data: dict[Any, Any],
    places_for: Callable[[KeyPath], Places],
    found: list[tuple[KeyPath, str]],
    model: type[BaseModel] = Config,
    path: KeyPath = (),
) -> dict[str, Any]:
    """A copy of `data` that the models can judge. What cannot be prepared is left out and added to `found`."""
    ready: dict[str, Any] = {}
    for key, value in data.items():
        name = key if isinstance(key, str) else quoted(key)
        at = (*path, name)
        field = model.model_fields.get(name)
        below = submodel(field) if field else None
        try:
            if below is not None:
                ready[name] = prepare(_section(value), places_for, found, below, at)
            else:
                ready[name] = value if field is None else _prepared(value, field, places_for(at))
        except ValueError as error:
            found.append((at, f"{quoted(value)} {error}"))
    return ready


def _section(value: object) -> dict[Any, Any]:
    """A section's keys; one whose keys are all commented out has none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("is not a section; put its keys on the lines below it, indented")
    return value


def _prepared(value: object, field: FieldInfo, places: Places) -> object:
    located = next((mark for mark in field.metadata if isinstance(mark, Located)), None)
    if located and isinstance(value, str):
        return located.find(value, places)
    if isinstance(value, str) and is_a(field, float) and _EXPONENT.fullmatch(value):
        return float(value)
    if value is False and "off" in limits(field).choices:  # YAML 1.1 reads a bare off as false
        return "off"
    return value
