"""The whole appliance before a scene: real models, real faces, a real gallery, mock pins, and a clock that is jumped.

A scene says who comes when; the test presses the buttons, opens the door and asks as a client would. At every tick the
relay's pin is held against the gate's state, so that no test can miss an open door.
"""

from __future__ import annotations

import functools
import io
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from faceauthd.adapters.clock import ManualClock
from faceauthd.app import build
from faceauthd.config import load_config
from faceauthd.control.peers import Peer
from faceauthd.control.request import Request
from faceauthd.control.verbs import Call, parse
from faceauthd.gallery import Gallery
from faceauthd.recognizer import FaceRecognizer, Stages
from faceauthd.resources import shipped
from faceauthd.scene.library import load_scene
from faceauthd.settings import stages_of
from faceauthd.types import Event, EventKind, Match, NewTemplate, Role, Rules, SignalKind, Wants
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.track import Tracker
from tests.fakes import FakeJournal, FakeLots

RELAY, BUTTON, EXIT, CONTACT, ALARM = 17, 27, 5, 6, 26
FPS = 10
ROOT = Peer(0, 0, 4711)
QUIET = frozenset({EventKind.APPROACHED, EventKind.LEFT, EventKind.ENROLL_STEP, EventKind.STARTED})
ALICE, BEN = "astronaut", "hopper"
"""The two sample faces, and who they are in these stories."""


# ---------------------------------------------------------------- who comes when

COMING_S, GOING_S = 1.7, 0.8
STRAIGHT: tuple[dict[str, float], ...] = ({"yaw_deg": 6.0}, {"yaw_deg": -6.0}, {"yaw_deg": 2.0})
TURNING: tuple[dict[str, float], ...] = (
    {"yaw_deg": 5.0}, {"yaw_deg": -13.0}, {"yaw_deg": 13.0}, {"yaw_deg": 1.0, "pitch_deg": 11.0}, {"pitch_deg": -9.0},
    {"yaw_deg": -8.0, "pitch_deg": 0.0}, {"yaw_deg": 8.0},
)  # fmt: skip


def visit(
    who: str, from_s: float, to_s: float, *, x_m: float = 0.0, poses: Sequence[dict[str, float]] = STRAIGHT
) -> dict[str, object]:
    """Somebody who steps up at `from_s`, looks about as `poses` say, evenly over the time, and is gone at `to_s`."""
    step_s = (to_s - from_s - COMING_S - GOING_S) / len(poses)
    path: list[dict[str, float]] = [{"at_s": from_s, "x_m": x_m - 1.3, "distance_m": 1.4, "yaw_deg": 14.0}]
    for number, pose in enumerate(poses):
        at_s = from_s + COMING_S + number * step_s
        path += [{"x_m": x_m, "distance_m": 0.62, "yaw_deg": 0.0, "at_s": at_s, **pose}, {"at_s": at_s + 0.3 * step_s}]
    return {"who": who, "path": [*path, {"at_s": to_s, "x_m": x_m + 1.3, "distance_m": 1.2, "yaw_deg": 14.0}]}


def write_scene(folder: Path, duration_s: float, *visits: dict[str, object], fps: int = FPS) -> Path:
    """A scene file; JSON is YAML."""
    spec = {
        "size": "640x480", "fps": fps, "duration_s": duration_s, "seed": 5, "room": {"seed": 4},
        "camera": {"exposure_s": 0.008, "noise": 0.8}, "visits": list(visits),
    }  # fmt: skip
    path = folder / f"scene-{len(list(folder.glob('scene-*')))}.yaml"
    path.write_text(json.dumps(spec))
    return path


# ---------------------------------------------------------------- who is enrolled


@functools.cache
def stages() -> tuple[ModelPack, Stages]:
    pack = ModelPack.open(shipped("models"), threads=1)
    return pack, stages_of(load_config(None, []).config, pack)


class Nobody:
    """A gallery without anybody."""

    def best(self, probes: Any) -> list[Match | None]:
        return [None] * len(probes)


