"""Phones and tablets that show a picture or a clip of somebody: their own light, grid, glare and frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceauthd.scene.actor import Layer
from faceauthd.scene.face import Face
from faceauthd.scene.light import GAMMA, Light
from tools.attack_kit.clip import Draws
from tools.attack_kit.grid_beat import GridBeat
from tools.attack_kit.hands import Hands
from tools.attack_kit.medium import Texture, View, seen, travel
from tools.attack_kit.prints import mirrored
from tools.attack_kit.stage import Stage, where
from tools.attack_kit.still import FACE_M, still_of

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_ROWS_PER_S = 480 * 30.0
"""A rolling shutter that reads its rows within a frame of 1/30 s, as scene/light.py."""

_OVERSAMPLING = 1.1


@dataclass(frozen=True, slots=True)
class Device:
    """Ranges of a kind of device: the panel's width and its height by its width, edges in mm, pixels an inch."""

    width_mm: tuple[float, float]
    aspect: tuple[float, float]
    sides_mm: tuple[float, float]
    ends_mm: tuple[float, float]
    corner_mm: tuple[float, float]
    ppi: tuple[float, float]
    is_oled: float
    """Share of the devices."""
    face_share: tuple[float, float]
    """Width of the face as a share of the panel's."""


PHONE = Device((62.0, 72.0), (1.78, 2.17), (1.5, 5.0), (2.0, 15.0), (3.0, 9.0), (326.0, 460.0), 0.6, (0.42, 0.66))
"""Panels of 4.7 to 6.7 inches; the large edges are those of phones with a button below."""

TABLET = Device((135.0, 165.0), (1.33, 1.6), (5.0, 20.0), (5.0, 20.0), (4.0, 9.0), (224.0, 264.0), 0.15, (0.42, 0.66))
"""Panels of 8 to 11 inches."""


class Panel:
    """One device: how bright it is, what it mirrors, and how its grid beats with the sensor's."""

    def __init__(self, draws: Draws, kind: Device, stage: Stage) -> None:
        self.width_m = draws.uniform("panel_width_mm", *kind.width_mm) / 1000
        self.height_m = self.width_m * draws.uniform("panel_aspect", *kind.aspect)
        self.side_m = draws.uniform("bezel_side_mm", *kind.sides_mm) / 1000
        self.end_m = draws.uniform("bezel_end_mm", *kind.ends_mm) / 1000
        self.corner_m = draws.uniform("corner_mm", *kind.corner_mm) / 1000
        self.face_share = draws.uniform("face_share", *kind.face_share)
        is_oled = draws.choice("is_oled", (True, False), (kind.is_oled, 1 - kind.is_oled))
        self._white = draws.uniform("white_to_paper", 0.7, 1.3)
        self._black = draws.uniform("black_level", 0.0, 0.0005) if is_oled else draws.uniform("black_level", 5e-4, 3e-3)
        self._tint = Light(kelvin=draws.uniform("white_point_kelvin", 6300.0, 7800.0)).tint() ** np.float32(GAMMA)
        self._haze = draws.uniform("reflectance", 0.01, 0.045)
        self._glare = draws.uniform("glare", 0.1, 0.7) if draws.choice("has_glare", (True, False), (0.6, 0.4)) else 0.0
        self._glare_deg = draws.uniform("glare_deg", 2.5, 8.0)
        self._lamp = _mirrored_lamp(draws)
        self._pulse_hz = draws.choice("pulse_hz", (240.0, 480.0)) if is_oled else 0.0
        self._pulse = draws.uniform("pulse_depth", 0.0, 0.3) if is_oled else 0.0
        self.bezel = draws.choice("bezel_grey", (10, 18, 30, 225), (0.4, 0.3, 0.2, 0.1))
        self._beat = GridBeat(draws, draws.uniform("ppi", *kind.ppi), stage.optics.focal_px)
        self._stage = stage
        level = stage.light.gain() ** GAMMA
        self._own_light = (self._white * level * self._tint)[:, np.newaxis, np.newaxis].astype(np.float32)
        self._room_light = stage.gains ** np.float32(GAMMA)

    def lit(self, view: View, time_s: float, distance_m: float) -> Floats:
        """Planes (3, h, w), 0 to 255, of the device as the camera sees it; alpha of the texels says what shines."""
        shines = view.planes[3] * np.float32(1 / 255)
        picture = (view.planes[:3] * np.float32(1 / 255)) ** np.float32(GAMMA)
        emitted = (picture + np.float32(self._black)) * self._own_light
        self._beat.upon(emitted, view, distance_m)
        rows = view.top + np.arange(emitted.shape[1])
        emitted *= self._pulsing(time_s, rows)[:, np.newaxis]
        mirrored_here = self._haze * 0.5 + self._glare * mirrored(view.normals, view.rays, self._lamp, self._glare_deg)
        light = self._room_light[_region(view)]
        reflected = (picture * (1 - shines) + view.grid.filled(mirrored_here)) * light
        linear = emitted * shines + reflected
        encoded: Floats = np.float32(255) * linear ** np.float32(1 / GAMMA)
        return encoded

    def _pulsing(self, time_s: float, rows: NDArray[np.intp]) -> Floats:
        """Gain of each row: a panel dimmed by pulses, through a shutter that is open for part of them."""
        if not self._pulse:
            return np.ones(len(rows), dtype=np.float32)
        seen_depth = self._pulse * float(np.sinc(self._pulse_hz * self._stage.exposure_s))
        phase = 2 * math.pi * self._pulse_hz * (time_s + rows / _ROWS_PER_S)
        return (1 + seen_depth * np.sin(phase)).astype(np.float32)


