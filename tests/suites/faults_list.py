"""What can break, how it is broken and mended, and what the journal then says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.errors import CameraError, ModelError
from faceauthd.types import Frame, Match, Signal, SignalKind
from tests.fakes import sighting
from tests.loop_kit import NextFrame
from tests.suites.faults_door import Door


@dataclass(frozen=True)
class Fault:
    """`begin` and `end` say how it is done; `opens` whether somebody may be let in while it lasts."""

    name: str
    begin: Callable[[Door], None]
    end: Callable[[Door], None]
    opens: bool = False
    said: tuple[str, ...] = ()
    """What the journal says from its beginning until it is over, in this order, whether the door was open or shut; that
    somebody came, went or was let in, and that the door locked, aside."""
    while_ends: bool = False
    """It ends the process, each time it is started."""


def _view(**change: object) -> Callable[[Door], None]:
    def begin(door: Door) -> None:
        door.track += 1
        door.view.faces = (replace(sighting(door.track, 1), **change),)  # type: ignore[arg-type]

    return begin


def _camera(name: str, value: object) -> Callable[[Door], None]:
    return lambda door: setattr(door.camera, name, value)


def _breaks(error: BaseException | None) -> Callable[[Door], None]:
    return lambda door: setattr(door.view, "breaks", error)


def _whole(door: Door) -> None:
    door.view.faces = ()


def _flicker(door: Door) -> None:
    """Lost and found again with every frame."""

    class Flickers(NextFrame):
        def next_frame(self, timeout_s: float) -> Frame | None:
            self.does = CameraError("gone") if self.does is True else True
            return super().next_frame(timeout_s)

    assert door.steps is not None
    door.steps.camera = Flickers(door.clock, last_s=door.camera.last_s)


def _steady(door: Door) -> None:
    assert door.steps is not None
    door.camera.last_s = door.steps.camera.last_s  # type: ignore[attr-defined]
    door.steps.camera = door.camera


def _gone(is_gone: bool) -> Callable[[Door], None]:
    return lambda door: setattr(door.gone, "is_gone", is_gone)


def _civil(seconds: float) -> Callable[[Door], None]:
    return lambda door: setattr(door.clock, "civil_s", door.clock.civil_s + seconds)


def _no_lockout_folder(door: Door) -> None:
    keeper = LockoutFile(door.folder / "gone" / "lockout.json", door.clock)
    door.daemon._ports = replace(door.daemon._ports, keeper=keeper)


def _nothing(door: Door) -> None:
    del door


def _pins(when: str) -> Callable[[Door], None]:
    """The relay's pin raises after it has moved: always, as the door opens, or as somebody is refused."""
    shows: dict[str, Callable[[Signal], bool]] = {
        "always": lambda signal: True,
        "opens": lambda signal: signal.is_open,
        "refuses": lambda signal: signal.kind is SignalKind.REFUSED,
        "never": lambda signal: False,
    }
    return lambda door: setattr(door, "breaks_panel_if", shows[when])


NAN = float("nan")
LOST = CameraError("camera 0 was unplugged")
FAULTS = (
    Fault("camera: stalls", _camera("does", False), _camera("does", True), said=("fault", "recovered")),
    Fault("camera: unplugged, comes back", _camera("does", LOST), _camera("does", True), said=("fault", "recovered")),
    Fault("camera: lost with every other frame", _flicker, _steady),
    Fault("camera: black, torn or covered", _whole, _nothing),
    Fault("camera: stamps 1,000 s ahead", _camera("lie_s", 1e3), _camera("lie_s", 0.0), opens=True),
    Fault("camera: stamps 1,000 s behind", _camera("lie_s", -1e3), _camera("lie_s", 0.0)),
    Fault("camera: stamps that are no number", _camera("lie_s", NAN), _camera("lie_s", 0.0)),
    Fault("inference: raises", _breaks(ModelError("cannot be run")), _breaks(None), while_ends=True),
    Fault("inference: no memory", _breaks(MemoryError()), _breaks(None), while_ends=True),
    Fault("inference: a bug", _breaks(RuntimeError("nobody foresaw this")), _breaks(None), while_ends=True),
    Fault("inference: a score that is no number", _view(match=Match(1, NAN, 0.1)), _whole, said=("refused",)),
    Fault("inference: a margin that is no number", _view(match=Match(1, 0.8, NAN)), _whole, said=("refused",)),
    Fault("inference: liveness that is no number", _view(liveness=NAN), _whole, said=("refused",)),
    Fault("inference: continuity that is no number", _view(continuity=NAN), _whole),
    Fault("pins: the relay raises", _pins("always"), _pins("never"), while_ends=True),
    Fault("pins: the relay raises as it opens", _pins("opens"), _pins("never"), while_ends=True),
    Fault("journald gone", _gone(True), _gone(False), opens=True),
    Fault("civil clock: a year forward", _civil(3.2e7), _nothing, opens=True),
    Fault("civil clock: a year back", _civil(-3.2e7), _nothing, opens=True),
    Fault("disk: the lockout cannot be written", _no_lockout_folder, _nothing, opens=True),
)
