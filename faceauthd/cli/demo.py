"""`faceauthd demo`: a scene through the whole appliance, and whether it ended as it should."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import typer

from faceauthd.adapters.journal import JsonLinesJournal
from faceauthd.app import build
from faceauthd.cli.exits import ExitCode
from faceauthd.cli.run import on_stop
from faceauthd.config import Config, load_config
from faceauthd.ports import Journal
from faceauthd.prose import event_text
from faceauthd.scene.expect import judge
from faceauthd.scene.library import load_spec
from faceauthd.types import Event, EventKind

_TOLD = frozenset({EventKind.UNLOCKED, EventKind.REFUSED, EventKind.ENROLLED})


class Memory:
    """A journal that keeps everything, for the end."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        self.events.append(event)


def play(scene: str, *, as_json: bool, fast: bool, overrides: Sequence[str]) -> ExitCode:
    """Play `scene`; DONE only if it ended as its file expects. Raises FaceauthdError."""
    with tempfile.TemporaryDirectory(prefix="faceauthd-demo-") as folder:
        config = _config(scene, Path(folder), as_json=as_json, fast=fast, overrides=overrides)
        expected = load_spec(config.camera.parsed_source.target).expected
        memory = Memory()
        journals: list[Journal] = [memory, *([JsonLinesJournal(sys.stdout)] if as_json else [])]
        with build(config, journals=lambda _: journals, serve=False) as appliance:
            start_s = appliance.clock.now()
            on_stop(appliance.stop)
            appliance.run()
            was_stopped = appliance.daemon.stop_requested
    problems = judge(expected, memory.events, start_s=start_s)
    if not as_json:
        _summary(memory.events, start_s)
    if was_stopped:
        typer.echo("stopped before the end of the scene", err=True)
        return ExitCode.INTERRUPTED
    for problem in problems:
        typer.echo(f"not as the scene expects: {problem}", err=True)
    return ExitCode.FAILED if problems else ExitCode.DONE


def _config(scene: str, folder: Path, *, as_json: bool, fast: bool, overrides: Sequence[str]) -> Config:
    """The defaults, a throw-away gallery and mock pins; what the user sets comes last."""
    ours = [
        f"camera.source=scene:{scene}",
        "camera.at_end=stop",
        f"camera.pace={'fast' if as_json or fast else 'real'}",
        f"gallery.path={folder / 'gallery'}",
        f"control.socket={folder / 'control.sock'}",
        f"panel.kind={'gpiozero' if as_json else '[gpiozero, terminal]'}",
        "panel.pin_factory=mock",
    ]
    return load_config(None, [*ours, *overrides]).config


def _summary(events: Sequence[Event], start_s: float) -> None:
    typer.echo("\nWhat happened:")
    for event in events:
        if event.kind not in _TOLD:
            continue
        waited_s = dict(event.fields).get("waited_s")
        waited = f", after {waited_s:.2f} s of looking" if isinstance(waited_s, float) else ""
        typer.echo(f"  {event.time_s - start_s:6.2f} s  {event_text(event)}{waited}")
