"""What the models say of themselves: which keys there are, and what each may be. Messages and comments come from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from faceauthd.config.schema import Config

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a single value (of a list: each of its items) may be. A bound that is None is open."""

    least: float | None = None
    most: float | None = None
    choices: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        if self.choices:
            return " | ".join(str(choice) for choice in self.choices)
        if self.least is None or self.most is None:
            return ""
        return f"{self.least:.12g} to {self.most:.12g}"


def submodel(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a section, or None if the field is a key with a value."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def leaves(model: type[BaseModel] = Config, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Every key with a value, in the order of the file, as (section, ..., key)."""
    for name, field in model.model_fields.items():
        below = submodel(field)
        if below is None:
            yield (*path, name), field
        else:
            yield from leaves(below, (*path, name))


def find_field(path: KeyPath) -> FieldInfo | None:
    """The key that `path` names or lies inside (an item of its list), None if it names a section or nothing."""
    model: type[BaseModel] = Config
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None:
            return None
        below = submodel(field)
        if below is None:
            return field
        model = below
    return None


def is_section(path: KeyPath) -> bool:
    """Whether `path` names a group of keys."""
    return any(leaf[: len(path)] == path and len(leaf) > len(path) for leaf, _ in leaves())


def limits(field: FieldInfo) -> Limits:
    """Range and choices of a value, wherever in the annotation they are written."""
    least = most = None
    choices: tuple[str | int, ...] = ()
    for mark in _marks(field.annotation, tuple(field.metadata)):
        least = getattr(mark, "ge", least)
        most = getattr(mark, "le", most)
        if get_origin(mark) is Literal:
            choices = get_args(mark)
    return Limits(least, most, choices)


def is_a(field: FieldInfo, kind: type) -> bool:
    """Whether a value, or an item of a list, is annotated as `kind`."""
    return kind in _marks(field.annotation, ())


def _marks(annotation: Any, metadata: tuple[Any, ...]) -> Iterator[Any]:
    """Every type and constraint inside an annotation such as `tuple[Annotated[int, Field(ge=0)], ...] | None`."""
    yield annotation
    for mark in (*metadata, *getattr(annotation, "__metadata__", ())):
        yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)
    if get_origin(annotation) is not Literal:
        for inner in get_args(annotation):
            yield from _marks(inner, ())
