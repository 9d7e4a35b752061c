"""Whether eyes or mouth are hidden, as far as grey pixels tell: dark lenses, and a plain sheet over the mouth.

What it cannot tell: a mask with a pattern or with a mouth printed on it, a scarf with folds, a hand. Then the face does
not match, which says less to its owner, but lets nobody in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.float32]

_EYES = (np.s_[46:58, 30:46], np.s_[46:58, 66:82])
_LIDS = (np.s_[42:62, 28:50], np.s_[42:62, 62:84])
_CHEEKS = (np.s_[66:80, 28:40], np.s_[66:80, 72:84])
_MOUTH = np.s_[82:104, 40:72]
"""Places in the aligned crop of 112 pixels, where alignment puts these features in any face."""


class Bare(NamedTuple):
    """How much of a face shows."""

    eyes: float
    """Grey of the lighter eye beside that of the cheeks: 0.49 or more in 19 of 20 faces, 0.14 to 0.20 behind dark
    lenses (36 tuning people, 2026-11-26)."""
    mouth: float
    """Lines across the mouth beside those across the eyes: 0.44 or more in 19 of 20 faces, none on a plain mask."""


def bare(crop: Grey) -> Bare:
    """Of an aligned grey crop (112, 112)."""
    cheeks = float(np.median(np.concatenate([crop[part].ravel() for part in _CHEEKS])))
    eyes = max(float(crop[part].mean()) for part in _EYES)
    lids = sum(_lines(crop[part]) for part in _LIDS) / len(_LIDS)
    return Bare(eyes / max(cheeks, 1.0), _lines(crop[_MOUTH]) / max(lids, 1.0))


def _lines(part: Grey) -> float:
    """Energy of what changes from row to row, as lids and lips do."""
    step = part[2:] - part[:-2]
    return float((step * step).mean())
