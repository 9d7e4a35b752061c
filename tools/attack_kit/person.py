"""A person with enough body for a camera that sees them from farther away than their picture was cropped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from faceauthd.scene.blur import convolve, gaussian
from faceauthd.scene.face import Face

Floats = NDArray[np.float32]

_DOWN = 0.45
"""How far the body is continued below the picture, as part of its height. With what `scene.portrait` adds an LFW
picture then reaches the lower edge of the frame from 55 pixels of face on."""
_ACROSS = 0.18
"""How far it is continued to either side, as part of the width: shoulders are three faces wide, a picture is not."""
_SLOPE = 0.9
"""How fast continued shoulders fall to the side, rows for a column."""


def made_whole(face: Face) -> Face:
    """`face` on a larger picture that holds shoulders and chest; its matte says where they go on."""
    alpha, colours = face.alpha, face.colours
    side, below = round(_ACROSS * alpha.shape[1]), round(_DOWN * alpha.shape[0])
    wider = np.pad(colours, ((0, 0), (side, side), (0, 0)), mode="edge").astype(np.float32)
    solid = _shouldered(alpha, side)
    lowest = wider[-3:].mean(axis=0, keepdims=True)
    share = np.linspace(0, 1, below, dtype=np.float32)[:, np.newaxis, np.newaxis]
    soft, softest = convolve(lowest, gaussian(6.0), 1), convolve(lowest, gaussian(30.0), 1)
    body = lowest + np.clip(share * 12, 0, 1) * (soft - lowest)
    body = body + np.clip(share * 2.5, 0, 1) * (softest - body)
    whole = np.rint(np.concatenate((wider, body))).astype(np.uint8)
    under = np.repeat(solid[-1:], below, axis=0)
    shift = np.array((side, 0), dtype=np.float32)
    head = face.head
    moved = replace(
        head,
        centre=(head.centre[0] + side, head.centre[1]),
        face=(head.face[0] + side, head.face[1]),
        nose_bridge=(head.nose_bridge[0] + side, head.nose_bridge[1]),
    )
    return replace(
        face,
        picture=whole,
        colours=whole,
        alpha=np.concatenate((solid, under)),
        landmarks=face.landmarks + shift,
        head=moved,
    )


def _shouldered(alpha: Floats, side: int) -> Floats:
    """`alpha` with the shoulders that the picture's sides cut off, sloping down from where they were cut."""
    height = alpha.shape[0]
    wider = np.pad(alpha, ((0, 0), (side, side)))
    rows = np.arange(height, dtype=np.float32)[:, np.newaxis]
    away = np.arange(1, side + 1, dtype=np.float32)
    for edge, columns in ((0, slice(side - 1, None, -1)), (-1, slice(alpha.shape[1] + side, None))):
        covered = alpha[:, edge] > 0.5
        if not covered[-1]:
            continue
        top = float(height - np.argmin(covered[::-1])) if not covered.all() else 0.0
        wider[:, columns] = np.clip(rows - (top + _SLOPE * away) + 0.5, 0, 1)
    return wider
