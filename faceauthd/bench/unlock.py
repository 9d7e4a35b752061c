"""Time to unlock: from the first usable look of somebody enrolled to the relay, through the real loop."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from faceauthd import settings
from faceauthd.adapters.clock import MonotonicClock
from faceauthd.adapters.lots import SystemLots
from faceauthd.adapters.systemd_notify import NullNotifier
from faceauthd.bench.errors import BenchError
from faceauthd.bench.kit import templates, with_lores
from faceauthd.bench.lived import FirstLook, LivedCamera, LivedClock, Relay, Silence
from faceauthd.bench.sample import spread
from faceauthd.bench.trace import Recorder, Span, write_trace
from faceauthd.bench.walks import WALKERS, walk_of
from faceauthd.daemon import Daemon, Ports
from faceauthd.gallery import Gallery, Newcomer
from faceauthd.inbox import Inbox
from faceauthd.recognizer import Attending, FaceRecognizer, Watching
from faceauthd.register import Register
from faceauthd.types import Frame, Role
from faceauthd.vision.attention import Attention
from faceauthd.vision.presence import Presence
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceauthd.bench.kit import Kit
    from faceauthd.ports import Matching
    from faceauthd.scene.player import Scene

RATES = (15, 30)
TRACED_FPS = 30
_CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}


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
    """`walks` walk-ups at `fps` of different people, paths and light, once by each clock. Raises FaceauthdError.

    By the clock on the wall other processes' work counts too; by the processor's it does not.
    """
    done: dict[str, list[Unlocking]] = {name: [] for name in _CLOCKS}
    with a_gallery(kit, folder / f"gallery-{fps}") as gallery:
        register = a_register(kit, gallery)
        for number in range(walks):
            walk = _Walk(walk_of(number, fps))
            for name, timer in _CLOCKS.items():
                opened = unlock(kit, register, walk, timer)
                if opened is not None:
                    done[name].append(opened)
    return {"walks": walks, **{name: _as_json(each) for name, each in done.items()}}


def trace_unlocking(kit: Kit, folder: Path, path: Path, *, fps: int = TRACED_FPS) -> None:
    """Write to `path` where the time of one walk-up goes, from its first usable frame to the relay. Raises BenchError.

    It is the clock of the walk-up: it runs while the loop works, jumps where it waits for a frame, and stands while the
    scene is drawn.
    """
    recorder = Recorder()
    watched = replace(kit, stages=recorder.stages(kit.stages))
    with a_gallery(kit, folder / "gallery-trace") as gallery:
        register = a_register(kit, gallery)
        walk = _Walk(walk_of(0, fps))
        unlock(kit, register, walk, time.perf_counter)  # draws the frames and warms up
        lived = walk_through(watched, register, walk, time.perf_counter, recorder)
    first_s, opened_s, given_s = lived.looking.frame_s, lived.relay.opened_s, lived.looking.given_s
    if first_s is None or opened_s is None or given_s is None:
        raise BenchError("the door did not open in the demonstration, so there is nothing to trace")
    write_trace(
        path,
        recorder.spans,
        began_s=first_s,
        what=f"faceauthd: first usable frame to relay, {fps} fps",
        marks={"first usable frame": first_s, "relay": opened_s},
        beside=[
            Span(f"watched for liveness ({kit.config.decision.liveness_s:g} s)", first_s, given_s),
            Span("agreeing looks", given_s, opened_s),
        ],
    )


def unlock(kit: Kit, register: Register, walk: _Walk, timer: Callable[[], float]) -> Unlocking | None:
    """Walk up once; None if the door did not open."""
    lived = walk_through(kit, register, walk, timer)
    looking, relay = lived.looking, lived.relay
    if relay.opened_s is None or looking.frame_s is None:
        return None
    return Unlocking(1000 * (relay.opened_s - looking.frame_s), 1000 * (relay.worked_s - looking.worked_s))


@dataclass(frozen=True, slots=True)
class Lived:
    """What was seen of a walk-up, and what the relay did."""

    looking: FirstLook
    relay: Relay


def walk_through(
    kit: Kit, register: Register, walk: _Walk, timer: Callable[[], float], recorder: Recorder | None = None
) -> Lived:
    """Walk up until the relay opens or the frames end; `recorder` notes what is done, by the walk-up's clock."""
    fps, first = walk.scene.fps, walk.numbers.start
    clock = LivedClock(first / fps, timer)
    camera, relay = LivedCamera(walk.frame, fps, first, clock), Relay(clock)
    recognizer = a_recognizer(kit, register, recorder)
    looking, silence = FirstLook(recognizer, camera), Silence()
    ports = Ports(
        camera, relay, clock, NullNotifier(), silence, looking, register, silence, silence, silence, SystemLots()
    )
    if recorder is not None:
        recorder.timer = clock.now
        eyes = recorder.watched(camera, {"next_frame": "wait for a frame", "healthy": "healthy"})
        ports = replace(ports, camera=eyes, recognizer=recorder.watched(looking, {"look": "look"}))
    daemon = Daemon(ports, settings.policy_of(kit.config), settings.button_of(kit.config), Inbox())
    tick = daemon.tick if recorder is None else recorder.timed("tick", daemon.tick)
    while relay.opened_s is None and not camera.finished:
        tick()
    return Lived(looking, relay)


def a_register(kit: Kit, gallery: Gallery) -> Register:
    """As at the door."""
    decision = kit.config.decision
    return Register(
        gallery, _curve(kit), decision.false_accept_rate, MonotonicClock(), looks=decision.refuse_after_looks
    )


def a_recognizer(kit: Kit, register: Register, recorder: Recorder | None = None) -> FaceRecognizer:
    """As at the door; `recorder` notes what is no stage of `kit`."""
    config = kit.config
    tracker = Tracker(forget_s=config.gate.forget_s)
    gallery: Matching = register
    presence: Watching = Presence()
    attention: Attending = Attention()
    if recorder is not None:
        gallery = recorder.watched(register, {"best": "match"})
        presence = recorder.watched(presence, {"see": "motion cues", "restart": "motion cues"})
        attention = recorder.watched(attention, {"is_due": "attention"})
    return FaceRecognizer(
        kit.stages,
        tracker,
        gallery,
        watch_s=config.decision.liveness_s,
        relief_min=config.decision.relief_min,
        presence=presence,
        attention=attention,
    )


class _Walk:
    """The frames of one walk-up, each drawn once."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.numbers = range(len(scene))
        self._drawn: dict[int, Frame] = {}

    def frame(self, number: int) -> Frame | None:
        if number not in self.numbers:
            return None
        if number not in self._drawn:
            self._drawn[number] = with_lores(self.scene.frame(number))
        return self._drawn[number]


def a_gallery(kit: Kit, folder: Path) -> Gallery:
    """A new one, with everybody who walks up."""
    gallery = Gallery.open(folder, embedder_id=kit.pack.embedder_id)
    gallery.enroll_all([Newcomer(who, Role.ADMIN, templates(kit, who)) for who in WALKERS], now=0.0)
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
