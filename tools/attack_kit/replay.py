"""A device that plays a clip: the person was alive when it was taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from faceauthd.picture import resize
from faceauthd.scene.face import Face
from tools.attack_kit.clip import Draws, Shot
from tools.attack_kit.hands import Hands
from tools.attack_kit.living import STAND, Living, Manner
from tools.attack_kit.medium import Texture
from tools.attack_kit.screens import Device, Panel, Screen, built
from tools.attack_kit.stage import Stage
from tools.attack_kit.still import FACE_M

Pixels = NDArray[np.uint8]

_OVERSAMPLING = 1.0
_SHRUNK_BELOW = 0.8
"""Share of the nearest sheet's size below which texels are averaged first; a still is blurred once and kept."""


def replay(
    draws: Draws, face: Face, stage: Stage, kind: Device, handling: str | None = None, manner: Manner = STAND
) -> Screen:
    """A clip of `face`, as large as the panel, taken by another camera in another room."""
    panel = Panel(draws, kind, stage)
    hands = Hands(draws, stage, panel.face_share * panel.width_m / FACE_M, handling=handling)
    device = built(panel, _OVERSAMPLING * stage.optics.focal_px / hands.nearest_m)
    film = Film(draws.part("video"), face, panel.face_share, stage.shot, device.texels[device.panel].shape[:2], manner)
    rows, columns = device.panel
    eyes = film.eyes()
    whole = (columns.start + eyes[0], rows.start + eyes[1])

    def shown(time_s: float) -> Texture:
        texels = device.texels.copy()
        texels[rows, columns, :3] = film.frame(time_s)
        texture = Texture(texels, device.per_m, whole, device.round_m)
        share = stage.optics.focal_px / hands.at(time_s).z_m / device.per_m
        return texture.shrunk(share) if share < _SHRUNK_BELOW else texture

    return Screen(stage, shown, hands, panel)


class Film:
    """Frames of a living person, for a panel of `shape` (height, width) texels."""

    def __init__(
        self, draws: Draws, face: Face, face_share: float, shot: Shot, shape: tuple[int, int], manner: Manner = STAND
    ) -> None:
        self._shape = shape
        height, width = shape
        shrink = min(1.0, 640 / height)
        size = (max(64, round(width * shrink)), max(64, round(height * shrink)))
        self._stage = Stage(draws, Shot(size, shot.fps, shot.seconds), is_video=True)
        face_px = face_share * size[0]
        filmed = replace(manner, face_px=(face_px, face_px + 1e-6))
        self._living = Living(draws, face, self._stage, filmed)
        self._scale = (width / size[0], height / size[1])
        self._fps = shot.fps

    def frame(self, time_s: float) -> Pixels:
        """The texels (height, width, 3) at `time_s`."""
        picture = self._stage.frame(self._living, round(time_s * self._fps), time_s)
        height, width = self._shape
        return picture if picture.shape[:2] == self._shape else resize(picture, (width, height))

    def eyes(self) -> tuple[float, float]:
        """Where the eyes are at the start, in texels."""
        pose = self._living.pose(0.0)
        optics = self._stage.optics
        x = optics.size[0] / 2 + optics.focal_px * pose.x_m / pose.distance_m
        y = optics.size[1] / 2 - optics.focal_px * pose.y_m / pose.distance_m
        return x * self._scale[0], y * self._scale[1]
