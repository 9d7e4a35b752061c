"""How somebody comes to stand where they are looked at: they stand there already, walk up, or come in from the side."""

from __future__ import annotations

from dataclasses import dataclass

from tools.attack_kit.clip import Draws
from tools.attack_kit.stage import Stage
from tools.attack_kit.waves import eased

FIRST_PX, LAST_PX = (55.0, 75.0), (140.0, 180.0)
"""Width of the face at either end of a walk."""
ARRIVES_S = (1.2, 2.2)
"""How long a walk takes, standing still at either end: the last two thirds of a metre at 0.4 m a second, and 0.6 at the
fastest, for they stop here. Who has come, or brought a picture, stays."""

_SIDE_FIRST_PX, _SIDE_LAST_PX = (75.0, 110.0), (110.0, 180.0)
_SIDE_FROM = (0.40, 0.55)
_SIDE_TURN_DEG = (8.0, 16.0)
"""From the picture's edge (shares of its width from the middle), half or quite out of view, at 0.4 to 0.9 m a second,
which is slower than people walk past (1.4 m/s) since they stop here; the head turned to where they go, as far as one
portrait holds. It comes round to the camera as they arrive."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where somebody is on their way: metres from the camera, metres to the right for each of those, and degrees that
    the head is turned to where they go."""

    distance_m: float
    beside: float
    yaw_deg: float


class Way:
    """From `first_m` to `last_m` before the camera within `takes_s`; `beside` and `turn_deg` fade out meanwhile."""

    def __init__(
        self, first_m: float, last_m: float, takes_s: float, beside: float = 0.0, turn_deg: float = 0.0
    ) -> None:
        self._ends = first_m, last_m
        self._takes_s = takes_s
        self._beside, self._turn_deg = beside, turn_deg

    def at(self, time_s: float) -> Step:
        """How far they are at `time_s`; speed is none at either end."""
        far, near = self._ends
        share = eased(time_s / self._takes_s) if far != near or self._beside else 0.0
        return Step(far + share * (near - far), (1 - share) * self._beside, (1 - share) * self._turn_deg)


def stays(draws: Draws, stage: Stage, face_px: tuple[float, float]) -> Way:
    """Stands there from the first."""
    distance = stage.distance_m(draws.uniform("face_px", *face_px))
    return Way(distance, distance, stage.shot.seconds)


def walks_up(draws: Draws, stage: Stage) -> Way:
    """Comes straight to the camera, and stays for the rest of the clip."""
    first, last = draws.uniform("first_face_px", *FIRST_PX), draws.uniform("last_face_px", *LAST_PX)
    return Way(stage.distance_m(first), stage.distance_m(last), draws.uniform("arrives_s", *ARRIVES_S))


def comes_from_the_side(draws: Draws, stage: Stage) -> Way:
    """Comes in at the left or right edge, and stays for the rest of the clip."""
    first, last = draws.uniform("first_face_px", *_SIDE_FIRST_PX), draws.uniform("last_face_px", *_SIDE_LAST_PX)
    side = draws.choice("comes_from", ("left", "right"))
    sign = -1 if side == "left" else 1
    beside = sign * draws.uniform("first_beside_middle", *_SIDE_FROM) * stage.optics.size[0] / stage.optics.focal_px
    takes_s, turn_deg = draws.uniform("arrives_s", *ARRIVES_S), draws.uniform("turned_deg", *_SIDE_TURN_DEG)
    return Way(stage.distance_m(first), stage.distance_m(last), takes_s, beside, -sign * turn_deg)
