"""What the tests of the gallery share: faces that nobody has, and a disk that fails or loses power when told to."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceauthd.gallery.disk import RealDisk
from faceauthd.types import NewTemplate

EMBEDDER = "sha256-of-the-embedder"
WIDTH = 512


def unit_vectors(seed: int, count: int) -> NDArray[np.float32]:
    """Random directions, (count, 512) float32: any two are all but perpendicular."""
    vectors = np.random.default_rng(seed).standard_normal((count, WIDTH))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def templates(seed: int, count: int) -> tuple[NewTemplate, ...]:
    """Templates of a person who is known by a seed."""
    return tuple(NewTemplate(vector, quality=0.5, yaw_deg=3.0) for vector in unit_vectors(seed, count))


class PowerCut(BaseException):
    """Not an error that anybody may handle: nothing runs any more."""


@dataclass(frozen=True)
class Effect:
    """Something done that the medium may not have yet: content of a file (by its number) or a change of names."""

    file: int = 0
    offset: int = 0
    content: bytes = b""
    link: tuple[str, int] | None = None
    unlink: str | None = None

    @property
    def is_of_names(self) -> bool:
        return self.link is not None or self.unlink is not None


@dataclass
class Medium:
    """What a power cut leaves for certain: the content of files by number, and the names they have."""

    files: dict[int, bytes]
    names: dict[str, int]

    def copy(self) -> Medium:
        return Medium(dict(self.files), dict(self.names))

    def take(self, effect: Effect) -> None:
        if effect.link:
            self.names[effect.link[0]] = effect.link[1]
            self.files.setdefault(effect.link[1], b"")
        elif effect.unlink:
            self.names.pop(effect.unlink, None)
        else:
            old = self.files.get(effect.file, b"").ljust(effect.offset, b"\0")
            end = effect.offset + len(effect.content)
            self.files[effect.file] = old[: effect.offset] + effect.content + old[end:]


class Lab(RealDisk):
    """A disk that does everything, counts its steps, remembers what is not synced, and fails or is cut at given ones.

    `faults` are, by the number of the step: ENOSPC or EIO instead of it, torn (half a write, then EIO), cut-before or
    cut-after.
    A cut leaves in `worlds` a folder for each thing the medium may then hold: un-synced effects kept or dropped, in
    either order, and writes torn in halves. SQLite's own files are copied as they are at that instant, so that a
    transaction is there if its COMMIT has returned: what it promises for synchronous=FULL.
    """

    def __init__(self, folder: Path, *, faults: Mapping[int, str] | None = None, syncs_lie: bool = False) -> None:
        self.steps = 0
        self.kinds: list[str] = []
        self._folder, self._faults, self._syncs_lie = folder, faults or {}, syncs_lie
        self._numbers = itertools.count(1)
        self._pending: list[Effect] = []
        self._live: dict[str, int] = {}
        self.worlds: list[Path] = []
        present = sorted(folder.glob("*.npy*")) if folder.is_dir() else []
        self._live = {path.name: next(self._numbers) for path in present}
        self._medium = Medium({self._live[path.name]: path.read_bytes() for path in present}, dict(self._live))

    def has_for_certain(self, content: bytes) -> bool:
        """Whether the medium holds these bytes somewhere, whatever is still on its way to it."""
        return any(content in raw for raw in self._medium.files.values())

    def create(self, path: Path) -> int:
        fault = self._step("create")
        fd = super().create(path)
        self._live[path.name] = next(self._numbers)
        self._pending.append(Effect(link=(path.name, self._live[path.name])))
        self._after(fault)
        return fd

    def allocate(self, fd: int, size: int) -> None:
        fault = self._step("allocate")
        super().allocate(fd, size)
        self._pending.append(Effect(file=self._number(fd), content=bytes(size)))
        self._after(fault)

    def write(self, fd: int, content: bytes | memoryview, offset: int) -> None:
        fault = self._step("write")
        half = len(content) // 2
        raw = bytes(content)
        for part, start in ((raw[:half], offset), (raw[half:], offset + half)):
            super().write(fd, part, start)
            self._pending.append(Effect(file=self._number(fd), offset=start, content=part))
            if fault == "torn":
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._after(fault)

    def sync(self, fd: int) -> None:
        fault = self._step("sync")
        super().sync(fd)
        number = self._number(fd)
        self._settle(lambda effect: not effect.is_of_names and effect.file == number)
        self._after(fault)

    def replace(self, source: Path, target: Path) -> None:
        fault = self._step("replace")
        super().replace(source, target)
        number = self._live.pop(source.name)
        self._live[target.name] = number
        self._pending += [Effect(link=(target.name, number)), Effect(unlink=source.name)]
        self._after(fault)

    def sync_folder(self, folder: Path) -> None:
        fault = self._step("sync_folder")
        super().sync_folder(folder)
        self._settle(lambda effect: effect.is_of_names)
        self._after(fault)

    def remove(self, path: Path) -> None:
        fault = self._step("remove")
        super().remove(path)
        if self._live.pop(path.name, None):
            self._pending.append(Effect(unlink=path.name))
        self._after(fault)

    def _number(self, fd: int) -> int:
        return self._live[Path(f"/proc/self/fd/{fd}").readlink().name]

    def _step(self, kind: str) -> str:
        """Count; fail or cut before the step if that is asked; what is to happen during or after it."""
        fault = self._faults.get(self.steps, "")
        self.steps += 1
        self.kinds.append(kind)
        if fault == "cut-before":
            self._cut()
        if fault in ("ENOSPC", "EIO"):
            number = getattr(errno, fault)
            raise OSError(number, os.strerror(number))
        return fault

    def _after(self, fault: str) -> None:
        if fault == "cut-after":
            self._cut()

    def _settle(self, is_synced: Callable[[Effect], bool]) -> None:
        if self._syncs_lie:
            return
        for effect in [effect for effect in self._pending if is_synced(effect)]:
            self._medium.take(effect)
        self._pending = [effect for effect in self._pending if not is_synced(effect)]

    def _cut(self) -> None:
        for number, kept in enumerate(_choices(len(self._pending))):
            world = self._folder.with_name(f"{self._folder.name}-world-{number}")
            world.mkdir()
            left = self._medium.copy()
            for index in kept:
                left.take(self._pending[index])
            for name, file in left.names.items():
                (world / name).write_bytes(left.files[file])
            for path in self._folder.glob("people.sqlite3*"):
                if not path.name.endswith("-shm"):
                    shutil.copyfile(path, world / path.name)
            self.worlds.append(world)
        raise PowerCut


def _choices(count: int) -> Iterator[tuple[int, ...]]:
    """Which of `count` un-synced effects the medium got: every subset of a few, else all the telling ones."""
    everything = tuple(range(count))
    if count <= 4:
        for size in range(count + 1):
            yield from itertools.combinations(everything, size)
        return
    chosen = {everything, ()}
    for index in everything:
        chosen |= {(index,), everything[:index], everything[index:], everything[:index] + everything[index + 1 :]}
    yield from sorted(chosen)