class Screen:
    """A device in somebody's hands. `texture` gives what is on it at a time, with the panel's picture."""

    def __init__(self, stage: Stage, texture: Callable[[float], Texture], hands: Hands, panel: Panel) -> None:
        self._stage, self._texture, self.hands, self._panel = stage, texture, hands, panel

    def layers(self, time_s: float) -> list[Layer]:
        """The device, or nothing while it is out of view."""
        at, before = self.hands.at(time_s), self.hands.at(time_s - self._stage.exposure_s)
        view = seen(self._stage, self._texture(time_s), at)
        if view is None:
            return []
        return [view.layer(self._panel.lit(view, time_s, at.z_m), travel(self._stage, at, before))]


@dataclass(frozen=True, slots=True)
class Built:
    """A device's texels without a picture: where on them the panel is, and their scale."""

    texels: Pixels
    panel: tuple[slice, slice]
    per_m: float
    round_m: float


def built(panel: Panel, per_m: float) -> Built:
    """The device at `per_m` texels a metre, its panel dark."""
    width, height = round(panel.width_m * per_m), round(panel.height_m * per_m)
    side, end = max(1, round(panel.side_m * per_m)), max(1, round(panel.end_m * per_m))
    texels = np.full((height + 2 * end, width + 2 * side, 4), panel.bezel, dtype=np.uint8)
    texels[..., 3] = 0
    rows, columns = slice(end, end + height), slice(side, side + width)
    texels[rows, columns] = (0, 0, 0, 255)
    return Built(texels, (rows, columns), per_m, panel.corner_m)


def still_screen(draws: Draws, face: Face, stage: Stage, kind: Device, handling: str | None = None) -> Screen:
    """A device that shows a still picture, as wide as the panel, dark above and below it."""
    panel = Panel(draws, kind, stage)
    life_size = panel.face_share * panel.width_m / FACE_M
    hands = Hands(draws, stage, life_size, handling=handling)
    device = built(panel, _OVERSAMPLING * stage.optics.focal_px / hands.nearest_m)
    half = 0.5 / panel.face_share
    still = still_of(
        draws, face, half, half, aspect=draws.uniform("picture_aspect", 1.0, panel.height_m / panel.width_m)
    )
    shrink = device.per_m * life_size * FACE_M / still.face_px
    picture = still.scaled((round(still.box.width * shrink), round(still.box.height * shrink)))
    rows, columns = device.panel
    shown = device.texels[rows, columns]
    left, top = (shown.shape[1] - picture.shape[1]) // 2, (shown.shape[0] - picture.shape[0]) // 2
    cut_left, cut_top = max(0, -left), max(0, -top)
    picture = picture[cut_top : cut_top + shown.shape[0], cut_left : cut_left + shown.shape[1]]
    at = (max(0, top), max(0, left))
    shown[at[0] : at[0] + picture.shape[0], at[1] : at[1] + picture.shape[1], :3] = picture
    eyes = (columns.start + left + still.eyes[0] * shrink, rows.start + top + still.eyes[1] * shrink)
    texture = Texture(device.texels, device.per_m, eyes, device.round_m)
    return Screen(stage, lambda _: texture, hands, panel)


def _mirrored_lamp(draws: Draws) -> NDArray[np.float64]:
    """Where the lamp or window is that an upright device mirrors at the camera, more or less: a direction (3,)."""
    across = math.radians(draws.uniform("lamp_right_deg", -22.0, 22.0))
    up = math.radians(draws.uniform("lamp_up_deg", -8.0, 30.0))
    towards = np.array((math.sin(across), -math.sin(up), -1.0))
    return towards / float(np.linalg.norm(towards))


def _region(view: View) -> tuple[slice, slice, slice]:
    height, width = view.planes.shape[1:]
    return where(Layer(np.empty((4, height, width), dtype=np.float32), view.left, view.top))
