"""Renews a template from a look that opened the door, where `adaptation.enabled` allows it.

It only listens, to the journal and to what was seen; it never has a say in who comes in. What is to be written waits
until the door is locked again, so that a slow card keeps nobody's door open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from faceauthd.adaptation import AdaptationPolicy, Chance, may_renew
from faceauthd.errors import GalleryError
from faceauthd.register import Register
from faceauthd.types import Event, EventKind, Frame, NewTemplate, Sighting

log = logging.getLogger(__name__)


class Renewing:
    """A journal and a viewer. Only the loop's thread calls it."""

    def __init__(self, register: Register, record: Callable[[Event], None], policy: AdaptationPolicy) -> None:
        self._register = register
        self._record = record
        self._policy = policy
        self._opened: Event | None = None
        self._waiting: tuple[str, NewTemplate] | None = None
        self._is_locked = True

    def record(self, event: Event) -> None:
        """Remember which face opened the door, and that it is locked again."""
        if event.kind is EventKind.UNLOCKED:
            self._is_locked = False
            self._opened = event if event.track is not None and event.person else None
            self._waiting = None
        elif event.kind is EventKind.LOCKED:
            self._is_locked = True
        elif event.kind in (EventKind.FAULT, EventKind.SPOOF_ALARM, EventKind.DOOR_FORCED):
            self._waiting = None

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None:
        """The frame in which the door opened, and those after it."""
        opened, self._opened = self._opened, None
        if opened is not None:
            self._consider(opened, seen)
        if self._is_locked and self._waiting is not None:
            (name, look), self._waiting = self._waiting, None
            self._renew(name, look, frame.time_s)

    def _consider(self, opened: Event, seen: Sequence[Sighting]) -> None:
        face = next((face for face in seen if face.track == opened.track), None)
        person = self._register.person(opened.person or "")
        if face is None or face.probe is None or face.match is None or person is None:
            return
        if face.match.person_id != person.id or not self._register.most_renewed(person):
            return
        quality = face.quality
        chance = Chance(
            score=face.match.score,
            runner_up=face.match.runner_up,
            anchored=self._register.anchored(person, face.probe),
            threshold=self._register.threshold.cosine,
            liveness=opened.liveness,
            quality=quality.score,
            yaw_deg=quality.yaw_deg,
            pitch_deg=quality.pitch_deg,
            faces=len(seen),
            now=self._register.now(),
            renewed_at=self._register.renewed_at(person),
        )
        if may_renew(chance, self._policy):
            look = NewTemplate(face.probe.copy(), quality.score, quality.yaw_deg, quality.pitch_deg)
            self._waiting = person.name, look

    def _renew(self, name: str, look: NewTemplate, now_s: float) -> None:
        try:
            person = self._register.adapt(name, look)
        except GalleryError as error:
            log.warning("a template of %s could not be renewed: %s", name, error)
            return
        detail = f"{person.templates} templates; `faceauthctl improve --undo` takes it back"
        self._record(Event(EventKind.ADAPTED, now_s, person=person.name, detail=detail))
