#!/usr/bin/env python3
"""Draw the pictures of docs/guide.md: what the lamps do in each story, and what the terminal shows.

python tools/guide_pictures.py            # write them to docs/guide
python tools/guide_pictures.py --check    # only say which are out of date, and exit with 1 if one is
"""

from __future__ import annotations

import argparse
import io
import itertools
import math
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from faceauthd.cli.ctl_show import show_people, show_person, show_status, show_threshold
from faceauthd.cli.render import Printer
from faceauthd.prose import signal_text
from faceauthd.signals import levels
from faceauthd.types import Reason, Signal, SignalKind

FOLDER = Path(__file__).resolve().parents[1] / "docs/guide"
FONT = "font-family='DejaVu Sans Mono, Menlo, Consolas, monospace'"
STYLE = re.compile(r"\x1b\[[0-9;]*m")
FILM_S, FRAMES, BAR = 4.0, 80, 8
FRAME_PX, ROW_PX, LAMP_PX, LIGHT_PX = 6, 62, 16, 4
LABEL_PX, LINE_PX, CHAR_PX = 300, 19, 8.45


@dataclass(frozen=True)
class Scene:
    """One row of a film: what has happened, and the signal that answers it."""

    when: str
    kind: SignalKind
    progress: tuple[int, int] = (0, 0)
    name: str | None = None
    reason: Reason | None = None


STORIES: Mapping[str, Sequence[Scene]] = {
    "signs-of-life": (
        Scene("it wants to be sure", SignalKind.CHALLENGE),
        Scene("the first of two", SignalKind.SECOND),
        Scene("the door is open", SignalKind.UNLOCKED, name="alice"),
    ),
    "first-start": (
        Scene("it waits", SignalKind.READY),
        Scene("you pressed the button", SignalKind.ENROLLING, (0, 5)),
        Scene("three looks are taken", SignalKind.ENROLLING, (3, 5)),
        Scene("it is done", SignalKind.ENROLLED, name="person-1"),
    ),
    "newcomer": (
        Scene("somebody pressed the button", SignalKind.VOUCH),
        Scene("the administrator looked", SignalKind.ENROLLING, (0, 5)),
        Scene("it is done", SignalKind.ENROLLED, name="person-2"),
    ),
    "coming-home": (
        Scene("somebody comes near", SignalKind.LOOKING),
        Scene("the light is bad", SignalKind.LOOKING, reason=Reason.TOO_DARK),
        Scene("the door is open", SignalKind.UNLOCKED, name="alice"),
    ),
    "refused": (
        Scene("a stranger", SignalKind.REFUSED, reason=Reason.UNKNOWN),
        Scene("not at this hour", SignalKind.REFUSED, reason=Reason.NOT_NOW),
        Scene("a photograph", SignalKind.SPOOF),
        Scene("too often", SignalKind.LOCKED_OUT),
    ),
    "trouble": (
        Scene("the door was left open", SignalKind.DOOR_HELD),
        Scene("the door was forced", SignalKind.DOOR_FORCED),
        Scene("the camera is lost", SignalKind.FAULT),
    ),
}

PEOPLE: tuple[dict[str, object], ...] = (
    {"name": "alice", "role": "admin", "templates": 6, "quality": 0.93, "enrolled_at": 1792828800.0,
     "last_seen": 1795507260.0},
    {"name": "bob", "role": "member", "templates": 5, "quality": 0.88, "enrolled_at": 1792832400.0,
     "last_seen": 1795443000.0, "hours": "Mon-Fri 07:00-19:00"},
    {"name": "carol", "role": "guest", "templates": 5, "quality": 0.9, "enrolled_at": 1795000000.0,
     "valid_until": 1795910400.0},
)  # fmt: skip
TEMPLATES = [
    {"id": 1 + number, "made_at": 1792828800.0, "origin": "enrolled", "quality": 0.95 - number / 100, "state": "in-use",
     "yaw_deg": (0, 14, -15, 3, 1)[number], "pitch_deg": (-2, 1, 0, 11, -10)[number]}
    for number in range(5)
] + [{"id": 12, "made_at": 1795420800.0, "origin": "improved", "quality": 0.91, "yaw_deg": 2, "pitch_deg": -1,
      "state": "in-use"}]  # fmt: skip
STATUS: dict[str, object] = {
    "state": "watching", "people": 3, "templates": 16, "threshold": 0.6127, "false_accept_rate": 1e-5,
    "looks_of_an_attempt": 8, "camera": {"source": "picamera2", "healthy": True}, "fps": 14.8,
    "last_unlock": {"person": "alice", "at": "2026-11-24T08:01:00+00:00"}, "uptime_s": 266400.0,
    "socket": "/run/faceauthd/control.sock", "gallery": "/var/lib/faceauthd/gallery", "version": "1.0.0",
}  # fmt: skip

