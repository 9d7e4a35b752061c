"""What the service costs: its start, its memory, and its rest with nobody and with somebody before the camera."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.bench.kit import ENROLLED, STRANGER, played, random_units, templates
from faceauthd.bench.process import running
from faceauthd.bench.sample import spread
from faceauthd.gallery import Gallery, Newcomer
from faceauthd.picture import load_picture, save_picture
from faceauthd.scene.motion import Pose
from faceauthd.scene.spec import Keyframe, SceneSpec, Visit
from faceauthd.types import NewTemplate, Role

if TYPE_CHECKING:
    from faceauthd.bench.kit import Kit

STARTS = (5, 10_000)
LARGEST_START = 100_000
"""Templates in the galleries that the service is started with."""
LOOKS_A_SECOND = 10
MANY_TEMPLATES = 10_000
_EACH = 5
_SCENE_S = 2.0
_BESIDE_M = 0.24
_TURNS_DEG = 7.0
_FRAMES = "frames"
_SETTLE_S = 4.0
"""Until the door has opened for whoever is enrolled, or refused a stranger: a decided face is what stands there."""


@dataclass(frozen=True, slots=True)
class Rest:
    """One way to rest: `who` stands before the camera, with so many templates enrolled."""

    name: str
    who: str | None
    enrolled: int
    crowd: int = 1
    turns: bool = True
    """Looks about, and so is decided; who keeps still is looked at for as long as they stand there."""


RESTS = (
    Rest("nobody", None, _EACH),
    Rest("enrolled person", ENROLLED, _EACH),
    Rest("the same, keeping still", ENROLLED, _EACH, turns=False),
    Rest("stranger, 10 k templates", STRANGER, MANY_TEMPLATES),
    Rest("crowd of four", STRANGER, _EACH, crowd=4),
)


def measure_rest(kit: Kit, rest: Rest, folder: Path, *, seconds: float) -> dict[str, object]:
    """Processor's seconds a second of the service over `seconds`, and its memory after them. Raises BenchError.

    The frames are pictures in `folder`, played over and over; reading them is the camera's work and not the
    service's, so its share is measured apart (`camera_cpu`).
    """
    overrides = prepared(kit, rest, folder)
    with running(folder, overrides) as service:
        time.sleep(_SETTLE_S)
        began_s, cpu_s = time.perf_counter(), service.cpu_s()
        time.sleep(seconds)
        worked = (service.cpu_s() - cpu_s) / (time.perf_counter() - began_s)
        memory = service.memory_mb()
    return {
        "seconds": seconds,
        "looks_a_second": LOOKS_A_SECOND,
        "templates": rest.enrolled,
        "cpu": round(worked, 4),
        "camera_cpu": round(_reading(folder / _FRAMES), 4),
        "memory": memory,
    }


def prepared(kit: Kit, rest: Rest, folder: Path) -> list[str]:
    """The frames and the gallery of `rest`, made in `folder`, and the settings of the service that uses them."""
    frames, gallery = folder / _FRAMES, folder / "gallery"
    frames.mkdir(parents=True)
    _draw(rest, frames)
    enroll(kit, gallery, rest.enrolled)
    return overrides_of(kit, frames, gallery)


def measure_start(kit: Kit, folder: Path, enrolled: int, *, times: int) -> dict[str, object]:
    """From starting the process to its READY with so many `enrolled` templates; the first start is not counted, so that
    the files are in the page cache."""
    overrides = start_overrides(kit, folder, enrolled)
    walls, cpus = [], []
    for _ in range(times + 1):
        with running(folder, overrides) as service:
            walls.append(service.ready_s)
            cpus.append(service.ready_cpu_s)
    return {"n": times, "wall_s": spread(walls[1:]), "cpu_s": spread(cpus[1:])}


def start_overrides(kit: Kit, folder: Path, enrolled: int = _EACH) -> list[str]:
    """An empty room and a gallery, made in `folder`, and the settings of a service that starts with them."""
    return prepared(kit, Rest("start", None, enrolled), folder)


def overrides_of(kit: Kit, frames: Path, gallery: Path) -> list[str]:
    """The settings of a service that plays `frames` over and over and has that gallery."""
    return [
        f"camera.source=replay:{frames}",
        f"camera.replay_fps={LOOKS_A_SECOND}",
        f"gallery.path={gallery}",
        f"vision.threads={kit.config.vision.threads}",
    ]


def _draw(rest: Rest, folder: Path) -> None:
    """Frames of `rest`, those in a crowd side by side, quick to read."""
    distance_m = 0.75  # near enough to be judged, and so to be left alone afterwards
    middle = (rest.crowd - 1) / 2
    poses = [Pose(x_m=_BESIDE_M * (number - middle), distance_m=distance_m) for number in range(rest.crowd)]
    turns_deg = _TURNS_DEG if rest.turns else 0.0
    visits = tuple(Visit(rest.who, _stands(pose, turns_deg), line=0) for pose in poses if rest.who is not None)
    scene = played(SceneSpec("standing", (640, 480), LOOKS_A_SECOND, _SCENE_S, seed=1, room_seed=4, visits=visits))
    for number in range(len(scene)):
        save_picture(scene.frame(number).main, folder / f"{number:03d}.bmp")


def _stands(pose: Pose, turns_deg: float) -> tuple[Keyframe, ...]:
    """Turns to one side and to the other, and back."""
    ways = ((0.0, 0.0), (0.3, turns_deg), (0.7, -turns_deg), (1.0, 0.0))
    return tuple(Keyframe(share * _SCENE_S, replace(pose, yaw_deg=yaw_deg)) for share, yaw_deg in ways)


def enroll(kit: Kit, folder: Path, count: int) -> None:
    """The walker of the demonstration, and as many made-up people as make `count` templates, five each."""
    rows = random_units(np.random.default_rng(9), count - _EACH)
    crowd = [
        Newcomer(f"made-up {first}", Role.MEMBER, tuple(NewTemplate(row, 1.0) for row in rows[first : first + _EACH]))
        for first in range(0, len(rows), _EACH)
    ]
    with Gallery.open(folder, embedder_id=kit.pack.embedder_id) as gallery:
        gallery.enroll_all([Newcomer("walker", Role.ADMIN, templates(kit)), *crowd], now=0.0)


def _reading(folder: Path) -> float:
    """Processor's seconds that reading the pictures takes in a second of `LOOKS_A_SECOND`."""
    paths = sorted(folder.iterdir())
    load_picture(paths[0])
    began_s = time.process_time()
    for path in paths:
        load_picture(path)
    return (time.process_time() - began_s) / len(paths) * LOOKS_A_SECOND
