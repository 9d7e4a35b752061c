"""`faceauthd run`."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from faceauthd.app import build
from faceauthd.config import load_config, system_file

log = logging.getLogger(__name__)


def serve(path: Path | None, overrides: Sequence[str]) -> None:
    """Build the appliance and serve until SIGTERM, SIGINT or the end of a replay. Raises FaceauthdError."""
    loaded = load_config(path or system_file(), overrides)
    logging.basicConfig(
        level=loaded.config.log.level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    for warning in loaded.warnings:
        log.warning("%s", warning)
    with build(loaded.config) as appliance:
        on_stop(appliance.stop)
        appliance.run()


def on_stop(stop: Callable[[], None]) -> None:
    """Call `stop` when asked to end; a second time is not needed, every wait in the loop is bounded."""

    def hear(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, hear)
