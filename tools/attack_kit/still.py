"""The still picture that an attacker has: the face with the background it was taken before, cropped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceauthd.picture import resize
from faceauthd.scene.face import Face
from faceauthd.scene.head import PUPILS_MM
from faceauthd.types import Box
from tools.attack_kit.clip import Draws
from tools.attack_kit.stage import FACE_PUPILS

Pixels = NDArray[np.uint8]

FACE_M = FACE_PUPILS * PUPILS_MM / 1000
"""Width of the detector's box in life."""

_EYES_ABOVE_MIDDLE = 0.14
"""How far above the middle of the detector's box the eyes are, in its widths (150 LFW pictures, 2026-11-24)."""


@dataclass(frozen=True, slots=True)
class Still:
    """Part of a picture: `box` in its pixels, where in the box the `eyes` are, and the width of the face."""

    face: Face
    box: Box
    eyes: tuple[float, float]
    face_px: float

    def scaled(self, size: tuple[int, int]) -> Pixels:
        """The part of the picture at `size` (width, height)."""
        return resize(self.face.picture, size, self.box)


def still_of(draws: Draws, face: Face, low: float, high: float, aspect: float = 1.0) -> Still:
    """The face cropped to `low` to `high` face widths on each side of its middle; `aspect` is height by width.

    Never beyond the picture, whose edge would be repeated.
    """
    eyes = face.landmarks[36:48].mean(axis=0)
    face_px = FACE_PUPILS * face.head.pupils_px
    height, width = face.picture.shape[:2]
    x, y = float(eyes[0]), float(eyes[1]) + _EYES_ABOVE_MIDDLE * face_px
    half = min(draws.uniform("crop_face_widths", low, high) * face_px, x, width - x)
    up, down = min(half * aspect, y), min(half * aspect, height - y)
    box = Box(x - half, y - up, x + half, y + down)
    return Still(face, box, (float(eyes[0]) - box.left, float(eyes[1]) - box.top), face_px)
