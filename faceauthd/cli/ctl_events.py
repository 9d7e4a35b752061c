"""`faceauthctl events`: out of the systemd journal, which outlives the daemon, or out of the daemon's memory."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from contextlib import suppress

import typer

from faceauthd.adapters.journal_reader import JournalError, JournalReader, Wanted, is_readable, is_there
from faceauthd.cli.ctl_session import Session
from faceauthd.cli.ctl_show import show_event, show_events
from faceauthd.cli.ctl_watch import follow_events, tell_past
from faceauthd.cli.exits import ExitCode
from faceauthd.control.client import NotRunning
from faceauthd.control.protocol import Scalar

Fields = Mapping[str, object]


def tell_events(session: Session, wanted: Wanted, *, follow: bool, reader: JournalReader | None) -> None:
    """Tell what `reader` finds; without one, or if it finds nothing that a running daemon remembers, ask the daemon."""
    try:
        found = reader.read(wanted) if reader else []
    except JournalError as error:
        session.printer.note(f"faceauthctl: {error}")
        reader, found = None, []
    try:
        if not found:
            _ask_daemon(session, wanted, follow=follow)
            return
    except NotRunning as not_running:
        if reader is None:
            session.end(ExitCode.NOT_RUNNING, f"{not_running}\n{_why_no_journal(session)}", "NOT_RUNNING")
    assert reader is not None  # noqa: S101  without one the daemon was asked
    if follow:
        _follow(session, reader, wanted)
    elif session.options.as_json:
        session.printer.document({"events": found})
    else:
        show_events(session.printer, found)


def journal_of(session: Session) -> JournalReader | None:
    """The journal the daemon writes to, if it does and this user may read it; whoever names a socket means that."""
    if session.options.socket is not None or session.config.log.journal == "stderr" or not is_readable():
        return None
    writers = {0, os.getuid()}
    with suppress(KeyError):  # not installed as a service
        writers.add(pwd.getpwnam("faceauthd").pw_uid)
    return JournalReader(writers)


def _why_no_journal(session: Session) -> str:
    """Why what happened before cannot be read either, and what to do where something can be done."""
    if session.options.socket is not None:
        return "and who names a --socket means its daemon alone: without it the journal is read"
    if session.config.log.journal == "stderr":
        return "and its events went to standard error, as log.journal says, and into no journal"
    if not is_there():
        return "and there is no systemd journal on this machine"
    return "and this user may not read the journal: use sudo, or join the group systemd-journal"


def _ask_daemon(session: Session, wanted: Wanted, *, follow: bool) -> None:
    asked: dict[str, Scalar] = {
        "limit": wanted.limit,
        "since_s": wanted.since_s,
        "kind": wanted.kind.value if wanted.kind else None,
        "person": wanted.person,
    }
    (follow_events if follow else tell_past)(session, asked)


def _follow(session: Session, reader: JournalReader, wanted: Wanted) -> None:
    def hear(event: Fields) -> None:
        if session.options.as_json:
            session.printer.record(event)
        else:
            show_event(session.printer, event)

    try:
        reader.follow(wanted, hear)
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    session.end(ExitCode.FAILED, "journalctl has ended", "INTERNAL")
