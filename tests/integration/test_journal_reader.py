"""Events written with the daemon's own code and read back by the real journalctl, or by one that misbehaves."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import typer

from faceauthd.adapters.journal import JournaldJournal
from faceauthd.adapters.journal_reader import JournalError, JournalReader, Wanted, is_readable
from faceauthd.cli import ctl_events
from faceauthd.cli.ctl_events import tell_events
from faceauthd.cli.ctl_session import Options, Session
from faceauthd.cli.exits import ExitCode
from faceauthd.types import Event, EventKind, Reason

REMOTE = Path("/lib/systemd/systemd-journal-remote")
needs_journald = pytest.mark.skipif(
    shutil.which("journalctl") is None or not REMOTE.exists(),
    reason="needs journalctl and systemd-journal-remote (Debian packages systemd, systemd-journal-remote)",
)
SERVICE, STRANGER = 995, 1000

ALICE = Event(
    EventKind.UNLOCKED,
    12.0,
    "alice",
    0.71239,
    0.48,
    0.97,
    track=3,
    fields=(("looks", 3), ("waited_s", 0.5), ("by_hand", True)),
)
REFUSED = Event(EventKind.REFUSED, 20.0, score=0.2, threshold=0.48, reason=Reason.UNKNOWN)
ODD = Event(EventKind.ENROLLED, 30.0, "O'Neill \x1b[2J\u202e", detail="member, 5 templates")


@dataclass
class Book:
    """Entries as journald keeps them: what was sent, and what the kernel knew of the sender."""

    uid: int = SERVICE
    age_s: float = 0.0
    entries: list[bytes] = field(default_factory=list)

    def send(self, message: str, **fields: str) -> None:
        number = len(self.entries)
        now_us = int((time.time() - self.age_s) * 1e6) + number
        known = {"__REALTIME_TIMESTAMP": now_us, "__MONOTONIC_TIMESTAMP": 5_000_000 + number, "_BOOT_ID": "1" * 32}
        told = {**known, "_UID": self.uid, "MESSAGE": message, **fields}
        self.entries.append("".join(f"{name}={value}\n" for name, value in told.items()).encode() + b"\n")

    def record(self, event: Event, *, uid: int = SERVICE, age_s: float = 0.0) -> None:
        self.uid, self.age_s = uid, age_s
        JournaldJournal(self.send).record(event)


Reading = Callable[[Book], JournalReader]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """A real journal file with these entries."""

    def write(book: Book) -> JournalReader:
        export, journal = tmp_path / "book.export", tmp_path / "book.journal"
        export.write_bytes(b"".join(book.entries))
        subprocess.run([REMOTE, f"--output={journal}", export], check=True, capture_output=True)
        return JournalReader([0, SERVICE], ["journalctl", f"--file={journal}"])

    return write


def stand_in(tmp_path: Path, script: str) -> JournalReader:
    file = tmp_path / "journalctl.py"
    file.write_text(script)
    return JournalReader([0], [sys.executable, str(file)])


def kinds(events: Sequence[dict[str, object]]) -> list[object]:
    return [event["event"] for event in events]


@needs_journald
def test_what_was_written_is_read_back(reading: Reading) -> None:
    book = Book()
    for event in (ALICE, REFUSED, ODD):
        book.record(event)
    first, second, third = reading(book).read(Wanted(50))
    at = first.pop("at")
    assert isinstance(at, str)
    assert first == {
        "event": "unlocked",
        "time_s": 5.0,
        "person": "alice",
        "score": 0.7124,
        "threshold": 0.48,
        "liveness": 0.97,
        "track": 3,
        "looks": 3,
        "waited_s": 0.5,
        "by_hand": True,
    }
    assert (second["event"], second["reason"], second["score"]) == ("refused", "UNKNOWN", 0.2)
    assert third["person"] == r"O'Neill \x1b[2J\u202e"


@needs_journald
def test_what_another_user_forged_is_not_believed(reading: Reading) -> None:
    book = Book()
    book.record(ALICE, uid=STRANGER)
    book.record(REFUSED)
    assert kinds(reading(book).read(Wanted(50))) == ["refused"]


@needs_journald
def test_kind_person_limit_and_age_choose(reading: Reading) -> None:
    book = Book()
    book.record(ALICE, age_s=7200)
    for event in (REFUSED, REFUSED, ALICE, ODD):
        book.record(event)
    reader = reading(book)
    assert kinds(reader.read(Wanted(50))) == ["unlocked", "refused", "refused", "unlocked", "enrolled"]
    assert kinds(reader.read(Wanted(2))) == ["unlocked", "enrolled"]
    assert kinds(reader.read(Wanted(50, kind=EventKind.REFUSED))) == ["refused", "refused"]
    assert kinds(reader.read(Wanted(50, person="alice"))) == ["unlocked", "unlocked"]
    assert kinds(reader.read(Wanted(50, since_s=3600, person="alice"))) == ["unlocked"]
    assert kinds(reader.read(Wanted(50, since_s=3600))) == ["refused", "refused", "unlocked", "enrolled"]
    assert kinds(reader.read(Wanted(50, person=ODD.person))) == ["enrolled"]
    assert reader.read(Wanted(50, person="nobody")) == []
    assert reader.read(Wanted(50, person="alice _UID=1000")) == []


@needs_journald
def test_following_tells_the_past_first(reading: Reading) -> None:
    book = Book()
    for event in (ALICE, REFUSED):
        book.record(event)
    heard: list[dict[str, object]] = []

    class Enough(Exception):
        pass

    def hear(event: dict[str, object]) -> None:
        heard.append(event)
        if len(heard) == 2:
            raise Enough

    with pytest.raises(Enough):
        reading(book).follow(Wanted(50), hear)
    assert kinds(heard) == ["unlocked", "refused"]


@needs_journald
def test_the_command_tells_it_without_a_daemon(
    reading: Reading, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = Book()
    book.record(ALICE)
    options = Options(overrides=(f"control.socket={tmp_path}/none.sock",))
    reader = reading(book)
    tell_events(Session(options), Wanted(50), follow=False, reader=reader)
    assert "Door opened for alice (score 0.71, needed 0.48, live 0.97)" in capsys.readouterr().out
    as_json = Options(as_json=True, overrides=options.overrides)
    tell_events(Session(as_json), Wanted(50), follow=False, reader=reader)
    assert kinds(json.loads(capsys.readouterr().out)["events"]) == ["unlocked"]
    tell_events(Session(as_json), Wanted(50, person="eve"), follow=False, reader=reader)
    assert json.loads(capsys.readouterr().out) == {"events": []}


@pytest.mark.parametrize(
    ("change", "has_journald", "said"),
    [
        ({}, True, "use sudo, or join the group systemd-journal"),
        ({}, False, "there is no systemd journal on this machine"),
        ({"overrides": ("log.journal=stderr",)}, True, "its events went to standard error"),
        ({"socket": Path("other.sock")}, True, "without it the journal is read"),
    ],
)
def test_without_journal_and_daemon_the_command_says_why(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    has_journald: bool,
    said: str,
) -> None:
    monkeypatch.setattr(ctl_events, "is_there", lambda: has_journald)
    options = Options(overrides=(f"control.socket={tmp_path}/none.sock",))
    session = Session(replace(options, **change | {"overrides": options.overrides + change.get("overrides", ())}))
    with pytest.raises(typer.Exit) as ended:
        tell_events(session, Wanted(50), follow=False, reader=None)
    assert ended.value.exit_code == ExitCode.NOT_RUNNING
    assert said in capsys.readouterr().err


def test_strange_lines_are_passed_over(tmp_path: Path) -> None:
    good = {"FACEAUTHD_EVENT": "unlocked", "__REALTIME_TIMESTAMP": "1000000", "__MONOTONIC_TIMESTAMP": "1"}
    lines = [
        "nonsense",
        "[]",
        "{}",
        json.dumps(good | {"__REALTIME_TIMESTAMP": "soon"}),
        json.dumps(good | {"__REALTIME_TIMESTAMP": "9" * 40}),
        json.dumps(good | {"FACEAUTHD_EVENT": None}),
        json.dumps(good | {"FACEAUTHD_PERSON": [97, 255, 98], "FACEAUTHD_DETAIL": ["one", "two"]}),
        json.dumps(good | {"FACEAUTHD_PERSON": "42", "FACEAUTHD_SCORE": None}),
    ]
    text = "\n".join(lines)
    told = stand_in(tmp_path, f"print({text!r})").read(Wanted(50))
    assert [event.get("person") for event in told] == ["a\ufffdb", "42"]
    assert told[0]["detail"] == "one"
    assert "score" not in told[1]


def test_a_journalctl_that_fails_or_is_missing_is_an_error(tmp_path: Path) -> None:
    broken = stand_in(tmp_path, "import sys; sys.exit('Failed to open journal: Input/output error')")
    with pytest.raises(JournalError, match="Input/output error"):
        broken.read(Wanted(50))
    with pytest.raises(JournalError, match="cannot be started"):
        JournalReader([0], [str(tmp_path / "none")]).read(Wanted(50))
    with pytest.raises(JournalError, match="cannot be started"):
        JournalReader([0], [str(tmp_path / "none")]).follow(Wanted(50), print)


def test_a_journal_that_is_not_there_is_not_readable(tmp_path: Path) -> None:
    assert not is_readable([tmp_path])
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "system.journal").write_bytes(b"")
    assert is_readable([tmp_path])
