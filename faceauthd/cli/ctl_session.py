"""What every command of faceauthctl shares: its options, the way to the daemon, and how it ends."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from faceauthd.cli.exits import ExitCode, exit_for_code, exit_for_error
from faceauthd.cli.render import Printer
from faceauthd.control.client import ControlClient, Denied
from faceauthd.control.protocol import Code, Scalar
from faceauthd.errors import FaceauthdError

if TYPE_CHECKING:
    from faceauthd.config.schema import Config

_EXIT_NAME = {ExitCode.NOT_RUNNING: "NOT_RUNNING", ExitCode.FORBIDDEN: "FORBIDDEN", ExitCode.USAGE: "BAD_REQUEST"}


@dataclass(frozen=True, slots=True)
class Options:
    """The options that every command takes."""

    as_json: bool = False
    socket: Path | None = None
    config: Path | None = None
    overrides: Sequence[str] = ()

    def over(self, earlier: Options) -> Options:
        """These, and `earlier` (given before the command) where these say nothing."""
        return Options(
            self.as_json or earlier.as_json,
            self.socket or earlier.socket,
            self.config or earlier.config,
            (*earlier.overrides, *self.overrides),
        )


@dataclass
class Session:
    """One run of one command."""

    options: Options
    printer: Printer = field(init=False)

    def __post_init__(self) -> None:
        self.printer = Printer(as_json=self.options.as_json)

    @functools.cached_property
    def config(self) -> Config:
        """The configuration in force. Raises ConfigError."""
        from faceauthd.config import (
            load_config,
            system_file_for_all,
        )  # pydantic and YAML, which --socket makes needless

        return load_config(self.options.config or system_file_for_all(), self.options.overrides).config

    def connect(self) -> ControlClient:
        """Reach the daemon. Raises ConfigError and what ControlClient raises."""
        return ControlClient(self.options.socket or self.config.control.socket)

    def ask(self, verb: str, **args: Scalar) -> dict[str, object]:
        """Ask one thing and give its result; ends the command if the daemon refuses."""
        with self.connect() as client:
            answer = client.ask(verb, args)
        if isinstance(answer, Denied):
            self.end_denied(answer)
        return answer.result

    def end_denied(self, denied: Denied) -> NoReturn:
        """End with what the daemon refused."""
        self.end(exit_for_code(denied.code), denied.message, denied.code, denied.details)

    def end_there_already(self, file: object, remedy: str) -> NoReturn:
        """End because a file would be replaced that nobody said should be."""
        self.end(ExitCode.REFUSED, f"{file} is there already: {remedy}", Code.REFUSED)

    def end_failed(self, error: FaceauthdError) -> NoReturn:
        """End with an error of ours."""
        exit_code = exit_for_error(error)
        self.end(exit_code, str(error), _EXIT_NAME.get(exit_code, "INTERNAL"))

    def end(
        self, exit_code: ExitCode, message: str, code: str, details: Mapping[str, object] | None = None
    ) -> NoReturn:
        """Say what went wrong, on standard error and with --json as the document too, and end the process."""
        for line in message.splitlines():
            self.printer.note(f"faceauthctl: {line}")
        if self.options.as_json:
            self.printer.document({"error": {**(details or {}), "code": code, "message": message}})
        raise typer.Exit(exit_code)
