"""faceauthctl's commands that keep the gallery safe and move people to another box: export, import and backup."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faceauthd.cli.ctl_app import tell
from faceauthd.cli.ctl_command import command
from faceauthd.cli.ctl_session import Session
from faceauthd.cli.exits import ExitCode
from faceauthd.cli.passphrase import new_passphrase, passphrase_for
from faceauthd.control.client import Denied, NotRunning
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

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The encrypted file.", show_default=False)]
PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="Read it from the first line of this file, - for standard input, instead of asking.",
        show_default=False,
    ),
]


def export(
    session: Session,
    file: FileArgument,
    passphrase_file: PassphraseOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.")] = False,
) -> None:
    """Write everybody to one encrypted file.

    With roles, rules and templates. The file is of no use to anybody without the passphrase, which is asked for twice,
    and which nobody can tell you if you lose it. The gallery is read as it is at this instant, with faceauthd running
    or not: needs root, or its user.
    """
    from faceauthd.bundle import content, sealed
    from faceauthd.gallery.copying import read_everybody

    keep_to_itself()
    if os.path.lexists(file) and not force:
        session.end_there_already(file, "name another file, or add --force")
    embedder = _embedder(session)
    found = read_everybody(session.config.gallery.path, embedder)
    if not found.people:
        session.end(ExitCode.REFUSED, "nobody is enrolled: there is nothing to export", Code.REFUSED)
    plain = content.encode(content.Bundle(embedder, time.time(), found.people))
    whole = sealed.seal(plain, new_passphrase(session, passphrase_file, sealed.FEWEST_CHARACTERS))
    _journal(session, "exported")
    _write(session, file, whole, force=force)
    for name, count in found.left_out.items():
        session.printer.note(
            f"faceauthctl: without {counted(count, 'template')} of {name}: damaged, superseded or another model's"
        )
    templates = sum(len(person.templates) for person in found.people)
    told = {"file": str(file), "people": len(found.people), "templates": templates, "bytes": len(whole)}
    tell(session, told, f"Wrote {_amount(len(found.people), templates)} to {file}.")


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


def backup(
    session: Session,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.", show_default=False)],
) -> None:
    """Copy the gallery's files, while it is in use, to a new folder.

    It is proven that the copy opens. It is NOT encrypted: whoever can read it has everybody's embeddings.
    docs/keep-and-move.md says how to put it back. Needs root, or the gallery's user.
    """
    from faceauthd.gallery.copying import back_up

    keep_to_itself()
    made = back_up(session.config.gallery.path, folder)
    _journal(session, "backed-up")
    told = {"folder": str(folder), "people": made.people, "templates": made.templates, "bytes": made.bytes}
    tell(session, told, f"Copied {_amount(made.people, made.templates)} to {folder}; it is not encrypted.")


def _amount(people: int, templates: int) -> str:
    return f"{counted(people, 'person', 'people')} with {counted(templates, 'template')}"


def _embedder(session: Session) -> str:
    from faceauthd.vision.shelf import embedder_id

    vision = session.config.vision
    return embedder_id(vision.models_folder, vision.embedders)


def _journal(session: Session, kind: str) -> None:
    """Have the daemon write down who did it; without one, say that nobody did."""
    try:
        session.ask("copied", kind=kind)
    except NotRunning:
        session.printer.note("faceauthctl: faceauthd is not running, so this is not in its journal")


def _write(session: Session, file: Path, whole: bytes, *, force: bool) -> None:
    """A file that is there wholly or not at all, and that only its owner may read."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(fd, "wb") as out:
                out.write(whole)
                out.flush()
                os.fsync(out.fileno())
            if force:
                part.replace(file)
            else:
                os.link(part, file)  # which, unlike a rename, never takes the place of another
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(file.parent)
    except OSError as wrong:
        session.end(ExitCode.FAILED, f"{file} cannot be written: {wrong.strerror}", Code.INTERNAL)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


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
    """Register the commands of this module."""
    import_.__name__ = "import"
    command(app, ["sudo faceauthctl export people.faceauth"])(export)
    examples = ["people.faceauth --dry-run", "people.faceauth", "people.faceauth --except bob --yes"]
    command(app, [f"sudo faceauthctl import {example}" for example in examples])(import_)
    command(app, ["sudo faceauthctl backup /mnt/stick/gallery-2026-11-24"])(backup)
