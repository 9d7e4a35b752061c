"""`faceauthctl person NAME --export-data`: everything that is kept about somebody, for whoever asks for their data."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

from faceauthd.adapters.journal_reader import JournalError, Wanted
from faceauthd.cli.ctl_events import journal_of
from faceauthd.cli.ctl_session import Session
from faceauthd.cli.exits import ExitCode
from faceauthd.control.protocol import Scalar
from faceauthd.control.verbs import EVENTS_LIMIT
from faceauthd.memory import keep_to_itself


def export_to(session: Session, name: str, target: str) -> None:
    """Write it to a new file of mode 0600, or to standard output for "-"."""
    keep_to_itself()
    if target == "-":
        sys.stdout.write(_text(_collected(session, name)))
        return
    fd = _new_file(session, target)  # before anything is asked: what cannot be written is not to be journalled as given
    with ExitStack() as otherwise, os.fdopen(fd, "w", encoding="utf-8") as out:
        otherwise.callback(Path(target).unlink)
        told = _collected(session, name)
        try:
            out.write(_text(told))
            out.flush()
        except OSError as wrong:
            session.end(ExitCode.USAGE, f"{target} cannot be written: {wrong.strerror}", "BAD_REQUEST")
        otherwise.pop_all()
    if session.options.as_json:
        session.printer.document({"file": target, "person": told.get("person")})
    else:
        session.printer.line(f"All that is kept about {name} is in {target}.")


def _new_file(session: Session, target: str) -> int:
    try:
        return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        session.end_there_already(target, "remove it, or name another file")
    except OSError as wrong:
        session.end(ExitCode.USAGE, f"{target} cannot be written: {wrong.strerror}", "BAD_REQUEST")


def _collected(session: Session, name: str) -> dict[str, object]:
    events = _events_of(session, name)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"exported_at": at, **session.ask("export-data", name=name), **events}


def _text(told: dict[str, object]) -> str:
    return json.dumps(told, indent=2, allow_nan=False) + "\n"


def _events_of(session: Session, name: str) -> dict[str, object]:
    """The newest events that bear the name, and where they are from: the journal, or the daemon's memory."""
    reader = journal_of(session)
    if reader is not None:
        with suppress(JournalError):
            return {"events": reader.read(Wanted(EVENTS_LIMIT, None, None, name)), "events_from": "journal"}
    asked: dict[str, Scalar] = {"limit": EVENTS_LIMIT, "person": name}
    return {**session.ask("events", **asked), "events_from": "memory"}
