"""faceauthctl's commands on the door itself, and on who stands before it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from faceauthd.cli.ctl_app import Name, tell
from faceauthd.cli.ctl_command import command
from faceauthd.cli.ctl_session import Session
from faceauthd.cli.ctl_show import show_threshold
from faceauthd.cli.exits import ExitCode
from faceauthd.cli.render import duration
from faceauthd.control.client import Denied
from faceauthd.control.verbs import VERIFY_LIMIT_S
from faceauthd.prose import counted

_MARGIN_S = 10.0
"""How much longer than the daemon the client waits for its answer."""


def unlock(session: Session) -> None:
    """Open the door once, as a face would.

    Whoever reaches the socket may; the journal says who did.
    """
    tell(session, session.ask("unlock"), "The door is open.")


def lock(session: Session) -> None:
    """Lock the door now, instead of when its time is up."""
    tell(session, session.ask("lock"), "The door is locked.")


def lockout(
    session: Session,
    clear: Annotated[bool, typer.Option("--clear", help="End it, and forget how many there were.")] = False,
) -> None:
    """Show the lockout after too many refusals, or end it."""
    if clear:
        tell(session, session.ask("clear-lockout"), "There is no lockout any more.")
        return
    left_s = session.ask("status").get("locked_out_for_s")
    seconds = float(left_s) if isinstance(left_s, int | float) else 0.0
    said = f"Locked out for {duration(seconds)} more." if seconds else "There is no lockout."
    tell(session, {"locked_out_for_s": seconds}, said)


def verify(
    session: Session,
    name: Name,
    timeout: Annotated[
        float, typer.Option(metavar="S", min=1.0, max=VERIFY_LIMIT_S, help="Seconds to wait for the face.")
    ] = 20.0,
) -> None:
    """Exit with 0 only if this person is seen alive in time.

    And only if they may enter now. It opens no door. Any other exit code is a no: 3 if they were not seen or their
    rules say no, 4 to 7 if it could not be found out, 130 after Ctrl-C, which ends it.
    """
    with session.connect() as client:
        answer = client.ask("verify", {"name": name, "timeout_s": timeout}, timeout_s=timeout + _MARGIN_S)
    if isinstance(answer, Denied):
        session.end_denied(answer)
    tell(session, answer.result, f"{name} is there.")


def snapshot(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JPEG file to write.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.")] = False,
) -> None:
    """Write a picture of what the camera sees, to aim it by.

    Each face is framed, with what is wrong with it. Root only, and journalled. The daemon keeps no copy.
    """
    is_new = not os.path.lexists(file)
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | (0 if force else os.O_EXCL), 0o600)
    except FileExistsError:
        session.end_there_already(file, "name another file, or add --force")
    except OSError as wrong:
        session.end(ExitCode.USAGE, f"{file} cannot be written: {wrong.strerror}", "BAD_REQUEST")
    try:
        with session.connect() as client:
            answer = client.ask("snapshot", files=[fd])
    finally:
        os.close(fd)
    if isinstance(answer, Denied):
        if is_new:
            file.unlink(missing_ok=True)
        session.end_denied(answer)
    found = answer.result.get("faces")
    count = len(found) if isinstance(found, list) else 0
    size = f"{answer.result.get('width')} x {answer.result.get('height')}"
    tell(session, {"file": str(file), **answer.result}, f"{file}: {size}, {counted(count, 'face')} in it.")


def threshold(session: Session) -> None:
    """Explain how alike a face has to be, and why."""
    told = session.ask("threshold")
    if session.options.as_json:
        session.printer.document(told)
    else:
        show_threshold(session.printer, told)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    command(app, ["faceauthctl unlock"])(unlock)
    command(app, ["faceauthctl lock"])(lock)
    command(app, ["faceauthctl lockout", "sudo faceauthctl lockout --clear"])(lockout)
    command(app, ["faceauthctl verify alice --timeout 10 && echo welcome"])(verify)
    command(app, ["sudo faceauthctl snapshot door.jpg", "sudo faceauthctl snapshot door.jpg --force"])(snapshot)
    command(app, ["faceauthctl threshold", "faceauthctl threshold --json | jq .threshold"])(threshold)
