"""Time to unlock: from the first usable look of somebody enrolled to the relay, through the real loop."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from faceauthd import settings
from faceauthd.adapters.clock import MonotonicClock
from faceauthd.adapters.systemd_notify import NullNotifier
from faceauthd.bench.errors import BenchError
from faceauthd.bench.kit import demo_scene, templates, walk_up, with_lores
from faceauthd.bench.lived import FirstLook, LivedCamera, LivedClock, Relay, Silence
from faceauthd.bench.sample import spread
from faceauthd.bench.trace import Recorder, Span, write_trace
from faceauthd.daemon import Daemon, Ports
from faceauthd.gallery import Gallery
from faceauthd.inbox import Inbox
from faceauthd.recognizer import FaceRecognizer
from faceauthd.register import Register
from faceauthd.types import Frame, Role
from faceauthd.vision.attention import Attention
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceauthd.bench.kit import Kit
    from faceauthd.scene.player import Scene

RATES = (15, 30)
TRACED_FPS = 30
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
    with a_gallery(kit, folder / f"gallery-{fps}") as gallery:
        register = a_register(kit, gallery)
        for number in range(walks):
            walk = _Walk(demo_scene(fps, _FIRST_SEED + number))
            for name, timer in _CLOCKS.items():
                opened = unlock(kit, register, walk, timer)
                if opened is not None:
                    done[name].append(opened)
    return {"walks": walks, **{name: _as_json(each) for name, each in done.items()}}


def trace_unlocking(kit: Kit, folder: Path, path: Path, *, fps: int = TRACED_FPS) -> None:
    """Write to `path` where the time of one walk-up goes, from its first usable frame to the relay. Raises BenchError.

    What is drawn of the scene takes no time in it, nor does waiting for frames: it is the processor's work on the wall
    clock.
    """
    recorder = Recorder()
    watched = replace(kit, stages=recorder.stages(kit.stages))
    with a_gallery(kit, folder / "gallery-trace") as gallery:
        register = a_register(kit, gallery)
        walk = _Walk(demo_scene(fps, _FIRST_SEED))
        for number in walk.numbers:
            walk.frame(number)
        if unlock(kit, register, walk, time.perf_counter) is None:
            raise BenchError("the door did not open in the demonstration, so there is nothing to trace")
        marks: list[float] = []
        opened = unlock(watched, register, walk, recorder.timer, recorder, marks)
    if opened is None or not marks:
        raise BenchError("the door did not open in the demonstration, so there is nothing to trace")
    write_trace(path, recorder.spans, began_s=marks[0], what=f"faceauthd: first usable frame to relay, {fps} fps")


def unlock(
    kit: Kit,
    register: Register,
    walk: _Walk,
    timer: Callable[[], float],
    recorder: Recorder | None = None,
    marks: list[float] | None = None,
) -> Unlocking | None:
    """Walk up once; None if the door did not open. `recorder` notes what is done, `marks` when the first usable frame
    was handed over."""
    fps, first = walk.scene.fps, walk.numbers.start
    clock = LivedClock(first / fps, timer)
    camera, relay = LivedCamera(walk.frame, fps, first, clock), Relay(clock)
    looking = FirstLook(a_recognizer(kit, register), camera)
    if recorder is not None:
        looking.look = recorder.timed("look", looking.look)  # type: ignore[method-assign]
    silence = Silence()
    ports = Ports(camera, relay, clock, NullNotifier(), silence, looking, register, silence, silence, silence)
    daemon = Daemon(ports, settings.policy_of(kit.config), settings.button_of(kit.config), Inbox())
    while relay.opened_s is None and not camera.finished:
        began_s = timer()
        daemon.tick()
        if recorder is not None:
            recorder.spans.append(Span("tick", began_s, timer()))
        if marks is not None and not marks and looking.frame_s is not None:
            marks.append(began_s)
    if relay.opened_s is None or looking.frame_s is None:
        return None
    return Unlocking(1000 * (relay.opened_s - looking.frame_s), 1000 * (relay.worked_s - looking.worked_s))


def a_register(kit: Kit, gallery: Gallery) -> Register:
    """As at the door."""
    decision = kit.config.decision
    return Register(
        gallery, _curve(kit), decision.false_accept_rate, MonotonicClock(), looks=decision.refuse_after_looks
    )


def a_recognizer(kit: Kit, register: Register) -> FaceRecognizer:
    """As at the door."""
    config = kit.config
    tracker = Tracker(forget_s=config.gate.forget_s)
    return FaceRecognizer(kit.stages, tracker, register, watch_s=config.decision.liveness_s, attention=Attention())


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


def a_gallery(kit: Kit, folder: Path) -> Gallery:
    """A new one, with whoever the demonstration enrols."""
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
