"""The loop. It knows the ports, the gate and the recognizer, and nothing of how they are made.

One thread decides: cameras, pins and clients only leave things in inboxes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from faceauthd.button import ButtonPolicy
from faceauthd.contacts import Contacts, hear
from faceauthd.errors import CameraError, GalleryError
from faceauthd.gate import Gate, Mode, Policy, Tick, step
from faceauthd.inbox import Inbox
from faceauthd.light import Light, LightPolicy
from faceauthd.outputs import Vitals, signal_for, status_of
from faceauthd.ports import (
    Calendar,
    Camera,
    Clock,
    Desk,
    Journal,
    Keeper,
    Lots,
    Notifier,
    Panel,
    People,
    Recognizer,
    Thermometer,
    Viewer,
)
from faceauthd.types import Asked, CommitDone, CommitFailed, Edge, Event, EventKind, Frame

log = logging.getLogger(__name__)

FRAME_TIMEOUT_S = 0.2
"""Bounds the wait for a frame, so that presses, deadlines and the watchdog are seen to even without a camera."""

START_S = 10.0
"""How long a camera may take to give its first frame before that is called a fault. Nothing opens meanwhile."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the loop speaks to."""

    camera: Camera
    panel: Panel
    clock: Clock
    notifier: Notifier
    journal: Journal
    recognizer: Recognizer
    people: People
    desk: Desk
    keeper: Keeper
    calendar: Calendar
    lots: Lots
    viewer: Viewer | None = None
    thermometer: Thermometer | None = None


