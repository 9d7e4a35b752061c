"""A contact sheet of all species, from the sample faces alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from faceauthd.picture import resize
from faceauthd.scene.face import SampleFaces
from tools.attack_kit.rendering import render
from tools.attack_kit.species import SPECIES, USUAL

_FRAME = (256, 192)
_TITLE_PX = 18
_AT = (0.1, 0.4, 0.7, 0.95)
"""When the frames of a row are taken, as a share of the clip."""

_HANDLINGS = ("near", "shaken", "held")


def write_sheet(path: Path, seed: int) -> None:
    """Write a JPEG with a row for each species. Raises OSError if it cannot be written."""
    samples = SampleFaces()
    rows = []
    for number, (name, species) in enumerate((name, SPECIES[name]) for name in USUAL):
        face = samples.face(samples.names[number % len(samples.names)])
        handling = _HANDLINGS[number % len(_HANDLINGS)]
        clip = render(name, face, np.random.default_rng((seed, number)), handling=handling)
        frames = [resize(clip.frame(int(share * len(clip))), _FRAME) for share in _AT]
        said = name if species.is_live else f"{name}, {handling}"
        rows.append(np.vstack((_title(f"{said}: {species.sentence}", _FRAME[0] * len(_AT)), np.hstack(frames))))
    Image.fromarray(np.vstack(rows)).save(path, quality=82)


def _title(text: str, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = Image.new("RGB", (width, _TITLE_PX), (250, 250, 250))
    ImageDraw.Draw(image).text((6, 3), text, fill=(20, 20, 20))
    return np.asarray(image)
