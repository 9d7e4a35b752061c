"""What the start spends on importing: the interpreter's own account (`-X importtime`) of the service up to READY."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from faceauthd.bench.idle import start_overrides
from faceauthd.bench.process import running

if TYPE_CHECKING:
    from pathlib import Path

    from faceauthd.bench.kit import Kit

_LINE = re.compile(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", re.MULTILINE)
OURS = "faceauthd"


def measure_imports(kit: Kit, folder: Path) -> dict[str, float]:
    """Milliseconds on the clock that each module's own code took, by its name. Raises BenchError.

    The account itself makes importing slower; the shares are what it tells.
    """
    with running(folder, start_overrides(kit, folder), environ={"PYTHONPROFILEIMPORTTIME": "1"}):
        pass
    return modules_of((folder / "log").read_text(errors="replace"))


def modules_of(log: str) -> dict[str, float]:
    """The modules in what the interpreter wrote, with their own milliseconds."""
    return {name: int(microseconds) / 1000 for microseconds, name in _LINE.findall(log)}


def by_package(modules: dict[str, float]) -> dict[str, float]:
    """The same by package, dearest first; ours by the package within."""
    sums: Counter[str] = Counter()
    for name, milliseconds in modules.items():
        parts = name.split(".")
        sums[".".join(parts[: 2 if parts[0] == OURS else 1])] += milliseconds  # type: ignore[assignment]
    return {name: round(float(taken), 1) for name, taken in sums.most_common()}
