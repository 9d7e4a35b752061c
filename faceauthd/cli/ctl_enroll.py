"""`faceauthctl enroll`: from photographs, or live in front of the camera."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import typer

from faceauthd.cli.ctl_session import Session
from faceauthd.cli.exits import ExitCode, exit_for_code
from faceauthd.control.client import Answer, ControlClient, Denied
from faceauthd.control.files import close_all, why_not_a_photograph
from faceauthd.control.protocol import Scalar
from faceauthd.control.verbs import IMAGES_LIMIT
from faceauthd.errors import ControlError
from faceauthd.prose import REASON_HINT, REASON_WHY, TURN_HINT, counted
from faceauthd.types import Reason, Turn

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
"""Endings of what is taken from a folder; a file that is named is taken whatever its ending."""
_LONG_TIMEOUT_S = 130.0
"""Longer than the daemon's own limit (limits.Limits.long_answer_s)."""
_CANCEL_TIMEOUT_S = 2.0
_NOT_ALIVE = (
    "Photographs are not checked for showing a living person: be sure where they are from. At the door it is checked."
)
FEWEST = 3
"""Templates below which somebody enrolled from photographs is told: three against three miss a fiftieth of what one
against one does (docs/evaluation.md)."""

Told = Mapping[str, object]


def enroll_live(session: Session, name: str, role: str) -> None:
    """Enrol whoever stands there, with the daemon's guidance as it comes; Ctrl-C gives it up."""
    _congratulate(session, _guided(session, "enroll", {"name": name, "role": role}))


def improve_live(session: Session, name: str) -> None:
    """Take more templates of somebody who stands there; else as `enroll_live`."""
    _tell_templates(session, name, _guided(session, "improve", {"name": name}))


def _tell_templates(session: Session, name: str, result: dict[str, object]) -> None:
    if session.options.as_json:
        session.printer.document(result)
        return
    person = result.get("person")
    templates = person.get("templates", "?") if isinstance(person, dict) else "?"
    session.printer.line(f"{name} has {templates} template{'' if templates == 1 else 's'} now.")


def _guided(session: Session, verb: str, asked: Mapping[str, Scalar]) -> dict[str, object]:
    """The result; ends the command if the daemon refuses, or on Ctrl-C."""
    with session.connect() as client:
        guide = _Guide(session, str(asked["name"]))
        try:
            answer = client.ask(verb, asked, on_progress=guide, timeout_s=_LONG_TIMEOUT_S)
        except KeyboardInterrupt:
            _give_up(session, client)
    if isinstance(answer, Denied):
        session.end_denied(answer)
    return answer.result


def _give_up(session: Session, client: ControlClient) -> NoReturn:
    with contextlib.suppress(ControlError):
        client.ask("cancel", timeout_s=_CANCEL_TIMEOUT_S)
    session.printer.note("Given up, nothing was kept.")
    raise typer.Exit(ExitCode.INTERRUPTED)


