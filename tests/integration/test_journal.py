"""What is written about each event, where, and that the catalog explains it."""

import io
import json
import re
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceauthd.adapters.journal import JournaldJournal, JournalSet, JsonLinesJournal, StderrJournal, open_journald
from faceauthd.adapters.journald_socket import MOST_KEPT, JournaldSocket
from faceauthd.errors import GalleryError
from faceauthd.message_ids import MESSAGE_IDS
from faceauthd.ports import Journal
from faceauthd.resources import shipped
from faceauthd.types import Event, EventKind, Reason

OPENED = Event(EventKind.UNLOCKED, 12.3456, "alice", 0.71239, 0.48, 0.97, track=3)
REFUSED = Event(EventKind.REFUSED, 1.0, reason=Reason.UNKNOWN, score=float("nan"), detail="a\x1b[2J\nb")
PATIENCE_S = 60.0
CATALOG = shipped("systemd") / "faceauthd.catalog"


class Sent(list[dict[str, Any]]):
    """Stands where the socket does."""

    def __call__(self, message: str, **fields: str) -> None:
        self.append({"MESSAGE": message, **fields})


class Full(io.StringIO):
    """A disk with no room left."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def wait_until(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def test_journald_gets_every_field() -> None:
    sent = Sent()
    JournaldJournal(sent).record(OPENED)
    assert sent == [
        {
            "MESSAGE": "Door opened for alice (score 0.71, needed 0.48, live 0.97)",
            "MESSAGE_ID": MESSAGE_IDS[EventKind.UNLOCKED],
            "PRIORITY": "5",
            "SYSLOG_IDENTIFIER": "faceauthd",
            "FACEAUTHD_EVENT": "unlocked",
            "FACEAUTHD_PERSON": "alice",
            "FACEAUTHD_SCORE": "0.7124",
            "FACEAUTHD_THRESHOLD": "0.4800",
            "FACEAUTHD_LIVENESS": "0.9700",
            "FACEAUTHD_TRACK": "3",
        }
    ]


def test_what_is_not_known_is_left_out_and_what_is_foreign_is_escaped() -> None:
    sent = Sent()
    JournaldJournal(sent).record(REFUSED)
    assert "FACEAUTHD_SCORE" not in sent[0]
    assert sent[0]["FACEAUTHD_DETAIL"] == r"a\x1b[2J\nb"
    assert all(str(value).isprintable() for value in sent[0].values())
    assert sent[0]["PRIORITY"] == "4"


def test_extra_fields_become_valid_names_and_cannot_take_the_place_of_others() -> None:
    sent = Sent()
    JournaldJournal(sent).record(Event(EventKind.RENAMED, 1.0, "bob", fields=(("by-uid", 1000), ("person", "eve"))))
    assert sent[0]["FACEAUTHD_BY_UID"] == "1000"
    assert sent[0]["FACEAUTHD_PERSON"] == "bob"


def test_nothing_but_scalars_is_written() -> None:
    """An embedding that finds its way into an event stays there."""
    probe = tuple(np.ones(512, np.float32).tolist())
    event = Event(EventKind.ENROLLED, 1.0, "bob", fields=(("probe", probe), ("ok", True)))
    sent, lines = Sent(), io.StringIO()
    JournalSet([JournaldJournal(sent), JsonLinesJournal(lines)]).record(event)
    assert "FACEAUTHD_PROBE" not in sent[0]
    assert json.loads(lines.getvalue()) == {"event": "enrolled", "time_s": 1.0, "person": "bob", "ok": True}


def test_json_lines() -> None:
    lines = io.StringIO()
    journal = JsonLinesJournal(lines)
    journal.record(OPENED)
    journal.record(REFUSED)
    journal.record(Event(EventKind.LEFT, 2.0, fields=(("event", "unlocked"), ("time_s", 0.0))))
    assert lines.getvalue().isascii()
    assert [json.loads(line) for line in lines.getvalue().splitlines()] == [
        {
            "event": "unlocked",
            "time_s": 12.346,
            "person": "alice",
            "score": 0.7124,
            "threshold": 0.48,
            "liveness": 0.97,
            "track": 3,
        },
        {"event": "refused", "time_s": 1.0, "reason": "UNKNOWN", "detail": r"a\x1b[2J\nb"},
        {"event": "left", "time_s": 2.0},
    ]


def test_stderr_has_one_line_an_event() -> None:
    lines = io.StringIO()
    StderrJournal(lines).record(OPENED)
    StderrJournal(lines, stamp=lambda _: "noon").record(REFUSED)
    assert lines.getvalue().splitlines() == [
        "     12.35 unlocked         Door opened for alice (score 0.71, needed 0.48, live 0.97)",
        r"noon refused          Refused somebody: not known: a\x1b[2J\nb (score nan)",
    ]


@pytest.mark.parametrize("journal", [StderrJournal(Full()), JsonLinesJournal(Full())])
def test_a_full_disk_is_a_warning(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    journal.record(OPENED)
    assert "No space left" in caplog.text


def test_a_closed_stream_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    stream.close()
    StderrJournal(stream).record(OPENED)
    assert "unlocked" in caplog.text


def test_journald_gone_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    def send(message: str, **fields: str) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    JournaldJournal(send).record(OPENED)
    assert "Connection refused" in caplog.text


@pytest.mark.parametrize("error", [OSError(), ValueError("closed"), GalleryError("locked"), RuntimeError("shutdown")])
def test_a_member_that_raises_misses_its_event_and_no_other_does(error: Exception) -> None:
    class Broken:
        def record(self, event: Event) -> None:
            raise error

    lines = io.StringIO()
    JournalSet([Broken(), JsonLinesJournal(lines), Broken()]).record(OPENED)
    assert json.loads(lines.getvalue())["person"] == "alice"


class Journald:
    """Stands in journald's place: a socket with a queue that somebody reads, or does not."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(PATIENCE_S)

    def close(self) -> None:
        self._socket.close()

    def hang(self) -> int:
        """Full, and nobody reads; how many entries it took until then."""
        filled = 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other, suppress(BlockingIOError):
            other.setblocking(False)
            while True:
                other.sendto(b"MESSAGE=of another service\n", self._socket.getsockname())
                filled += 1
        return filled

    def read(self) -> dict[str, str]:
        """The next entry, by the description of the protocol."""
        entry, fields = self._socket.recv(1 << 20), {}
        while entry:
            line, _, entry = entry.partition(b"\n")
            key, is_one_line, value = line.partition(b"=")
            if not is_one_line:
                length = int.from_bytes(entry[:8], "little")
                value, entry = entry[8 : 8 + length], entry[8 + length :]
                assert entry[:1] == b"\n"
                entry = entry[1:]
            fields[key.decode()] = value.decode()
        return fields


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Journald]:
    journald = Journald(tmp_path / "socket")
    yield journald
    journald.close()


