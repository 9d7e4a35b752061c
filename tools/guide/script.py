"""What a story is told in: a scene, and what is pressed, typed, looked at and unplugged meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faceauthd.types import Sign


@dataclass(frozen=True)
class Contact:
    """A contact of the panel closes to ground, or opens, at a time of the scene."""

    at_s: float
    part: str
    is_down: bool


@dataclass(frozen=True)
class Typed:
    """Somebody types a command at a time of the scene; `screen` keeps the terminal under that name.

    Without `is_long` the scene goes on slowly until the command has ended.
    """

    at_s: float
    command: str
    screen: str | None = None
    is_long: bool = False


@dataclass(frozen=True)
class Watched:
    """Somebody looks at `faceauthctl watch` at a time of the scene, having begun with it."""

    at_s: float
    screen: str


@dataclass(frozen=True)
class Unplugged:
    """The camera gives nothing any more, from a time of the scene on."""

    at_s: float


Cue = Contact | Typed | Watched | Unplugged


@dataclass(frozen=True)
class Script:
    """A scene (see docs/scenes.md) or another camera, what differs from the defaults, and what happens meanwhile."""

    scene: Mapping[str, object] | str
    cues: Sequence[Cue] = ()
    settings: Sequence[str] = ()
    before: Sequence[str] = ()
    """Commands typed before anything else, whose terminals nobody needs."""
    until_s: float | None = None
    """When to stop where the camera never ends."""
    sign: Sign = Sign.BLINK
    """The sign of life that the lot falls on."""
