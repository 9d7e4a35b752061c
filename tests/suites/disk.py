"""The layer between a process and its disk (disk_shim.c): fails a change, or records all, and what a power cut leaves.

What is recorded is every write, truncation, new name and sync of a folder's files, SQLite's own among them. A cut at
any of them leaves for certain what was synced; of the rest, any part, in any order, the last write of it torn.
"""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("disk_shim.c")
PRELOADED = "FACEAUTHD_DISK_SHIM"
"""Names the built library, in the environment of a process that runs with it."""
_HEAD = struct.Struct("@5Q")
_SECTOR = 512


class Mode(IntEnum):
    """What happens to a change, as disk_shim.c counts it. `ON` goes on until it is ended; `SHORT` writes half."""

    ENOSPC_ONCE = 0
    ENOSPC_ON = 1
    EIO_ONCE = 2
    EIO_ON = 3
    EROFS_ON = 4
    SHORT_ONCE = 5
    SHORT_THEN_FULL = 6


def build(folder: Path) -> Path | None:
    """Compile the library; None if there is no compiler here."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    built = folder / "disk_shim.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", str(built), str(SOURCE), "-ldl"], check=True)
    return built


class Disk:
    """The layer in this process, which has to be preloaded."""

    def __init__(self) -> None:
        self._shim = ctypes.CDLL(os.environ[PRELOADED])

    def watch(self, folder: Path, log: int = -1) -> None:
        self._shim.disk_watch(str(folder).encode(), log)

    def fail(self, step: int, mode: Mode) -> None:
        self._shim.disk_fail(ctypes.c_long(step), int(mode))

    def heal(self) -> None:
        self._shim.disk_fail(ctypes.c_long(-1), 0)

    @property
    def steps(self) -> int:
        return int(self._shim.disk_steps())


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded change. `end` is where its record ends in the log."""

    kind: str
    number: int
    offset: int
    one: str
    content: bytes
    end: int

    @property
    def is_of_names(self) -> bool:
        return self.kind in "CRLU"

    @property
    def folders(self) -> set[str]:
        names = [self.one, *([self.content.decode()] if self.kind in "RL" else [])]
        return {str(Path(name).parent) for name in names}


def read(log: int) -> list[Change]:
    """What was recorded; files are numbered anew, since inodes are used again."""
    raw = os.pread(log, os.fstat(log).st_size, 0)
    at, files, numbers, found = 0, 0, dict[int, int](), list[Change]()
    while at < len(raw):
        kind, inode, offset, name_bytes, size = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        name, at = raw[at : at + name_bytes].decode(), at + name_bytes
        content, at = raw[at : at + size], at + size
        if chr(kind) == "C":
            files += 1
            numbers[inode] = files
        found.append(Change(chr(kind), numbers.get(inode, 0), offset, name, content, at))
    return found


@dataclass
class Medium:
    """Content of files by number, and the names they have."""

    files: dict[int, bytearray] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Medium:
        return Medium({number: bytearray(raw) for number, raw in self.files.items()}, dict(self.names))

    def take(self, change: Change) -> None:
        raw = self.files.setdefault(change.number, bytearray())
        match change.kind:
            case "C":
                self.names[change.one] = change.number
            case "U":
                self.names.pop(change.one, None)
            case "L" if change.one in self.names:
                self.names[change.content.decode()] = self.names[change.one]
            case "R":
                self._rename(change.one, change.content.decode())
            case "W":
                raw.extend(bytes(max(0, change.offset - len(raw))))
                raw[change.offset : change.offset + len(change.content)] = change.content
            case "T":
                del raw[change.offset :]
                raw.extend(bytes(change.offset - len(raw)))
            case "A":
                raw.extend(bytes(max(0, change.offset - len(raw))))

    def _rename(self, old: str, new: str) -> None:
        moved = {name: new + name[len(old) :] for name in self.names if name == old or name.startswith(f"{old}/")}
        for name, now in moved.items():
            self.names[now] = self.names.pop(name)

    def write(self, under: Path, world: Path) -> Path:
        world.mkdir(mode=0o700)
        for name, number in self.names.items():
            path = world / Path(name).relative_to(under)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(self.files.get(number, b""))
            path.chmod(0o600)
        return world


def cut(changes: Sequence[Change], *, worlds: int, dice: random.Random) -> Iterator[Medium]:
    """What the medium may hold if the power fails right after these changes: the least, the most, and some between."""
    certain, pending = Medium(), list[Change]()
    for change in changes:
        if change.kind == "S":
            done = [each for each in pending if not each.is_of_names and each.number == change.number]
        elif change.kind == "D":
            done = [each for each in pending if each.is_of_names and change.one in each.folders]
        else:
            pending.append(change)
            continue
        for each in done:
            certain.take(each)
        pending = [each for each in pending if each not in done]
    if not pending:
        yield certain
        return
    for number in range(worlds):
        share = (0.0, 1.0)[number] if number < 2 else dice.random()
        left = certain.copy()
        kept = [each for each in pending if dice.random() < share]
        if number > 2 and kept and kept[-1].kind == "W":
            last = kept[-1]
            size = _SECTOR * dice.randrange(-(-len(last.content) // _SECTOR))
            kept[-1] = Change("W", last.number, last.offset, "", last.content[:size], last.end)
        for each in kept:
            left.take(each)
        yield left


def recorder() -> int:
    """A file without a name for the log."""
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
