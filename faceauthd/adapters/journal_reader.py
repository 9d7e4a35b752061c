"""Events read back from the systemd journal, those of a daemon that has ended included.

Through `journalctl`, not python-systemd: it is on every machine that has a journal, needs no compiled extra, gives
the very access that the user has anyway, and follows a journal over its rotation. The lines of its JSON format are
described in systemd's JOURNAL_EXPORT_FORMATS.

Anybody may write to the journal, and so write an entry that looks like ours. `_UID` is what the kernel said of the
writer; only entries of the given users count.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from faceauthd.adapters.journald_socket import JOURNALD
from faceauthd.errors import FaceauthdError
from faceauthd.message_ids import MESSAGE_IDS
from faceauthd.prose import printable
from faceauthd.types import EventKind

READ_TIMEOUT_S = 30.0
"""Seconds for reading the past. A year of a busy door is found by index in well under one."""

_PREFIX = "FACEAUTHD_"
_TEXTS = frozenset({"event", "person", "reason", "detail"})
_FOLDERS = (Path("/var/log/journal"), Path("/run/log/journal"))

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: the newest `limit` that fit. `since_s` is how many seconds back to go."""

    limit: int
    since_s: float | None = None
    kind: EventKind | None = None
    person: str | None = None


class JournalError(FaceauthdError, OSError):
    """The systemd journal cannot be read."""


class JournalReader:
    """Reads with `command`, which is `journalctl` or takes the same arguments; `writers` are the users to believe."""

    def __init__(self, writers: Iterable[int], command: Sequence[str] = ("journalctl",)) -> None:
        self._writers = tuple(sorted(set(writers)))
        self._command = tuple(command)

    def read(self, wanted: Wanted) -> list[Fields]:
        """What happened, oldest first, as `control.shapes.event_fields` tells it. Raises JournalError."""
        arguments = [*self._command, *_arguments(wanted, self._writers)]
        try:
            done = subprocess.run(arguments, capture_output=True, check=False, timeout=READ_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise JournalError(f"journalctl gave no answer in {READ_TIMEOUT_S:.0f} s; is the disk well?") from error
        except OSError as error:
            raise _not_started(self._command, error) from error
        if done.returncode and done.stderr:  # without a word it found nothing
            said = printable(done.stderr.decode("utf-8", "replace").strip())
            raise JournalError(f"journalctl could not read the journal: {said}; see `journalctl --verify`")
        return list(_events(done.stdout.splitlines()))

    def follow(self, wanted: Wanted, hear: Callable[[Fields], None]) -> None:
        """Tell `hear` the past and then each event as it is written, until journalctl ends or `hear` raises.

        Raises JournalError if there is no journalctl.
        """
        arguments = [*self._command, "--follow", *_arguments(wanted, self._writers)]
        try:
            process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        except OSError as error:
            raise _not_started(self._command, error) from error
        with process as running:
            assert running.stdout is not None  # noqa: S101  asked for above
            try:
                for event in _events(running.stdout):
                    hear(event)
            finally:
                running.terminate()


def _not_started(command: Sequence[str], error: OSError) -> JournalError:
    return JournalError(f"{command[0]} cannot be started ({error.strerror}); install Debian's package systemd")


def is_readable(folders: Sequence[Path] = _FOLDERS) -> bool:
    """Whether this user may read the system's journal: journalctl itself would show nothing, and call that success."""
    return any(_can_open(file) for folder in folders for file in folder.glob("*/system.journal"))


def is_there(socket: Path = JOURNALD) -> bool:
    """Whether this machine has a systemd journal at all."""
    return socket.exists()


def _can_open(file: Path) -> bool:
    try:
        with file.open("rb"):
            return True
    except OSError:
        return False


def _arguments(wanted: Wanted, writers: Iterable[int]) -> Iterator[str]:
    """Matches of one field are alternatives, those of different fields must all hold (journalctl(1))."""
    yield from ("--output=json", "--no-pager", "--quiet", f"--lines={wanted.limit}")
    if wanted.since_s is not None:
        yield f"--since=-{wanted.since_s:.0f}s"
    kinds = (wanted.kind,) if wanted.kind else MESSAGE_IDS
    yield from (f"MESSAGE_ID={MESSAGE_IDS[kind]}" for kind in kinds)
    if wanted.person is not None:
        yield f"{_PREFIX}PERSON={printable(wanted.person, 400)}"
    yield from (f"_UID={uid}" for uid in writers)


def _events(lines: Iterable[bytes]) -> Iterator[Fields]:
    """Each line that is an event of ours; whatever else there may be is passed over."""
    for line in lines:
        try:
            entry = json.loads(line)
            event = _event(entry) if isinstance(entry, dict) else None
        except (ValueError, OverflowError):
            continue
        if event is not None:
            yield event


def _event(entry: Mapping[str, object]) -> Fields | None:
    """One entry in the words of docs/contracts.md. Raises ValueError or OverflowError if a number is none."""
    texts = {name: _text(value) for name, value in entry.items()}
    kind, wall_us, monotonic_us = (texts.get(name) for name in (f"{_PREFIX}EVENT", *_TIMES))
    if not kind or not wall_us or not monotonic_us:
        return None
    at = datetime.fromtimestamp(int(wall_us) / 1e6, UTC).astimezone()
    event: Fields = {
        "event": kind,
        "time_s": round(int(monotonic_us) / 1e6, 3),
        "at": at.isoformat(timespec="milliseconds"),
    }
    ours = ((name[len(_PREFIX) :].lower(), text) for name, text in texts.items() if name.startswith(_PREFIX))
    event.update((name, text if name in _TEXTS else _value(text)) for name, text in ours if text is not None)
    return event


_TIMES = ("__REALTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP")


def _text(value: object) -> str | None:
    """A field: text, bytes where it is no plain text, several values of which the first counts, or null if too long."""
    if isinstance(value, list) and value:
        if all(isinstance(item, int) and 0 <= item <= 255 for item in value):
            return bytes(value).decode("utf-8", "replace")
        return _text(value[0])
    return value if isinstance(value, str) else None


def _value(text: str) -> str | int | float | bool:
    """What `adapters.journal` wrote as text."""
    if text in ("True", "False"):
        return text == "True"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
