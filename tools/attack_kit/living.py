"""Living people: they come, stand and look around, or keep as still as somebody can who breathes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from faceauthd.scene.actor import Actor, Layer
from faceauthd.scene.face import Face
from faceauthd.scene.motion import Pose
from tools.attack_kit.clip import Draws
from tools.attack_kit.person import made_whole
from tools.attack_kit.stage import Stage, place
from tools.attack_kit.waves import Waves, eased
from tools.attack_kit.ways import Way, comes_from_the_side, stays, walks_up


@dataclass(frozen=True, slots=True)
class Manner:
    """How much somebody moves: ranges that deviations are drawn from, in mm and degrees, and the bands in Hz."""

    sway_mm: tuple[float, float]
    yaw_deg: tuple[float, float]
    pitch_deg: tuple[float, float]
    roll_deg: tuple[float, float]
    look_hz: tuple[float, float]
    face_px: tuple[float, float] = (90.0, 180.0)
    is_walking: bool = False
    is_from_side: bool = False
    mouth_hz: tuple[float, float] = (0.2, 1.5)
    jaw: tuple[float, float] = (0.0, 0.4)
    """How far the jaw is lowered, in what a mouth at rest opens at most (`scene.motion.Pose`)."""
    is_signing: bool = False
    """Whether each sign of life that a door may ask for is given, one after the other."""


STAND = Manner((3.0, 12.0), (2.0, 10.0), (1.0, 5.0), (0.5, 2.5), (0.15, 0.7))
"""In quiet standing the head sways by 5 to 10 mm (posturography); looking around is slower than once a second."""

STILL = Manner((0.8, 2.5), (0.2, 0.8), (0.15, 0.6), (0.1, 0.4), (0.1, 0.5))
"""Somebody who tries: what is left is the body's balance, breath and pulse."""

WALK = Manner((4.0, 10.0), (1.5, 6.0), (1.0, 4.0), (0.5, 2.0), (0.2, 0.8), is_walking=True)

SIDE = Manner((4.0, 10.0), (1.5, 6.0), (1.0, 4.0), (0.5, 2.0), (0.2, 0.8), is_from_side=True)

SPEAK = Manner((3.0, 12.0), (1.0, 5.0), (1.0, 4.0), (0.5, 2.5), (0.3, 1.5), mouth_hz=(2.0, 7.0), jaw=(1.0, 2.5))
"""The mouth of somebody who speaks opens 2 to 7 times a second (Chandrasekaran 2009), the lower lip here by 2 to 5 mm
at its widest, and the head goes along with what is said."""

SIGN = Manner((3.0, 12.0), (0.5, 3.0), (0.5, 2.0), (0.5, 2.0), (0.15, 0.7), is_signing=True)
"""Stands as others do, but does what a door asks for instead of looking around."""

_MOST_YAW_DEG, _MOST_PITCH_DEG = 15.0, 10.0
"""Beyond, one portrait no longer holds what would come into view."""


class Living:
    """One person before one camera."""

    def __init__(self, draws: Draws, face: Face, stage: Stage, manner: Manner) -> None:
        self._stage = stage
        self._actor = Actor(made_whole(face))
        seconds = stage.shot.seconds
        self._way = _way(draws, stage, manner)
        self._place = place(draws, stage.optics)
        self._sway_m = draws.uniform("sway_mm", *manner.sway_mm) / 1000
        self._looks = {
            "yaw_deg": draws.uniform("yaw_deg", *manner.yaw_deg),
            "pitch_deg": draws.uniform("pitch_deg", *manner.pitch_deg),
            "roll_deg": draws.uniform("roll_deg", *manner.roll_deg),
        }
        self._jaw = draws.uniform("jaw", *manner.jaw)
        self._breath_m, breath_hz = draws.uniform("breath_mm", 0.5, 1.5) / 1000, draws.uniform("breath_hz", 0.2, 0.33)
        is_stepping = manner.is_walking or manner.is_from_side
        self._bob_m = draws.uniform("step_bob_mm", 8.0, 20.0) / 1000 if is_stepping else 0.0
        self._step_hz = draws.uniform("step_hz", 1.5, 2.0) if is_stepping else 1.0
        rng = np.random.default_rng(draws.seed("life_seed"))
        self._right, self._up, self._near = (Waves(rng, 0.1, 1.0) for _ in range(3))
        self._turns = {name: Waves(rng, *manner.look_hz) for name in self._looks}
        self._mouth = Waves(rng, *manner.mouth_hz)
        self._breath = Waves(rng, breath_hz, breath_hz)
        self._blinks = Blinks(draws, rng, seconds)
        self._signs = Signs(draws, rng) if manner.is_signing else None

    def pose(self, time_s: float) -> Pose:
        """Where the person is at `time_s`, and how."""
        going = self._way.at(time_s)
        distance = going.distance_m
        step = 2 * math.pi * self._step_hz * time_s
        turned = {name: size * self._turns[name](time_s) for name, size in self._looks.items()}
        signs = self._signs
        asked_deg, asked_shut = (signs.yaw_deg(time_s), signs.shut(time_s)) if signs else (0.0, 0.0)
        pose = Pose(
            x_m=(self._place[0] + going.beside) * distance
            + self._sway_m * self._right(time_s)
            + 0.6 * self._bob_m * math.sin(step / 2),
            y_m=self._place[1] * distance
            + 0.4 * self._sway_m * self._up(time_s)
            + self._breath_m * self._breath(time_s)
            + self._bob_m * math.sin(step),
            distance_m=distance + self._sway_m * self._near(time_s),
            yaw_deg=float(np.clip(turned["yaw_deg"], -_MOST_YAW_DEG, _MOST_YAW_DEG)) + going.yaw_deg + asked_deg,
            pitch_deg=float(np.clip(turned["pitch_deg"], -_MOST_PITCH_DEG, _MOST_PITCH_DEG)),
            roll_deg=turned["roll_deg"],
            shut=max(self._blinks.shut(time_s), asked_shut),
            jaw=self._jaw * max(0.0, self._mouth(time_s)) / 2,
        )
        return replace(pose, blur_px=self._stage.defocus_px(pose.distance_m) * 640 / self._stage.optics.size[0])

    def layers(self, time_s: float) -> list[Layer]:
        """The person, or nothing while they are out of view."""
        pose, before = self.pose(time_s), self.pose(time_s - self._stage.exposure_s)
        per_metre = self._stage.optics.focal_px / pose.distance_m
        travel = ((pose.x_m - before.x_m) * per_metre, (before.y_m - pose.y_m) * per_metre)
        layer = self._actor.draw(pose, self._stage.light.side, self._stage.optics, travel)
        return [] if layer is None else [self._stage.light_up(layer)]


