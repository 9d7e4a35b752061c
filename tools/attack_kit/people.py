"""Whose faces are used: those of a folder of pictures, on one side of the split into tuning and test people."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.errors import SceneError
from faceauthd.evaluation.people import person_of, split_people
from faceauthd.evaluation.subject import subject_of
from faceauthd.picture import SUFFIXES, load_picture
from faceauthd.resources import shipped
from faceauthd.scene.face import Face, face_from_picture
from faceauthd.scene.matte import own_colours
from faceauthd.vision.detect import Detector
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.pose import pose_of
from tools.attack_kit.matte import matte, mended

if TYPE_CHECKING:
    from faceauthd.types import Picture

SIDES = ("tune", "test", "all")
ONE_PERSON = Path(__file__).resolve().parents[1] / "lfw_one_person.csv"
"""Names in LFW that are one person, so that nobody is on both sides."""

MOST_YAW_DEG, MOST_PITCH_DEG = 15.0, 15.0
SMALLEST_PUPILS_PX = 30.0
"""Pictures beyond these are not used, for attacks as for living people: who wants to be let in looks at the camera,
and a smaller face would be scaled up by more than three."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, and their pictures."""

    name: str
    pictures: tuple[Path, ...]


def people_of(folder: Path, side: str, one_person: Path = ONE_PERSON) -> list[Person]:
    """The people of `folder` on `side`, by name. A folder a person, or, in a flat folder, a picture a person.

    Raises SceneError if there are none, or the side is none of SIDES.
    """
    if side not in SIDES:
        raise SceneError(f"people are on one of the sides {', '.join(SIDES)}, not '{side}'")
    if not folder.is_dir():
        raise SceneError(f"{folder}: no such folder; give one with a folder of pictures for each person")
    pictures: dict[str, list[Path]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES):
        name = person_of(path.relative_to(folder).as_posix()) or path.stem
        pictures.setdefault(name, []).append(path)
    split = split_people(pictures, _pairs(one_person))
    wanted = {"tune": split.tuning, "test": split.test, "all": frozenset(pictures)}[side]
    if not wanted:
        raise SceneError(f"{folder}: of {len(pictures)} people none is on the side '{side}'; add people, or take 'all'")
    return [Person(name, tuple(paths)) for name, paths in sorted(pictures.items()) if name in wanted]


def face_of(picture: Picture, name: str = "somebody") -> Face:
    """The face nearest the middle of `picture`, cut out by colour. Raises SceneError if none is found."""
    detector, landmarker = _models()
    box = subject_of(picture, detector)
    if box is None:
        raise SceneError(f"{name}: no face is found in the picture; give one clear face, looking at the camera")
    picture = mended(picture)
    face = face_from_picture(name, picture, landmarker.locate(picture, [box])[0])
    alpha = matte(face)
    return replace(face, alpha=alpha, colours=own_colours(face.picture, alpha))


def usable_face(person: Person, rng: np.random.Generator) -> Face | None:
    """A face of `person` that looks at the camera and is large enough, from the first picture in a drawn order; None
    if there is none."""
    for index in rng.permutation(len(person.pictures)):
        path = person.pictures[int(index)]
        try:
            face = face_of(load_picture(path), person.name)
        except SceneError:
            continue
        pose = pose_of(face.landmarks)
        is_frontal = abs(pose.yaw_deg) <= MOST_YAW_DEG and abs(pose.pitch_deg) <= MOST_PITCH_DEG
        if is_frontal and face.head.pupils_px >= SMALLEST_PUPILS_PX:
            return face
    return None


def _pairs(path: Path) -> list[tuple[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [(row["a"], row["b"]) for row in csv.DictReader(file)]


@lru_cache(maxsize=1)
def _models() -> tuple[Detector, Landmarker]:
    pack = ModelPack.open(shipped("models"))
    return Detector(pack.detector), Landmarker(pack.landmarks)
