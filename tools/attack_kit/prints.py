"""Printed pictures: what paper and ink make of colours, and how a sheet looks under a lamp."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from faceauthd.scene.actor import Layer
from faceauthd.scene.blur import blur
from faceauthd.scene.face import Face
from faceauthd.scene.light import GAMMA
from tools.attack_kit.clip import Draws
from tools.attack_kit.hands import Hands
from tools.attack_kit.medium import Texture, seen, travel
from tools.attack_kit.stage import Stage
from tools.attack_kit.still import FACE_M, still_of

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_LUMA = np.array((0.299, 0.587, 0.114), dtype=np.float32)
_AMBIENT = 0.55
"""Share of a room's light that comes from everywhere, and so does not change when a sheet is tilted."""

_OVERSAMPLING = 1.25
"""Texels for each pixel of the frame in which the sheet is nearest."""


class Ink:
    """How a printer shows colours on paper.

    Black ink on plain paper reflects 2 to 6 % (density 1.2 to 1.7), white paper 75 to 90 %; colours lose up to a
    quarter of their saturation; the tone of a print is a little off. Screens of 150 to 300 lines an inch and the drops
    of an inkjet are finer than a pixel of a face camera: what is left is grain, and bands where the head passed.
    """

    def __init__(self, draws: Draws) -> None:
        self._black = draws.uniform("ink_black", 0.02, 0.06)
        self._white = draws.uniform("paper_white", 0.75, 0.9)
        self._saturation = draws.uniform("saturation", 0.75, 1.0)
        self._tone = draws.uniform("tone_gamma", 0.85, 1.2)
        self._cast = np.array([draws.uniform(f"cast_{name}", 0.96, 1.04) for name in ("red", "green", "blue")])
        self._grain = draws.uniform("grain", 0.005, 0.02)
        self._bands = draws.uniform("bands", 0.0, 0.012)
        self._band_m = draws.uniform("band_mm", 2.0, 9.0) / 1000
        self._seed = draws.seed("grain_seed")

    def printed(self, picture: Pixels, per_m: float) -> Pixels:
        """`picture` (h, w, 3) as print, `per_m` pixels a metre."""
        rng = np.random.default_rng(self._seed)
        colours = picture.astype(np.float32) / 255
        grey = (colours @ _LUMA)[..., np.newaxis]
        colours = np.clip(grey + self._saturation * (colours - grey), 0, 1) * self._cast.astype(np.float32)
        reflected = self._black + (self._white - self._black) * np.clip(colours, 0, 1) ** (GAMMA * self._tone)
        grain = blur(rng.standard_normal((*picture.shape[:2], 1), dtype=np.float32), 0.5)
        rows = np.arange(picture.shape[0]) / per_m / self._band_m * 2 * np.pi
        bands = 1 + self._bands * np.sin(rows + rng.uniform(0, 6))[:, np.newaxis, np.newaxis]
        encoded = 255 * (reflected * bands) ** (1 / GAMMA) * (1 + self._grain * grain / grain.std())
        pixels: Pixels = np.clip(np.rint(encoded), 0, 255).astype(np.uint8)
        return pixels


class Lamp:
    """The room's main light, for sheets that are tilted in it: brighter where they face it, a gloss where they mirror
    it."""

    def __init__(self, draws: Draws, side: float) -> None:
        towards = np.array((0.9 * side, -0.6, -1.0))
        self._towards = towards / np.linalg.norm(towards)
        self._gloss = draws.uniform("gloss", 0.0, 0.25) if draws.choice("is_glossy", (True, False), (0.4, 0.6)) else 0.0
        self._width_deg = draws.uniform("gloss_deg", 8.0, 25.0) if self._gloss else 1.0

    def gain(self, normals: Floats) -> Floats:
        """Gain (h, w) of pixel values for surfaces with `normals` (h, w, 3), 1 for one that faces the camera."""
        share = (normals @ self._towards).clip(0.0) / -self._towards[2]
        gain: Floats = ((_AMBIENT + (1 - _AMBIENT) * share) ** (1 / GAMMA)).astype(np.float32)
        return gain

    def glossed(self, normals: Floats, rays: Floats) -> Floats | None:
        """What a glossy sheet mirrors of the lamp, (h, w) in linear light, or None if it is matte."""
        return self._gloss * mirrored(normals, rays, self._towards, self._width_deg) if self._gloss else None


def mirrored(normals: Floats, rays: Floats, towards: NDArray[np.floating], width_deg: float) -> Floats:
    """How nearly surfaces mirror a lamp that lies `towards` (3,): 1 in the middle of its image, Gaussian in angle."""
    eye = np.concatenate((rays, np.ones((*rays.shape[:2], 1), dtype=np.float32)), axis=-1)
    eye /= np.linalg.norm(eye, axis=-1, keepdims=True)
    reflected = eye - 2 * (eye * normals).sum(axis=-1, keepdims=True) * normals
    off = np.degrees(np.arccos(np.clip(reflected @ towards, -1, 1)))
    lobe: Floats = np.exp(-0.5 * (off / width_deg) ** 2).astype(np.float32)
    return lobe


class Sheet:
    """Anything printed, in somebody's hands."""

    def __init__(self, stage: Stage, texture: Texture, hands: Hands, lamp: Lamp) -> None:
        self._stage, self._texture, self.hands, self._lamp = stage, texture, hands, lamp

    def layers(self, time_s: float) -> list[Layer]:
        """The sheet, or nothing while it is out of view."""
        at, before = self.hands.at(time_s), self.hands.at(time_s - self._stage.exposure_s)
        view = seen(self._stage, self._texture, at)
        if view is None:
            return []
        colours = view.planes[:3]
        colours *= view.grid.filled(self._lamp.gain(view.normals))
        gloss = self._lamp.glossed(view.normals, view.rays)
        if gloss is not None:
            colours[:] = 255 * ((colours / 255) ** GAMMA + view.grid.filled(gloss)) ** np.float32(1 / GAMMA)
        return [self._stage.light_up(view.layer(colours, travel(self._stage, at, before)))]


def sheet(draws: Draws, face: Face, stage: Stage, *, is_bent: bool, handling: str | None = None) -> Sheet:
    """A print of `face` with its own background, cut with a white border or without."""
    life_size = draws.uniform("life_size", 0.55, 1.05)
    still = still_of(draws, face, 0.62, 1.05, aspect=draws.uniform("aspect", 1.0, 1.41))
    hands = Hands(draws, stage, life_size, handling=handling, can_bend=True)
    if is_bent:
        hands.bent(draws.uniform("curvature_per_m", 1.5, 6.0), draws.choice("bend_about_deg", (0.0, 0.0, 90.0, 20.0)))
    border_m = draws.uniform("border_mm", 3.0, 15.0) / 1000 if draws.choice("has_border", (True, False)) else 0.0
    per_m = _OVERSAMPLING * stage.optics.focal_px / hands.nearest_m
    shrink = per_m * life_size * FACE_M / still.face_px
    size = (round(still.box.width * shrink), round(still.box.height * shrink))
    margin = round(border_m * per_m)
    picture = np.full((size[1] + 2 * margin, size[0] + 2 * margin, 3), 255, dtype=np.uint8)
    picture[margin : margin + size[1], margin : margin + size[0]] = still.scaled(size)
    inked = Ink(draws).printed(picture, per_m)
    texels = np.dstack((inked, np.full(inked.shape[:2], 255, dtype=np.uint8)))
    eyes = (margin + still.eyes[0] * shrink, margin + still.eyes[1] * shrink)
    return Sheet(stage, Texture(texels, per_m, eyes), hands, Lamp(draws, stage.light.side))
