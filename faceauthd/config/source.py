"""What `camera.source` may say, and what it means."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from faceauthd.config.places import Places, absolute_path


class SourceKind(enum.StrEnum):
    """Which camera adapter gives the frames."""

    PICAMERA2 = "picamera2"
    REPLAY = "replay"
    SCENE = "scene"
    AV = "av"
    NONE = "none"


FORMS = "picamera2, picamera2:N, replay:PATH, scene:FILE, av:URL_OR_DEVICE or none"


@dataclass(frozen=True, slots=True)
class CameraSource:
    """A parsed source. `target` follows the colon: a camera's number, an absolute path, a URL, a scene's name."""

    kind: SourceKind
    target: str = ""

    @property
    def camera_number(self) -> int:
        """Which of the Pi's cameras; the first if none was named."""
        return int(self.target or "0")

    @property
    def is_live(self) -> bool:
        """Whether it shows the world as it is now: a camera or a network stream, and nothing recorded or drawn."""
        if self.kind is SourceKind.AV:
            return "://" in self.target or self.target.startswith("/dev/")
        return self.kind is SourceKind.PICAMERA2

    @property
    def is_shipped_scene(self) -> bool:
        """Whether a scene is one of the package's own, given by its bare name."""
        return self.kind is SourceKind.SCENE and _is_bare_name(self.target)

    def __str__(self) -> str:
        return f"{self.kind}:{self.target}" if self.target else str(self.kind)


def parse_source(text: str) -> CameraSource:
    """Read `kind` or `kind:target`. Raises ValueError with a remedy."""
    word, colon, target = text.partition(":")
    try:
        kind = SourceKind(word)
    except ValueError:
        raise ValueError(f"is not a camera; use {FORMS}") from None
    if kind in (SourceKind.REPLAY, SourceKind.SCENE, SourceKind.AV) and not target.strip():
        raise ValueError(f"says {kind} of what? use {kind}:{'NAME_OR_FILE' if kind is SourceKind.SCENE else 'PATH'}")
    if kind is SourceKind.NONE and colon:
        raise ValueError("has text after none; use none alone")
    if kind is SourceKind.PICAMERA2 and colon and not _is_camera_number(target):
        raise ValueError("needs a camera's number after the colon, 0 to 9; for example picamera2:0")
    return CameraSource(kind, target)


def absolute_source(text: str, places: Places) -> str:
    """The same source with its path made absolute. A URL and a shipped scene's name stay as they are."""
    source = parse_source(text)
    is_path = source.kind is SourceKind.REPLAY or (source.kind is SourceKind.AV and "://" not in source.target)
    if is_path or (source.kind is SourceKind.SCENE and not source.is_shipped_scene):
        return str(CameraSource(source.kind, str(absolute_path(source.target, places))))
    return text


def _is_camera_number(text: str) -> bool:
    return len(text) == 1 and text in "0123456789"


def _is_bare_name(text: str) -> bool:
    return not any(mark in text for mark in "/.~$")
