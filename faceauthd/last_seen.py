"""Keeps when people were last seen, without wearing out the card: in memory, and written once an hour and at the end.

A power cut loses what was not written; the journal has each unlock anyway.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from faceauthd.errors import GalleryError
from faceauthd.register import Register
from faceauthd.types import Event, EventKind, Frame, Sighting

log = logging.getLogger(__name__)

WRITE_EVERY_S = 3600.0
"""24 commits a day at the most, of a few pages each; an SD card takes millions."""
_SEEN = frozenset({EventKind.UNLOCKED, EventKind.VERIFIED, EventKind.VOUCHED, EventKind.SECOND_ASKED})


class LastSeen:
    """A journal and a viewer. Only the loop's thread calls it."""

    def __init__(self, register: Register, *, is_kept: bool) -> None:
        """Without `is_kept` what an earlier run kept is forgotten."""
        self._register = register
        self._is_kept = is_kept
        self._wrote_s: float | None = None
        if not is_kept:
            self._forget()

    def record(self, event: Event) -> None:
        if self._is_kept and event.kind in _SEEN and event.person:
            self._register.saw(event.person)

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None:  # noqa: ARG002 - the Protocol's
        """A frame is as good a clock as any for something that is due once an hour."""
        if self._wrote_s is None or frame.time_s < self._wrote_s:
            self._wrote_s = frame.time_s
        elif frame.time_s - self._wrote_s >= WRITE_EVERY_S:
            self._wrote_s = frame.time_s
            self.close()

    def _forget(self) -> None:
        try:
            self._register.forget_seen()
        except GalleryError as error:
            log.warning("when people were last seen could not be forgotten, it is tried at the next start: %s", error)

    def close(self) -> None:
        """Write what is known now. It can be done without: a failure is logged, and tried again an hour later."""
        try:
            self._register.keep_seen()
        except GalleryError as error:
            log.warning("when people were last seen could not be written: %s", error)
