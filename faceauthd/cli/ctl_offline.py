"""Reading the gallery itself when no daemon runs to be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from faceauthd.cli.ctl_session import Session
from faceauthd.cli.exits import ExitCode
from faceauthd.control.client import NotRunning
from faceauthd.control.protocol import Code
from faceauthd.control.shapes import person_fields
from faceauthd.errors import GalleryError

if TYPE_CHECKING:
    from faceauthd.gallery import Gallery

Told = dict[str, object]


def ask_or_read(session: Session, verb: str, read: Callable[[Gallery], Told], **args: str) -> Told:
    """Ask the daemon; if none runs, `read` the answer out of the gallery on disk, and say so."""
    try:
        return session.ask(verb, **args)
    except NotRunning as not_running:
        from faceauthd.gallery import Gallery  # numpy, which no other command needs

        path = session.config.gallery.path
        try:
            with Gallery.open(path, embedder_id=None, read_only=True) as gallery:
                told = read(gallery)
        except GalleryError as wrong:
            message = f"{not_running}\nand the gallery cannot be read either: {wrong}"
            session.end(ExitCode.NOT_RUNNING, message, "NOT_RUNNING")
        session.printer.note(f"faceauthctl: faceauthd is not running; this is what {path} holds")
        return told


def people_in(gallery: Gallery) -> Told:
    """What the verb `people` answers."""
    return {"people": [person_fields(person) for person in gallery.people()]}


def person_in(session: Session, name: str, gallery: Gallery) -> Told:
    """What the verb `person` answers; ends the command if there is nobody of that name."""
    person = gallery.person(name)
    if person is None:
        session.end(ExitCode.NOT_FOUND, f"nobody called '{name}' is enrolled; see `faceauthctl people`", Code.NOT_FOUND)
    return {"person": person_fields(person)}


def status_in(session: Session, gallery: Gallery) -> Told:
    """What of the verb `status` can be told without a daemon."""
    people = gallery.people()
    return {
        "state": "not running",
        "people": len(people),
        "templates": sum(person.templates + person.foreign_templates for person in people),
        "socket": str(session.options.socket or session.config.control.socket),
        "gallery": str(session.config.gallery.path),
    }
