"""faceauthctl's commands on who may do what, and until when."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer

from faceauthd.cli.ctl_app import ROLES, Name, tell
from faceauthd.cli.ctl_command import command
from faceauthd.cli.ctl_enroll import improve_from_images, improve_live
from faceauthd.cli.ctl_session import Session
from faceauthd.cli.ctl_show import may_enter
from faceauthd.rules import parse_hours
from faceauthd.types import Role


def improve(
    session: Session,
    name: Name,
    images: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE...", help="Photographs of them, or a folder of such.", show_default=False),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the last improvement or renewal.")] = False,
) -> None:
    """Take more templates of somebody, before the camera or not.

    Of whoever stands there, who has to be that person, or from photographs: for new glasses, a beard, years. What the
    enrolment took stays; --undo takes back what came after it, last first. Nobody gets more than 16 templates, for each
    makes the door stricter for everybody, and a photograph that is as good as the same as another is left out. Nothing
    can tell whether a photograph is of a living person.
    """
    if undo and images:
        raise typer.BadParameter("say either --undo or --images")
    if undo:
        person = session.ask("undo", name=name)
        told = person.get("person")
        left = told.get("templates") if isinstance(told, dict) else "?"
        tell(session, person, f"Taken back; {name} has {left} template{'' if left == 1 else 's'} now.")
    elif images:
        improve_from_images(session, name, images)
    else:
        improve_live(session, name)


def role(
    session: Session,
    name: Name,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help=f"What they may do: {ROLES}.", show_default=False)],
) -> None:
    """Make somebody an administrator, a member or a guest.

    The last administrator stays one.
    """
    tell(session, session.ask("role", name=name, role=role.value), f"{name} is {role} now.")


def disable(session: Session, name: Name) -> None:
    """Keep somebody out, but enrolled, until they are enabled again."""
    tell(session, session.ask("disable", name=name), f"{name} is disabled: the door stays shut for them.")


def enable(session: Session, name: Name) -> None:
    """Let somebody in again who was disabled."""
    _tell_when(session, session.ask("enable", name=name), name)


def expire(
    session: Session,
    name: Name,
    until: Annotated[
        str | None, typer.Argument(metavar="DATE", help="The last day, or a time: 2027-01-31, 2027-01-31T18:00.")
    ] = None,
    never: Annotated[bool, typer.Option("--never", help="Without an end.")] = False,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day, or a time.", show_default=False)
    ] = None,
) -> None:
    """Say until when somebody may enter, and from when.

    Both anew each time. A day counts wholly, in the time zone of this machine. Hours of the day stay as they are.
    """
    if (until is None) is not never:
        raise typer.BadParameter("say either a DATE or --never")
    first = None if start is None else moment(start, is_end=False)
    last = None if until is None else moment(until, is_end=True)
    _tell_when(session, session.ask("expire", name=name, valid_from=first, valid_until=last), name)


def hours(
    session: Session,
    name: Name,
    hours: Annotated[
        list[str] | None, typer.Argument(metavar="HOURS", help='"Mon-Fri 07:00-19:00, Sat, Sun 10:00-16:00"')
    ] = None,
    always: Annotated[bool, typer.Option("--always", help="At any hour.")] = False,
) -> None:
    """Say at which hours of the week somebody may enter.

    By the clock on the wall. Days are Mon to Sun, a range of them, or daily; 22:00-06:00 goes over midnight. From when
    and until when stays as it is (see expire). If the clock was never set, people with hours stay outside.
    """
    if hours == ["always"]:  # as `people` has it
        hours, always = None, True
    if (not hours) is not always:
        raise typer.BadParameter("say either HOURS or --always")
    text = None if always else " ".join(hours or ())
    if text is not None:
        try:
            parse_hours(text)
        except ValueError as wrong:
            raise typer.BadParameter(str(wrong)) from None
    _tell_when(session, session.ask("hours", name=name, hours=text), name)


def moment(text: str, *, is_end: bool) -> float:
    """A day or a time of this machine's zone, in seconds since the epoch; a day that is an end counts to its end.

    Raises typer.BadParameter.
    """
    try:
        at = datetime.fromisoformat(text.strip())
        if is_end and len(text.strip()) <= len("2027-01-31"):
            at = datetime.combine(at.date() + timedelta(days=1), time.min)
        seconds = at.timestamp()
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(f"{text!r} is no date; write for example 2027-01-31 or 2027-01-31T18:00") from None
    if seconds < 0:
        raise typer.BadParameter(f"{text!r} is before 1970")
    return seconds


def _tell_when(session: Session, result: dict[str, object], name: str) -> None:
    person = result.get("person")
    tell(session, result, f"{name} may enter: {may_enter(person if isinstance(person, dict) else {})}")


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    examples = ["alice", "alice --images glasses/*.jpg", "alice --undo"]
    command(app, [f"sudo faceauthctl improve {example}" for example in examples])(improve)
    command(app, ["sudo faceauthctl role bob admin"])(role)
    command(app, ["sudo faceauthctl disable bob"])(disable)
    command(app, ["sudo faceauthctl enable bob"])(enable)
    examples = ['"Mon-Fri 07:00-19:00"', '"daily 06:00-24:00, Fri 22:00-06:00"', "--always"]
    command(app, [f"sudo faceauthctl hours bob {example}" for example in examples])(hours)
    examples = ["2027-01-31", "2027-01-31T18:00 --from 2027-01-01", "--never"]
    command(app, [f"sudo faceauthctl expire bob {example}" for example in examples])(expire)
