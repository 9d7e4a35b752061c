"""The panel in a terminal: the same signals as the pins show, drawn live, with what the camera sees and what happened.

On anything but a terminal it writes one plain line for each change instead. It has no lock of its own: `DOOR OPEN`
says that a relay beside it is told to open.
"""

from __future__ import annotations

import atexit
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TextIO, cast

from rich.console import Console
from rich.live import Live

from faceauthd.adapters.terminal_outlet import TerminalOutlet
from faceauthd.adapters.terminal_picture import Mark, TerminalPicture
from faceauthd.adapters.terminal_view import EVENT_ROWS, View, drawing, picture_cells
from faceauthd.prose import REASON_WHY, printable, signal_text
from faceauthd.signals import levels
from faceauthd.types import Event, Frame, Roster, Sighting, Signal, SignalKind

_log = logging.getLogger(__name__)

_KNOWN, _UNKNOWN, _UNUSABLE, _SEEN = (80, 224, 96), (240, 88, 80), (240, 184, 64), (224, 224, 224)
_GUIDING = (SignalKind.READY, SignalKind.LOOKING, SignalKind.HOLD_STILL, SignalKind.TURN)
_UNWRITABLE = (OSError, ValueError)
"""The terminal was closed, or the stream was."""


LAST_WORD_S = 0.5
"""How long closing waits for a slow terminal to take the last drawing and its cursor back."""


def plain_console(stream: TextIO) -> Console:
    """rich without its conveniences: nothing in a name or a message is markup."""
    return Console(file=stream, highlight=False, markup=False, emoji=False)


class TerminalPanel:
    """A `ports.Panel`, `ports.Viewer` and `ports.Journal` on `stream`.

    `now` is the daemon's clock; `roster` gives names and the threshold in force. `keys` is the line that says which
    keys there are. Nothing is written before the first `show`, and the cursor is back after `close`, also when the
    process ends without it. A terminal that goes away, or is stopped, is not waited for: the door must not depend on
    who watches.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        now: Callable[[], float],
        roster: Callable[[], Roster],
        bar_lamps: int = 8,
        fps: float = 10.0,
        keys: str = "",
        make_console: Callable[[TextIO], Console] = plain_console,
        patience_s: float = 0.02,
    ) -> None:
        self._stream = stream
        self._outlet = _outlet(stream, patience_s)
        self._console = make_console(cast(TextIO, self._outlet) if self._outlet else stream)
        self._now = now
        self._roster = roster
        self._bar_lamps = bar_lamps
        self._draw_every_s = 1.0 / fps
        self._keys = keys
        self._live: Live | None = None
        self._signal: Signal | None = None
        self._frame: Frame | None = None
        self._marks: dict[int, Mark] = {}
        self._events: deque[Event] = deque(maxlen=EVENT_ROWS)
        self._start_s = now()
        self._drawn_s = float("-inf")
        self._is_gone = False

    def show(self, signal: Signal) -> None:
        """Draw `signal`, if it changed or it is time to."""
        before, self._signal = self._signal, signal
        has_changed = before is None or _news(before) != _news(signal)
        if self._outlet is None or self._console.is_dumb_terminal:
            if has_changed:
                self._write_line(signal)
        elif has_changed or self._now() - self._drawn_s >= self._draw_every_s:
            self._draw(signal)

    def lock(self) -> None:
        """Show the door locked."""
        if self._signal is not None and self._signal.is_open:
            self.show(replace(self._signal, is_open=False))

    def close(self) -> None:
        """Draw for the last time and give the cursor back. Safe to call twice."""
        self.lock()
        live, self._live = self._live, None
        self._is_gone = True
        atexit.unregister(self.close)
        try:
            if live is not None:
                live.stop()
            if self._outlet is not None:
                self._outlet.drain(LAST_WORD_S)
        except _UNWRITABLE as error:
            _log.debug("the terminal is gone: %s", error)
        if self._outlet is not None:
            self._outlet.close()

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None:
        """Keep the picture and what is known of the faces in it, for the next drawing."""
        self._frame = frame
        roster = self._roster()
        self._marks = {face.track: _mark(face, roster, self._marks.get(face.track)) for face in seen}

    def record(self, event: Event) -> None:
        """Keep the event, for the next drawing."""
        self._events.append(event)

    def _draw(self, signal: Signal) -> None:
        if self._is_gone or self._outlet is None:
            return
        try:
            if self._outlet.is_behind:
                return
            self._drawn_s = self._now()
            if self._live is None:
                atexit.register(self.close)
                self._live = Live(
                    console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
                )
                self._live.start()
            self._live.update(drawing(self._view(signal), self._console), refresh=True)
        except _UNWRITABLE as error:
            self._give_up(error)

    def _view(self, signal: Signal) -> View:
        marks = tuple(self._marks.values())
        room = picture_cells(self._console)
        picture = TerminalPicture(self._frame.main, *room, marks) if self._frame is not None and room else None
        shown = levels(signal, self._bar_lamps)
        return View(signal, shown, picture, marks, tuple(self._events), self._start_s, self._keys)

    def _write_line(self, signal: Signal) -> None:
        if self._is_gone:
            return
        door = "open" if signal.is_open else "locked"
        light = ", light on" if signal.is_lit else ""
        try:
            self._stream.write(f"{signal.now_s - self._start_s:8.2f}  {door:<6}  {signal_text(signal)}{light}\n")
            self._stream.flush()
        except _UNWRITABLE as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._is_gone = True
        _log.warning("the terminal cannot be written any more, the panel goes on without it: %s", error)


def _outlet(stream: TextIO, patience_s: float) -> TerminalOutlet | None:
    """None if `stream` is no terminal: a file, a pipe, or something closed."""
    try:
        return TerminalOutlet(stream.fileno(), patience_s) if stream.isatty() else None
    except _UNWRITABLE:
        return None


def _news(signal: Signal) -> tuple[object, ...]:
    """What makes a new line, or an immediate drawing. Hints that come and go with each frame do not."""
    reason = None if signal.kind in _GUIDING else signal.reason
    return signal.kind, signal.is_open, signal.progress, signal.name, reason, signal.is_lit


def _mark(face: Sighting, roster: Roster, before: Mark | None) -> Mark:
    """What is known of a face; a track that was not looked at again keeps its words."""
    if face.match is not None:
        member = roster.people.get(face.match.person_id)
        is_known = member is not None and face.match.score >= roster.threshold
        name = printable(member.name, 16) if member is not None and is_known else "not known"
        live = "" if face.liveness is None else f" live {face.liveness:.2f}"
        return Mark(face.box, _KNOWN if is_known else _UNKNOWN, f"{name} {face.match.score:.2f}{live}")
    if face.quality.reasons:
        return Mark(face.box, _UNUSABLE, REASON_WHY[face.quality.reasons[0]])
    return replace(before, box=face.box) if before is not None else Mark(face.box, _SEEN, "face")
