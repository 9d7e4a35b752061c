"""Who is the person and what is the wall, in a picture nobody cut out.

A bust drawn by geometry says where a person is likely, the colours there and around say the rest; edges are taken from
the picture. It is wrong where hair and wall are alike; what is left of a wall at somebody's edge is less lifelike than
life, which makes living people harder to accept and no attack easier to refuse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from faceauthd.scene.blur import blur, convolve, gaussian
from faceauthd.scene.face import Face
from faceauthd.scene.matte import mean_near

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_BINS = 16
_ROUNDS = 4
_BELIEF = 2.0
"""Log odds that the geometry alone gives, where it is surest and no seed says more."""

_UNSURE = 0.16
"""Width of the band around the bust in which colours decide, in radii of the head."""

_EDGE_PX, _EDGE_LEVELS = 6, 12.0
"""Radius and contrast of the filter that brings the matte to the picture's edges."""

_DARK, _BLACK = 14, 4.0
"""Values up to the first belong to the black that turning a picture leaves in its corners, JPEG ringing included, if
the mean of a row's or column's run of them is below the second; a dark suit is less even."""


def mended(picture: Pixels) -> Pixels:
    """`picture` with black corners and edges (LFW was turned upright over black) filled from what lies beside them."""
    values = picture.max(axis=2)
    wedge = np.zeros(values.shape, dtype=np.bool_)
    for axis in (0, 1):
        wedge |= _black_run(values, axis)
        wedge |= np.flip(_black_run(np.flip(values, axis), axis), axis)
    if not wedge.any():
        return picture
    share = blur(wedge.astype(np.float32), 2.0)[..., np.newaxis]
    share = np.clip(share * 5, 0, 1)
    kept = (share[..., 0] < 0.02).astype(np.float32)
    near = _spread(picture.astype(np.float32), kept)
    filled: Pixels = np.rint(picture * (1 - share) + near * share).astype(np.uint8)
    return filled


def matte(face: Face) -> Floats:
    """Alpha (h, w) of the person in `face`, 0 to 1, better than the bust that the face comes with."""
    picture, bust = face.picture, face.alpha
    band = _UNSURE * face.head.radii[0]
    soft = blur(bust, band)
    forehead = face.landmarks[17:27, 1].mean() - 0.6 * face.head.face_radii[1]
    is_below = np.arange(bust.shape[0])[:, np.newaxis] > forehead
    inside, outside = ((soft > 0.95) & is_below) | _core(face), (soft < 0.04) & ~_core(face)
    belief = np.clip(4 * (soft - 0.5), -1, np.where(is_below, 1.0, 0.7)).astype(np.float32) * _BELIEF
    bins = (picture // (256 // _BINS)).astype(np.intp)
    index = (bins[..., 0] * _BINS + bins[..., 1]) * _BINS + bins[..., 2]
    alpha = soft
    for _ in range(_ROUNDS):
        odds = belief + np.log(_density(index, alpha) / _density(index, 1 - alpha))
        alpha = (1 / (1 + np.exp(-np.clip(odds, -9, 9)))).astype(np.float32)
        alpha = np.where(inside, np.float32(1), np.where(outside, np.float32(0), blur(alpha, 1.0)))
    edged = np.clip((_guided(picture, alpha) - 0.25) / 0.5, 0, 1)
    edged = np.where(_core(face), np.float32(1), np.where(outside, np.float32(0), edged))
    joined = blur(_joined(edged > 0.3, _core(face)).astype(np.float32), 1.0)
    return np.minimum(edged, np.clip(2 * joined, 0, 1)).astype(np.float32)


def _black_run(values: Pixels, axis: int) -> NDArray[np.bool_]:
    """Pixels of the black runs that begin at the first edge along `axis`."""
    run = np.logical_and.accumulate(values <= _DARK, axis=axis)
    mean = (values * run).sum(axis=axis, keepdims=True) / np.maximum(run.sum(axis=axis, keepdims=True), 1)
    black: NDArray[np.bool_] = run & (mean <= _BLACK)
    return black


def _core(face: Face) -> NDArray[np.bool_]:
    """Pixels that are the person for sure: the middle of the face, and the chest under it."""
    height, width = face.picture.shape[:2]
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    head, chin = face.head, face.landmarks[8]
    across, down = (x - head.face[0]) / head.face_radii[0], (y - head.face[1]) / head.face_radii[1]
    below = (y - chin[1]) / head.radii[0]
    chest = (below > 0) & (np.abs(x - chin[0]) < head.radii[0] * np.clip(0.35 + 1.1 * below, 0, 1.3))
    sure: NDArray[np.bool_] = (across**2 + down**2 < 0.8) | chest
    return sure


def _joined(wanted: NDArray[np.bool_], start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The part of `wanted` that hangs together with `start`: nobody's hair floats above them."""
    reached = start & wanted
    while True:
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown &= wanted
        if (grown == reached).all():
            return grown
        reached = grown


def _density(index: NDArray[np.intp], weight: Floats) -> Floats:
    """How common each pixel's colour is where `weight` is large, up to a constant that is the same for all weights."""
    counts = np.bincount(index.ravel(), weight.ravel(), _BINS**3).reshape(_BINS, _BINS, _BINS).astype(np.float32)
    for axis in range(3):
        counts = convolve(counts, gaussian(0.8), axis)
    share: Floats = counts.ravel()[index] / max(float(counts.sum()), 1e-6) + np.float32(1e-5)
    return share


def _guided(picture: Pixels, alpha: Floats) -> Floats:
    """`alpha` smoothed along the edges of `picture` (guided filter, He et al. 2010, on brightness)."""
    guide = picture.astype(np.float32).mean(axis=2)
    sigma = _EDGE_PX / 2
    mean_g, mean_a = blur(guide, sigma), blur(alpha, sigma)
    spread = blur(guide * guide, sigma) - mean_g**2
    slope = (blur(guide * alpha, sigma) - mean_g * mean_a) / (spread + np.float32(_EDGE_LEVELS**2))
    offset = mean_a - slope * mean_g
    smooth: Floats = blur(slope, sigma) * guide + blur(offset, sigma)
    return smooth


def _spread(colours: Floats, kept: Floats) -> Floats:
    """Colours continued from where `kept` is 1 to where it is 0, ever less sharp."""
    near = mean_near(colours, kept)
    wide = blur(colours * kept[..., np.newaxis], 16.0)
    weight = blur(kept[..., np.newaxis], 16.0)
    has_near = np.clip(blur(kept, 4.0) * 4, 0, 1)[..., np.newaxis]
    far = wide / np.maximum(weight, np.float32(1e-3))
    return (far + has_near * (near - far)).astype(np.float32)
