"""The camera, the light and the room, the same for living people and for attacks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from faceauthd.scene.actor import Layer, Optics
from faceauthd.scene.head import PUPILS_MM
from faceauthd.scene.light import GAMMA, Light, exposure, lit, vignette
from faceauthd.scene.room import room
from faceauthd.scene.sensor import Sensor
from tools.attack_kit.clip import Draws, Shot

if TYPE_CHECKING:
    from faceauthd.types import Picture

Floats = NDArray[np.float32]

FACE_PUPILS = 2.33
"""Width of the detector's box in distances between the pupils: median over 150 LFW pictures (2026-11-24)."""

HFOV_DEG = 66.0
"""Camera Module 3."""

_HISS = 0.7
"""How the sensor's gain, and with it the noise, rises as the light falls; as in the scene player."""

_ROOMS = 60
_DIM_SHARE = 0.3


class Act(Protocol):
    """What happens before the camera."""

    def layers(self, time_s: float) -> Sequence[Layer]:
        """What is seen at `time_s`, lit, the farthest first."""
        ...


class Stage:
    """One camera in one room. `is_video` is the camera of somebody who films a person to replay it."""

    def __init__(self, draws: Draws, shot: Shot, *, is_video: bool = False) -> None:
        self.shot = shot
        self.optics = Optics(shot.size, HFOV_DEG)
        is_dim = not is_video and draws.choice("is_dim", (True, False), (_DIM_SHARE, 1.0 - _DIM_SHARE))
        self.light = Light(
            level=draws.uniform("light_level", *((0.2, 0.6) if is_dim else (0.6, 1.0))),
            side=draws.uniform("light_side", -0.6, 0.6),
            kelvin=draws.uniform("light_kelvin", 3600.0, 6500.0),
        )
        self.exposure_s = draws.uniform("exposure_s", *((1 / 50, 1 / 25) if is_dim else (1 / 120, 1 / 50)))
        self._aperture_m = draws.uniform("aperture_mm", 1.2, 1.6) / 1000
        self._focus_m = draws.uniform("focus_m", 0.5, 1.5)
        noise = draws.uniform("noise", 0.2, 0.4) if is_video else draws.uniform("noise", 0.7, 1.5)
        self._corners = vignette(shot.size, draws.uniform("vignette", 0.1, 0.3))
        self.gains = lit(self.light, self._corners)
        self._room = _room(shot.size, draws.seed("room_seed") % _ROOMS) * self.gains
        self._sensor = Sensor(shot.size, draws.seed("sensor_seed"), noise)
        self._phase = draws.uniform("flicker_phase", 0.0, 2 * math.pi)
        self._hiss = max(1.0, self.light.level ** (-_HISS / GAMMA))

    def frame(self, act: Act, index: int, time_s: float) -> Picture:
        """Frame number `index`, uint8 RGB (height, width, 3)."""
        image = self._room.copy()
        for layer in act.layers(time_s):
            _add(image, layer)
        image *= exposure(self.shot.size[1], time_s, self._phase)
        return self._sensor.read(image, index, self._hiss)

    def distance_m(self, face_px: float, life_size: float = 1.0) -> float:
        """How far away a face is that the detector sees `face_px` wide, if it is `life_size` as large as in life."""
        return self.optics.focal_px * life_size * FACE_PUPILS * PUPILS_MM / 1000 / face_px

    def defocus_px(self, distance_m: float) -> float:
        """Deviation of the blur of what is out of focus, in pixels of the frame.

        A thin lens focused once: the disc's width is the aperture seen from the difference of the two vergences; a
        disc has a quarter of its width as deviation.
        """
        return self.optics.focal_px * self._aperture_m * abs(1 / distance_m - 1 / self._focus_m) / 4

    def light_up(self, layer: Layer) -> Layer:
        """`layer` in the room's light; its planes are overwritten."""
        layer.planes[:3] *= self.gains[where(layer)]
        return layer


def where(layer: Layer) -> tuple[slice, slice, slice]:
    """Where in a frame (planes, height, width) the layer lies."""
    height, width = layer.planes.shape[1:]
    return slice(None), slice(layer.top, layer.top + height), slice(layer.left, layer.left + width)


def place(draws: Draws, optics: Optics, reach: float = 0.1) -> tuple[float, float]:
    """Where in the frame the eyes are, as metres for each metre of distance, right and up of the middle."""
    width, height = optics.size
    across = draws.uniform("eyes_right_of_middle", -reach, reach) * width
    up = draws.uniform("eyes_above_middle", -0.02, 0.12) * height
    return across / optics.focal_px, up / optics.focal_px


def _add(image: Floats, layer: Layer) -> None:
    at = where(layer)
    colours = layer.planes[:3]
    colours -= image[at]
    colours *= layer.planes[3]
    image[at] += colours


@lru_cache(maxsize=_ROOMS)
def _room(size: tuple[int, int], seed: int) -> Floats:
    return np.ascontiguousarray(np.moveaxis(room(size, seed), 2, 0))
