"""A rendered clip: frames made one by one when asked for, and every number that was drawn for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from faceauthd.types import Picture


T = TypeVar("T")

_SEEDS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Shot:
    """What is asked for: frames of `size` (width, height) in pixels, `fps` a second, for `seconds`."""

    size: tuple[int, int] = (640, 480)
    fps: float = 15.0
    seconds: float = 2.5

    def __post_init__(self) -> None:
        if min(self.size) < 64 or not 1.0 <= self.fps <= 120.0 or not 0.0 < self.seconds <= 600.0:
            raise ValueError(f"{self}: give at least 64 pixels a side, 1 to 120 frames a second and at most 600 s")

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return max(1, round(self.seconds * self.fps))


class Draws:
    """Draws parameters and remembers them. Names carry their unit."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.taken: dict[str, Any] = {}

    def uniform(self, name: str, low: float, high: float) -> float:
        """A number between `low` and `high`."""
        return float(self._kept(name, round(float(self.rng.uniform(low, high)), 5)))

    def choice(self, name: str, options: tuple[T, ...], weights: tuple[float, ...] | None = None) -> T:
        """One of `options`, by `weights` that add up to one, or all alike."""
        kept: T = self._kept(name, options[int(self.rng.choice(len(options), p=weights))])
        return kept

    def seed(self, name: str) -> int:
        """A seed for something that draws many numbers of its own."""
        return int(self._kept(name, int(self.rng.integers(_SEEDS))))

    def part(self, name: str) -> Draws:
        """Draws of the same generator that are remembered below `name`."""
        below = Draws(self.rng)
        self._kept(name, below.taken)
        return below

    def note(self, name: str, value: T) -> T:
        """Remember a value that was given or computed, not drawn."""
        kept: T = self._kept(name, value)
        return kept

    def _kept(self, name: str, value: Any) -> Any:
        if name in self.taken:
            raise ValueError(f"{name} is drawn twice")
        self.taken[name] = value
        return value


class Clip:
    """Frames of one species. Iterating renders; `frame` renders any one, always the same."""

    def __init__(
        self, species: str, is_live: bool, params: dict[str, Any], shot: Shot, frame: Callable[[int, float], Picture]
    ) -> None:
        self.species = species
        self.is_live = is_live
        self.params = params
        self.shot = shot
        self._frame = frame

    def __len__(self) -> int:
        return self.shot.frames

    def __iter__(self) -> Iterator[tuple[float, Picture]]:
        """Pairs of the time in seconds and the frame, uint8 RGB (height, width, 3)."""
        for index in range(len(self)):
            yield index / self.shot.fps, self.frame(index)

    def frame(self, index: int) -> Picture:
        """Frame number `index`. Raises IndexError."""
        if not 0 <= index < len(self):
            raise IndexError(f"the clip has {len(self)} frames, numbered from 0; there is no {index}")
        return self._frame(index, index / self.shot.fps)
