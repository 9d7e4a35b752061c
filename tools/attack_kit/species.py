"""What can stand before the camera: living people, and the ways to pretend to be one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from faceauthd.scene.face import Face
from tools.attack_kit.clip import Draws
from tools.attack_kit.cutout import cutout
from tools.attack_kit.living import SIDE, SIGN, SPEAK, STAND, STILL, WALK, Living, Manner
from tools.attack_kit.prints import sheet
from tools.attack_kit.replay import replay
from tools.attack_kit.screens import PHONE, TABLET, Device, still_screen
from tools.attack_kit.stage import Act, Stage

Build = Callable[[Draws, Face, Stage, str | None], Act]


@dataclass(frozen=True, slots=True)
class Species:
    """One kind of presentation. `sentence` says what it is; ISO/IEC 30107-3 calls kinds of attack PAI species."""

    is_live: bool
    sentence: str
    build: Build
    is_signing: bool = False
    """Whether it gives each sign of life that a door may ask for; takes 6.5 s, and is rendered only if asked for."""


def _living(manner: Manner) -> Build:
    def build(draws: Draws, face: Face, stage: Stage, handling: str | None) -> Act:
        draws.note("handling", handling or "none")
        return Living(draws, face, stage, manner)

    return build


def _print(is_bent: bool) -> Build:
    return lambda draws, face, stage, handling: sheet(draws, face, stage, is_bent=is_bent, handling=handling)


def _still(kind: Device) -> Build:
    return lambda draws, face, stage, handling: still_screen(draws, face, stage, kind, handling)


def _replay(kind: Device, manner: Manner = STAND) -> Build:
    return lambda draws, face, stage, handling: replay(draws, face, stage, kind, handling, manner)


def _worn(draws: Draws, face: Face, stage: Stage, handling: str | None) -> Act:
    return cutout(draws, face, stage, handling, is_signing=True)


SPECIES: Mapping[str, Species] = {
    "live-walk": Species(True, "A living person walks up, from 65 to 160 pixels of face.", _living(WALK)),
    "live-stand": Species(True, "A living person stands and looks around a little.", _living(STAND)),
    "live-still": Species(True, "A living person keeps as still as they can.", _living(STILL)),
    "live-side": Species(True, "A living person comes in from the side and stops.", _living(SIDE)),
    "live-speak": Species(True, "A living person stands and speaks.", _living(SPEAK)),
    "print-flat": Species(False, "A print on paper, held flat.", _print(False)),
    "print-bent": Species(False, "A print on paper, bent to part of a cylinder.", _print(True)),
    "phone": Species(False, "A phone that shows a still picture.", _still(PHONE)),
    "tablet": Species(False, "A tablet that shows a still picture.", _still(TABLET)),
    "cutout-eyes": Species(False, "A paper mask with living eyes behind holes.", cutout),
    "replay-phone": Species(False, "A phone that plays a clip of the living person.", _replay(PHONE)),
    "replay-tablet": Species(False, "A tablet that plays a clip of the living person.", _replay(TABLET)),
    "live-signs": Species(True, "A living person who gives each sign of life.", _living(SIGN), is_signing=True),
    "cutout-signs": Species(False, "A paper mask whose wearer gives each sign of life.", _worn, is_signing=True),
    "replay-signs": Species(False, "A tablet that plays somebody who does.", _replay(TABLET, SIGN), is_signing=True),
}
USUAL = tuple(name for name, kind in SPECIES.items() if not kind.is_signing)
"""Those that stand before a door that asks for no sign."""
