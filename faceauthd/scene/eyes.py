"""Lids that close and a mouth that moves a little: where in the portrait a point is fetched from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.scene.face import Face

_LASHES = 0.12
"""Part of the eye's opening that belongs to the upper lid's edge and comes down with it."""
_NEVER_SHUT = 0.96
_JAW = 0.05
"""How far a mouth at rest opens at most, as part of the distance between the pupils."""
_EYES = (
    ((36, 37, 38, 39), (36, 41, 40, 39)),
    ((42, 43, 44, 45), (42, 47, 46, 45)),
)
"""Points of the upper and of the lower lid, corner to corner, in iBUG order."""


class Features:
    """What moves within a face."""

    def __init__(self, face: Face) -> None:
        self._eyes = [_Eye(face, *points) for points in _EYES]
        marks = face.landmarks
        self._mouth = marks[[57, 8]].mean(axis=0)
        self._mouth_radii = (float(np.ptp(marks[48:60, 0])) * 0.6, float(marks[8, 1] - marks[57, 1]) * 0.8)
        self._pupils_px = face.head.pupils_px

    def fetch(self, x: NDArray[np.float32], y: NDArray[np.float32], shut: float, jaw: float) -> None:
        """Change where points of the portrait are fetched from, in place, for lids `shut` and a lowered `jaw`, 0 to 1.

        `x` and `y` (h, w) are points of the face with open eyes and the mouth as it is in the picture.
        """
        if jaw:
            self._lower(x, y, jaw)
        if shut:
            for eye in self._eyes:
                eye.close(x, y, shut)

    def _lower(self, x: NDArray[np.float32], y: NDArray[np.float32], jaw: float) -> None:
        reach = 2.5
        near = (np.abs(x - self._mouth[0]) < reach * self._mouth_radii[0]) & (
            np.abs(y - self._mouth[1]) < reach * self._mouth_radii[1]
        )
        across = (x[near] - self._mouth[0]) / np.float32(self._mouth_radii[0])
        down = (y[near] - self._mouth[1]) / np.float32(self._mouth_radii[1])
        y[near] -= np.float32(jaw * _JAW * self._pupils_px) * np.exp(-(across**2) - down**2)


class _Eye:
    def __init__(self, face: Face, upper: tuple[int, ...], lower: tuple[int, ...]) -> None:
        marks = face.landmarks.astype(np.float64)
        self._corners = float(marks[upper[0], 0]), float(marks[upper[-1], 0])
        self._upper = _curve(marks[list(upper)])
        self._lower = _curve(marks[list(lower)])
        self._skin = face.lids_px
        self._top = float(marks[list(upper), 1].min()) - self._skin
        self._bottom = float(marks[list(lower), 1].max())

    def close(self, x: NDArray[np.float32], y: NDArray[np.float32], shut: float) -> None:
        """Bring the upper lid down: the skin above is stretched, the eyeball behind stays where it is."""
        near = (x > self._corners[0]) & (x < self._corners[1]) & (y > self._top) & (y < self._bottom + 1.0)
        across, down = x[near], y[near]
        upper, lower = np.polyval(self._upper, across), np.polyval(self._lower, across)
        opening = np.clip(lower - upper, 0.0, None)
        edge, lid = upper + opening * _LASHES, upper + opening * (_LASHES + (_NEVER_SHUT - _LASHES) * shut)
        crease = edge - self._skin * np.clip(4.0 * opening / max(1e-6, opening.max(initial=0.0)), 0.0, 1.0)
        stretched = crease + (down - crease) * (edge - crease) / np.maximum(lid - crease, 1e-6)
        y[near] = np.where((down > crease) & (down < lid), stretched, down)


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The parabola y(x) nearest to `points` (n, 2)."""
    return np.polyfit(points[:, 0], points[:, 1], 2)
