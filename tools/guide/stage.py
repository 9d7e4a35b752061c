"""Plays a scene through the whole appliance: real models, mock pins, the real socket, a clock that jumps."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gpiozero.pins.mock import MockFactory, MockPWMPin

from faceauthd.adapters.clock import ManualClock
from faceauthd.app import Appliance, build
from faceauthd.challenge import SIGNS
from faceauthd.cli import ctl
from faceauthd.cli.ctl_live import event_text_line, panel
from faceauthd.config import Config, load_config
from faceauthd.control.client import ControlClient
from faceauthd.errors import CameraError
from faceauthd.outputs import signal_for
from faceauthd.ports import Clock
from faceauthd.types import Frame, Signal
from tools.guide.recording import Shown, Story
from tools.guide.script import Contact, Cue, Script, Typed, Unplugged, Watched

PINS = {"relay": 17, "button": 27, "exit_button": 5, "door_contact": 6, "alarm": 26}
BEGINS = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
_PATIENCE_S = 120.0
_COLUMNS = 118


@dataclass
class NoCamera:
    """A `ports.Camera` whose cable was pulled."""

    clock: Clock
    finished: bool = False
    is_stuck: bool = False

    def next_frame(self, timeout_s: float) -> Frame | None:
        self.clock.sleep_until(self.clock.now() + timeout_s)
        raise CameraError("the camera was unplugged; look at its cable")

    def healthy(self, now_s: float) -> bool:  # noqa: ARG002 - the Protocol's
        return False

    def close(self) -> None:
        """There is nothing left to close."""


@dataclass(frozen=True)
class Fixed:
    """A `ports.Lots` without chance, so that a story goes as it is told."""

    lot: int

    def draw(self) -> int:
        return self.lot


class Terminal(io.StringIO):
    """Keeps what is written, and says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Stage:
    """One appliance while it plays."""

    appliance: Appliance
    config: Config
    factory: MockFactory
    folder: Path
    story: Story = field(default_factory=Story)
    _last: Signal | None = None

    @property
    def now_s(self) -> float:
        """Seconds since it began: the clock that jumps begins at 0."""
        return self.appliance.clock.now()

    def tick(self) -> None:
        """One turn of the loop; what the panel shows is kept if it is something else than before."""
        self.appliance.daemon.tick()
        signal = signal_for(self.appliance.daemon.gate, self.now_s, self.config.enroll.templates)
        if self.factory.pin(PINS["relay"]).state and not signal.is_open:
            raise AssertionError(f"at {self.now_s:.2f} s the relay is open and the panel says that it is locked")
        news = replace(signal, now_s=0.0, open_until_s=None, is_alarm=False)
        if news != self._last:
            self._last = news
            self.story.shown.append(Shown.of(signal))
        self.story.end_s = round(self.now_s, 2)

    def unplug(self) -> None:
        """Give the daemon a camera that is gone in the place of the one it has."""
        daemon = self.appliance.daemon
        daemon._ports = replace(daemon._ports, camera=NoCamera(self.appliance.clock))

    def move(self, contact: Contact) -> None:
        pin = self.factory.pin(PINS[contact.part])
        (pin.drive_low if contact.is_down else pin.drive_high)()

    def type(self, command: str) -> tuple[threading.Thread, Terminal]:
        """Run a command in a thread, as the CLI's own `main`, on a terminal of its own."""
        words = shlex.split(command.removeprefix("sudo "))[1:]
        where = ["--config", str(self.folder / "faceauthd.yaml"), "--socket", str(self.config.control.socket)]
        terminal = Terminal()
        thread = threading.Thread(target=_run, args=([*words, *where], terminal), daemon=True)
        thread.start()
        return thread, terminal

    def wait_for(self, thread: threading.Thread) -> None:
        """Let the loop turn, slowly, until a command has ended."""
        until_s = time.monotonic() + _PATIENCE_S
        while thread.is_alive() and not self.appliance.finished:
            if time.monotonic() > until_s:
                raise AssertionError("a command does not end")
            self.tick()
            time.sleep(0.03)
        thread.join(_PATIENCE_S)

    def plainly(self, text: str) -> str:
        """What stands in a terminal, with the places and numbers that a real box would show."""
        text = text.replace(str(self.config.control.socket), "/run/faceauthd/control.sock")
        text = text.replace(str(self.config.gallery.path), "/var/lib/faceauthd/gallery")
        if self.config.camera.source != "none":
            text = text.replace(self.config.camera.source, "picamera2")
        text = text.replace(f"{self.folder}/", "")
        return text.replace(f"(pid {os.getpid()})", "(pid 4711)")


def _run(words: list[str], terminal: Terminal) -> None:
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(terminal), contextlib.redirect_stderr(terminal):
        ctl.main(words)


