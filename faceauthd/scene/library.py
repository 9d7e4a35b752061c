"""From a scene's name or file to a scene that plays: faces, pictures and background found and loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.errors import PictureError, SceneError
from faceauthd.picture import load_picture, resize
from faceauthd.resources import shipped
from faceauthd.scene.face import SampleFaces, face_from_picture
from faceauthd.scene.player import Scene
from faceauthd.scene.read import read_scene
from faceauthd.scene.room import room

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from faceauthd.scene.face import Face
    from faceauthd.scene.spec import SceneSpec, Visit
    from faceauthd.types import Picture

    LandmarksOf = Callable[[Picture], NDArray[np.floating] | None]
    """Finds the 68 landmarks (68, 2) of the one face in a picture, or None."""


def shipped_scenes() -> dict[str, Path]:
    """The scenes that come with faceauthd, by name."""
    return {path.stem: path for path in sorted((shipped("config") / "scenes").glob("*.yaml"))}


def load_spec(source: Path | str) -> SceneSpec:
    """What the scene called `source`, or in the file `source`, says; no picture is touched. Raises SceneError."""
    return read_scene(_found(source))


def load_scene(source: Path | str, *, landmarks_of: LandmarksOf | None = None) -> Scene:
    """The scene called `source`, or in the file `source`.

    Pictures that a scene names are looked for beside its file; `landmarks_of` finds the face in those whose landmarks
    the scene does not give. Raises SceneError, with one line `file:line: ...` for each problem.
    """
    path = _found(source)
    spec = read_scene(path)
    samples = SampleFaces()
    faces: dict[str, Face] = {}
    for visit in spec.visits:
        if visit.who in faces:
            continue
        if visit.who in samples.names:
            faces[visit.who] = samples.face(visit.who)
        else:
            faces[visit.who] = _own_face(visit, spec, path.parent, samples.names, landmarks_of)
    return Scene(spec, faces, _background(spec, path.parent))


def _found(source: Path | str) -> Path:
    path = shipped_scenes().get(str(source)) or Path(source)
    if not path.exists() and path.suffix == "":
        raise SceneError(f"no scene is called '{source}'; there are {', '.join(shipped_scenes())}, or give a YAML file")
    return path


def _own_face(
    visit: Visit, spec: SceneSpec, folder: Path, samples: Sequence[str], landmarks_of: LandmarksOf | None
) -> Face:
    at = f"{spec.name}:{visit.line}"
    path = folder / visit.who
    if not path.is_file():
        names = ", ".join(samples)
        raise SceneError(f"{at}: '{visit.who}' is neither a sample face ({names}) nor a picture beside the scene")
    try:
        picture = load_picture(path)
    except PictureError as error:
        raise SceneError(f"{at}: {error}") from error
    landmarks = visit.landmarks or (landmarks_of(picture) if landmarks_of else None)
    if landmarks is None:
        why = "no single face is found in it" if landmarks_of else "it needs 'landmarks'"
        raise SceneError(f"{at}: {visit.who}: {why}; a scene needs one clear face, looking at the camera")
    return face_from_picture(visit.who, picture, np.asarray(landmarks, dtype=np.float32))


def _background(spec: SceneSpec, folder: Path) -> NDArray[np.float32]:
    if spec.room_picture is None:
        return room(spec.size, spec.room_seed)
    try:
        return resize(load_picture(folder / spec.room_picture), spec.size).astype(np.float32)
    except PictureError as error:
        raise SceneError(f"{spec.name}: room: {error}") from error
