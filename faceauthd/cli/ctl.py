"""faceauthctl: speaks to the running daemon over its control socket."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from faceauthd.adapters.journal_reader import Wanted
from faceauthd.cli import ctl_bundle, ctl_door, ctl_offline, ctl_rules
from faceauthd.cli.ctl_app import ROLES, Name, app, enrolled_names, tell
from faceauthd.cli.ctl_arguments import run_parsed, seconds_ago, spread
from faceauthd.cli.ctl_command import command
from faceauthd.cli.ctl_enroll import enroll_from_images, enroll_live
from faceauthd.cli.ctl_events import journal_of, tell_events
from faceauthd.cli.ctl_person import export_to
from faceauthd.cli.ctl_session import Session
from faceauthd.cli.ctl_show import show_people, show_person, show_status
from faceauthd.cli.ctl_watch import watch_all
from faceauthd.cli.exits import ExitCode
from faceauthd.cli.output import written_or_said
from faceauthd.cli.render import be_printable
from faceauthd.control.verbs import EVENTS_LIMIT
from faceauthd.types import EventKind, Role

__all__ = ["app", "main"]


@command(app, ["faceauthctl status", "faceauthctl status --json | jq .state"])
def status(session: Session) -> None:
    """Show how the appliance is, at a glance: state, camera, people."""
    told = ctl_offline.ask_or_read(session, "status", partial(ctl_offline.status_in, session))
    if session.options.as_json:
        session.printer.document(told)
    else:
        show_status(session.printer, told)


@command(app, ["faceauthctl people", "faceauthctl people | cut -f1", "faceauthctl people --json"])
def people(session: Session) -> None:
    """List everybody who is enrolled."""
    told = ctl_offline.ask_or_read(session, "people", ctl_offline.people_in)
    if session.options.as_json:
        session.printer.document(told)
    else:
        found = told.get("people")
        show_people(session.printer, found if isinstance(found, list) else [])


@command(
    app,
    [
        "faceauthctl person alice",
        "faceauthctl person alice --json",
        "sudo faceauthctl person alice --export-data alice.json",
    ],
)
def person(
    session: Session,
    name: Name,
    export_data: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write everything that is kept about them, embeddings and events too, as JSON; - is standard output.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show one person: when they may enter, and each template."""
    if export_data is not None:
        export_to(session, name, export_data)
        return
    told = ctl_offline.ask_or_read(session, "person", partial(ctl_offline.person_in, session, name), name=name)
    if session.options.as_json:
        session.printer.document(told)
    else:
        show_person(session.printer, told)


@command(
    app,
    [
        "sudo faceauthctl enroll alice",
        "sudo faceauthctl enroll alice --role admin",
        "sudo faceauthctl enroll bob --images bob/*.jpg",
        "sudo faceauthctl enroll bob --images a.jpg --images b.jpg",
    ],
)
def enroll(
    session: Session,
    name: Name,
    role: Annotated[Role, typer.Option(metavar="ROLE", help=f"What they may do: {ROLES}.")] = Role.MEMBER,
    images: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE...", help="Photographs to enrol from, instead of the camera.", show_default=False),
    ] = None,
) -> None:
    """Enrol whoever stands before the camera, or from photographs.

    Each photograph has to show one face, well lit and looking at the camera; for each that is rejected the reason is
    told. Nothing can tell whether a photograph is of a living person, as an enrolment before the camera does: take
    only pictures that you trust to be theirs. Needs root, the daemon's user, or a uid of control.admin_uids.
    """
    if images:
        enroll_from_images(session, name, role.value, images)
    else:
        enroll_live(session, name, role.value)


@command(app, ["sudo faceauthctl cancel"])
def cancel(session: Session) -> None:
    """Give up the enrolment that is running; nothing of it is kept."""
    tell(session, session.ask("cancel"), "Given up.")


@command(app, ["sudo faceauthctl rename person-1 alice"])
def rename(
    session: Session,
    old: Annotated[
        str,
        typer.Argument(metavar="OLD", help="Name as it is.", show_default=False, autocompletion=enrolled_names),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Name as it shall be.", show_default=False)],
) -> None:
    """Give somebody another name."""
    tell(session, session.ask("rename", old=old, new=new), f"Renamed {old} to {new}.")


@command(app, ["sudo faceauthctl remove alice", "sudo faceauthctl remove alice --yes"])
def remove(
    session: Session,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    last: Annotated[
        bool, typer.Option("--last", help="Even the last person: the next press of the button makes an administrator.")
    ] = False,
) -> None:
    """Remove somebody, with every template.

    The door opens for them no more. The last administrator cannot be removed while others are enrolled: make somebody
    else one first.
    """
    if not yes and not sys.stdin.isatty():
        session.end(ExitCode.USAGE, "remove asks first, and there is no terminal to ask at; add --yes", "BAD_REQUEST")
    if not yes and not typer.confirm(f"Remove {name!r} for good?", err=True):
        session.end(ExitCode.REFUSED, "not removed", "CANCELLED")
    tell(session, session.ask("remove", name=name, **({"last": True} if last else {})), f"Removed {name}.")


@command(
    app,
    [
        "faceauthctl events",
        "faceauthctl events --since 2h --kind refused",
        "faceauthctl events --person alice --json",
        "faceauthctl events --follow",
    ],
)
def events(
    session: Session,
    limit: Annotated[
        int, typer.Option(min=1, max=EVENTS_LIMIT, metavar="N", help="How many at most, the newest.")
    ] = 50,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Not older than this: 90s, 10m, 2h, 7d.", show_default=False)
    ] = None,
    kind: Annotated[
        EventKind | None, typer.Option(metavar="KIND", help="Only this kind, e.g. refused.", show_default=False)
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only of this person.", show_default=False, autocompletion=enrolled_names),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new ones until Ctrl-C.")] = False,
) -> None:
    """Tell what happened, oldest first.

    Who came in, who was refused and why, and who changed what. From the systemd journal, also of a daemon that has
    ended; without it, what the running daemon remembers.
    """
    since_s = None if since is None else seconds_ago(since)
    wanted = Wanted(limit, since_s, kind, person)
    tell_events(session, wanted, follow=follow, reader=journal_of(session))


@command(app, ["faceauthctl watch", "faceauthctl watch --json | jq -c .event"])
def watch(session: Session) -> None:
    """Show events and the panel as they happen, until Ctrl-C."""
    watch_all(session)


for more in (ctl_rules, ctl_door, ctl_bundle):
    more.add_to(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run faceauthctl and exit with one of `exits.ExitCode`."""
    be_printable()
    given = spread(sys.argv[1:] if arguments is None else arguments, "--images")
    with written_or_said("faceauthctl"):
        sys.exit(run_parsed(app, given, "faceauthctl"))


if __name__ == "__main__":
    main()
