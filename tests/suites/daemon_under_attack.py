"""A daemon to be killed: the real loop, gallery, register, desk, socket and lockout file; only who stands there is made
up, so that it starts in a tenth of a second and people come and go as fast as they are asked for.

What it has confirmed stands on a pipe, each event after it was carried out, so that it survives the kill.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from faceauthd.app import build
from faceauthd.config import load_config
from faceauthd.enrolment import EnrolmentPolicy
from faceauthd.types import Edge, Event, EventKind, Frame, Quality, Sighting, Wants
from tests.fakes import BOX
from tests.gallery_kit import unit_vectors

TEMPLATES = 3
FRAME_S = 0.002


class Newcomers:
    """Each enrolment meets somebody else; whoever it is turns their head with every look."""

    def __init__(self, first_seed: int) -> None:
        self.seed, self._looks = first_seed, 0

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        self._looks += 1
        quality = Quality(score=0.9, face_px=120, yaw_deg=float(self._looks * 7 % 60))
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

        def press(*_: object) -> None:
            now_s = time.monotonic()
            daemon._edges.put(Edge(True, now_s - 0.2))
            daemon._edges.put(Edge(False, now_s - 0.1))

        signal.signal(signal.SIGUSR1, press)
        os.write(pipe, b'{"event": "serving"}\n')
        daemon.run()