def test_without_journald_there_is_none_to_open(tmp_path: Path) -> None:
    assert open_journald(tmp_path / "socket") is None


def test_journald_is_told_in_its_own_protocol(tmp_path: Path, journald: Journald) -> None:
    journal, sent = open_journald(tmp_path / "socket"), Sent()
    assert journal is not None
    journal.record(OPENED)
    JournaldJournal(sent).record(OPENED)
    assert journald.read() == sent[0]


def test_a_value_of_several_lines_cannot_pass_for_a_field(tmp_path: Path, journald: Journald) -> None:
    JournaldSocket(tmp_path / "socket")("a\nPRIORITY=0\n", DETAIL="b=c", EMPTY="", ODD="\udcff")
    assert journald.read() == {"MESSAGE": "a\nPRIORITY=0\n", "DETAIL": "b=c", "EMPTY": "", "ODD": "\\udcff"}


def numbered(send: JournaldSocket, numbers: Iterable[int]) -> list[int]:
    """Those of `numbers` that were not taken."""
    refused = []
    for number in numbers:
        try:
            send(str(number))
        except OSError:
            refused.append(number)
    return refused


def test_a_journald_that_hangs_holds_nobody_up_and_gets_everything_later(
    tmp_path: Path, journald: Journald, caplog: pytest.LogCaptureFixture
) -> None:
    """A blocking send would stop here for ever, and with systemd-python every other thread with it."""
    send, others = JournaldSocket(tmp_path / "socket", retry_s=0.01), journald.hang()
    assert numbered(send, range(MOST_KEPT)) == []
    assert [record.levelname for record in caplog.records] == ["WARNING"], "said once"
    assert {journald.read()["MESSAGE"] for _ in range(others)} == {"of another service"}
    assert [int(journald.read()["MESSAGE"]) for _ in range(MOST_KEPT)] == list(range(MOST_KEPT))
    send("and it goes on")
    assert journald.read()["MESSAGE"] == "and it goes on"


