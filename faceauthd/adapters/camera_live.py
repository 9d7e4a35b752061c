"""What all live cameras have in common: the newest frame wins, every wait is bounded, and what is lost is found again.

A camera's driver may hang in any call, closing included. So a thread of its own opens, reads and closes it, and nobody
waits for that thread: the loop only waits, for a bounded time, for news from it. At most one is inside a driver at a
time: a driver that hangs for good costs one thread. Then the camera is *stuck*, the loop feeds the watchdog no longer,
and another process may try. A camera that is merely lost is tried again from this one.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from faceauthd.adapters.backoff import DELAYS_S, Backoff
from faceauthd.errors import CameraError
from faceauthd.types import Frame

if TYPE_CHECKING:
    from faceauthd.ports import Clock
    from faceauthd.types import Picture

log = logging.getLogger(__name__)

_Call = Literal["open", "read", "close"]
_DOES_NOT_RETURN: dict[_Call, str] = {"open": "does not open", "read": "hangs", "close": "does not close"}


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame as the device gave it: when it was taken, and how bright the scene was, where that is known.

    `develop` makes main and lores of it (`types.Frame`); only of those frames that somebody takes.
    """

    time_s: float
    develop: Callable[[], tuple[Picture, Picture | None]]
    lux: float | None = None


class Device(Protocol):
    """An open camera; one thread uses it."""

    def read(self) -> Shot:
        """The next frame, within the stall time. Raises CameraError."""
        ...

    def close(self) -> None:
        """Let go of it, whatever state it is in. May hang; must not raise."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds."""

    open_s: float = 10.0
    """To open, before that is called a fault; a sensor is there in about a second."""
    stall_s: float = 2.0
    """Without a frame."""
    grace_s: float = 1.0
    """For a device to notice by itself that it has stalled, before it is said to hang."""
    close_s: float = 2.0
    """To close, before it is left to itself."""
    delays_s: tuple[float, ...] = DELAYS_S
    """Between attempts to open it again."""

    def of(self, call: _Call) -> float:
        """How long the driver may be in `call`, before it is said to hang."""
        match call:
            case "open":
                return self.open_s
            case "read":
                return self.stall_s + self.grace_s
            case "close":
                return self.close_s + self.grace_s


class LiveCamera:
    """A `ports.Camera` over the device that `open_device` opens, which may hang and raises CameraError.

    The constructor does not wait for it. `name` is what messages call it, for instance `camera 0`.
    """

    def __init__(
        self, open_device: Callable[[], Device], clock: Clock, *, name: str, patience: Patience | None = None
    ) -> None:
        self._open_device = open_device
        self._clock = clock
        self._name = name
        self._patience = patience or Patience()
        self._backoff = Backoff(self._patience.delays_s)
        self._news = threading.Condition()
        self._shot: Shot | None = None
        self._last_s: float | None = None
        self._problem: str | None = None
        self._is_told = False
        self._is_stuck = False
        self._is_closed = False
        self._begin()

    @property
    def finished(self) -> bool:
        return False

    def healthy(self, now_s: float) -> bool:
        """Whether a frame came within the stall time, and nothing that `next_frame` told has gone wrong since: whoever
        finds it unwell has heard why."""
        with self._news:
            is_recent = self._last_s is not None and now_s - self._last_s <= self._patience.stall_s
            return is_recent and not self._is_told and not self._is_closed

    @property
    def is_stuck(self) -> bool:
        """Whether the device's driver does not return from a call."""
        with self._news:
            return self._is_stuck

    def next_frame(self, timeout_s: float) -> Frame | None:
        """The newest frame not given before. Raises CameraError after `timeout_s`, while the camera is lost."""
        with self._news:
            if not self._is_closed:
                self._mind(self._clock.now())
            self._news.wait_for(lambda: self._shot is not None or self._is_closed, timeout_s)
            shot, self._shot = self._shot, None
            problem = None if self._is_closed or shot is not None else self._problem
            self._is_told = problem is not None
        if shot is not None:
            main, lores = shot.develop()
            return Frame(main, shot.time_s, lores, shot.lux)
        if problem is not None:
            raise CameraError(problem)
        return None

    def close(self) -> None:
        with self._news:
            self._is_closed = True
            self._shot = None
            self._news.notify_all()
        self._thread.join(self._patience.close_s)
        if self._thread.is_alive():
            log.warning("%s does not close; it is left to itself", self._name)

    def _begin(self) -> None:
        """Start a session. `_call` is what its thread is in, `_sign_s` when it last came out of one."""
        self._call: _Call = "open"
        self._sign_s = self._clock.now()
        self._opened_s: float | None = None
        self._is_stuck = False
        self._thread = threading.Thread(target=self._session, name="camera", daemon=True)
        self._thread.start()

    def _mind(self, now_s: float) -> None:
        """Begin anew when the last session is over and it is time to; say so when this one hangs."""
        if not self._thread.is_alive():
            if self._backoff.is_due(now_s):
                self._begin()
        elif not self._is_stuck and now_s - self._sign_s > self._patience.of(self._call):
            self._is_stuck = True
            self._problem = f"{self._name} {_DOES_NOT_RETURN[self._call]}; check its cable, then restart faceauthd"

    def _session(self) -> None:
        """From opening to closing, in a thread of its own. What is wrong is told before closing, which may hang."""
        device = None
        try:
            device = self._open_device()
            with self._news:
                self._returned("read")
                self._opened_s = self._sign_s
            while not self._is_closed:
                self._put(device.read())
        except CameraError as error:
            self._lose(str(error))
        except BaseException:
            self._lose(f"{self._name} failed in a way that nobody foresaw; please report what the log says")
            raise
        finally:
            if device is not None:
                device.close()

    def _put(self, shot: Shot) -> None:
        """It replaces a shot that nobody took. Times go on even if a driver's stamps do not."""
        with self._news:
            now_s = self._clock.now()
            time_s = min(shot.time_s, now_s)
            if self._last_s is not None and time_s <= self._last_s:
                time_s = math.nextafter(self._last_s, math.inf)
            self._last_s = time_s
            self._returned("read")
            self._problem, self._is_told = None, False
            if not self._is_closed:
                self._shot = Shot(time_s, shot.develop, shot.lux)
            self._news.notify_all()

    def _lose(self, problem: str) -> None:
        with self._news:
            now_s = self._clock.now()
            self._backoff.failed(now_s, 0.0 if self._opened_s is None else now_s - self._opened_s)
            self._returned("close")
            self._problem = problem

    def _returned(self, to: _Call) -> None:
        """The driver came out of a call, however late, and goes into the next."""
        self._call, self._sign_s, self._is_stuck = to, self._clock.now(), False