class Daemon:
    """Frames and requests in, a door out."""

    def __init__(
        self,
        ports: Ports,
        policy: Policy,
        button: ButtonPolicy,
        edges: Inbox[Edge],
        light: LightPolicy | None = None,
    ) -> None:
        self._ports = ports
        self._policy = policy
        self._button_policy = button
        self._light_policy = light
        self._light = Light()
        self._contacts = Contacts()
        self._edges = edges
        self._answers: list[Asked] = []
        self._is_ready = False
        self._rate = FrameRate()
        self._last_unlock: tuple[str, float] | None = None
        self._camera_problem: str | None = None
        self.stop_requested = False
        self._started_s = now_s = ports.clock.now()
        self.gate = Gate(since_s=now_s, last_open_s=now_s, lockout=ports.keeper.load(now_s)).resumed(now_s)

    def run(self) -> None:
        """Serve until asked to stop. Whatever happens, leave the door locked."""
        ports = self._ports
        try:
            self._record(Event(EventKind.STARTED, ports.clock.now()))
            while not self.stop_requested and not ports.camera.finished:
                self.tick()
            self._record(Event(EventKind.STOPPED, ports.clock.now()))
        finally:
            ports.panel.lock()
            ports.notifier.stopping()

    def tick(self) -> None:
        """One turn: look, decide, show, record."""
        ports = self._ports
        frame = self._next_frame()
        seen = ports.recognizer.look(frame, self.gate.wants(frame.time_s, self._policy)) if frame else None
        now_s = ports.clock.now()
        tick = Tick(
            now_s=now_s,
            roster=ports.people.roster(),
            asked=self._asked(now_s),
            seen=seen,
            frame_s=frame.time_s if frame else 0.0,
            trouble=self._trouble(now_s),
            wall=(wall := ports.clock.wall()),
            is_clock_set=ports.calendar.is_believed(wall),
            lot=ports.lots.draw(),
        )
        before, (self.gate, events) = self.gate, step(self.gate, tick, self._policy)
        self._mind_light(now_s, frame, bool(seen))
        self._carry_out(before, events, now_s)
        self._commit()
        self._report(tick)
        if ports.viewer and frame:
            ports.viewer.watch(frame, seen or ())

    def _carry_out(self, before: Gate, events: tuple[Event, ...], now_s: float) -> None:
        """Show what was decided, and write it down. A door that is to be shut waits for no disk and no log; all else,
        an opening above all, is written down first, so that nothing the pins do can keep it from being written.
        """
        ports = self._ports
        signal = signal_for(self.gate, now_s, self._policy.enrolment.templates)
        if before.is_unlocked and not signal.is_open:
            ports.panel.lock()
        ports.keeper.save(self.gate.lockout, now_s)
        self._write_down(events)
        ports.panel.show(replace(signal, is_lit=self._light.is_lit))
        ports.desk.told(events)

    def _next_frame(self) -> Frame | None:
        try:
            frame = self._ports.camera.next_frame(FRAME_TIMEOUT_S)
        except CameraError as error:
            if str(error) != self._camera_problem:
                self._camera_problem = str(error)
                log.debug("camera: %s", error)  # the journal has it from the fault that follows
            return None
        if frame is not None:
            self._camera_problem = None
            now_s = self._ports.clock.now()
            if not frame.time_s <= now_s:  # from the future, or no number: looks would count for longer than they may
                frame = replace(frame, time_s=now_s)
            self._rate.count(frame.time_s)
        return frame

    def _trouble(self, now_s: float) -> str | None:
        """Why the camera cannot be trusted; at the start it has a while to give its first frame."""
        starting = not self._is_ready and now_s - self._started_s < START_S
        if self._ports.camera.healthy(now_s) or (starting and self._camera_problem is None):
            return None
        return self._camera_problem or "the camera gives no frames; look at its cable, or run `faceauthd doctor`"

    def _mind_light(self, now_s: float, frame: Frame | None, is_seen: bool) -> None:
        """An enrolment lights it too: whoever is to be enrolled may not be found in the dark."""
        if self._light_policy is not None:
            is_somebody = is_seen or self.gate.mode in (Mode.VOUCHING, Mode.ENROLLING)
            self._light = self._light.after(now_s, frame.lux if frame else None, is_somebody, self._light_policy)

    def _asked(self, now_s: float) -> tuple[Asked, ...]:
        """Presses, commands and the gallery's answers, since the last tick."""
        self._contacts, moved = hear(self._contacts, self._edges.drain(), now_s, self._button_policy)
        answers, self._answers = self._answers, []
        return (*answers, *moved, *self._ports.desk.pending(self.gate, now_s))

    def _commit(self) -> None:
        """Write a finished enrolment; what came of it is heard at the next tick."""
        enrolment = self.gate.to_commit
        if enrolment is None:
            return
        try:
            if enrolment.person_id is None:
                person = self._ports.people.enroll(enrolment.name, enrolment.role, enrolment.taken)
            else:
                person = self._ports.people.improve(enrolment.person_id, enrolment.taken)
        except GalleryError as error:
            self._answers.append(CommitFailed(str(error)))
        else:
            self._answers.append(CommitDone(person, is_known=enrolment.person_id is not None))

    def _report(self, tick: Tick) -> None:
        """Tell the service manager how it is. A lost camera is tried again from here, and exit button and socket serve
        meanwhile; only one whose driver hangs needs another process, which a watchdog unfed brings about."""
        notifier, camera = self._ports.notifier, self._ports.camera
        if not self._is_ready and tick.trouble is None and camera.healthy(tick.now_s):
            self._is_ready = True
            notifier.ready()
        sentence = status_of(self.gate, self._vitals(tick), tick.now_s)
        if camera.is_stuck:
            notifier.status(sentence)
        else:
            notifier.alive(sentence)

    def _vitals(self, tick: Tick) -> Vitals:
        people, rate = tick.roster.people, self._rate.per_s
        heat = self._ports.thermometer.celsius() if self._ports.thermometer else None
        return Vitals(len(people), tick.roster.templates, rate, self._last_unlock, tick.trouble, heat)

    def _write_down(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._record(event)
            if event.kind is EventKind.UNLOCKED and event.person:
                self._last_unlock = (event.person, event.time_s)

    def _record(self, event: Event) -> None:
        self._ports.journal.record(event)


class FrameRate:
    """Frames a second, smoothed over about twenty frames."""

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._gap_s = 0.0

    @property
    def per_s(self) -> float:
        return 1.0 / self._gap_s if self._gap_s > 0 else 0.0

    def count(self, at_s: float) -> None:
        if self._last_s is not None and at_s > self._last_s:
            gap_s = at_s - self._last_s
            self._gap_s = gap_s if self._gap_s == 0 else 0.95 * self._gap_s + 0.05 * gap_s
        self._last_s = at_s