class Blinks:
    """Lids that close by chance: a Poisson process that was under way before the clip began.

    10 to 20 a minute at rest (Bentivoglio 1997: 17 on average), each 100 to 400 ms from open to open.
    """

    def __init__(self, draws: Draws, rng: np.random.Generator, seconds: float) -> None:
        self._length_s = draws.uniform("blink_s", 0.1, 0.4)
        every_s = 60.0 / draws.uniform("blinks_per_minute", 10.0, 20.0)
        self._times: list[float] = []
        at = -self._length_s + float(rng.exponential(every_s))
        while at < seconds:
            self._times.append(at)
            at += self._length_s + float(rng.exponential(every_s - self._length_s))
        draws.note("blinks_at_s", [round(at, 3) for at in self._times])

    def shut(self, time_s: float) -> float:
        """How far the lids are closed, 0 to 1: they close in a third of the time, rest shortly and open slower."""
        for at in self._times:
            share = (time_s - at) / self._length_s
            if 0.0 <= share < 1.0:
                return min(1.0, share / 0.3, (1.0 - share) / 0.5)
        return 0.0


class Signs:
    """What a door may ask for: to turn the head a little, and then signs of life, each once and in a drawn order: eyes
    closed for a moment, and the head turned to either side and back.

    No sign begins before 1.9 s, when the door has asked and they have read it; how far and how fast people turn who are
    asked to is a plausible choice. A turn goes a little beyond what one portrait holds, as in the scenes.
    """

    def __init__(self, draws: Draws, rng: np.random.Generator) -> None:
        order = [_KINDS[int(index)] for index in rng.permutation(len(_KINDS))]
        self._shut_s = draws.uniform("sign_shut_s", 0.4, 0.9)
        self._turn_deg = draws.uniform("sign_turn_deg", 14.0, 20.0)
        self._turn_s = draws.uniform("sign_turn_s", 0.9, 1.3)
        at, self._at = draws.uniform("signs_begin_s", 1.9, 2.2), dict[str, float]()
        for kind in order:
            self._at[kind] = at
            at += (self._shut_s if kind == "blink" else self._turn_s) + 0.25
        draws.note("signs_at_s", {kind: round(at_s, 3) for kind, at_s in self._at.items()})
        side = 1 if draws.choice("glances", ("left", "right")) == "left" else -1
        self._glance_deg = side * draws.uniform("glance_deg", 6.0, 10.0)
        self._glance_at_s = draws.uniform("glance_at_s", 0.6, 1.0)

    def yaw_deg(self, time_s: float) -> float:
        """How far the head is turned: out, a while there, and back. To the person's left is to the picture's right."""
        left, right = (_there_and_back((time_s - self._at[kind]) / self._turn_s) for kind in ("left", "right"))
        glance = _there_and_back((time_s - self._glance_at_s) / _GLANCE_S)
        return self._turn_deg * (left - right) + self._glance_deg * glance

    def shut(self, time_s: float) -> float:
        """How far the lids are closed for the sign, 0 to 1; they take a tenth of a second to close, and to open."""
        since_s = time_s - self._at["blink"]
        return float(np.clip(min(since_s, self._shut_s - since_s) / 0.1, 0.0, 1.0))


_KINDS = ("blink", "left", "right")
_GLANCE_S = 0.9


def _there_and_back(share: float) -> float:
    """0 to 1 in a third of the time, rest, and back to 0."""
    return eased(float(np.clip(min(share, 1.0 - share) * 3, 0.0, 1.0)))


def _way(draws: Draws, stage: Stage, manner: Manner) -> Way:
    if manner.is_walking:
        return walks_up(draws, stage)
    return comes_from_the_side(draws, stage) if manner.is_from_side else stays(draws, stage, manner.face_px)
