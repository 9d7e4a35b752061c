"""A daemon to be killed: the real loop, gallery, register, desk, socket and lockout file; only who stands there is made
up, so that it starts in a tenth of a second and people come and go as fast as they are asked for.

What it has confirmed stands on a pipe, each event after it was carried out, so that it survives the kill.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from faceauthd.app import build
from faceauthd.config import load_config
from faceauthd.enrolment import EnrolmentPolicy
from faceauthd.types import Edge, Event, EventKind, Frame, Match, Quality, Sighting, Wants
from tests.fakes import BOX
from tests.gallery_kit import unit_vectors

TEMPLATES = 3
Row = np.ndarray[tuple[int], np.dtype[np.float32]]
FRAME_S = 0.002


class Newcomers:
    """Each enrolment meets somebody else, and each improvement whoever it is for; they turn their head all the time."""

    def __init__(self, first_seed: int) -> None:
        self.seed, self._looks = first_seed, 0
        self.improved: Callable[[], tuple[int, Row] | None] = lambda: None
        """Who is to get more templates now, with a look of theirs."""

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        self._looks += 1
        quality = Quality(score=0.9, face_px=120, yaw_deg=float(self._looks * 7 % 60))
        known = self.improved()
        if known is not None:
            person, row = known
            return (Sighting(-person, BOX, quality, Match(person, 0.5, 0.1), 0.95, row, 1.0, 1.0),)
        probe = unit_vectors(self.seed, 1)[0]
        return (Sighting(self.seed, BOX, quality, None, 0.95, probe, 1.0, 1.0),)

    def next(self) -> None:
        self.seed += 1


class Camera:
    finished = False
    is_stuck = False

    def next_frame(self, timeout_s: float) -> Frame | None:
        time.sleep(FRAME_S)
        return Frame(np.zeros((4, 4, 3), np.uint8), time.monotonic())

    def healthy(self, now_s: float) -> bool:
        return True

    def close(self) -> None:
        pass


class PipeJournal:
    """Every event as a line on the pipe, and who was last enrolled from which looks."""

    def __init__(self, pipe: int, newcomers: Newcomers) -> None:
        self._pipe, self._newcomers = pipe, newcomers

    def record(self, event: Event) -> None:
        told = {"event": event.kind, "person": event.person, "detail": event.detail, "seed": self._newcomers.seed}
        os.write(self._pipe, json.dumps(told).encode() + b"\n")
        if event.kind in (EventKind.ENROLLED, EventKind.ENROLL_CANCELLED):
            self._newcomers.next()


def live(folder: Path, pipe: int, first_seed: int) -> None:
    """Serve until killed. SIGUSR1 presses the button. The models are loaded, and asked nothing."""
    newcomers = Newcomers(first_seed)
    settings = {
        "camera.source": "none",
        "panel.kind": "none",
        "control.group": "null",
        "control.socket": folder / "control.sock",
        "gallery.path": folder / "gallery",
        "enroll.templates": TEMPLATES,
        "enroll.authority": "always",
    }
    config = load_config(None, [f"{key}={value}" for key, value in settings.items()]).config
    with build(config, journals=lambda _: [PipeJournal(pipe, newcomers)]) as appliance:
        daemon = appliance.daemon
        policy = replace(
            daemon._policy,
            evidence=replace(daemon._policy.evidence, looks=2, liveness_min=None),
            enrolment=EnrolmentPolicy(templates=TEMPLATES, gap_s=0.0, min_turn_deg=1.0, patience_s=0.01),
            enrolled_show_s=0.01,
        )
        daemon._policy, daemon._ports = policy, replace(daemon._ports, camera=Camera(), recognizer=newcomers)

        def improved() -> tuple[int, Row] | None:
            enrolment = daemon.gate.enrolment
            gallery = daemon._ports.people._gallery  # type: ignore[attr-defined]
            person = gallery.person_by_id(enrolment.person_id) if enrolment and enrolment.person_id else None
            if person is None:
                return None
            return person.id, np.frombuffer(gallery.details(person)[0][1], "<f4")

        newcomers.improved = improved

        def press(*_: object) -> None:
            now_s = time.monotonic()
            daemon._edges.put(Edge(True, now_s - 0.2))
            daemon._edges.put(Edge(False, now_s - 0.1))

        signal.signal(signal.SIGUSR1, press)
        os.write(pipe, b'{"event": "serving"}\n')
        daemon.run()
