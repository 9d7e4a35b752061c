"""The face a portrait is of, when others may stand behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from faceauthd.types import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceauthd.types import Picture
    from faceauthd.vision.detect import Detection

SCORES = (0.7, 0.2)
"""Looked for at the daemon's own score first, then at one that suits a picture known to show a face."""
_MARGIN = 0.5
"""Width of the frame put around a picture in which nothing was found, as a share of its sides: a face may fill it."""


class Finding(Protocol):
    """A `vision.detect.Detector`."""

    def find(self, picture: Picture, *, min_score: float) -> list[Detection]: ...


def subject_of(picture: Picture, detector: Finding) -> Box | None:
    """The box of the face nearest the centre, or None if there is none to be found. Raises ModelError."""
    across, down = round(picture.shape[1] * _MARGIN), round(picture.shape[0] * _MARGIN)
    for score in SCORES:
        found = detector.find(picture, min_score=score)
        if found:
            return central(found, picture)
        framed = np.pad(picture, ((down, down), (across, across), (0, 0)), mode="edge")
        found = detector.find(framed, min_score=score)
        if found:
            return _shifted(central(found, framed), -across, -down)
    return None


def central(found: Sequence[Detection], picture: Picture) -> Box:
    """The box nearest the middle of the picture."""
    x, y = picture.shape[1] / 2, picture.shape[0] / 2
    return min((face.box for face in found), key=lambda box: _distance(box, x, y))


def _distance(box: Box, x: float, y: float) -> float:
    return float(np.hypot((box.left + box.right) / 2 - x, (box.top + box.bottom) / 2 - y))


def _shifted(box: Box, across: float, down: float) -> Box:
    return Box(box.left + across, box.top + down, box.right + across, box.bottom + down)