class _Guide:
    """Says each step once, and first of all, when the daemon begins, what is to be done."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._welcome = "" if session.options.as_json else f"Stand in front of the camera, {name}; Ctrl-C gives up."
        self._last = ""

    def __call__(self, told: Told) -> None:
        text = f"{told.get('taken', 0)} of {told.get('wanted', '?')} looks taken"
        if (hint := _words(told.get("reason"), REASON_HINT) or _turn_words(told.get("turn"))) is not None:
            text += f": {hint}"
        if self._welcome:
            self._session.printer.note(self._welcome)
            self._welcome = ""
        if text != self._last:
            self._last = text
            self._session.printer.note(text)


def enroll_from_images(session: Session, name: str, role: str, images: Sequence[Path]) -> None:
    """Enrol from photographs, and say for each whether it was taken or why not."""
    result = _from_images(session, "enroll", {"name": name, "role": role}, images)
    _congratulate(session, result)
    person = result.get("person")
    templates = int(person.get("templates", FEWEST)) if isinstance(person, dict) else FEWEST
    if templates < FEWEST:
        session.printer.note(
            f"faceauthctl: {counted(templates, 'template')} of {name}, where {FEWEST} or more are wanted. Strangers "
            f"are kept out as promised all the same, for the threshold counts templates; but {name} is missed more "
            f"often: one photograph against one missed 5 of 100 at FMR 1e-5, three looks against three fewer than 1 "
            f"(docs/evaluation.md). Look at the camera for `faceauthctl improve {name}`, or give it more photographs, "
            f"of another pose and light"
        )
    session.printer.note(_NOT_ALIVE)


def improve_from_images(session: Session, name: str, images: Sequence[Path]) -> None:
    """Take more templates from photographs; else as `enroll_from_images`."""
    _tell_templates(session, name, _from_images(session, "improve", {"name": name}, images))


def _from_images(session: Session, verb: str, asked: Mapping[str, Scalar], images: Sequence[Path]) -> dict[str, object]:
    """The result, with the files' names in it; ends the command if the daemon refuses."""
    images = unfolded(images)
    if len(images) > IMAGES_LIMIT:
        session.end(
            ExitCode.USAGE, f"{len(images)} photographs are too many: give the best {IMAGES_LIMIT}", "BAD_REQUEST"
        )
    fds, sent, unusable = _opened(images)
    try:
        if not fds:
            _show(session, unusable)
            session.end(ExitCode.USAGE, "none of the files can be read", "BAD_REQUEST", {"images": unusable})
        with session.connect() as client:
            answer = client.ask(verb, {**asked, "images": len(fds)}, files=fds, timeout_s=_LONG_TIMEOUT_S)
    finally:
        close_all(fds)
    images_told = _by_file(answer, sent) + unusable
    _show(session, images_told)
    if isinstance(answer, Denied):
        details = {**answer.details, "images": images_told}
        session.end(exit_for_code(answer.code), answer.message, answer.code, details)
    return {**answer.result, "images": images_told}


def unfolded(images: Sequence[Path]) -> list[Path]:
    """The files as given, and of a folder the photographs in it, by name."""
    found: list[Path] = []
    for path in images:
        inside = sorted(path.iterdir()) if path.is_dir() else []
        found += [one for one in inside if one.suffix.lower() in SUFFIXES] if path.is_dir() else [path]
    return found


def _opened(images: Sequence[Path]) -> tuple[list[int], list[Path], list[dict[str, object]]]:
    """Open files of the user's own, which the daemon could not: descriptors, their paths, and what is no photograph."""
    fds: list[int] = []
    sent: list[Path] = []
    unusable: list[dict[str, object]] = []
    for path in images:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except (OSError, ValueError) as wrong:  # ValueError: a null byte
            unusable.append(_not_taken(path, f"cannot be opened: {getattr(wrong, 'strerror', None) or wrong}"))
            continue
        if (why := why_not_a_photograph(fd)) is not None:
            os.close(fd)
            unusable.append(_not_taken(path, why))
        else:
            fds.append(fd)
            sent.append(path)
    return fds, sent, unusable


def _not_taken(path: Path, message: str) -> dict[str, object]:
    return {"file": str(path), "taken": False, "message": message}


def _by_file(answer: Answer, sent: Sequence[Path]) -> list[dict[str, object]]:
    """The daemon's report, which counts the images, with their names put in."""
    told = answer.details.get("images") if isinstance(answer, Denied) else answer.result.get("images")
    found = []
    for item in told if isinstance(told, list) else []:
        if isinstance(item, dict) and isinstance(index := item.get("image"), int) and 0 <= index < len(sent):
            found.append({"file": str(sent[index])} | {key: value for key, value in item.items() if key != "image"})
    return found


def _show(session: Session, images: Sequence[Told]) -> None:
    if session.options.as_json:
        return
    for item in images:
        if item.get("taken"):
            session.printer.line(f"taken     {item['file']}")
        else:
            why = _words(item.get("reason"), REASON_WHY) or item.get("message") or "no reason was given"
            whom = f": {item['whom']}" if item.get("whom") else ""
            session.printer.line(f"rejected  {item['file']}: {why}{whom}")


def _words(reason: object, words: Mapping[Reason, str]) -> str | None:
    try:
        return words.get(Reason(str(reason)))
    except ValueError:
        return None


def _turn_words(turn: object) -> str | None:
    try:
        return TURN_HINT.get(Turn(str(turn)))
    except ValueError:
        return None


def _congratulate(session: Session, result: dict[str, object]) -> None:
    if session.options.as_json:
        session.printer.document(result)
        return
    person = result.get("person")
    told = person if isinstance(person, dict) else {}
    name, role, templates = (told.get(key, "?") for key in ("name", "role", "templates"))
    session.printer.line(f"Enrolled {name} ({role}), {templates} template{'' if templates == 1 else 's'}.")
