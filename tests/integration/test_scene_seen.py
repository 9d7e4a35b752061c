"""The real models see in a scene what a camera would show them: living faces, each its own person, turned as told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from faceauthd.resources import shipped
from faceauthd.scene.actor import Optics
from faceauthd.scene.library import load_scene
from faceauthd.scene.motion import Pose
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.detect import Detector
from faceauthd.vision.embed import Embedder
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.liveness import LivenessModel
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.pose import pose_of

if TYPE_CHECKING:
    from faceauthd.scene.player import Scene
    from faceauthd.vision.detect import Detection

USABLE_M = 0.78
"""Nearer than this both faces are about 90 pixels wide and more, at which the liveness model can tell."""


@dataclass
class Looks:
    """What the models say of one person over a scene."""

    shown: int = 0
    live: list[float] = field(default_factory=list)
    probes: list[np.ndarray] = field(default_factory=list)
    yaw: list[tuple[float, float]] = field(default_factory=list)


class Eye:
    """The models, looking at one frame."""

    def __init__(self) -> None:
        pack = ModelPack.open(shipped("models"))
        self._detector, self._landmarker = Detector(pack.detector), Landmarker(pack.landmarks)
        self._embedder, self._liveness = Embedder(pack.embedder), LivenessModel(pack.liveness)

    def look(self, scene: Scene, every_s: float) -> dict[str, Looks]:
        looks: dict[str, Looks] = defaultdict(Looks)
        optics = Optics(scene.size, scene.spec.camera.hfov_deg)
        for index in range(0, len(scene), round(every_s * scene.fps)):
            picture = scene.frame(index).main
            found = self._detector.find(picture, min_score=0.7)
            for who, pose in scene.poses(index / scene.fps):
                if pose.distance_m < USABLE_M:
                    looks[who].shown += 1
                    self._meet(looks[who], picture, pose, [one for one in found if holds_nose(one, optics, pose)])
        return looks

    def _meet(self, looks: Looks, picture: np.ndarray, pose: Pose, found: list[Detection]) -> None:
        if not found:
            return
        box = found[0].box
        points = self._landmarker.locate(picture, [box])[0]
        looks.live.append(float(self._liveness.score(picture, [box])[0]))
        looks.probes.append(self._embedder.embed(np.stack([aligned_crop(picture, points)]))[0])
        looks.yaw.append((pose.yaw_deg, pose_of(points).yaw_deg))


def holds_nose(found: Detection, optics: Optics, pose: Pose) -> bool:
    """Whether the box holds the place below the eyes where the nose must be."""
    per_metre = optics.focal_px / pose.distance_m
    x = optics.size[0] / 2 + per_metre * pose.x_m
    y = optics.size[1] / 2 - per_metre * (pose.y_m - 0.04)
    return found.box.left < x < found.box.right and found.box.top < y < found.box.bottom


@pytest.fixture(scope="module")
def looks() -> dict[str, Looks]:
    return Eye().look(load_scene("demo"), every_s=0.6)


def test_each_face_is_found_whenever_it_is_near(looks: dict[str, Looks]) -> None:
    assert set(looks) == {"astronaut", "hopper"}
    for one in looks.values():
        assert one.shown >= 10
        assert len(one.live) >= 0.97 * one.shown


def test_each_face_looks_alive(looks: dict[str, Looks]) -> None:
    for one in looks.values():
        assert np.mean(one.live) > 0.8
        assert np.mean(np.array(one.live) > 0.5) > 0.85


def test_each_person_resembles_themselves_and_nobody_else(looks: dict[str, Looks]) -> None:
    first, second = (np.array(one.probes) for one in looks.values())
    assert np.percentile(first @ first.T, 5) > 0.6
    assert np.percentile(second @ second.T, 5) > 0.6
    assert (first @ second.T).max() < 0.25


def test_no_two_looks_are_the_same_picture(looks: dict[str, Looks]) -> None:
    for one in looks.values():
        cosines = np.array(one.probes) @ np.array(one.probes).T
        assert cosines[~np.eye(len(cosines), dtype=bool)].max() < 0.9995


def test_a_face_that_turns_is_seen_to_turn_by_as_much(looks: dict[str, Looks]) -> None:
    told, seen = np.array(looks["astronaut"].yaw).T
    slope, offset = np.polyfit(told, seen, 1)
    assert 0.7 < slope < 1.3
    assert abs(offset) < 5
    assert np.ptp(seen) > 20
