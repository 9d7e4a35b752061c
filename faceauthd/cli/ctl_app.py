"""What the commands of faceauthctl are registered with, and what several of them share."""

from __future__ import annotations

from typing import Annotated

import typer

from faceauthd.cli.ctl_command import shared_options
from faceauthd.cli.ctl_session import Options, Session
from faceauthd.cli.exits import EXIT_MEANING
from faceauthd.control.client import Denied
from faceauthd.errors import FaceauthdError

_EXITS = "\n".join(f"  {int(code):3}  {meaning}" for code, meaning in EXIT_MEANING.items())
_COMPLETE_TIMEOUT_S = 1.0

app = typer.Typer(
    name="faceauthctl",
    help="Speak to faceauthd, the face-unlock appliance, while it runs.",
    epilog=f"\b\nExit codes:\n{_EXITS}",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.callback()(shared_options)


def enrolled_names(incomplete: str) -> list[str]:
    """The names that begin so, for the shell's completion: of the running daemon, or none."""
    try:
        with Session(Options()).connect() as client:
            answer = client.ask("people", timeout_s=_COMPLETE_TIMEOUT_S)
    except FaceauthdError:
        return []
    people = None if isinstance(answer, Denied) else answer.result.get("people")
    names = (
        [str(person.get("name")) for person in people if isinstance(person, dict)] if isinstance(people, list) else []
    )
    return [name for name in names if name.startswith(incomplete) and name.isprintable()]


ROLES = "admin, member or guest"
Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="Name of the person.", show_default=False, autocompletion=enrolled_names),
]


def tell(session: Session, result: dict[str, object], text: str) -> None:
    """End well: with the result as a document, or `text`."""
    if session.options.as_json:
        session.printer.document(result)
    else:
        session.printer.line(text)
