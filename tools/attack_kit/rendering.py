"""A clip of any species from one portrait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.scene.face import Face
from tools.attack_kit.clip import Clip, Draws, Shot
from tools.attack_kit.hands import HANDLINGS
from tools.attack_kit.people import face_of
from tools.attack_kit.species import SPECIES
from tools.attack_kit.stage import Stage

if TYPE_CHECKING:
    from faceauthd.types import Picture


def render(
    species: str,
    portrait: Face | Picture,
    rng: np.random.Generator,
    *,
    size: tuple[int, int] = (640, 480),
    fps: float = 15.0,
    seconds: float = 2.5,
    handling: str | None = None,
) -> Clip:
    """A clip of `species` made from one `portrait`, frames rendered as they are asked for.

    A picture, uint8 RGB (height, width, 3), must show one clear face; give a `Face` (`face_of`) if it is used again.
    `rng` draws every parameter now, so that the clip is the same however often it is played. `handling` is one of
    HANDLINGS, and is drawn if not given; for living people it means nothing. Raises KeyError for a species that there
    is not, ValueError for a size, rate or length out of range, SceneError if no face is found in a picture.
    """
    if species not in SPECIES:
        raise KeyError(f"no species is called '{species}'; there are {', '.join(SPECIES)}")
    if handling is not None and handling not in HANDLINGS:
        raise ValueError(f"no handling is called '{handling}'; there are {', '.join(HANDLINGS)}")
    shot = Shot(size, fps, seconds)
    kind = SPECIES[species]
    face = portrait if isinstance(portrait, Face) else face_of(portrait)
    draws = Draws(rng)
    stage = Stage(draws, shot)
    act = kind.build(draws, face, stage, None if kind.is_live else handling)
    return Clip(species, kind.is_live, draws.taken, shot, lambda index, time_s: stage.frame(act, index, time_s))
