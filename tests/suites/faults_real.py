"""Faults that need the real thing: a loop that hangs on real time, a gallery whose disk is full, a journald that does
not listen, and a process that gets no memory.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from gpiozero.pins.mock import MockFactory

from faceauthd.adapters.journal import JournaldJournal
from faceauthd.adapters.journald_socket import JournaldSocket
from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.adapters.panel_gpiozero import LATE_S, GpiozeroPanel
from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.button import ButtonPolicy
from faceauthd.daemon import Daemon, Ports
from faceauthd.errors import FaceauthdError, GalleryError
from faceauthd.gallery import Gallery
from faceauthd.inbox import Inbox
from faceauthd.ports import Journal
from faceauthd.recognizer import FaceRecognizer
from faceauthd.register import Register
from faceauthd.types import Edge, EnrollAsked, EventKind, Frame, Member, Role, Sighting, Wants
from tests.fakes import (
    FakeCalendar,
    FakeDesk,
    FakeJournal,
    FakeKeeper,
    FakeLots,
    FakeNotifier,
    FakePanel,
    FakePeople,
    sighting,
)
from tests.gallery_kit import EMBEDDER, Lab, templates, unit_vectors
from tests.loop_kit import TwoClocks
from tests.suites.faults_door import POLICY, UNLOCK_S
from tests.suites.faults_frames import Picture, Pictures, loop_on, real_recognizer
from tests.suites.figures import Figures

CURVE = ((1e-1, 0.2), (1e-5, 0.5))


class HangingLoop:
    """The loop on real time and simulated pins, whose inference hangs from a given moment on."""

    def __init__(self, folder: Path, hang_s: float, journal: Journal | None = None) -> None:
        self.let_go = threading.Event()
        self.hang_s, self.opened_s = hang_s, float("inf")
        self.factory = MockFactory()
        self.panel = GpiozeroPanel(PanelPins(relay=17), self.factory, on_edge=lambda _: None, now=time.monotonic)
        clock = RealClock()
        self.camera = RealCamera()
        people = FakePeople(members={1: Member("ann", Role.ADMIN)})
        keeper = LockoutFile(folder / "lockout.json", clock)
        notifier, desk = FakeNotifier(), FakeDesk()
        ports = Ports(
            self.camera,
            self.panel,
            clock,
            notifier,
            journal or FakeJournal(),
            self,
            people,
            desk,
            keeper,
            FakeCalendar(),
            FakeLots(),
        )
        self.daemon = Daemon(ports, POLICY, ButtonPolicy(), Inbox[Edge]())

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        now_s = time.monotonic()
        if self.is_open() and now_s < self.opened_s:
            self.opened_s = now_s
        if now_s - self.opened_s > self.hang_s:
            self.let_go.wait(60.0)
        return (sighting(1, 1),)

    def is_open(self) -> bool:
        return bool(self.factory.pin(17).state)

    def open_for(self) -> float:
        """Run it; for how long the relay was open."""
        thread = threading.Thread(target=self.daemon.run)
        thread.start()
        end_s = time.monotonic() + 60.0
        while not self.is_open() and time.monotonic() < end_s:
            time.sleep(0.01)
        began_s = time.monotonic()
        while self.is_open() and time.monotonic() < end_s:
            time.sleep(0.01)
        lasted_s = time.monotonic() - began_s
        self.daemon.stop_requested = True
        self.let_go.set()
        thread.join(60.0)
        self.panel.close()
        return lasted_s


class RealClock(TwoClocks):
    def now(self) -> float:
        return time.monotonic()


class RealCamera:
    finished = False
    is_stuck = False

    def next_frame(self, timeout_s: float) -> Frame | None:
        time.sleep(0.05)
        return Frame(np.zeros((48, 64, 3), np.uint8), time.monotonic())

    def healthy(self, now_s: float) -> bool:
        return True

    def close(self) -> None:
        pass


def hanging(figures: Figures, folder: Path, moments_s: tuple[float, ...]) -> None:
    for moment_s in moments_s:
        lasted_s = HangingLoop(folder, moment_s).open_for()
        figures.count("trials")
        figures.worst("inference hangs: longest that the relay outlived the unlock, s", lasted_s - UNLOCK_S)
        if lasted_s > UNLOCK_S + LATE_S + 1.0:  # a second for a machine that is busy with other things
            figures.violation(f"inference hangs {moment_s} s after opening: the relay stayed for {lasted_s:.1f} s")


# ---------------------------------------------------------------- journald that does not listen


def silent_journald(figures: Figures, folder: Path) -> None:
    """Its socket is there and nobody reads it, as when journald is stopped or hangs: the door opens and
    shuts in time."""
    path = folder / "journald"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journald:
        journald.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        journald.bind(str(path))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.setblocking(False)
            filler.connect(str(path))
            try:
                while True:
                    filler.send(b"MESSAGE=somebody else's\n")
            except BlockingIOError:
                pass
        lasted_s = HangingLoop(folder, 1e9, JournaldJournal(JournaldSocket(path))).open_for()
        figures.count("trials")
        figures.worst("journald hangs: longest that the relay outlived the unlock, s", lasted_s - UNLOCK_S)
        if lasted_s > UNLOCK_S + LATE_S + 1.0:
            figures.violation(f"journald hangs: the relay stayed for {lasted_s:.1f} s")
        said, end_s = b"", time.monotonic() + 20.0
        journald.settimeout(1.0)
        while b"FACEAUTHD_EVENT=unlocked" not in said and time.monotonic() < end_s:
            try:
                said = journald.recv(65536)
            except TimeoutError:
                continue
        if b"FACEAUTHD_EVENT=unlocked" not in said:
            figures.violation("journald hangs: the unlock is not in the journal once it listens again")


# ---------------------------------------------------------------- a full disk, while somebody is enrolled


class FullDisk(Lab):
    """Whatever would take space fails, as long as it is full."""

    is_full = False

    def _step(self, kind: str) -> str:
        self._faults = {self.steps: "ENOSPC"} if self.is_full and kind in ("create", "allocate", "write") else {}
        return super()._step(kind)


def full_disk(figures: Figures, folder: Path) -> None:
    """The real gallery: its rows cannot be written, then its records cannot; nobody is half there, the journal says
    why, and once there is room it works, after a restart too."""
    clock, disk = TwoClocks(), FullDisk(folder / "gallery")
    camera = Pictures(clock, [np.zeros((4, 4, 3), np.uint8)] * 4000)
    with Gallery.open(folder / "gallery", embedder_id=EMBEDDER, disk=disk, first_capacity=2) as gallery:
        register, journal, desk = Register(gallery, CURVE, 1e-5, clock), FakeJournal(), FakeDesk()
        newcomer = Newcomer()
        ports = Ports(
            camera,
            FakePanel(),
            clock,
            FakeNotifier(),
            journal,
            newcomer,
            register,
            desk,
            FakeKeeper(),
            FakeCalendar(),
            FakeLots(),
        )  # fmt: skip
        daemon = Daemon(ports, POLICY, ButtonPolicy(), Inbox[Edge]())
        records = gallery._pair.records._connection  # type: ignore[union-attr]
        for what in ("rows", "records", "nothing"):
            disk.is_full = what == "rows"
            pages = records.execute("PRAGMA page_count").fetchone()[0]
            records.execute(f"PRAGMA max_page_count = {pages if what == 'records' else 10**6}")
            if what == "records":
                _fill(gallery)
            before, there = len(journal.events), len(gallery.people())
            newcomer.next()
            desk.asked.append(EnrollAsked("bo" if what == "nothing" else "full", clock.at_s, "uid 0"))
            for _ in range(120):
                daemon.tick()
            told = [(event.kind, event.detail or "") for event in journal.events[before:] if event.kind in ENDS]
            figures.count("trials")
            figures.number(f"disk full ({what}): the journal", [f"{kind}: {detail[-60:]}" for kind, detail in told])
            is_refused = bool(told) and told[0][0] is EventKind.ENROLL_CANCELLED and "free some space" in told[0][1]
            if len(told) != 1 or is_refused != (what != "nothing"):
                figures.violation(f"disk full ({what}): told {told}")
            if len(gallery.people()) - there != (what == "nothing"):
                figures.violation(f"disk full ({what}): there are {gallery.people()[there - 1 :]}")
    with Gallery.open(folder / "gallery", embedder_id=EMBEDDER) as again:
        if [(person.name, person.templates) for person in again.people()][-1:] != [("bo", 3)]:
            figures.violation(f"disk full: after a restart there are {again.people()}")


ENDS = frozenset({EventKind.ENROLLED, EventKind.ENROLL_CANCELLED})


def _fill(gallery: Gallery) -> None:
    """Until the last page of the records is full."""
    for number in range(200):
        try:
            gallery.enroll(f"x{number:03}", Role.MEMBER, templates(1000 + number, 3), now=1.0)
        except GalleryError:
            return
    raise AssertionError("it never gets full")


class Newcomer:
    """Somebody else with each enrolment, who turns their head."""

    def __init__(self) -> None:
        self.number, self._looks = 0, 0

    def next(self) -> None:
        self.number += 1

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        self._looks += 1
        seen = sighting(self.number, None, yaw_deg=float(self._looks * 7 % 60))
        return (replace(seen, probe=unit_vectors(self.number, 1)[0]),)


# ---------------------------------------------------------------- no memory


def no_memory(figures: Figures, folder: Path, more_mib: tuple[int, ...]) -> None:
    """The whole recogniser in a process that may take so much more memory and no more: it goes on, or ends and locks;
    it opens to nobody, and does not hang."""
    outcomes: dict[str, int] = {}
    recognizer = real_recognizer()
    picture = np.random.default_rng(5).integers(0, 256, (1200, 1600, 3), dtype=np.uint8)
    for mib in more_mib:
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            _starve(recognizer, picture, folder, mib, writer)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            said = pipe.read()
        status = os.waitpid(child, 0)[1]
        figures.count("trials")
        said = said or f"ended by signal {status & 0x7F}"
        outcomes[said] = outcomes.get(said, 0) + 1
        if "open" in said:
            figures.violation(f"{mib} MiB more memory: {said}")
    figures.number("memory pressure: what became of the process", outcomes)
    if set(outcomes) == {"goes on"}:
        figures.violation("memory pressure: no process ran out of memory: this tries nothing")


def _starve(recognizer: FaceRecognizer, picture: Picture, folder: Path, mib: int, pipe: int) -> None:
    camera = Pictures(TwoClocks(), [picture.copy() for _ in range(3)])
    daemon, panel, journal = loop_on(camera, recognizer, folder)
    taken = _all_that_is_free()
    used = _address_space()
    resource.setrlimit(resource.RLIMIT_AS, (used + mib * 2**20, resource.RLIM_INFINITY))
    try:
        daemon.run()
        said = "goes on"
    except MemoryError:
        said = "ends (MemoryError), locked"
    except FaceauthdError as error:
        said = f"ends ({type(error).__name__}), locked"
    except BaseException as error:  # noqa: BLE001  whatever it is, it has locked
        said = f"ends ({type(error).__name__}), locked"
    taken.clear()
    if panel.relay or panel.rises or not panel.locks or "unlocked" in journal.kinds():
        said = "the door was open"
    os.write(pipe, said.encode())
    os._exit(0)


def _all_that_is_free() -> list[bytearray]:
    """What earlier trials gave back to the allocator, and would serve this one: a limit that limits nothing."""
    resource.setrlimit(resource.RLIMIT_AS, (_address_space(), resource.RLIM_INFINITY))
    taken: list[bytearray] = []
    for size in (2**20, 2**17, 2**14):
        with contextlib.suppress(MemoryError):
            while True:
                taken.append(bytearray(size))
    return taken


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
