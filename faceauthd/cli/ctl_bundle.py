"""faceauthctl's commands that keep the gallery safe and take people to another box: export, backup, and import."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from faceauthd.cli import ctl_import
from faceauthd.cli.ctl_app import tell
from faceauthd.cli.ctl_command import command
from faceauthd.cli.ctl_session import Session
from faceauthd.cli.exits import ExitCode
from faceauthd.cli.passphrase import FileArgument, PassphraseOption, new_passphrase
from faceauthd.control.client import NotRunning
from faceauthd.control.protocol import Code
from faceauthd.memory import keep_to_itself
from faceauthd.prose import counted


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


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    command(app, ["sudo faceauthctl export people.faceauth"])(export)
    ctl_import.add_to(app)
    command(app, ["sudo faceauthctl backup /mnt/stick/gallery-2026-11-24"])(backup)
