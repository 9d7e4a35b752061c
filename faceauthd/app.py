"""The composition root. Read `build` downwards: that is the architecture."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TextIO

from faceauthd import settings
from faceauthd.adaptation import AdaptationPolicy
from faceauthd.adapters.calendar import CLOCK_FILE, CalendarFile
from faceauthd.adapters.clock import ManualClock, MonotonicClock
from faceauthd.adapters.clock_trust import VOUCHERS
from faceauthd.adapters.journal import JournalSet, StderrJournal, Stream, open_journald
from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.adapters.lots import SystemLots
from faceauthd.adapters.pin_factory import Factory
from faceauthd.adapters.systemd_notify import open_notifier
from faceauthd.adapters.thermometer import Thermometer
from faceauthd.audience import Audience, Listener
from faceauthd.cameras import open_camera, source_name
from faceauthd.config import Config
from faceauthd.control.limits import Limits
from faceauthd.control.peers import Policy as ControlPolicy
from faceauthd.control.request import Request
from faceauthd.control.server import ControlServer
from faceauthd.control.shapes import event_fields
from faceauthd.daemon import Daemon, Ports
from faceauthd.desk import FrontDesk, about
from faceauthd.event_log import Entry, EventLog
from faceauthd.gallery import Gallery
from faceauthd.inbox import Inbox
from faceauthd.last_seen import LastSeen
from faceauthd.pace import Pace
from faceauthd.panels import Panels, open_panels
from faceauthd.photographs import PhotographExaminer
from faceauthd.ports import Camera, Clock, Journal, Lots, Viewer
from faceauthd.recognizer import FaceRecognizer
from faceauthd.register import Register
from faceauthd.renewing import Renewing
from faceauthd.snapshot import Darkroom
from faceauthd.types import Edge, Event, EventKind
from faceauthd.vision.attention import Attention
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.track import Tracker


@dataclass(slots=True)
class Appliance:
    """A daemon with everything it holds; leaving it gives everything back, the relay locked first."""

    daemon: Daemon
    clock: Clock
    camera: Camera
    panels: Panels
    _held: ExitStack = field(repr=False)

    def run(self) -> None:
        """Serve until asked to stop."""
        self.daemon.run()

    @property
    def finished(self) -> bool:
        """True once a replay has shown all it has."""
        return self.camera.finished

    def stop(self) -> None:
        """Ask it to stop; callable from a signal handler or another thread."""
        self.daemon.stop_requested = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.panels.panel.lock()
        self._held.__exit__(kind, error, trace)


def build(
    config: Config,
    *,
    journals: Callable[[Config], list[Journal]] | None = None,
    screen: TextIO = sys.stdout,
    words: Stream | None = None,
    serve: bool = True,
    factory: Factory | None = None,
    viewer: Viewer | None = None,
    lots: Lots | None = None,
) -> Appliance:
    """Everything that `config` asks for, opened. Raises FaceauthdError; then nothing stays open, the door locked.

    `journals` makes the journals to write to instead of the configured ones, `words` takes the place of standard error
    among these; without `serve` there is no socket; `factory` takes the place of the configured pin factory, `viewer`
    that of the terminal panel, `lots` that of the system's own chance.
    """
    with ExitStack() as held:
        clock = ManualClock() if config.camera.pace == "fast" else MonotonicClock()
        edges: Inbox[Edge] = Inbox()
        panels = open_panels(config, clock, edges, screen, held, factory)
        vision = config.vision
        pack = ModelPack.open(vision.models_folder, threads=vision.threads, embedders=vision.embedders)
        log = EventLog(clock)
        audience = Audience()
        written = journals(config) if journals else _journals(config, words)
        journal = JournalSet([log, *written, *panels.journals, audience])
        gallery = held.enter_context(closing(_open_gallery(config, pack, clock, journal)))
        card = pack.impostor_curve
        points, tail = (card.points, card.tail) if card else ((), None)
        decision = config.decision
        register = Register(gallery, points, decision.false_accept_rate, clock, tail, looks=decision.refuse_after_looks)
        panels.names.use(register.roster)
        stages = settings.stages_of(config, pack)
        tracker = Tracker(forget_s=config.gate.forget_s)
        recognizer = FaceRecognizer(
            stages,
            tracker,
            register,
            watch_s=decision.liveness_s,
            relief_min=decision.relief_min,
            attention=Attention(),
        )
        camera = held.enter_context(closing(open_camera(config.camera, clock, panels.press, stages)))
        requests: Inbox[Request] = Inbox()
        darkroom = Darkroom(camera, journal.record)
        desk = FrontDesk(
            requests,
            register,
            log,
            PhotographExaminer(stages, register),
            camera,
            about(source_name(config.camera), config.gallery.path, config.control.socket),
            journal.record,
            config.enroll.templates,
            darkroom,
        )
        audience.members = (desk, darkroom, Pace(settings.pace_of(config)), *_keepers(config, register, journal, held))
        audience.viewer = viewer or panels.viewer
        if serve:
            server = held.enter_context(_server(config, requests))
            log.tell = lambda entry: server.publish(_told(entry))
            desk.announce = server.publish_status
        ports = Ports(
            camera=camera,
            panel=panels.panel,
            clock=clock,
            notifier=open_notifier(os.environ, now=clock.now),
            journal=journal,
            recognizer=recognizer,
            people=register,
            desk=desk,
            keeper=LockoutFile(config.gallery.path / "lockout.json", clock),
            calendar=held.enter_context(closing(_calendar(config, clock))),
            lots=lots or SystemLots(),
            viewer=audience,
            thermometer=Thermometer(clock.now),
        )
        daemon = Daemon(ports, settings.policy_of(config), settings.button_of(config), edges, settings.light_of(config))
        panels.quit_calls(lambda: setattr(daemon, "stop_requested", True))
        return Appliance(daemon, clock, camera, panels, held.pop_all())


def _open_gallery(config: Config, pack: ModelPack, clock: Clock, journal: Journal) -> Gallery:
    return Gallery.open(
        config.gallery.path,
        embedder_id=pack.embedder_id,
        on_repair=lambda what: journal.record(Event(EventKind.GALLERY_REPAIRED, clock.now(), detail=what)),
    )


def _calendar(config: Config, clock: Clock) -> CalendarFile:
    """A clock that is jumped by hand is believed as far as it does not go back."""
    trust = "itself" if isinstance(clock, ManualClock) else config.clock.trust
    return CalendarFile(config.gallery.path / CLOCK_FILE, VOUCHERS[trust])


def _keepers(config: Config, register: Register, journal: Journal, held: ExitStack) -> list[Listener]:
    """What is kept of people beyond what recognising them needs, as far as it is asked for."""
    last_seen = held.enter_context(closing(LastSeen(register, is_kept=config.privacy.last_seen)))
    if not config.adaptation.enabled:
        return [last_seen]
    policy = AdaptationPolicy(max_per_day=config.adaptation.max_per_day)
    return [last_seen, Renewing(register, journal.record, policy)]


def _journals(config: Config, words: Stream | None) -> list[Journal]:
    """journald where it runs and may be used, else standard error, unless the panel is drawn there."""
    journald = open_journald() if config.log.journal != "stderr" else None
    if journald is not None:
        return [journald]
    is_drawn_over = "terminal" in config.panel.kind and sys.stderr.isatty()
    return [] if is_drawn_over else [StderrJournal(words or sys.stderr)]


def _server(config: Config, requests: Inbox[Request]) -> ControlServer:
    return ControlServer(
        config.control.socket,
        policy=ControlPolicy.of(config.control.admin_uids),
        submit=lambda request: _submit(requests, request),
        group=config.control.group,
        limits=Limits(max_clients=config.control.max_clients),
    )


def _submit(requests: Inbox[Request], request: Request) -> None:
    if not requests.put(request):
        request.refuse("BUSY", "too much is waiting to be done; try again later")


def _told(entry: Entry) -> dict[str, object]:
    return event_fields(entry.event, entry.at)
