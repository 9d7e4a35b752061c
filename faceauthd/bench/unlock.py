"""Time to unlock: from the first usable look of somebody enrolled to the relay, through the real loop."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faceauthd import settings
from faceauthd.adapters.clock import MonotonicClock
from faceauthd.adapters.systemd_notify import NullNotifier
from faceauthd.bench.errors import BenchError
from faceauthd.bench.kit import demo_scene, templates, walk_up, with_lores
from faceauthd.bench.lived import FirstLook, LivedCamera, LivedClock, Relay, Silence
from faceauthd.bench.sample import spread
from faceauthd.daemon import Daemon, Ports
from faceauthd.gallery import Gallery
from faceauthd.inbox import Inbox
from faceauthd.recognizer import FaceRecognizer
from faceauthd.register import Register
from faceauthd.types import Frame, Role
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceauthd.bench.kit import Kit
    from faceauthd.scene.player import Scene

RATES = (15, 30)
_CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
_FIRST_SEED = 100


@dataclass(frozen=True, slots=True)
class Unlocking:
    """One walk-up that opened the door, in milliseconds.

    `total_ms` runs from the capture of the first usable frame to the relay; `work_ms` of it was worked, and the rest
    waited for frames.
    """

    total_ms: float
    work_ms: float

    @property
    def wait_ms(self) -> float:
        return self.total_ms - self.work_ms


def measure_unlocking(kit: Kit, folder: Path, fps: int, walks: int) -> dict[str, object]:
    """`walks` walk-ups at `fps`, each swaying and blinking otherwise, once by each clock. Raises FaceauthdError.

    By the clock on the wall other processes' work counts too; by the processor's it does not.
    """
    done: dict[str, list[Unlocking]] = {name: [] for name in _CLOCKS}
    with _gallery(kit, folder / f"gallery-{fps}") as gallery:
        decision = kit.config.decision
        register = Register(
            gallery, _curve(kit), decision.false_accept_rate, MonotonicClock(), looks=decision.refuse_after_looks
        )
        for number in range(walks):
            walk = _Walk(demo_scene(fps, _FIRST_SEED + number))
            for name, timer in _CLOCKS.items():
                opened = unlock(kit, register, walk, timer)
                if opened is not None:
                    done[name].append(opened)
    return {"walks": walks, **{name: _as_json(each) for name, each in done.items()}}


def unlock(kit: Kit, register: Register, walk: _Walk, timer: Callable[[], float]) -> Unlocking | None:
    """Walk up once; None if the door did not open."""
    fps, first = walk.scene.fps, walk.numbers.start
    clock = LivedClock(first / fps, timer)
    camera, relay = LivedCamera(walk.frame, fps, first, clock), Relay(clock)
    looking = FirstLook(FaceRecognizer(kit.stages, Tracker(), register), camera)
    silence = Silence()
    ports = Ports(camera, relay, clock, NullNotifier(), silence, looking, register, silence, silence)
    daemon = Daemon(ports, settings.policy_of(kit.config), settings.button_of(kit.config), Inbox())
    while relay.opened_s is None and not camera.finished:
        daemon.tick()
    if relay.opened_s is None or looking.frame_s is None:
        return None
    return Unlocking(1000 * (relay.opened_s - looking.frame_s), 1000 * (relay.worked_s - looking.worked_s))


class _Walk:
    """The frames of one walk-up, each drawn once."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.numbers = walk_up(scene)
        self._drawn: dict[int, Frame] = {}

    def frame(self, number: int) -> Frame | None:
        if number not in self.numbers:
            return None
        if number not in self._drawn:
            self._drawn[number] = with_lores(self.scene.frame(number))
        return self._drawn[number]


def _gallery(kit: Kit, folder: Path) -> Gallery:
    gallery = Gallery.open(folder, embedder_id=kit.pack.embedder_id)
    gallery.enroll("walker", Role.ADMIN, templates(kit), now=0.0)
    return gallery


def _curve(kit: Kit) -> tuple[tuple[float, float], ...]:
    if kit.pack.impostor_curve is None:
        raise BenchError("the embedder's card has no impostor curve, so there is no threshold; use the shipped models")
    return tuple(kit.pack.impostor_curve.points)


def _as_json(done: list[Unlocking]) -> dict[str, object]:
    if not done:
        return {"opened": 0}
    return {
        "opened": len(done),
        "total_ms": spread([each.total_ms for each in done]),
        "work_ms": spread([each.work_ms for each in done]),
        "wait_ms": spread([each.wait_ms for each in done]),
    }
