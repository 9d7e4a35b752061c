"""Exit codes of `faceauthd` and `faceauthctl`. Stable: scripts and units rely on them (docs/contracts.md)."""

from __future__ import annotations

import enum

from faceauthd.bench.errors import BenchError
from faceauthd.control.client import NotAdmitted, NotRunning
from faceauthd.control.protocol import Code
from faceauthd.errors import (
    BundleError,
    ConfigError,
    EvaluationError,
    FaceauthdError,
    GalleryRefused,
    ModelError,
    PictureError,
    SceneError,
)


class ExitCode(enum.IntEnum):
    """How a command ended. 2 is also what the command line's parser uses, 130 what a shell shows for Ctrl-C."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    FORBIDDEN = 4
    NOT_RUNNING = 5
    NOT_FOUND = 6
    TIMEOUT = 7
    INTERRUPTED = 130


EXIT_MEANING: dict[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "something of ours is broken: gallery, model, camera, pins, or a bug",
    ExitCode.USAGE: "wrong command line, configuration or input file",
    ExitCode.REFUSED: (
        "understood and refused: the name is taken, no photograph was good enough, a file is there already, it is busy"
    ),
    ExitCode.FORBIDDEN: "this user may not do that",
    ExitCode.NOT_RUNNING: "no daemon runs, and the command needs one",
    ExitCode.NOT_FOUND: "nobody of that name is enrolled",
    ExitCode.TIMEOUT: "no answer in time; it may still be carried out",
    ExitCode.INTERRUPTED: "ended by Ctrl-C",
}

_BY_CODE: dict[str, ExitCode] = {
    Code.BAD_REQUEST: ExitCode.USAGE,
    Code.UNKNOWN_VERB: ExitCode.USAGE,
    Code.TOO_LARGE: ExitCode.USAGE,
    Code.FORBIDDEN: ExitCode.FORBIDDEN,
    Code.NOT_FOUND: ExitCode.NOT_FOUND,
    Code.TIMEOUT: ExitCode.TIMEOUT,
    Code.STOPPING: ExitCode.NOT_RUNNING,
    Code.INTERNAL: ExitCode.FAILED,
}

_BY_ERROR: tuple[tuple[type[FaceauthdError], ExitCode], ...] = (
    (NotRunning, ExitCode.NOT_RUNNING),
    (NotAdmitted, ExitCode.FORBIDDEN),
    (GalleryRefused, ExitCode.REFUSED),
    (ModelError, ExitCode.FAILED),
    (ConfigError, ExitCode.USAGE),
    (PictureError, ExitCode.USAGE),
    (BundleError, ExitCode.USAGE),
    (SceneError, ExitCode.USAGE),
    (BenchError, ExitCode.USAGE),
    (EvaluationError, ExitCode.USAGE),
)


def exit_for_code(code: str) -> ExitCode:
    """The exit code for a refusal of the daemon; a code of a newer daemon counts as refused."""
    return _BY_CODE.get(code, ExitCode.REFUSED)


def exit_for_error(error: FaceauthdError) -> ExitCode:
    """The exit code for an error of ours."""
    return next((exit_code for kind, exit_code in _BY_ERROR if isinstance(error, kind)), ExitCode.FAILED)
