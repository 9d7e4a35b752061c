"""Hands that hold a picture before the camera: still, shaking it to look alive, or bringing it near."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tools.attack_kit.clip import Draws
from tools.attack_kit.stage import Stage, place
from tools.attack_kit.surface import Placement
from tools.attack_kit.waves import Waves, eased
from tools.attack_kit.ways import ARRIVES_S, FIRST_PX, LAST_PX

HANDLINGS = ("held", "shaken", "near")

_TREMOR_HZ = (8.0, 12.0)
"""Physiological tremor of the hand (Elble and Koller 1990)."""


class Hands:
    """Where the sheet is at each time. `life_size` is the size of the face on it, 1 as in life."""

    def __init__(
        self, draws: Draws, stage: Stage, life_size: float, *, handling: str | None = None, can_bend: bool = False
    ) -> None:
        self._kind = draws.note("handling", handling) if handling else draws.choice("handling", HANDLINGS)
        self._stage = stage
        self._far_m, self._near_m = self._distances(draws, life_size)
        self._arrives_s = draws.uniform("arrives_s", *ARRIVES_S) if self._kind == "near" else math.inf
        self._place = place(draws, stage.optics)
        self._tremor_px = draws.uniform("tremor_px", 0.35, 1.4)
        self._tremor_deg = draws.uniform("tremor_deg", 0.05, 0.3)
        self._drift_m = draws.uniform("drift_mm", 2.0, 8.0) / 1000
        self._tilt_deg = draws.uniform("drift_deg", 0.5, 2.5)
        self._base = Placement(
            yaw_deg=draws.uniform("yaw_deg", -8.0, 8.0),
            pitch_deg=draws.uniform("pitch_deg", -8.0, 8.0),
            roll_deg=draws.uniform("roll_deg", -4.0, 4.0),
            bend_per_m=draws.uniform("bend_per_m", -0.25, 0.25) if can_bend else 0.0,
            bend_axis_deg=draws.uniform("bend_axis_deg", -15.0, 15.0) if can_bend else 0.0,
        )
        self._shake = self._shaking(draws, can_bend)
        rng = np.random.default_rng(draws.seed("hands_seed"))
        self._tremor = [Waves(rng, *_TREMOR_HZ) for _ in range(4)]
        self._drift = [Waves(rng, 0.1, 0.6) for _ in range(6)]
        self._rhythm = [Waves(rng, self._shake["hz"] * 0.7, self._shake["hz"] * 1.3) for _ in range(5)]

    @property
    def nearest_m(self) -> float:
        """The shortest planned distance."""
        return min(self._far_m, self._near_m)

    def at(self, time_s: float) -> Placement:
        """Where the sheet is at `time_s`."""
        share = eased(time_s / self._arrives_s)
        distance = self._far_m + share * (self._near_m - self._far_m)
        tremor = [wave(time_s) for wave in self._tremor]
        drift = [wave(time_s) for wave in self._drift]
        shake = [wave(time_s) for wave in self._rhythm]
        tremor_m = self._tremor_px * distance / self._stage.optics.focal_px
        return replace(
            self._base,
            x_m=self._place[0] * distance
            + tremor_m * tremor[0]
            + self._drift_m * drift[0]
            + self._shake["m"] * shake[0],
            y_m=-self._place[1] * distance + tremor_m * tremor[1] + 0.7 * self._drift_m * drift[1],
            z_m=max(0.08, distance * (1.0 + 0.02 * drift[2]) + 0.5 * self._shake["m"] * shake[4]),
            yaw_deg=self._base.yaw_deg
            + self._tremor_deg * tremor[2]
            + self._tilt_deg * drift[3]
            + self._shake["yaw_deg"] * shake[1],
            pitch_deg=self._base.pitch_deg
            + self._tremor_deg * tremor[3]
            + self._tilt_deg * drift[4]
            + self._shake["pitch_deg"] * shake[2],
            roll_deg=self._base.roll_deg + 0.5 * self._tilt_deg * drift[5],
            bend_per_m=self._base.bend_per_m + self._shake["bend_per_m"] * shake[3],
        )

    def bent(self, bend_per_m: float, axis_deg: float) -> None:
        """Hold the sheet bent to part of a cylinder."""
        self._base = replace(self._base, bend_per_m=bend_per_m, bend_axis_deg=axis_deg)

    def _distances(self, draws: Draws, life_size: float) -> tuple[float, float]:
        if self._kind != "near":
            distance = self._stage.distance_m(draws.uniform("face_px", 90.0, 180.0), life_size)
            return distance, distance
        far, near = draws.uniform("first_face_px", *FIRST_PX), draws.uniform("last_face_px", *LAST_PX)
        return self._stage.distance_m(far, life_size), self._stage.distance_m(near, life_size)

    def _shaking(self, draws: Draws, can_bend: bool) -> dict[str, float]:
        """Deviations of what is done to look alive: a sheet turned and tilted a few times in a clip."""
        if self._kind != "shaken":
            return {"hz": 1.0, "m": 0.0, "yaw_deg": 0.0, "pitch_deg": 0.0, "bend_per_m": 0.0}
        return {
            "hz": draws.uniform("shake_hz", 0.4, 1.5),
            "m": draws.uniform("shake_mm", 3.0, 15.0) / 1000,
            "yaw_deg": draws.uniform("shake_yaw_deg", 5.0, 16.0),
            "pitch_deg": draws.uniform("shake_pitch_deg", 3.0, 10.0),
            "bend_per_m": draws.uniform("shake_bend_per_m", 0.0, 1.5) if can_bend else 0.0,
        }