def play(script: Script, folder: Path, begins: datetime = BEGINS) -> Story:
    """Play it to its end, and give what was recorded. What was typed before was so the day before, with no camera."""
    if script.before:
        before = [Typed(0.0, command) for command in script.before]
        play(Script("none", before, script.settings, until_s=1.0), folder, begins - timedelta(days=1))
    config = _config(script, folder)
    factory = MockFactory(pin_class=MockPWMPin)
    lots = Fixed(SIGNS.index(script.sign))
    with build(config, journals=lambda _: [], screen=io.StringIO(), factory=factory, lots=lots) as appliance:
        stage = Stage(appliance, config, factory, folder)
        stage.move(Contact(0.0, "door_contact", is_down=True))
        assert isinstance(appliance.clock, ManualClock)
        appliance.clock.step_wall((begins - appliance.clock.wall()).total_seconds())
        _play(stage, script)
    return stage.story


def _play(stage: Stage, script: Script) -> None:
    cues = sorted(script.cues, key=lambda cue: cue.at_s)
    running: list[tuple[Typed, threading.Thread, Terminal]] = []
    with _watching(stage, is_needed=any(isinstance(cue, Watched) for cue in cues)) as heard:
        while not _is_finished(stage, script):
            stage.tick()
            while cues and cues[0].at_s <= stage.now_s:
                _act(stage, cues.pop(0), running, heard)
            if running:
                time.sleep(0.005)
    for typed, thread, terminal in running:
        thread.join(_PATIENCE_S)
        _keep(stage, typed, terminal)
    if cues:
        raise AssertionError(f"the scene ended before {cues}")


def _is_finished(stage: Stage, script: Script) -> bool:
    return stage.appliance.finished if script.until_s is None else stage.now_s >= script.until_s


def _act(
    stage: Stage, cue: Cue, running: list[tuple[Typed, threading.Thread, Terminal]], heard: list[Mapping[str, object]]
) -> None:
    match cue:
        case Contact():
            stage.move(cue)
        case Unplugged():
            stage.unplug()
        case Typed(is_long=True):
            running.append((cue, *stage.type(cue.command)))
        case Typed():
            thread, terminal = stage.type(cue.command)
            stage.wait_for(thread)
            _keep(stage, cue, terminal)
        case Watched():
            time.sleep(0.5)
            stage.story.screens[cue.screen] = ("faceauthctl watch", stage.plainly(_drawn(heard)))


def _keep(stage: Stage, typed: Typed, terminal: Terminal) -> None:
    if typed.screen is not None:
        stage.story.screens[typed.screen] = (typed.command, stage.plainly(terminal.getvalue()))


@contextlib.contextmanager
def _watching(stage: Stage, *, is_needed: bool) -> Iterator[list[Mapping[str, object]]]:
    """The lines that a client hears who watches from the beginning."""
    heard: list[Mapping[str, object]] = []
    if not is_needed:
        yield heard
        return
    with ControlClient(stage.config.control.socket) as client:
        client.send("watch")
        threading.Thread(target=_hear, args=(client, heard), daemon=True).start()
        yield heard


def _hear(client: ControlClient, heard: list[Mapping[str, object]]) -> None:
    with contextlib.suppress(Exception):
        for line in client.lines():
            heard.append(line)


def _drawn(heard: Sequence[Mapping[str, object]]) -> str:
    """What `watch` has on its terminal now: its own lines, and its own panel."""
    from rich.console import Console

    out = Terminal()
    console = Console(file=out, width=_COLUMNS, highlight=False, force_terminal=True)
    for event in [line["event"] for line in heard if "event" in line][-7:]:
        if isinstance(event, dict):
            console.print(event_text_line(event))
    status = next((line["status"] for line in reversed(heard) if "status" in line), {})
    console.print(panel(status if isinstance(status, dict) else {}, 0.0))
    return out.getvalue()


def _config(script: Script, folder: Path) -> Config:
    source = script.scene
    if not isinstance(source, str):
        (folder / "scene.yaml").write_text(json.dumps(source))
        source = f"scene:{folder / 'scene.yaml'}"
    ours = [
        f"camera.source={source}",
        "camera.at_end=stop",
        "camera.pace=fast",
        f"gallery.path={folder / 'gallery'}",
        f"control.socket={folder / 'control.sock'}",
        "control.group=null",
        "log.journal=stderr",
        "panel.pin_factory=mock",
        *(f"panel.pins.{part}={pin}" for part, pin in PINS.items()),
    ]
    settings = [*ours, *script.settings]
    (folder / "faceauthd.yaml").write_text(_as_yaml(settings))
    return load_config(None, settings).config


def _as_yaml(settings: Sequence[str]) -> str:
    """For the commands that read the gallery themselves: where it is."""
    kept = dict(line.split("=", 1) for line in settings if line.startswith(("gallery.path", "control.socket")))
    return "".join(f"{key.split('.')[0]}: {{{key.split('.')[1]}: {value}}}\n" for key, value in kept.items())


def say(text: str) -> None:
    """How far it is, beside whatever terminal is being recorded."""
    print(text, file=sys.__stderr__, flush=True)
