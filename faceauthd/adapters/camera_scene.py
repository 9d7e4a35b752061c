"""A camera that looks at a scene; the scene's cues press the button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from faceauthd.adapters.playback import Playback
from faceauthd.types import Edge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceauthd.adapters.playback import AtEnd, Pace
    from faceauthd.ports import Clock
    from faceauthd.types import Frame, Picture


class PlayedScene(Protocol):
    """What the camera needs of a scene; `scene.player.Scene` is one."""

    @property
    def fps(self) -> float: ...

    @property
    def cues(self) -> Sequence[Edge]:
        """The button's edges in order, in seconds from the scene's start."""
        ...

    def __len__(self) -> int: ...

    def frame(self, index: int) -> Frame: ...


class SceneCamera:
    """A `ports.Camera`. `on_edge` is given each edge before the first frame taken after it."""

    def __init__(
        self,
        scene: PlayedScene,
        clock: Clock,
        *,
        pace: Pace = "real",
        at_end: AtEnd = "stop",
        on_edge: Callable[[Edge], None] | None = None,
        stall_s: float = 3.0,
    ) -> None:
        self._playback = Playback(_SceneReel(scene), clock, pace=pace, at_end=at_end, stall_s=stall_s)
        self._clock = clock
        self._cues = tuple(scene.cues)
        self._on_edge = on_edge
        self._began_s: float | None = None
        self._to_come: list[Edge] = []

    def next_frame(self, timeout_s: float) -> Frame | None:
        """The newest frame that is due, waiting up to `timeout_s` for it."""
        if self._began_s is None:
            self._begin(self._clock.now())
        frame = self._playback.next_frame(timeout_s)
        self._give_edges(self._clock.now() if frame is None else frame.time_s)
        began_s = self._playback.began_s
        if began_s is not None and began_s != self._began_s:
            self._give_edges(began_s)
            self._begin(began_s)
        return frame

    def healthy(self, now_s: float) -> bool:
        return self._playback.healthy(now_s)

    @property
    def is_stuck(self) -> bool:
        return self._playback.is_stuck

    @property
    def finished(self) -> bool:
        return self._playback.finished

    def close(self) -> None:
        self._playback.close()

    def _begin(self, at_s: float) -> None:
        self._began_s = at_s
        self._to_come = [Edge(edge.is_down, at_s + edge.at_s) for edge in self._cues]

    def _give_edges(self, until_s: float) -> None:
        while self._to_come and self._to_come[0].at_s <= until_s:
            edge = self._to_come.pop(0)
            if self._on_edge:
                self._on_edge(edge)


class _SceneReel:
    def __init__(self, scene: PlayedScene) -> None:
        self._scene = scene
        self._next = 0

    @property
    def period_s(self) -> float:
        return 1.0 / self._scene.fps

    def next_s(self) -> float | None:
        return self._next / self._scene.fps if self._next < len(self._scene) else None

    def advance(self) -> None:
        self._next += 1

    def picture(self) -> Picture | None:
        return self._scene.frame(self._next - 1).main

    def rewind(self) -> None:
        self._next = 0

    def close(self) -> None:
        """Nothing is held."""
