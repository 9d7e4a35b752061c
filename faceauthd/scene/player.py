"""A scene that can be played: any frame of it, at any time, always the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.scene.actor import Actor, Optics
from faceauthd.scene.light import GAMMA, Light, exposure, lit, vignette
from faceauthd.scene.motion import Life, Path, Pose
from faceauthd.scene.sensor import Sensor
from faceauthd.types import Edge, Frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from faceauthd.scene.face import Face
    from faceauthd.scene.spec import Expected, SceneSpec, Visit

_HISS = 0.7
"""How the sensor's gain, and with it the noise, rises as the light falls: an exposure that makes up for part of it."""


@dataclass(frozen=True, slots=True)
class _Presence:
    actor: Actor
    path: Path
    life: Life
    face: Face


class Scene:
    """Frames, presses and expected events of one scene.

    `faces` holds the face for each `who` of the spec's visits, `background` the room (height, width, 3).
    """

    def __init__(self, spec: SceneSpec, faces: Mapping[str, Face], background: NDArray[np.float32]) -> None:
        self.spec = spec
        actors = {who: Actor(faces[who]) for who in {visit.who for visit in spec.visits}}
        self._present = [
            _Presence(actors[visit.who], Path(visit.path), _life(spec, number, visit), faces[visit.who])
            for number, visit in enumerate(spec.visits)
        ]
        self._optics = Optics(spec.size, spec.camera.hfov_deg)
        self._background = np.ascontiguousarray(np.moveaxis(background, 2, 0))
        self._corners = vignette(spec.size, spec.camera.vignette)
        self._sensor = Sensor(spec.size, spec.seed, spec.camera.noise)
        self._lit: tuple[Light, NDArray[np.float32], NDArray[np.float32]] | None = None
        self._phase = float(np.random.default_rng(spec.seed).uniform(0, 2 * math.pi))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames in pixels."""
        return self.spec.size

    @property
    def fps(self) -> float:
        return self.spec.fps

    @property
    def duration_s(self) -> float:
        return len(self) / self.spec.fps

    @property
    def cues(self) -> tuple[Edge, ...]:
        """The button's edges in order, in seconds from the scene's start."""
        pairs = [(Edge(True, cue.at_s), Edge(False, cue.at_s + cue.hold_s)) for cue in self.spec.cues]
        return tuple(sorted((edge for pair in pairs for edge in pair), key=lambda edge: edge.at_s))

    @property
    def expected(self) -> tuple[Expected, ...]:
        return self.spec.expected

    def __len__(self) -> int:
        return self.spec.frames

    def frame(self, index: int) -> Frame:
        """Frame number `index`, taken `index / fps` seconds after the scene's start. Raises IndexError."""
        if not 0 <= index < len(self):
            raise IndexError(f"the scene has {len(self)} frames, numbered from 0; there is no {index}")
        time_s = index / self.spec.fps
        light = self.light(time_s)
        gains, empty = self._under(light)
        image = empty.copy()
        for presence, pose in self._in_view(time_s):
            self._add(image, presence, pose, light, gains, time_s)
        image *= exposure(self.size[1], time_s, self._phase)
        hiss = max(1.0, light.level ** (-_HISS / GAMMA))
        return Frame(self._sensor.read(image, index, hiss), time_s)

    def light(self, time_s: float) -> Light:
        """The light at `time_s`."""
        keys = self.spec.light
        times = [key.at_s for key in keys]
        values = [
            float(np.interp(time_s, times, [getattr(key.light, name) for key in keys]))
            for name in ("level", "side", "kelvin")
        ]
        return Light(*values)

    def poses(self, time_s: float) -> list[tuple[str, Pose]]:
        """Who is in view at `time_s` and how, the farthest first."""
        return [(presence.face.name, pose) for presence, pose in self._in_view(time_s)]

    def _in_view(self, time_s: float) -> list[tuple[_Presence, Pose]]:
        seen = []
        for presence in self._present:
            planned = presence.path.pose(time_s)
            if planned is not None:
                seen.append((presence, presence.life.stir(planned, time_s)))
        return sorted(seen, key=lambda one: -one[1].distance_m)

    def _under(self, light: Light) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The gains (3, height, width) of `light`, and the empty room in it; both kept for the next frame."""
        if self._lit is None or self._lit[0] != light:
            gains = lit(light, self._corners)
            self._lit = (light, gains, self._background * gains)
        return self._lit[1:]

    def _add(
        self,
        image: NDArray[np.float32],
        presence: _Presence,
        pose: Pose,
        light: Light,
        gains: NDArray[np.float32],
        time_s: float,
    ) -> None:
        layer = presence.actor.draw(pose, light.side, self._optics, self._travel(presence, pose, time_s))
        if layer is None:
            return
        height, width = layer.planes.shape[1:]
        where = (slice(None), slice(layer.top, layer.top + height), slice(layer.left, layer.left + width))
        colours, alpha = layer.planes[:3], layer.planes[3]
        colours *= gains[where]
        colours -= image[where]
        colours *= alpha
        image[where] += colours

    def _travel(self, presence: _Presence, pose: Pose, time_s: float) -> tuple[float, float]:
        exposure_s = self.spec.camera.exposure_s
        planned = presence.path.pose(time_s - exposure_s)
        if planned is None:
            return 0.0, 0.0
        before = presence.life.stir(planned, time_s - exposure_s)
        per_metre = self._optics.focal_px / pose.distance_m
        return (pose.x_m - before.x_m) * per_metre, (before.y_m - pose.y_m) * per_metre


def _life(spec: SceneSpec, number: int, visit: Visit) -> Life:
    return Life(1000 * spec.seed + number, spec.duration_s, sway=visit.sway, blinks=visit.blinks)
