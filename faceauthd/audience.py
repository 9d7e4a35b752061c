"""Whoever listens to the journal and watches the frames, and has no say in what the door does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from faceauthd.ports import Viewer
from faceauthd.types import Event, Frame, Sighting


class Listener(Protocol):
    """Hears each event, and sees each frame with what was found in it, in the loop's thread."""

    def record(self, event: Event) -> None: ...

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None: ...


class Audience:
    """A journal and a viewer for all its `members`, and for a `viewer` besides; they may come later than it does."""

    def __init__(self) -> None:
        self.members: tuple[Listener, ...] = ()
        self.viewer: Viewer | None = None

    def record(self, event: Event) -> None:
        for member in self.members:
            member.record(event)

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None:
        for member in self.members:
            member.watch(frame, seen)
        if self.viewer is not None:
            self.viewer.watch(frame, seen)
