"""Standard error that nobody reads: the loop goes on, the exit button opens, and what can be kept is kept in order."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

import pytest

from faceauthd.adapters.journal import StderrJournal
from faceauthd.adapters.patient_stream import MOST_KEPT, PatientStream, patient
from faceauthd.types import Edge, EventKind, Source
from tests.unit.test_daemon import Rig

FOR_EVER_S = 30.0
"""What a loop that hangs is given up after; nothing here takes a second."""


@dataclass
class Pipe:
    """Of one page, so that it is full at once."""

    reader: int
    writer: TextIO

    def fill(self) -> None:
        os.set_blocking(self.writer.fileno(), False)
        try:
            while True:
                os.write(self.writer.fileno(), b"x" * 512)
        except BlockingIOError:
            pass
        os.set_blocking(self.writer.fileno(), True)

    def read_until(self, word: str) -> str:
        end_s, found = time.monotonic() + FOR_EVER_S, ""
        while word not in found:
            assert time.monotonic() < end_s, found[-500:]
            found += os.read(self.reader, 4096).decode()
        return found.replace("x" * 512, "")


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    found = Pipe(reader, os.fdopen(writer, "w"))
    yield found
    os.close(reader)  # which ends a write that hangs
    found.writer.close()


def test_what_is_flushed_is_written(pipe: Pipe) -> None:
    stream = PatientStream(pipe.writer, wait_s=FOR_EVER_S)
    for number in range(50):
        stream.write(f"line {number}\n")
        stream.flush()
        assert os.read(pipe.reader, 4096).decode() == f"line {number}\n"


def test_nobody_who_reads_is_waited_for_once_and_what_was_kept_comes_in_order(pipe: Pipe) -> None:
    stream = PatientStream(pipe.writer, wait_s=0.1)
    pipe.fill()
    began_s = time.monotonic()
    for number in range(200):
        stream.write(f"line {number}\n")
        stream.flush()
    assert time.monotonic() - began_s < FOR_EVER_S / 3  # 200 waits would be 20 s
    found = pipe.read_until("line 199\n")
    assert found.splitlines() == [f"line {number}" for number in range(200)]


def test_what_others_write_meanwhile_is_not_waited_for(pipe: Pipe) -> None:
    """Somebody reads, but never so much that nothing is left."""
    stream = PatientStream(pipe.writer, wait_s=FOR_EVER_S)
    pipe.fill()
    stream.write("mine\n")
    flushed = threading.Thread(target=stream.flush, daemon=True)
    flushed.start()
    while flushed.ident is None or not stream._changed._waiters:  # type: ignore[attr-defined]  until it waits
        time.sleep(0.001)
    for number in range(400):
        stream.write(f"another's {number}\n" * 20)
    os.read(pipe.reader, 4096)
    flushed.join(FOR_EVER_S / 3)
    assert not flushed.is_alive()
    assert stream._waiting


def test_more_than_can_be_kept_is_counted(pipe: Pipe) -> None:
    stream = PatientStream(pipe.writer, wait_s=0.0)
    pipe.fill()
    for number in range(MOST_KEPT + 7):
        stream.write(f"line {number}\n")
    found = pipe.read_until("were lost\n").splitlines()
    assert found[:-1] == [f"line {number}" for number in range(MOST_KEPT)]
    assert found[-1] == "WARNING faceauthd: nobody read this; 7 lines were lost"


def test_a_disk_that_is_full_is_told_to_whoever_writes() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123  a device
        stream = PatientStream(full, wait_s=FOR_EVER_S)
        stream.write("a line\n")
        with pytest.raises(OSError, match="No space left"):
            stream.flush()
        stream.flush()  # told once


def test_what_has_no_file_behind_it_is_left_as_it_is() -> None:
    import io

    stream = io.StringIO()
    assert patient(stream) is stream


@pytest.mark.parametrize("is_face", [False, True], ids=["the exit button", "a face"])
def test_the_door_opens_though_nobody_reads_the_journal(pipe: Pipe, is_face: bool) -> None:
    """On the loop itself; and the entry is there once somebody reads."""
    rig = Rig((True,) * 40)
    if not is_face:
        rig.recognizer.script = lambda frame, wants: []
    pipe.fill()
    rig.journal = StderrJournal(PatientStream(pipe.writer, wait_s=0.2))  # type: ignore[assignment]
    daemon = rig.daemon()
    if not is_face:
        rig.edges.put(Edge(True, rig.clock.at_s, Source.EXIT_BUTTON))
        rig.edges.put(Edge(False, rig.clock.at_s + 0.2, Source.EXIT_BUTTON))
    loop = threading.Thread(target=daemon.run, daemon=True)
    loop.start()
    loop.join(FOR_EVER_S)
    assert not loop.is_alive(), "the loop waits for whoever reads its journal"
    assert any(signal.is_open for signal in rig.panel.shown)
    assert not rig.panel.relay
    wanted = EventKind.UNLOCKED if is_face else EventKind.EXIT
    assert f" {wanted} " in pipe.read_until(f" {EventKind.STOPPED} ")
