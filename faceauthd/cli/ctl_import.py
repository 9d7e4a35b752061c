"""`faceauthctl import`: what would change is shown, and then done whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faceauthd.cli.ctl_app import tell
from faceauthd.cli.ctl_command import command
from faceauthd.cli.ctl_session import Session
from faceauthd.cli.exits import ExitCode
from faceauthd.cli.passphrase import FileArgument, PassphraseOption, passphrase_for
from faceauthd.control.client import Denied
from faceauthd.control.protocol import Code, Scalar
from faceauthd.errors import BundleError
from faceauthd.memory import keep_to_itself
from faceauthd.prose import counted

if TYPE_CHECKING:
    from faceauthd.bundle.content import Bundle

_LONG_TIMEOUT_S = 130.0
"""Longer than the daemon's own limit (limits.Limits.long_answer_s)."""
_WORDS = {
    "new": "enrolled anew",
    "merged": "known here, gets more templates",
    "unchanged": "all of it is here already",
    "other-face": "has another face here",
    "like-another": "looks like somebody else here",
}
_NO_ROOM = "has as many templates as anybody may have"
_NO_ADMIN = (
    "faceauthctl: nobody here is administrator for good, and nobody can vouch for a newcomer at the door: "
    "`faceauthctl role NAME admin`"
)
COLUMNS = ("NAME", "ROLE", "TEMPLATES", "WHAT WOULD BE DONE")


def import_(
    session: Session,
    file: FileArgument,
    passphrase_file: PassphraseOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    leave_out: Annotated[
        list[str] | None, typer.Option("--except", metavar="NAME", help="Leave somebody out; may be given again.")
    ] = None,
) -> None:
    """Take in the people of a file that `export` wrote.

    What would change is shown first. Somebody who is enrolled here under the same name, and has the same face, gets the
    templates that are missing; their role and rules stay as they are here. Nobody gets more than 16 templates: the
    preview says what is left out. Otherwise all of the file is taken in, or nothing.
    """
    if not (yes or dry_run or sys.stdin.isatty()):
        message = "import asks first, and there is no terminal to ask at; add --yes, or --dry-run"
        session.end(ExitCode.USAGE, message, Code.BAD_REQUEST)
    from faceauthd.bundle import content, sealed

    keep_to_itself()
    raw = _read(session, file, sealed.MAX_BYTES)
    sealed.check_is_ours(raw)
    bundle = content.decode(sealed.unseal(raw, passphrase_for(session, passphrase_file)))
    bundle = _without(session, bundle, leave_out or ())
    with _handed_over(content.encode(bundle)) as fd:
        preview = _asked(session, fd, {"dry_run": True})
        _show(session, preview)
        if dry_run:
            if session.options.as_json:
                session.printer.document(preview)
            return
        is_asked = preview.get("can_be_done") is True and _changes_something(preview) and not yes
        if is_asked and not typer.confirm("Do that?", err=True):
            session.end(ExitCode.REFUSED, "nothing was imported", Code.CANCELLED)
        done = _asked(session, fd, {"expect": str(preview.get("plan"))})
    people = done.get("enrolled")
    changed = len(people) if isinstance(people, list) else 0
    tell(session, done, f"Imported: {counted(changed, 'person', 'people')} changed.")
    if done.get("administrators") == 0:
        session.printer.note(_NO_ADMIN)


def _read(session: Session, file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(most + 1)
    except OSError as wrong:
        session.end(ExitCode.USAGE, f"{file} cannot be read: {wrong.strerror}", Code.BAD_REQUEST)


def _without(session: Session, bundle: Bundle, names: Sequence[str]) -> Bundle:
    from faceauthd.gallery.names import name_key

    keys = {name_key(person.name) for person in bundle.people}
    for name in names:
        if name_key(name) not in keys:
            session.end(ExitCode.NOT_FOUND, f"nobody called '{name}' is in the file", Code.NOT_FOUND)
    unwanted = {name_key(name) for name in names}
    people = tuple(person for person in bundle.people if name_key(person.name) not in unwanted)
    if not people:
        raise BundleError("the file holds nobody else: nothing was imported")
    return replace(bundle, people=people)


@contextlib.contextmanager
def _handed_over(plain: bytes) -> Iterator[int]:
    """A file in memory, without a name: what it holds never reaches a disk."""
    fd = os.memfd_create("faceauthd-import", os.MFD_CLOEXEC)
    try:
        with open(fd, "wb", closefd=False) as out:
            out.write(plain)
        yield fd
    finally:
        os.close(fd)


def _asked(session: Session, fd: int, args: dict[str, Scalar]) -> dict[str, object]:
    with session.connect() as client:
        answer = client.ask("import", args, files=[fd], timeout_s=_LONG_TIMEOUT_S)
    if isinstance(answer, Denied):
        session.end_denied(answer)
    return answer.result


def _show(session: Session, preview: dict[str, object]) -> None:
    people = preview.get("people")
    rows = [
        (str(one.get("name")), str(one.get("role")), str(one.get("templates")), _words(one))
        for one in (people if isinstance(people, list) else [])
        if isinstance(one, dict)
    ]
    if not session.options.as_json:
        session.printer.table(COLUMNS, rows)


def _changes_something(preview: dict[str, object]) -> bool:
    people = preview.get("people")
    each = people if isinstance(people, list) else []
    return any(isinstance(one, dict) and one.get("change") != "unchanged" for one in each)


def _words(one: dict[str, object]) -> str:
    said = _WORDS.get(str(one.get("change")), str(one.get("change")))
    left_out, enrolled = one.get("left_out", 0), one.get("left_out_enrolled", 0)
    if left_out:
        said = _NO_ROOM if one.get("change") == "unchanged" else said
        said += f"; {left_out} left out" + (f" ({enrolled} of an enrolment)" if enrolled else "")
    return f"{said}: {one['whom']}" if "whom" in one else said


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    import_.__name__ = "import"
    examples = ["people.faceauth --dry-run", "people.faceauth", "people.faceauth --except bob --yes"]
    command(app, [f"sudo faceauthctl import {example}" for example in examples])(import_)