SCREENS: Mapping[str, tuple[str, Callable[[Printer], None]]] = {
    "people": ("faceauthctl people", lambda printer: show_people(printer, PEOPLE)),
    "person": (
        "faceauthctl person alice",
        lambda printer: show_person(printer, {"person": PEOPLE[0], "templates": TEMPLATES}),
    ),
    "status": ("faceauthctl status", lambda printer: show_status(printer, STATUS)),
    "threshold": ("faceauthctl threshold", lambda printer: show_threshold(printer, STATUS)),
}


class Terminal(io.StringIO):
    """Keeps what is written, and says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if one is out of date")
    is_check = parser.parse_args().check
    os.environ.update(TZ="UTC", COLUMNS="110", TERM="xterm", NO_COLOR="1")
    time.tzset()
    pictures = {f"{name}.svg": film(scenes) for name, scenes in STORIES.items()}
    pictures |= {f"{name}.svg": screen(command, show) for name, (command, show) in SCREENS.items()}
    stale = [name for name, text in pictures.items() if not _is(FOLDER / name, text)]
    for name in stale:
        print(f"docs/guide/{name} is out of date")
        if not is_check:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / name).write_text(pictures[name])
    return int(is_check and bool(stale))


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def film(scenes: Sequence[Scene]) -> str:
    """Four seconds of each scene from left to right: the lamp above, the bar's lamps below."""
    width, height = LABEL_PX + FRAMES * FRAME_PX + 12, len(scenes) * ROW_PX + 26
    body = []
    for number, scene in enumerate(scenes):
        top = 8 + number * ROW_PX
        said = signal_text(_signal(scene, 0.0))
        body.append(_text(8, top + 18, scene.when, "#9aa4ad"))
        body.append(_text(8, top + 38, said, "#ffffff"))
        body += _lamps(scene, top)
    for second in range(int(FILM_S) + 1):
        x = LABEL_PX + second / FILM_S * FRAMES * FRAME_PX
        body.append(_text(x, height - 6, f"{second} s", "#9aa4ad", anchor="middle" if second else "start", size=11))
    return _svg(width, height, body)


def _lamps(scene: Scene, top: float) -> list[str]:
    shown = [levels(_signal(scene, (frame + 0.5) / FRAMES * FILM_S), BAR) for frame in range(FRAMES)]
    drawn = _stripe(top, LAMP_PX, [_colour((each.red, each.green, each.blue)) for each in shown])
    for lamp in range(BAR):
        colours = [_colour((each.bar[lamp], each.bar[lamp] * 0.85, each.bar[lamp] * 0.6)) for each in shown]
        drawn += _stripe(top + LAMP_PX + 4 + lamp * LIGHT_PX, LIGHT_PX - 0.6, colours)
    return drawn


def _signal(scene: Scene, at_s: float) -> Signal:
    return Signal(scene.kind, at_s, 0.0, progress=scene.progress, name=scene.name, reason=scene.reason)


def _stripe(y: float, height: float, colours: Sequence[str]) -> list[str]:
    """One lamp from left to right; while it does not change it is one rectangle."""
    drawn, x = [], float(LABEL_PX)
    for colour, run in itertools.groupby(colours):
        width = FRAME_PX * len(list(run))
        drawn.append(f'<rect x="{x:g}" y="{y:g}" width="{width}" height="{height:g}" fill="{colour}"/>')
        x += width
    return drawn


def _colour(parts: Sequence[float]) -> str:
    """As the terminal panel does: a screen is as dark as the eye, so the root is taken back out."""
    red, green, blue = (38 + round(217 * math.sqrt(part)) for part in parts)
    return f"#{red:02x}{green:02x}{blue:02x}"


def screen(command: str, show: Callable[[Printer], None]) -> str:
    """A terminal with a command and what it prints."""
    out = Terminal()
    show(Printer(out=out, err=out))
    lines = [f"$ {command}", *(line.rstrip() for line in STYLE.sub("", out.getvalue()).splitlines())]
    width = max(map(len, lines)) * CHAR_PX + 24
    body = [
        _text(12, 24 + number * LINE_PX, line, "#7fd1a0" if number == 0 else "#e6e6e6")
        for number, line in enumerate(lines)
    ]
    return _svg(round(width), len(lines) * LINE_PX + 20, body)


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start", size: int = 14) -> str:
    where = f'x="{x:g}" y="{y:g}" fill="{colour}" font-size="{size}" text-anchor="{anchor}"'
    return f"<text {where} {FONT} xml:space='preserve'>{escape(text)}</text>"


def _svg(width: int, height: int, body: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    return "\n".join([head, f'<rect width="{width}" height="{height}" rx="6" fill="#1b1f23"/>', *body, "</svg>"]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
