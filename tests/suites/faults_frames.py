"""Frames and files that no camera should give, through the real recogniser and the loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from faceauthd.adapters.camera_replay import ReplayCamera
from faceauthd.adapters.clock import ManualClock
from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.button import ButtonPolicy
from faceauthd.config import load_config
from faceauthd.daemon import Daemon, Ports
from faceauthd.errors import FaceauthdError
from faceauthd.inbox import Inbox
from faceauthd.ports import Recognizer
from faceauthd.recognizer import FaceRecognizer
from faceauthd.resources import shipped
from faceauthd.settings import stages_of
from faceauthd.types import Edge, Frame, Match, Member, Role
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.track import Tracker
from tests.fakes import FakeCalendar, FakeDesk, FakeJournal, FakeLots, FakeNotifier, FakePanel, FakePeople
from tests.loop_kit import TICK_S, TwoClocks
from tests.suites.faults_door import POLICY
from tests.suites.figures import Figures
from tests.suites.fuzz import wide_png

Picture = np.ndarray


@dataclass
class Pictures:
    """A camera that gives these, one a tick, and then stops the loop."""

    clock: TwoClocks
    pictures: list[Picture]
    given: int = 0
    is_stuck: bool = False
    last_s: float = field(default=-1e9)

    @property
    def finished(self) -> bool:
        return self.given >= len(self.pictures)

    def next_frame(self, timeout_s: float) -> Frame | None:
        self.clock.pass_(TICK_S)
        self.given += 1
        self.last_s = self.clock.at_s
        return Frame(self.pictures[self.given - 1], self.clock.at_s)

    def healthy(self, now_s: float) -> bool:
        return now_s - self.last_s < 1.0

    def close(self) -> None:
        pass


class Everybody:
    """Whatever face is found is Ann's, for certain: only that there is none keeps the door shut."""

    def best(self, probes: np.ndarray) -> list[Match | None]:
        return [Match(1, 1.0, 0.0)] * len(probes)


def loop_on(
    camera: Pictures | ReplayCamera, recognizer: Recognizer, folder: Path
) -> tuple[Daemon, FakePanel, FakeJournal]:
    panel, journal = FakePanel(), FakeJournal()
    people = FakePeople(members={1: Member("ann", Role.ADMIN)})
    clock = camera.clock if isinstance(camera, Pictures) else camera._clock
    keeper = LockoutFile(folder / "lockout.json", clock)
    ports = Ports(
        camera,
        panel,
        clock,
        FakeNotifier(),
        journal,
        recognizer,
        people,
        FakeDesk(),
        keeper,
        FakeCalendar(),
        FakeLots(),
    )
    return Daemon(ports, POLICY, ButtonPolicy(), Inbox[Edge]()), panel, journal


def real_recognizer() -> FaceRecognizer:
    stages = stages_of(load_config(None, []).config, ModelPack.open(shipped("models"), threads=1))
    return FaceRecognizer(stages, Tracker(), Everybody())


def odd_frames(figures: Figures, folder: Path) -> None:
    """Ten of each through the real recogniser and the loop: nobody is let in, and what ends the process locks."""
    noise = np.random.default_rng(5)
    whole = noise.integers(0, 256, (480, 640, 3), dtype=np.uint8)
    odd = {
        "black": np.zeros((480, 640, 3), np.uint8),
        "white": np.full((480, 640, 3), 255, np.uint8),
        "noise": whole,
        "torn": np.concatenate((whole[:200], np.zeros((280, 640, 3), np.uint8))),
        "huge": np.zeros((4000, 6000, 3), np.uint8),
        "one pixel": np.zeros((1, 1, 3), np.uint8),
        "empty": np.zeros((0, 0, 3), np.uint8),
        "grey": np.zeros((480, 640), np.uint8),
        "four channels": np.zeros((480, 640, 4), np.uint8),
        "float": np.zeros((480, 640, 3), np.float32),
        "not contiguous": whole[::2, ::-2],
    }
    said: dict[str, str] = {}
    for name, picture in odd.items():
        camera = Pictures(TwoClocks(), [picture] * 10)
        daemon, panel, journal = loop_on(camera, real_recognizer(), folder)
        figures.count("trials")
        try:
            daemon.run()
            said[name] = "goes on"
        except (FaceauthdError, ValueError, TypeError, ArithmeticError, IndexError, OSError) as error:
            said[name] = f"ends ({type(error).__name__})"
        if panel.rises or panel.relay or not panel.locks or "unlocked" in journal.kinds():
            figures.violation(f"frames that are {name}: the door was opened, or not locked at the end")
        if said[name] == "goes on" and journal.kinds() != ["started", "stopped"]:
            figures.violation(f"frames that are {name}: the journal says {journal.kinds()}")
    figures.number("odd frames through the models and the loop", said)


def odd_files(figures: Figures, folder: Path) -> None:
    """Files that a replay meets: torn, huge by their header, of another kind than their name says, of other modes.
    Those that can be shown are, the others are left out and named once; nobody is let in, and the loop goes on."""
    frames = folder / "frames"
    frames.mkdir()
    whole = (shipped("faces") / "astronaut.jpg").read_bytes()
    black = Image.new("RGB", (320, 240))
    for name, mode in (("black.png", "RGB"), ("grey.png", "L"), ("deep.png", "I;16"), ("palette.png", "P")):
        black.convert("L").convert(mode).save(frames / name)
    black.convert("CMYK").save(frames / "cmyk.jpg")
    (frames / "torn.jpg").write_bytes(whole[: len(whole) // 2])
    (frames / "empty.jpg").write_bytes(b"")
    (frames / "text.jpg").write_text("no picture")
    (frames / "huge.png").write_bytes(wide_png(50_000, 50_000))
    clock, left_out = ManualClock(100.0), list[str]()
    camera = ReplayCamera(frames, clock, pace="fast", at_end="stop", on_problem=left_out.append)
    daemon, panel, journal = loop_on(camera, real_recognizer(), folder)
    figures.count("trials")
    daemon.run()
    if panel.rises or not panel.locks or "unlocked" in journal.kinds():
        figures.violation("odd files: the door was opened")
    if "stopped" not in journal.kinds():
        figures.violation(f"odd files: the journal says {journal.kinds()}")
    named = {
        name for name in ("torn.jpg", "empty.jpg", "text.jpg", "huge.png") if any(name in line for line in left_out)
    }
    figures.number("odd files in a replay: left out, and named", sorted(named))
    if len(named) != 4 or len(left_out) != 4:
        figures.violation(f"odd files: told {left_out}")
