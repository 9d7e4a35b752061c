"""A folder of people's pictures, embedded: what curves and rules are measured on."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.errors import EvaluationError
from faceauthd.evaluation.people import person_of
from faceauthd.evaluation.runner import FaceReader
from faceauthd.picture import SUFFIXES, load_picture
from faceauthd.vision.embed import SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from faceauthd.evaluation.runner import Progress
    from faceauthd.vision.pack import ModelPack


@dataclass(frozen=True, slots=True)
class Collection:
    """The pictures in which a face was found, sorted by name."""

    names: tuple[str, ...]
    """Paths below the folder, of the form `person/picture`."""
    rows: NDArray[np.float32]
    """(n, 512) unit vectors."""
    quality: NDArray[np.float64]
    """(n,), 0 to 1: the weight that the product would give the look."""
    without_face: tuple[str, ...]

    @property
    def people(self) -> list[str]:
        """Whose each picture is, (n,)."""
        return [person_of(name) or "" for name in self.names]


def collect(folder: Path, pack: ModelPack, progress: Progress, cache: Path | None = None) -> Collection:
    """Embed every picture of the folders in `folder`, or take it from `cache` if that holds just these.

    Raises EvaluationError, PictureError, ModelError; a cache that cannot be written raises OSError.
    """
    paths = [path for path in folder.glob("*/*") if path.suffix.lower() in SUFFIXES]
    names = sorted(path.relative_to(folder).as_posix() for path in paths)
    if not names:
        raise EvaluationError(f"{folder}: no pictures in it; it must hold a folder for each person")
    stamp = [pack.embedder_id, *(f"{name} {(folder / name).stat().st_size}" for name in names)]
    rows, quality = _kept(cache, stamp) or _embedded(folder, names, FaceReader(pack), progress)
    if cache is not None:
        with cache.open("wb") as file:
            np.savez(file, stamp=np.array(stamp), rows=rows, quality=quality)
    seen = ~np.isnan(rows[:, 0])
    return Collection(
        names=tuple(name for name, is_seen in zip(names, seen, strict=True) if is_seen),
        rows=rows[seen],
        quality=quality[seen],
        without_face=tuple(name for name, is_seen in zip(names, seen, strict=True) if not is_seen),
    )


def _embedded(
    folder: Path, names: Sequence[str], reader: FaceReader, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    rows = np.full((len(names), SIZE), np.nan, dtype=np.float32)
    quality = np.zeros(len(names))
    for index, name in enumerate(progress(names)):
        face = reader.look(load_picture(folder / name))
        if face is not None:
            rows[index], quality[index] = face
    return rows, quality


def _kept(cache: Path | None, stamp: list[str]) -> tuple[NDArray[np.float32], NDArray[np.float64]] | None:
    """What the cache holds, unless it is of other pictures or another embedder. Raises EvaluationError."""
    if cache is None or not cache.exists():
        return None
    try:
        with cache.open("rb") as file, np.load(file) as kept:
            return (kept["rows"], kept["quality"]) if kept["stamp"].tolist() == stamp else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise EvaluationError(f"{cache}: not a cache of embeddings ({error}); remove it or name another") from error
