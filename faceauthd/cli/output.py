"""What becomes of a command whose output cannot be written: one line and an exit code, as for any other error."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from faceauthd.cli.exits import ExitCode
from faceauthd.errors import FaceauthdError

_UNWRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE})


@contextmanager
def written_or_said(program: str) -> Iterator[None]:
    """Within it a full disk behind standard output ends the process with one line on standard error."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # what is still buffered would fail after the last exit code was given
    except OSError as error:
        if isinstance(error, FaceauthdError) or error.filename is not None or error.errno not in _UNWRITTEN:
            raise
        _let_go_of_output()
        if error.errno != errno.EPIPE:  # whoever closed the pipe knows
            with suppress(OSError):
                sys.stderr.write(f"{program}: the output cannot be written: {error.strerror}\n")
        sys.exit(ExitCode.FAILED)


def _let_go_of_output() -> None:
    """The interpreter flushes once more at its end; into nothing, then."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
