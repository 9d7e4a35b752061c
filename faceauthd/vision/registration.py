"""How one plane of a picture moved between two frames, to a fraction of a pixel, and what that leaves unexplained.

Inverse compositional Gauss-Newton over the eight numbers of a homography, with gain and offset of the light (Baker and
Matthews, "Lucas-Kanade 20 years on", 2004). A flat picture in any pose moves so; a turning head does not.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STEPS = 5
FEWEST_POINTS = 60
_STILL_PX = 0.01
_DAMPING = 1e-3
_LEAST_VOLUME = 0.1


@dataclass(frozen=True, slots=True)
class Registration:
    """`matrix` (3, 3) takes points of the past picture to the present one; `residual` is the mean square of what
    differs after it, in grey values squared, and `points` how many were seen in both."""

    matrix: NDArray[np.float64]
    residual: float
    points: int


class Patch:
    """Points (n, 2) of a past grey picture (h, w), x and y with pixel centres at whole numbers, and what it takes to
    find them again."""

    def __init__(self, past: Floats, points: Floats) -> None:
        self.points = points[_inside(points, past.shape)]
        x, y = self.points[:, 0], self.points[:, 1]
        self.grey = sample(past, x, y)
        self.across = (sample(past, x + 1, y) - sample(past, x - 1, y)) / 2
        self.down = (sample(past, x, y + 1) - sample(past, x, y - 1)) / 2

    def part(self, chosen: NDArray[np.bool_]) -> Patch:
        """The same of the `chosen` (n,) points alone."""
        part = copy(self)
        part.points, part.grey = self.points[chosen], self.grey[chosen]
        part.across, part.down = self.across[chosen], self.down[chosen]
        return part

    @property
    def relief(self) -> float:
        """Mean square of the gradient, in grey values squared a pixel squared."""
        if not len(self.points):
            return 0.0
        return float((self.across**2 + self.down**2).mean())

    def difference(self, now: Floats, matrix: NDArray[np.float64]) -> float:
        """Mean square of what differs at the points, taken through `matrix` into `now`, less gain and offset of the
        light; NaN where too few of them are in the picture."""
        there = moved(self.points, matrix)
        seen = _inside(there, now.shape)
        if seen.sum() < FEWEST_POINTS:
            return float("nan")
        return _unlit(sample(now, there[seen, 0], there[seen, 1]), self.grey[seen])

    def register(self, now: Floats, start: NDArray[np.float64]) -> Registration:
        """The homography near `start` that takes the points to where they are in `now`."""
        best = Registration(start, float("nan"), len(self.points))
        if len(self.points) < FEWEST_POINTS:
            return best
        middle = self.points.mean(axis=0)
        scale = max(1.0, float(np.abs(self.points - middle).max()))
        norm = np.array(((1 / scale, 0, -middle[0] / scale), (0, 1 / scale, -middle[1] / scale), (0, 0, 1)))
        slopes = self._slopes((self.points - middle) / np.float32(scale), np.float32(scale))
        matrix = start
        for _ in range(STEPS + 1):
            there = moved(self.points, matrix)
            seen = _inside(there, now.shape)
            if seen.sum() < FEWEST_POINTS:
                break
            chosen = slice(None) if seen.all() else seen
            here, past = sample(now, there[chosen, 0], there[chosen, 1]), self.grey[chosen]
            residual = _unlit(here, past)
            if not residual >= best.residual:
                best = Registration(matrix, residual, int(seen.sum()))
            change = _change(slopes[chosen], here - past)
            if change is None or np.abs(change - np.eye(3)).max() * scale < _STILL_PX:
                break
            matrix = matrix @ np.linalg.inv(norm) @ np.linalg.inv(change) @ norm
            matrix = matrix / matrix[2, 2]
        return best

    def stray(self, now: Floats, matrix: NDArray[np.float64]) -> Floats:
        """How far (2,) all points went together, before `matrix` took them to where they are in `now`, in pixels of the
        past picture; nowhere where they are too few."""
        way = best = np.zeros(2, dtype=np.float32)
        if len(self.points) < FEWEST_POINTS:
            return best
        least = float("inf")
        slopes: Floats = np.stack((self.across, self.down, self.grey, np.ones_like(self.grey)), axis=1)
        inverse = np.linalg.pinv(_normal(slopes))[:2]
        for _ in range(STEPS):
            there = moved(self.points + way, matrix)
            error = sample(now, there[:, 0], there[:, 1]) - self.grey
            residual = float((error * error).mean())
            if residual >= least:
                break
            best, least = way, residual
            step = inverse @ (slopes.T @ error)
            if np.abs(step).max() < _STILL_PX:
                break
            way = (way - step).astype(np.float32)
        return best

    def _slopes(self, at: Floats, scale: np.float32) -> Floats:
        """How grey values change with each of the eight numbers, and with gain and offset: (n, 10)."""
        u, v = at[:, 0], at[:, 1]
        gx, gy = self.across * scale, self.down * scale
        inward = -(gx * u + gy * v)
        ones = np.ones_like(u)
        return np.stack((gx * u, gx * v, gx, gy * u, gy * v, gy, inward * u, inward * v, self.grey, ones), axis=1)


def _change(slopes: Floats, error: Floats) -> NDArray[np.float64] | None:
    """The homography that explains the `error` (n,) to first order, or None if there is none worth the name."""
    step = np.linalg.lstsq(_normal(slopes), (slopes.T @ error).astype(np.float64), rcond=None)[0]
    change = np.eye(3) + np.append(step[:8], 0.0).reshape(3, 3)
    return change if np.isfinite(change).all() and abs(np.linalg.det(change)) >= _LEAST_VOLUME else None


def _normal(slopes: Floats) -> NDArray[np.float64]:
    """Of the damped normal equations, (m, m) of (n, m)."""
    normal = (slopes.T @ slopes).astype(np.float64)
    normal[np.diag_indices(len(normal))] *= 1 + _DAMPING
    return normal


def moved(points: Floats, matrix: NDArray[np.float64]) -> Floats:
    """`points` (n, 2) through the homography `matrix` (3, 3)."""
    m = matrix.astype(np.float32)
    there = points @ m[:, :2].T + m[:, 2]
    depth = np.where(np.abs(there[:, 2:]) < 1e-6, np.float32(1e-6), there[:, 2:])
    seen: Floats = (there[:, :2] / depth).astype(np.float32)
    return seen


def sample(picture: Floats, x: Floats, y: Floats) -> Floats:
    """Bilinear values of `picture` (h, w) at points; the edge goes on for ever."""
    height, width = picture.shape
    x = np.clip(x, 0, np.float32(width - 1.001))
    y = np.clip(y, 0, np.float32(height - 1.001))
    column, row = x.astype(np.intp), y.astype(np.intp)
    right, below = x - column.astype(np.float32), y - row.astype(np.float32)
    flat, first = picture.ravel(), row * width + column
    upper, lower = flat.take(first), flat.take(first + width)
    upper += (flat.take(first + 1) - upper) * right
    lower += (flat.take(first + (width + 1)) - lower) * right
    values: Floats = upper + (lower - upper) * below
    return values


def _inside(points: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.asarray(
        (points[:, 0] >= 1) & (points[:, 1] >= 1) & (points[:, 0] <= shape[1] - 2) & (points[:, 1] <= shape[0] - 2)
    )


def _unlit(now: Floats, past: Floats) -> float:
    """Mean square difference of the two after the best gain and offset of the one onto the other."""
    a, b = now - now.mean(), past - past.mean()
    variance = float((b * b).mean())
    if variance <= 0.0:
        return float((a * a).mean())
    gain = min(1.25, max(0.8, float((a * b).mean()) / variance))
    rest = a - np.float32(gain) * b
    return float((rest * rest).mean())
