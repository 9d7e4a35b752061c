"""Memory that is free goes back to the system."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading
import time

import pytest

from faceauthd import memory

GROWS_AND_SHRINKS = """
import re
from pathlib import Path
from faceauthd import memory
memory.share_one_heap()
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
many = [bytes(1000) for _ in range(60_000)]
last = bytes(1000)
del many
before = resident()
memory.give_back()
print(before - resident())
"""


def test_what_was_freed_is_given_back() -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("this C library is not glibc")
    done = subprocess.run([sys.executable, "-c", GROWS_AND_SHRINKS], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 30_000, "kilobytes of the 60 MB"


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    memory.share_one_heap()
    memory.give_back()


def test_it_is_given_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    given, enough = [], threading.Event()

    def give() -> None:
        given.append(threading.current_thread().name)
        if len(given) == 3:
            enough.set()
            time.sleep(3600)  # the thread ends with the process

    monkeypatch.setattr(memory, "give_back", give)
    monkeypatch.setattr(memory, "EVERY_S", 0.001)
    memory.keep_giving_back()
    assert enough.wait(10)
    assert set(given) == {"memory"}
