"""`faceauthd run`."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import TextIO

from faceauthd.adapters.patient_stream import PatientStream, patient
from faceauthd.adapters.systemd_notify import open_notifier
from faceauthd.app import build
from faceauthd.cli.severity import MarkedFormatter
from faceauthd.config import load_config, system_file
from faceauthd.errors import FaceauthdError
from faceauthd.memory import keep_giving_back, keep_to_itself, share_one_heap

log = logging.getLogger(__name__)


def serve(path: Path | None, overrides: Sequence[str]) -> None:
    """Build the appliance and serve until SIGTERM, SIGINT or the end of a replay. Raises FaceauthdError.

    Why it ended is the last thing that the service manager hears, so that its status says so until the next start.
    """
    try:
        _serve(path, overrides)
    except FaceauthdError as error:
        first, *more = str(error).splitlines()
        rest = f" (and {len(more)} more; the journal has them)" if more else ""
        open_notifier(os.environ, now=time.monotonic).status(f"Not running, the door is locked: {first}{rest}")
        raise


def _serve(path: Path | None, overrides: Sequence[str]) -> None:
    keep_to_itself()
    tell_of_crashes()
    share_one_heap()
    loaded = load_config(path or system_file(), overrides)
    words = patient(sys.stderr)
    log_to(words, loaded.config.log.level)
    for warning in loaded.warnings:
        log.warning("%s", warning)
    with build(loaded.config, words=words) as appliance:
        keep_giving_back()
        on_stop(appliance.stop)
        appliance.run()


def tell_of_crashes() -> None:
    """What native code was at goes to standard error when it crashes, or the watchdog ends it: a memory card that fails
    under the gallery's mapping is a SIGBUS. The next start says which file it is, and what to do.
    """
    if not faulthandler.is_enabled():
        faulthandler.enable()


def log_to(stream: TextIO | PatientStream, level: str) -> None:
    """Log lines of that level and above, with their urgency where the journal reads them."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(MarkedFormatter("%(levelname)s %(name)s: %(message)s", stream))
    logging.basicConfig(level=level.upper(), handlers=[handler])


def on_stop(stop: Callable[[], None]) -> None:
    """Call `stop` when asked to end; a second time is not needed, every wait in the loop is bounded."""

    def hear(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, hear)
