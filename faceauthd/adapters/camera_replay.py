"""A camera that replays the pictures of a folder."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

from faceauthd.adapters.orientation import UPRIGHT, Orientation
from faceauthd.adapters.playback import Playback
from faceauthd.errors import CameraError, PictureError
from faceauthd.picture import load_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from faceauthd.adapters.playback import AtEnd, Pace
    from faceauthd.ports import Clock
    from faceauthd.types import Picture

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
TIMES = "times.csv"
_COLUMNS = ["file", "seconds"]
_MAX_ROWS = 1_000_000


class ReplayCamera(Playback):
    """A `ports.Camera` over the pictures in `folder`, in the order of their names, `fps` a second.

    With a `times.csv` (columns `file,seconds`) those files are shown at those seconds instead. One picture at a time is
    in memory. A picture that cannot be read is left out, and told to `on_problem` once. Raises CameraError if the
    folder, the list or every picture is unusable.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        fps: float = 15.0,
        pace: Pace = "real",
        at_end: AtEnd = "loop",
        stall_s: float = 3.0,
        orientation: Orientation = UPRIGHT,
        on_problem: Callable[[str], None] | None = None,
    ) -> None:
        if not (math.isfinite(fps) and fps > 0):
            raise CameraError(f"{folder}: a replay needs more than 0 frames a second, not {fps:g}")
        reel = _FolderReel(scheduled(folder, fps), 1.0 / fps, on_problem)
        super().__init__(reel, clock, pace=pace, at_end=at_end, stall_s=stall_s, orientation=orientation)


def scheduled(folder: Path, fps: float) -> list[tuple[Path, float]]:
    """The pictures to show, and when, in seconds from the first. Raises CameraError."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
        has_times = (folder / TIMES).is_file()
    except OSError as error:
        raise CameraError(
            f"{folder}: the folder to replay cannot be read: {error.strerror}; set camera.source"
        ) from error
    if has_times:
        return _listed(folder / TIMES)
    if not names:
        kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
        raise CameraError(f"{folder}: no pictures to replay; it takes files that end in {kinds}")
    return [(folder / name, index / fps) for index, name in enumerate(names)]


def _listed(table: Path) -> list[tuple[Path, float]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), start=1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CameraError(f"{table}: cannot be read as a table: {error}") from error
    if not rows or [name.strip() for name in rows[0][1]] != _COLUMNS:
        raise CameraError(f"{table}:1: the first line must be '{','.join(_COLUMNS)}'")
    if not 1 < len(rows) <= _MAX_ROWS:
        raise CameraError(f"{table}: lists {len(rows) - 1} pictures; it takes 1 to {_MAX_ROWS}")
    shown: list[tuple[Path, float]] = []
    for number, row in rows[1:]:
        path, seconds = _row(table, number, row)
        if shown and seconds <= shown[-1][1]:
            raise CameraError(f"{table}:{number}: {seconds:g} s is not later than the {shown[-1][1]:g} s before it")
        shown.append((path, seconds))
    return shown


def _row(table: Path, number: int, row: Sequence[str]) -> tuple[Path, float]:
    if len(row) != len(_COLUMNS):
        raise CameraError(f"{table}:{number}: needs a file and its seconds, found {len(row)} values")
    name, text = row[0].strip(), row[1].strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise CameraError(f"{table}:{number}: '{text}' is not a number of seconds from 0")
    path = table.parent / name
    if not name or path.parent != table.parent or not path.is_file():
        raise CameraError(f"{table}:{number}: there is no file '{name}' beside the table")
    return path, seconds


class _FolderReel:
    def __init__(
        self, pictures: Sequence[tuple[Path, float]], period_s: float, on_problem: Callable[[str], None] | None
    ) -> None:
        self._pictures = pictures
        self._on_problem = on_problem
        self._told: set[Path] = set()
        self._next = 0
        self._period_s = period_s
        if len(pictures) > 1:
            self._period_s = (pictures[-1][1] - pictures[0][1]) / (len(pictures) - 1)

    @property
    def period_s(self) -> float:
        return self._period_s

    def next_s(self) -> float | None:
        if self._next >= len(self._pictures):
            return None
        return self._pictures[self._next][1] - self._pictures[0][1]

    def advance(self) -> None:
        self._next += 1

    def picture(self) -> Picture | None:
        path = self._pictures[self._next - 1][0]
        try:
            return load_picture(path)
        except PictureError as error:
            if path not in self._told and self._on_problem:
                self._on_problem(f"{error}; left out of the replay")
            self._told.add(path)
            return None

    def rewind(self) -> None:
        self._next = 0

    def close(self) -> None:
        """Nothing is held open."""
