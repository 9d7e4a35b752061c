"""Where a passphrase comes from: a question at the terminal or a file, never the command line, which all can see."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from faceauthd.cli.ctl_session import Session
from faceauthd.cli.exits import ExitCode
from faceauthd.control.protocol import Code

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
_LONGEST_CHARACTERS = 1024
_NO_TERMINAL = (
    "the passphrase is asked for, and there is no terminal to ask at; give --passphrase-file FILE, or - for stdin"
)


def passphrase_for(session: Session, file: Path | None) -> str:
    """The passphrase of a file that there is. Ends the command if there is none to be had."""
    return _from(session, file) if file else _asked(session, "Passphrase", again=False)


def new_passphrase(session: Session, file: Path | None, fewest: int) -> str:
    """A passphrase for a file to be made, asked for twice, of at least `fewest` characters."""
    if file:
        return _from(session, file)
    while True:
        given = _asked(session, f"Passphrase for the file (at least {fewest} characters)", again=True)
        if len(given) >= fewest:
            return given
        session.printer.note("That is too short: take a few words.")


def _asked(session: Session, question: str, *, again: bool) -> str:
    if not sys.stdin.isatty():
        session.end(ExitCode.USAGE, _NO_TERMINAL, Code.BAD_REQUEST)
    return str(typer.prompt(question, hide_input=True, confirmation_prompt=again, err=True))


def _from(session: Session, file: Path) -> str:
    """The first line, without its end."""
    try:
        if str(file) == "-":
            line = sys.stdin.readline(_LONGEST_CHARACTERS + 2)
        else:
            with file.open(encoding="utf-8") as source:
                line = source.readline(_LONGEST_CHARACTERS + 2)
    except (OSError, UnicodeDecodeError) as wrong:
        why = getattr(wrong, "strerror", None) or "it is not UTF-8 text"
        session.end(ExitCode.USAGE, f"the passphrase cannot be read from {file}: {why}", Code.BAD_REQUEST)
    passphrase = line.rstrip("\r\n")
    if not passphrase or len(passphrase) > _LONGEST_CHARACTERS:
        message = (
            f"the first line of {file} is empty or too long for a passphrase (1 to {_LONGEST_CHARACTERS} characters)"
        )
        session.end(ExitCode.USAGE, message, Code.BAD_REQUEST)
    return passphrase
