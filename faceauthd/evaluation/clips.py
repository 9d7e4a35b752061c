"""Folders of clips of living people and of attacks: CLIPS/<species>/<clip>/000.jpg, 001.jpg, ... and clip.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faceauthd.errors import EvaluationError
from faceauthd.picture import SUFFIXES, load_picture
from faceauthd.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ABOUT = "clip.json"
LIVE = "live"
"""How the names of species begin that are living people (bona fide presentations, ISO/IEC 30107-3)."""

_SLOWEST_FPS, _FASTEST_FPS = 1.0, 240.0


@dataclass(frozen=True, slots=True)
class Clip:
    """One presentation. `person` is who is shown, None if it is not said."""

    species: str
    name: str
    is_live: bool
    fps: float
    person: str | None
    pictures: tuple[Path, ...]

    def frames(self) -> Iterator[Frame]:
        """The frames, each read when asked for. Raises PictureError."""
        for number, path in enumerate(self.pictures):
            yield Frame(load_picture(path), number / self.fps)


def find_clips(folder: Path) -> list[Clip]:
    """The clips below `folder`, by species and name. Raises EvaluationError, which says what is wrong with them."""
    if not folder.is_dir():
        raise EvaluationError(f"{folder}: no such folder; give one that holds <species>/<clip>/{ABOUT}")
    clips = [_read(path) for path in sorted(folder.glob(f"*/*/{ABOUT}")) if not path.parent.name.startswith(".")]
    if not clips:
        raise EvaluationError(
            f"{folder}: holds no clips; a clip is a folder <species>/<clip>/ with its frames 000.jpg, 001.jpg, ... and "
            f'{ABOUT}, which says {{"fps": 15}}'
        )
    return clips


def _read(path: Path) -> Clip:
    about = _about(path)
    species = path.parent.parent.name
    fps = about.get("fps")
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not _SLOWEST_FPS <= fps <= _FASTEST_FPS:
        raise EvaluationError(f'{path}: "fps" must be a number from {_SLOWEST_FPS:g} to {_FASTEST_FPS:g}, not {fps!r}')
    is_live = species.startswith(LIVE)
    if about.get("species", species) != species:
        raise EvaluationError(f'{path}: says it is "{about["species"]}" and lies in {species}/; move it, or mend it')
    if about.get("is_live", is_live) is not is_live:
        raise EvaluationError(
            f'{path}: "is_live" is {about["is_live"]!r}, but species of living people, and only they, have names that '
            f"begin with {LIVE}; rename the folder {species}/"
        )
    pictures = tuple(sorted(each for each in path.parent.iterdir() if each.suffix.lower() in SUFFIXES))
    if not pictures:
        raise EvaluationError(
            f"{path.parent}: holds no pictures; a clip is its frames, named so that they sort by time"
        )
    person = about.get("person")
    return Clip(species, path.parent.name, is_live, float(fps), None if person is None else str(person), pictures)


def _about(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise EvaluationError(f'{path}: cannot be read as JSON ({error}); write {{"fps": 15}} into it') from error
    if not isinstance(told, dict):
        raise EvaluationError(f'{path}: must hold an object, as {{"fps": 15}}')
    return told
