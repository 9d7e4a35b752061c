"""How a camera is mounted, and pictures set upright again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from faceauthd.types import Picture


@dataclass(frozen=True, slots=True)
class Orientation:
    """Mirror first, then turn clockwise by `rotation` degrees: 0, 90, 180 or 270."""

    rotation: int = 0
    hflip: bool = False
    vflip: bool = False

    @property
    def mirrors(self) -> tuple[bool, bool]:
        """The same with half a turn as two mirrors: left to right, top to bottom; what is left is `quarter`."""
        is_half_turn = self.rotation in (180, 270)
        return self.hflip != is_half_turn, self.vflip != is_half_turn

    @property
    def quarter(self) -> bool:
        """Whether a quarter turn clockwise has to follow the mirrors."""
        return self.rotation in (90, 270)

    def after(self, hflip: bool, vflip: bool) -> Orientation:
        """What is left to do for a picture that the camera itself has mirrored so."""
        wanted_h, wanted_v = self.mirrors
        return Orientation(90 if self.quarter else 0, wanted_h != hflip, wanted_v != vflip)

    def apply(self, picture: Picture) -> Picture:
        """`picture` (height, width, 3) set upright, in memory of its own order; with nothing to do, as it is."""
        hflip, vflip = self.mirrors
        turned = picture[:: -1 if vflip else 1, :: -1 if hflip else 1]
        if self.quarter:
            turned = np.rot90(turned, k=-1)
        return np.ascontiguousarray(turned)


UPRIGHT = Orientation()
