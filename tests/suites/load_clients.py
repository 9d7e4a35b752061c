"""A hundred programs that ask the whole daemon without a pause, with a thousand people enrolled."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from faceauthd.app import build
from faceauthd.config import load_config
from faceauthd.control.client import ControlClient
from faceauthd.daemon import Daemon
from faceauthd.errors import FaceauthdError
from faceauthd.vision.pack import ModelPack
from tests.fakes import FakeJournal, FakeKeeper, FakeNotifier
from tests.suites.figures import Figures

WATCHDOG_S = 10.0
"""WatchdogSec of the unit file."""
CLIENTS = 100


def rss() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Crowd:
    """What became of the requests of all of them."""

    answers: Counter[str]
    slowest_s: float = 0.0


def a_hundred_clients(figures: Figures, folder: Path, pack: ModelPack, seconds: float) -> None:
    """The whole daemon with a thousand enrolled, and a hundred programs that ask it without a pause."""
    changes = {
        "camera.source": "none",
        "panel.kind": "none",
        "control.group": "null",
        "control.socket": folder / "control.sock",
        "control.max_clients": CLIENTS + 10,
        "gallery.path": folder / "gallery",
    }
    config = load_config(None, [f"{key}={value}" for key, value in changes.items()]).config
    real, ModelPack.open = ModelPack.open, lambda *_, **__: pack  # type: ignore[method-assign, assignment]
    try:
        with build(config, journals=lambda _: [FakeJournal()]) as appliance:
            _serve(appliance.daemon, figures, folder, seconds)
    finally:
        ModelPack.open = real  # type: ignore[method-assign]


def _serve(daemon: Daemon, figures: Figures, folder: Path, seconds: float) -> None:
    crowd, stop, files = Crowd(Counter()), threading.Event(), 0
    ticks = Ticks()
    daemon._ports = replace(daemon._ports, notifier=ticks, keeper=FakeKeeper())
    loop = threading.Thread(target=daemon.run)
    loop.start()
    clients = [
        threading.Thread(target=ask, args=(folder / "control.sock", crowd, stop, each)) for each in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    time.sleep(seconds / 2)
    files = len(list(Path("/proc/self/fd").iterdir()))
    before = rss()
    time.sleep(seconds / 2)
    grown, more = rss() - before, len(list(Path("/proc/self/fd").iterdir())) - files
    stop.set()
    for client in clients:
        client.join(60.0)
    daemon.stop_requested = True
    loop.join(60.0)
    figures.number("clients: answers", dict(sorted(crowd.answers.items())))
    figures.worst("clients: slowest answer, s", crowd.slowest_s)
    figures.worst("clients: longest between two pings of the watchdog, s", ticks.longest_s)
    figures.number("clients: memory added in the second half, KiB", grown // 1024)
    if ticks.longest_s > WATCHDOG_S / 3:
        figures.violation(f"the loop was held up for {ticks.longest_s:.1f} s by clients")
    if crowd.answers["lost"] or sum(crowd.answers.values()) < 2 * CLIENTS:
        figures.violation(f"not everybody was answered: {crowd.answers}")
    if grown > 16 * 2**20 or more > 10:
        figures.violation(f"{grown / 2**20:.1f} MiB and {more} open files more after the second half")


class Ticks(FakeNotifier):
    """How long the loop took between two signs of life, at most."""

    def __init__(self) -> None:
        super().__init__()
        self.last_s, self.longest_s = time.monotonic(), 0.0

    def alive(self, status: str) -> None:
        now_s = time.monotonic()
        self.last_s, self.longest_s = now_s, max(self.longest_s, now_s - self.last_s)


def ask(path: Path, crowd: Crowd, stop: threading.Event, number: int) -> None:
    verbs = ("status", "people", "threshold", "events")
    try:
        with ControlClient(path, 60.0) as client:
            while not stop.is_set():
                began_s = time.monotonic()
                args: dict[str, int] = {"limit": 5} if verbs[number % 4] == "events" else {}
                answer = client.ask(verbs[number % 4], args)
                crowd.slowest_s = max(crowd.slowest_s, time.monotonic() - began_s)
                crowd.answers[type(answer).__name__] += 1
                stop.wait(0.05)
    except FaceauthdError as error:
        crowd.answers["lost"] += 1
        logging.getLogger(__name__).critical("client %s: %s", number, error)