@functools.cache
def templates_of(who: str) -> tuple[NewTemplate, ...]:
    """Three looks of a sample face, taken as an enrolment would."""
    with tempfile.TemporaryDirectory() as folder:
        played = load_scene(write_scene(Path(folder), 6.0, visit(who, 0.0, 6.0, poses=TURNING[:3])))
    recognizer = FaceRecognizer(stages()[1], Tracker(), Nobody())
    taken = []
    for index in range(18, 52, 4):
        for face in recognizer.look(played.frame(index), Wants()):
            if face.probe is not None:
                taken.append(NewTemplate(face.probe, face.quality.score, face.quality.yaw_deg, face.quality.pitch_deg))
    assert len(taken) >= 6, f"the sample face {who} is hardly seen"
    return tuple(taken[:: len(taken) // 3][:3])


@dataclass(frozen=True)
class Enrolled:
    """Somebody who is enrolled before the story begins."""

    name: str
    who: str
    role: Role = Role.MEMBER
    rules: Rules = Rules()


ADMIN_ALICE, MEMBER_BEN = Enrolled("alice", ALICE, Role.ADMIN), Enrolled("ben", BEN)


def enroll(folder: Path, *people: Enrolled) -> None:
    with Gallery.open(folder / "gallery", embedder_id=stages()[0].embedder_id) as gallery:
        for one in people:
            gallery.enroll(one.name, one.role, templates_of(one.who), now=1_767_200_000.0)
            gallery.set_rules(one.name, one.rules)


def on_disk(folder: Path) -> list[tuple[str, Role, int]]:
    """Who is enrolled, as any reader of the files finds it; nothing may need a repair."""
    told: list[str] = []
    with Gallery.open(folder / "gallery", embedder_id=None, read_only=True, on_repair=told.append) as gallery:
        found = [(one.name, one.role, one.templates) for one in gallery.people()]
    assert told == []
    return found


# ---------------------------------------------------------------- the door


class Door:
    """An appliance that is driven tick by tick. Leaving it ends it as a signal would."""

    def __init__(
        self, folder: Path, source: Path | str, *settings: str, people: Sequence[Enrolled] = (), lot: int = 0
    ) -> None:
        """`lot`: what chance draws each time, of `challenge.SIGNS`."""
        if people:
            enroll(folder, *people)
        self.folder = folder
        self.journal = FakeJournal()
        self.factory = MockFactory(pin_class=MockPWMPin)
        config = load_config(
            None,
            [
                f"camera.source={source if ':' in str(source) else f'scene:{source}'}",
                "camera.at_end=hold",
                "camera.pace=fast",
                "vision.threads=1",
                f"gallery.path={folder / 'gallery'}",
                f"control.socket={folder / 'control.sock'}",
                "panel.pin_factory=mock",
                f"panel.pins.exit_button={EXIT}",
                f"panel.pins.alarm={ALARM}",
                *settings,
            ],
        ).config
        self.appliance = build(
            config,
            journals=lambda _: [self.journal],
            screen=io.StringIO(),
            serve=False,
            factory=self.factory,
            lots=FakeLots(lot),
        )
        self.clock = self.appliance.clock
        assert isinstance(self.clock, ManualClock)
        self.began_s = self.clock.now()
        self.opened: list[tuple[float, float]] = []
        self.shown: list[SignalKind] = []
        self.hints: set[str] = set()
        self._seen_by_panel()
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self._asked = 0

    def _seen_by_panel(self) -> None:
        """Note each signal that the panel shows, once, and the reasons that it gives."""
        show = self.appliance.daemon._ports.panel.show

        def noted(signal: Any) -> None:
            if not self.shown or self.shown[-1] is not signal.kind:
                self.shown.append(signal.kind)
            if signal.reason is not None:
                self.hints.add(str(signal.reason))
            show(signal)

        self.appliance.daemon._ports.panel.show = noted  # type: ignore[method-assign]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.appliance.__exit__(kind, error, trace)
        assert not self.pin(RELAY).state, "the relay is closed after the end"

    def pin(self, number: int) -> MockPin:
        return self.factory.pin(number)

    @property
    def now_s(self) -> float:
        """Seconds since the story began."""
        return self.clock.now() - self.began_s

    @property
    def is_open(self) -> bool:
        return bool(self.pin(RELAY).state)

    def tick(self) -> None:
        """One turn; whatever it brings, the relay is what the gate says."""
        was_open = self.is_open
        self.appliance.daemon.tick()
        assert self.is_open == self.appliance.daemon.gate.is_open(self.clock.now())
        if self.is_open and not was_open:
            self.opened.append((round(self.now_s, 1), float("inf")))
        if was_open and not self.is_open:
            self.opened[-1] = (self.opened[-1][0], round(self.now_s, 1))

    def run(self, to_s: float) -> None:
        """Up to `to_s` seconds after the beginning."""
        while self.now_s < to_s:
            self.tick()

    def until(self, kind: EventKind, by_s: float, *, person: str | None = None) -> Event:
        """Up to the next event of that kind. Fails if it has not come by `by_s`."""
        known = len(self.journal.events)
        while self.now_s < by_s:
            self.tick()
            for event in self.journal.events[known:]:
                if event.kind is kind and person in (None, event.person):
                    return event
        raise AssertionError(f"no {kind} by {by_s}: {self.told()}")

    def press(self, hold_s: float = 0.2, pin: int = BUTTON) -> None:
        """A finger on a button: the one outside, if not said."""
        self.pin(pin).drive_low()
        self.run(self.now_s + hold_s)
        self.pin(pin).drive_high()
        self.run(self.now_s + 0.25)

    def send(self, do: str, *, peer: Peer = ROOT, **args: object) -> Request:
        """What a client asks; `answers` has what it hears, by the request's id."""
        self._asked += 1
        ours = f"{do}-{self._asked}"
        call = parse(json.dumps({"id": ours, "do": do, **args}).encode())
        assert isinstance(call, Call), call
        lines = self.answers.setdefault(ours, [])
        request = Request(call, peer, (), lambda _request, line, _final: lines.append(json.loads(line)))
        self.appliance.daemon._ports.desk._requests.put(request)  # type: ignore[attr-defined]
        return request

    def heard(self, request: Request) -> dict[str, Any]:
        """The answer that a client has got: its result, or its error."""
        final = [line for line in self.answers[str(request.id)] if "ok" in line]
        assert len(final) == 1, (request.verb, final)
        answer = final[0]["result"] if final[0]["ok"] else final[0]["error"]
        assert isinstance(answer, dict)
        return answer

    def ask(self, do: str, **args: object) -> dict[str, Any]:
        """Ask, wait for two turns, and hear."""
        request = self.send(do, **args)
        self.tick()
        self.tick()
        return self.heard(request)

    def told(self, *kinds: EventKind) -> list[tuple[str, str | None]]:
        """What was journalled, and of whom; without the kinds that only say that somebody is about."""
        wanted: Callable[[Event], bool] = lambda event: event.kind in kinds if kinds else event.kind not in QUIET  # noqa: E731
        return [(str(event.kind), event.person) for event in self.journal.events if wanted(event)]

    def refused(self) -> list[tuple[str | None, str | None, str | None]]:
        """Who was refused, why, and in what words."""
        return [
            (event.person, str(event.reason), event.detail)
            for event in self.journal.events
            if event.kind is EventKind.REFUSED
        ]
