"""`faceauthctl watch` on a terminal: events scroll by, and the last line shows the door as the panel does."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from faceauthd.cli.ctl_show import event_line
from faceauthd.cli.render import duration
from faceauthd.prose import printable

if TYPE_CHECKING:
    from rich.text import Text

_COLOUR = {
    "watching": "green",
    "verifying": "cyan",
    "open": "green",
    "enrolling": "blue",
    "enrolled": "green",
    "second": "green",
    "challenge": "white",
    "asked": "cyan",
    "refused": "red",
    "locked-out": "red",
    "fault": "red",
}
"""As the lamp of docs/hardware.md; whatever waits for somebody is yellow."""


class LiveTeller:
    """Takes the lines that `watch` gives. Use as a context manager."""

    def __init__(self, out: TextIO | None = None, width: int | None = None) -> None:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=out, width=width, highlight=False)
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def __call__(self, line: Mapping[str, object]) -> None:
        """An event goes above the last line, a status takes its place."""
        event, status = line.get("event"), line.get("status")
        if isinstance(event, dict):
            self._live.console.print(printable(event_line(event), 400), markup=False)
        if isinstance(status, dict):
            self._live.update(status_line(status), refresh=True)


def status_line(status: Mapping[str, object]) -> Text:
    """The door in one line: lamp, state, and what is wrong or going on."""
    from rich.text import Text

    state = str(status.get("state", "unknown"))
    camera = status.get("camera")
    parts = [state, "OPEN" if status.get("is_open") else "locked"]
    parts += [f"alarm: {status['alarm']}"] if status.get("alarm") else []
    left_s = status.get("locked_out_for_s")
    parts += [f"for {duration(float(left_s))} more"] if isinstance(left_s, int | float) and left_s else []
    parts.append(f"{status.get('people', '?')} enrolled")
    is_well = isinstance(camera, dict) and bool(camera.get("healthy"))
    parts.append(f"{status.get('fps', '?')} frames/s" if is_well else "NO PICTURES")
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("\u25cf ", style=_COLOUR.get(state, "yellow"))
    return text.append(printable(" \u00b7 ".join(parts)))
