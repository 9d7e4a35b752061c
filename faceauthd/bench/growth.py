"""Does the loop keep anything of the frames it has seen? What Python has allocated, counted by tracemalloc."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from faceauthd import settings
from faceauthd.adapters.lots import SystemLots
from faceauthd.adapters.systemd_notify import NullNotifier
from faceauthd.bench.kit import demo_scene, walk_up, with_lores
from faceauthd.bench.lived import LivedCamera, LivedClock, Relay, Silence
from faceauthd.bench.unlock import a_gallery, a_recognizer, a_register
from faceauthd.daemon import Daemon, Ports
from faceauthd.inbox import Inbox

if TYPE_CHECKING:
    from pathlib import Path

    from faceauthd.bench.kit import Kit
    from faceauthd.types import Frame

FPS = 10.0
WARM_UP_ROUNDS = 7
"""Forty seconds: longer than anything is remembered of a face."""
_TOLD_BYTES = 256
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Growth:
    """What was allocated at the end and not at the beginning of `frames` frames, garbage collected at both."""

    frames: int
    rounds: int
    opened: bool
    bytes_more: int
    where: tuple[str, ...]
    """The lines of code that hold most more, each with its bytes."""


def measure_growth(kit: Kit, folder: Path, rounds: int) -> Growth:
    """Let somebody enrolled walk up and go `rounds` times, over the same frames, after a warm-up.

    Both counts are taken at the same place of a round, so that what is kept of a face for some seconds is in both.
    Raises FaceauthdError.
    """
    scene = demo_scene(FPS)
    frames = [with_lores(scene.frame(number)) for number in walk_up(scene)]

    def frame(number: int) -> Frame:
        return replace(frames[number % len(frames)], time_s=number / FPS)

    clock = LivedClock(0.0, timer=lambda: 0.0)  # work takes no time, so that no frame is missed
    camera, relay, silence = LivedCamera(frame, FPS, 0, clock), Relay(clock), Silence()
    with a_gallery(kit, folder / "gallery-growth") as gallery:
        register = a_register(kit, gallery)
        recognizer = a_recognizer(kit, register)
        ports = Ports(
            camera, relay, clock, NullNotifier(), silence, recognizer, register, silence, silence, silence, SystemLots()
        )
        daemon = Daemon(ports, settings.policy_of(kit.config), settings.button_of(kit.config), Inbox())

        def play(count: int) -> None:
            for _ in range(count * len(frames)):
                daemon.tick()

        tracemalloc.start()
        try:
            play(WARM_UP_ROUNDS)
            _snapshot()  # what the counting itself leaves behind is in both counts then
            play(1)
            before = _snapshot()
            play(rounds)
            after = _snapshot()
        finally:
            tracemalloc.stop()
    lines = sorted(after.compare_to(before, "lineno"), key=lambda line: -line.size_diff)
    told = [f"{line.traceback}: {line.size_diff:+d}" for line in lines if line.size_diff > _TOLD_BYTES]
    return Growth(
        frames=rounds * len(frames),
        rounds=rounds,
        opened=relay.opened_s is not None,
        bytes_more=_total(after) - _total(before),
        where=tuple(told[:_MOST_TOLD]),
    )


def _snapshot() -> tracemalloc.Snapshot:
    gc.collect()
    return tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, tracemalloc.__file__)])


def _total(snapshot: tracemalloc.Snapshot) -> int:
    return sum(line.size for line in snapshot.statistics("filename"))
