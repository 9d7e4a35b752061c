"""The shipped sample faces, and faces that users bring: a picture, who is in it, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faceauthd.errors import SceneError
from faceauthd.picture import load_picture, resize
from faceauthd.resources import shipped
from faceauthd.scene.head import Head
from faceauthd.scene.matte import of_picture, own_colours
from faceauthd.yamlfile import YamlError, load_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from faceauthd.types import Picture

LANDMARKS = 68
_LARGEST_PUPILS_PX = 160.0
"""A picture in which the pupils are farther apart is scaled down: a camera of 1280 pixels sees them so at 0.4 m."""


@dataclass(frozen=True, slots=True)
class Face:
    """A picture (h, w, 3), alpha (h, w) of the person in it, 68 landmarks (68, 2) and the head they belong to.

    `colours` (h, w, 3) is the picture with the person's own colours continued over their edge.
    `lids_px` is how much skin above the eyes a blink may stretch: less where glasses would be drawn down with it.
    """

    name: str
    picture: Picture
    colours: Picture
    alpha: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    head: Head
    lids_px: float


class SampleFaces:
    """The faces that come with faceauthd, by name."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read the catalogue in `folder`, by default the shipped one. Raises SceneError."""
        self._folder = folder or shipped("faces")
        try:
            self._entries: dict[str, dict[str, Any]] = load_yaml(self._folder / "faces.yaml")["faces"]
        except (YamlError, KeyError, TypeError) as error:
            why = f"the sample faces cannot be read ({error}); install faceauthd again"
            raise SceneError(f"{self._folder}: {why}") from error

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._entries))

    def face(self, name: str) -> Face:
        """The face called `name`. Raises SceneError if there is none, PictureError if its files are damaged."""
        if name not in self._entries:
            raise SceneError(f"no sample face is called '{name}'; there are {', '.join(self.names)}")
        entry = self._entries[name]
        picture = load_picture(self._folder / entry["picture"])
        matte = load_picture(self._folder / entry["matte"])
        landmarks = np.array(entry["landmarks"], dtype=np.float32)
        head = Head.of(landmarks, tuple(entry["head"]["centre"]), tuple(entry["head"]["radii"]))
        alpha = of_picture(matte, (picture.shape[1], picture.shape[0]))
        return Face(name, picture, own_colours(picture, alpha), alpha, landmarks, head, float(entry["lids_px"]))


def face_from_picture(name: str, picture: Picture, landmarks: NDArray[np.floating]) -> Face:
    """A face from a user's own picture and its 68 landmarks; head and shoulders are cut out by geometry.

    Raises SceneError if the landmarks are not (68, 2) or lie on one spot.
    """
    points = np.asarray(landmarks, dtype=np.float32)
    if points.shape != (LANDMARKS, 2) or not np.isfinite(points).all() or np.ptp(points, axis=0).min() < 1:
        raise SceneError(f"{name}: a face needs {LANDMARKS} landmarks, each x and y in pixels; got {points.shape}")
    shrink = _LARGEST_PUPILS_PX / Head.of(points).pupils_px
    if shrink < 1.0:
        size = (math.ceil(picture.shape[1] * shrink), math.ceil(picture.shape[0] * shrink))
        points = points * (np.array(size, dtype=np.float32) / (picture.shape[1], picture.shape[0])).astype(np.float32)
        picture = resize(picture, size)
    head = Head.of(points)
    alpha = _bust(picture, head, points)
    return Face(name, picture, own_colours(picture, alpha), alpha, points, head, 0.35 * head.pupils_px)


def _bust(picture: Picture, head: Head, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Alpha of head, neck and shoulders as people mostly are; soft, because it cannot know better."""
    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    chin, radius = landmarks[8], head.radii[0]
    below = (y - chin[1]) / radius
    down = (y - head.centre[1]) / head.radii[1]
    half = radius * (1.02 - 0.2 * np.clip(down, 0.0, 1.0))
    ball = 1.0 - np.hypot((x - head.centre[0]) / half, down / 1.12)
    slope = np.clip((below - 0.15) / 0.55, 0.0, 1.0)
    shoulders = radius * (0.62 + 1.45 * np.sqrt(slope))
    body = np.where(below > -0.5, (shoulders - np.abs(x - chin[0])) / radius, -1.0)
    alpha: NDArray[np.float32] = np.clip(0.5 + np.maximum(ball, body) / 0.08, 0.0, 1.0).astype(np.float32)
    return alpha
