"""`faceauthd run` as a process of its own, and what the kernel says of it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from faceauthd.bench.errors import BenchError

READY_S = 120.0
"""Longer than a Pi Zero 2 W may take to load five models from a worn card."""
_STOP_S = 10.0
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_MEMORY = {"rss_mb": "VmRSS", "peak_mb": "VmHWM", "anonymous_mb": "RssAnon", "mapped_mb": "RssFile"}


NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Service:
    """A daemon that has said READY, `ready_s` after it was started and with `ready_cpu_s` of the processor's time."""

    pid: int
    ready_s: float
    ready_cpu_s: float

    def cpu_s(self) -> float:
        """The processor's time of all its threads so far; counted in 10 ms on most kernels."""
        return cpu_seconds(Path(f"/proc/{self.pid}/stat").read_text())

    def memory_mb(self) -> dict[str, float]:
        """Resident now and at most, and what of it is its own and what is of files."""
        return memory(Path(f"/proc/{self.pid}/status").read_text())


@contextmanager
def running(folder: Path, overrides: Sequence[str], environ: Mapping[str, str] = NOTHING) -> Iterator[Service]:
    """Start `faceauthd run` with `overrides`, its files in `folder`. Raises BenchError if it never gets ready.

    `environ`: what its environment has besides ours.
    """
    address = folder / "notify.sock"
    ours = [f"control.socket={folder / 'control.sock'}", "control.group=null", "log.journal=stderr"]
    settings = [part for each in (*ours, "panel.pin_factory=mock", *overrides) for part in ("--set", each)]
    ours_and_more = {
        **os.environ,
        **environ,
        "NOTIFY_SOCKET": str(address),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, (folder / "log").open("wb+") as log:
        told.bind(str(address))
        began_s = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "faceauthd", "run", *settings], stdout=log, stderr=log, env=ours_and_more, cwd=folder
        )
        try:
            _wait_for_ready(told, process, folder / "log")
            ready_s = time.perf_counter() - began_s
            stat = Path(f"/proc/{process.pid}/stat").read_text()
            yield Service(process.pid, ready_s, cpu_seconds(stat))
        finally:
            _stop(process)
            address.unlink()


def cpu_seconds(stat: str) -> float:
    """User and system time in the text of /proc/PID/stat; the name in it may hold spaces and brackets."""
    fields = stat[stat.rindex(")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def memory(status: str) -> dict[str, float]:
    """Megabytes (2**20) of `_MEMORY` in the text of /proc/PID/status."""
    kilobytes = dict(re.findall(r"^(\w+):\s+(\d+) kB$", status, re.MULTILINE))
    return {name: round(int(kilobytes[key]) / 1024, 1) for name, key in _MEMORY.items() if key in kilobytes}


def _wait_for_ready(told: socket.socket, process: subprocess.Popen[bytes], log: Path) -> None:
    told.settimeout(0.5)
    end_s = time.monotonic() + READY_S
    while time.monotonic() < end_s and process.poll() is None:
        try:
            if b"READY=1" in told.recv(4096).split(b"\n"):
                return
        except TimeoutError:
            continue
    said = (log.read_text(errors="replace").strip() or "nothing").splitlines()[-1]
    raise BenchError(f"`faceauthd run` did not get ready, so its start cannot be timed; the last it said: {said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
