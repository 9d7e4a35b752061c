"""What every measurement starts from: the stages as they are at the door, and frames of the demonstration's scene."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.bench.errors import BenchError
from faceauthd.config import Config, load_config
from faceauthd.picture import resize
from faceauthd.recognizer import FaceRecognizer, Stages
from faceauthd.scene.face import SampleFaces
from faceauthd.scene.library import load_spec
from faceauthd.scene.player import Scene
from faceauthd.scene.room import room
from faceauthd.settings import stages_of
from faceauthd.types import Frame, NewTemplate, Wants
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from faceauthd.ports import Matching
    from faceauthd.scene.spec import SceneSpec
    from faceauthd.types import Match, Vector

LORES = (320, 240)
"""The small picture beside each frame, as the Pi's image processor gives it for nothing; not part of any figure."""

FPS = 15.0
"""As `camera.fps` is by default."""

ENROLLED = "astronaut"
STRANGER = "hopper"
_ENROL_AT_S = (4.5, 6.1, 8.5, 10.2, 12.1)
"""When in the demonstration she has one of the poses that enrolment asks for, and holds still."""
_WALK_UP_S = (16.4, 22.0)
"""In the demonstration, from before she comes back to when she has gone past."""


@dataclass(frozen=True, slots=True)
class Kit:
    """The configuration, the models and the stages on them."""

    config: Config
    pack: ModelPack
    stages: Stages


class Nobody:
    """A `ports.Matching` over an empty gallery."""

    def best(self, probes: Vector) -> list[Match | None]:
        return [None] * len(probes)


def open_kit(threads: int) -> Kit:
    """The shipped models with the defaults, each on `threads` threads. Raises ModelError."""
    config = load_config(None, [f"vision.threads={threads}", "camera.source=none", "panel.pin_factory=mock"]).config
    pack = ModelPack.open(config.vision.models_folder, threads=threads)
    return Kit(config, pack, stages_of(config, pack))


def demo_scene(fps: float, seed: int | None = None) -> Scene:
    """The demonstration's scene at `fps`; another `seed` gives other sway, blinks and noise."""
    spec = load_spec("demo")
    return played(replace(spec, fps=fps, seed=spec.seed if seed is None else seed))


def played(spec: SceneSpec) -> Scene:
    """`spec`, of sample faces in a drawn room, ready to be played."""
    samples = SampleFaces()
    faces = {who: samples.face(who) for who in {visit.who for visit in spec.visits}}
    return Scene(spec, faces, room(spec.size, spec.room_seed))


def with_lores(frame: Frame) -> Frame:
    return replace(frame, lores=resize(frame.main, LORES))


def walk_up(scene: Scene) -> range:
    """The numbers of the frames in which somebody enrolled walks up to the door."""
    return range(round(_WALK_UP_S[0] * scene.fps), round(_WALK_UP_S[1] * scene.fps))


def usable_frames(kit: Kit, most: int | None = None) -> list[Frame]:
    """The (first `most`) frames of the walk-up in each of which one face is found, and good enough to be compared."""
    scene = demo_scene(FPS)
    found = [with_lores(scene.frame(index)) for index in walk_up(scene)]
    usable = [frame for frame in found if look_once(kit, frame, Nobody()) is not None]
    if not usable:
        raise BenchError("no frame of the demonstration shows a usable face: are these the shipped models?")
    return usable[:most]


class Passing:
    """`frames` forth and back for ever, their times rising as a camera's do, so that the cues of motion are told too.

    Over the frames' own times, or the same time again, a track would have no past to compare a look with.
    """

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames
        self._given = 0

    def next(self) -> Frame:
        at = self.place(self._given)
        self._given += 1
        return replace(self._frames[at], time_s=self._given / FPS)

    def place(self, number: int) -> int:
        """Which of the frames the one of that number is, from 0."""
        back = max(1, 2 * (len(self._frames) - 1))
        return min(number % back, back - number % back) if len(self._frames) > 1 else 0


def templates(kit: Kit, who: str = ENROLLED) -> tuple[NewTemplate, ...]:
    """What the demonstration enrols of her, or would of `who`: five looks in different poses."""
    spec = replace(load_spec("demo"), fps=FPS)
    scene = played(replace(spec, visits=tuple(replace(visit, who=who) for visit in spec.visits)))
    looks = [look_once(kit, with_lores(scene.frame(round(at_s * FPS))), Nobody()) for at_s in _ENROL_AT_S]
    taken = tuple(look for look in looks if look is not None)
    if len(taken) < len(looks):
        raise BenchError("the demonstration's enrolment shows no usable face: are these the shipped models?")
    return taken


def look_once(kit: Kit, frame: Frame, gallery: Matching) -> NewTemplate | None:
    """The probe of the one usable face in `frame`, or None."""
    seen = FaceRecognizer(kit.stages, Tracker(), gallery).look(frame, Wants())
    if len(seen) != 1 or seen[0].probe is None:
        return None
    quality = seen[0].quality
    return NewTemplate(seen[0].probe, quality.score, quality.yaw_deg, quality.pitch_deg)


def random_units(rng: np.random.Generator, count: int) -> Vector:
    """Unit vectors (count, 512), float32, of no preferred direction."""
    rows = rng.standard_normal((count, 512), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def owners_of(rows: int) -> NDArray[np.int64]:
    """Whose each of so many rows is: person 1, 2, ..., five rows each."""
    return np.arange(rows, dtype=np.int64) // len(_ENROL_AT_S) + 1
