"""A paper mask with holes for the eyes, worn by somebody living."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from faceauthd.scene.actor import Layer
from faceauthd.scene.blur import blur
from faceauthd.scene.face import Face
from faceauthd.scene.head import PUPILS_MM, Turn
from tools.attack_kit.clip import Draws
from tools.attack_kit.living import SIGN, STAND, WALK, Living
from tools.attack_kit.medium import Texture, seen, travel
from tools.attack_kit.prints import Ink, Lamp
from tools.attack_kit.stage import Stage
from tools.attack_kit.surface import Placement
from tools.cut_out import polygon_mask

Floats = NDArray[np.float32]

_EYES = (tuple(range(36, 42)), tuple(range(42, 48)))
_MANNERS = {"held": STAND, "shaken": STAND, "near": WALK}
_HANDLINGS = tuple(_MANNERS)
_SHAKE_HZ = (0.5, 1.3)


class Mask:
    """A mask, and who wears it. It goes where the head goes, in front of it by the paper's distance."""

    def __init__(self, draws: Draws, face: Face, stage: Stage, handling: str, *, is_signing: bool) -> None:
        self._stage, self._face = stage, face
        self._wearer = Living(draws, face, stage, SIGN if is_signing else _MANNERS[handling])
        self._gap_m = draws.uniform("gap_mm", 12.0, 30.0) / 1000
        self._bend = draws.uniform("curvature_per_m", 2.0, 6.0)
        self._slip_deg = draws.uniform("slip_deg", -3.0, 3.0)
        self._shake_deg = draws.uniform("shake_yaw_deg", 5.0, 12.0) if handling == "shaken" else 0.0
        self._shake_hz = draws.uniform("shake_hz", *_SHAKE_HZ) if handling == "shaken" else 1.0
        self._lamp = Lamp(draws, stage.light.side)
        self._texture = _paper(draws, face)

    def layers(self, time_s: float) -> list[Layer]:
        """The wearer, and the mask before them."""
        worn = self._wearer.layers(time_s)
        at, before = self._placed(time_s), self._placed(time_s - self._stage.exposure_s)
        view = seen(self._stage, self._texture, at)
        if view is None:
            return worn
        colours = view.planes[:3] * view.grid.filled(self._lamp.gain(view.normals))
        np.multiply(view.cover, view.planes[3] * np.float32(1 / 255), out=view.cover)
        return [*worn, self._stage.light_up(view.layer(colours, travel(self._stage, at, before)))]

    def _placed(self, time_s: float) -> Placement:
        """The mask's place: before the eyes of the head as it is turned."""
        pose = self._wearer.pose(time_s)
        optics = self._stage.optics
        eyes = self._face.landmarks[36:48].mean(axis=0)
        turned = self._face.head.turned(eyes, Turn(pose.yaw_deg, pose.pitch_deg))
        matrix = optics.placed(self._face, pose)
        x, y = matrix[:, :2] @ turned + matrix[:, 2] - np.array(optics.size) / 2
        distance = pose.distance_m - self._gap_m
        yaw = pose.yaw_deg + self._shake_deg * float(np.sin(2 * np.pi * self._shake_hz * time_s))
        ahead = self._gap_m * np.sin(np.radians((pose.yaw_deg, pose.pitch_deg)))
        return Placement(
            x_m=float(x / optics.focal_px * distance + ahead[0]),
            y_m=float(y / optics.focal_px * distance - ahead[1]),
            z_m=distance,
            yaw_deg=yaw,
            pitch_deg=pose.pitch_deg,
            roll_deg=pose.roll_deg + self._slip_deg,
            bend_per_m=self._bend,
        )


def cutout(draws: Draws, face: Face, stage: Stage, handling: str | None = None, *, is_signing: bool = False) -> Mask:
    """The face printed life-size, cut out along its outline, with holes for the eyes."""
    kind = draws.note("handling", handling) if handling else draws.choice("handling", _HANDLINGS)
    return Mask(draws, face, stage, kind, is_signing=is_signing)


def _paper(draws: Draws, face: Face) -> Texture:
    per_m = face.head.pupils_px / (PUPILS_MM / 1000) / draws.uniform("life_size", 0.97, 1.06)
    size = (face.picture.shape[1], face.picture.shape[0])
    outline = polygon_mask(_outline(face, draws.uniform("outline", 0.98, 1.15)), size)
    opening = draws.uniform("hole", 1.25, 1.7)
    holes = np.clip(sum(polygon_mask(_ellipse(face.landmarks[list(eye)], opening), size) for eye in _EYES), 0, 1)
    shade = draws.uniform("shade_in_holes", 0.05, 0.35)
    alpha = np.clip(blur(outline * (1 - (1 - shade) * holes), 0.3), 0, 1)
    inked = Ink(draws).printed(face.picture, per_m) * (1 - holes)[..., np.newaxis]
    texels = np.dstack((np.rint(inked).astype(np.uint8), np.rint(255 * alpha).astype(np.uint8)))
    eyes = face.landmarks[36:48].mean(axis=0)
    return Texture(texels, per_m, (float(eyes[0]), float(eyes[1])))


def _outline(face: Face, grow: float) -> NDArray[np.float64]:
    """Jaw and forehead, (n, 2)."""
    jaw = face.landmarks[:17].astype(np.float64)
    middle = jaw[[0, 16]].mean(axis=0)
    half = np.linalg.norm(jaw[16] - jaw[0]) / 2
    along = (jaw[16] - jaw[0]) / (2 * half)
    up = np.array((along[1], -along[0]))
    angles = np.linspace(0, np.pi, 17)[1:-1, np.newaxis]
    forehead = middle + half * (np.cos(angles) * along + 1.0 * np.sin(angles) * up)
    points = np.concatenate((jaw, forehead))
    centre = points.mean(axis=0)
    grown: NDArray[np.float64] = centre + grow * (points - centre)
    return grown


def _ellipse(eye: NDArray[np.floating], opening: float) -> NDArray[np.float64]:
    """A hole around the points of an eye (6, 2), `opening` times as wide as it."""
    centre = eye.mean(axis=0)
    half = float(np.ptp(eye[:, 0])) / 2 * opening
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    hole: NDArray[np.float64] = centre + half * np.column_stack((np.cos(angles), 0.62 * np.sin(angles)))
    return hole