def test_what_waits_is_bounded_and_what_is_lost_is_counted(
    tmp_path: Path, journald: Journald, caplog: pytest.LogCaptureFixture
) -> None:
    send, others = JournaldSocket(tmp_path / "socket", retry_s=0.01), journald.hang()
    assert numbered(send, range(MOST_KEPT + 10)) == [MOST_KEPT], "the first that is lost says so for all"
    told = [journald.read()["MESSAGE"] for _ in range(others + MOST_KEPT)]
    assert told[others:] == [str(number) for number in range(MOST_KEPT)]
    # That journald listens again a thread of the test before may say as late as here.
    wait_until(lambda: "listens again; 10 entries were lost" in caplog.text)


def test_a_journald_that_is_started_anew_is_told_what_happened_meanwhile(tmp_path: Path, journald: Journald) -> None:
    send = JournaldSocket(tmp_path / "socket", retry_s=0.01)
    journald.close()
    send("nobody is there")
    (tmp_path / "socket").unlink()
    send("nor here")
    again = Journald(tmp_path / "socket")
    assert [again.read()["MESSAGE"] for _ in range(2)] == ["nobody is there", "nor here"]
    again.close()


def test_an_entry_that_cannot_be_sent_at_all_is_an_error(tmp_path: Path, journald: Journald) -> None:
    send = JournaldSocket(tmp_path / "socket", retry_s=0.01)
    with pytest.raises(OSError, match="long"):
        send("x" * (1 << 24))
    send("the next one")
    assert journald.read()["MESSAGE"] == "the next one"


def entries(text: str) -> dict[str, tuple[dict[str, str], str]]:
    """Headers and body of each entry of a catalog, by MESSAGE_ID."""
    found = {}
    for block in re.split(r"^-- ", "\n" + text, flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n\n")
        message_id, *headers = head.splitlines()
        assert message_id not in found
        found[message_id] = (dict(header.split(": ", 1) for header in headers), body.strip())
    return found


def test_every_event_has_an_id_of_its_own() -> None:
    assert MESSAGE_IDS.keys() == set(EventKind)
    assert len(set(MESSAGE_IDS.values())) == len(MESSAGE_IDS)
    assert all(uuid.UUID(hex=text).hex == text and uuid.UUID(hex=text).version == 4 for text in MESSAGE_IDS.values())


def test_the_catalog_explains_each_event_and_nothing_else() -> None:
    explained = entries(CATALOG.read_text())
    assert explained.keys() == set(MESSAGE_IDS.values())
    for headers, body in explained.values():
        assert headers["Subject"]
        assert headers["Defined-By"] == "faceauthd"
        assert len(body) > 40
        assert body.isascii()


def test_the_catalog_names_fields_that_are_written() -> None:
    sent = Sent()
    JournaldJournal(sent).record(Event(EventKind.STARTED, 1.0, "a", 0.5, 0.5, 0.5, Reason.SPOOF, "d", 1))
    named = set(re.findall(r"@(\w+)@", CATALOG.read_text()))
    assert named
    assert named <= sent[0].keys()


def test_journalctl_compiles_the_catalog(tmp_path: Path) -> None:
    journalctl = shutil.which("journalctl")
    if journalctl is None:
        pytest.skip("no journalctl here")
    source = tmp_path / "usr/lib/systemd/catalog"
    source.mkdir(parents=True)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    shutil.copy(CATALOG, source)
    root = f"--root={tmp_path}"
    subprocess.run([journalctl, root, "--update-catalog"], check=True, timeout=30)
    listed = subprocess.run(
        [journalctl, root, "--list-catalog"], check=True, timeout=30, capture_output=True, text=True
    ).stdout
    assert {line.split()[0] for line in listed.splitlines()} == set(MESSAGE_IDS.values())
