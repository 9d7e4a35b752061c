"""What the process's memory gives back, and to whom it is open. Where the C library is not glibc nothing happens."""

from __future__ import annotations

import ctypes
import resource
import threading
import time

_M_ARENA_MAX = -8
"""glibc's malloc.h."""
_PR_SET_DUMPABLE = 4
"""Linux's prctl.h."""
EVERY_S = 5.0
"""A look frees 40 MB in pieces that the heap keeps; giving them back and fetching them again takes some 10 ms.
Returning every buffer at once (a low M_MMAP_THRESHOLD) makes each look up to 16 % slower (x86-64, 2026-11-24)."""


def share_one_heap() -> None:
    """One heap for all threads: each thread's own, which glibc makes otherwise, keeps what it once needed.

    The models and the loop run on one thread, so that nobody waits for the heap. Call it before threads are started.
    """
    _call("mallopt", _M_ARENA_MAX, 1)


def keep_to_itself() -> None:
    """No core dump, and no other process of the same user may look inside: faces and templates are in there."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def give_back() -> None:
    """What is free, as after loading models and records, goes back to the system."""
    _call("malloc_trim", 0)


def keep_giving_back() -> None:
    """Do so every `EVERY_S`, on a thread of its own that ends with the process."""

    def work() -> None:
        while True:
            give_back()
            time.sleep(EVERY_S)

    threading.Thread(target=work, name="memory", daemon=True).start()


def _call(name: str, *arguments: int) -> None:
    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*arguments)
