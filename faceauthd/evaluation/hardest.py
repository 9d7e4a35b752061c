"""The pairs that recognition finds hardest: where to look for wrong labels, doubles and its own weaknesses."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import load_picture, resize, save_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from faceauthd.evaluation.pairs import Pair

_THUMBNAIL_PX = 112


@dataclass(frozen=True, slots=True)
class HardPair:
    """Two pictures and their cosine."""

    a: str
    b: str
    cosine: float


def hardest(
    scores: NDArray[np.floating], pairs: Sequence[Pair], *, same: bool, count: int = 12
) -> tuple[HardPair, ...]:
    """The `count` pairs of one person that score lowest, or of two people that score highest; hardest first."""
    of_kind = [index for index, pair in enumerate(pairs) if pair.same == same and not np.isnan(scores[index])]
    ranked = sorted(of_kind, key=lambda index: float(scores[index]), reverse=not same)
    return tuple(HardPair(pairs[index].a, pairs[index].b, float(scores[index])) for index in ranked[:count])


def thumbnail(path: Path) -> str:
    """The picture, small, as a data URI. Raises PictureError."""
    picture = load_picture(path)
    shrink = _THUMBNAIL_PX / max(picture.shape[:2])
    width, height = (max(1, round(side * shrink)) for side in (picture.shape[1], picture.shape[0]))
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.jpg"
        save_picture(resize(picture, (width, height)), small, quality=80)
        return "data:image/jpeg;base64," + base64.b64encode(small.read_bytes()).decode()
