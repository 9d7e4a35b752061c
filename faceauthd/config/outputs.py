"""Sections for what faceauthd drives and leaves behind: panel and pins, gallery, control socket, log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from faceauthd.config.base import ListOf, LocalPath, OneOrMore, Section

# BCM numbers of the 40-pin header.
Pin = Annotated[int, Field(ge=0, le=27)]
Uid = Annotated[int, Field(ge=0, le=2**32 - 2)]
PanelKind = Literal["gpiozero", "terminal", "none"]


class Pins(Section):
    """GPIO numbers (BCM, as in GPIO17; not positions on the header). null: not wired, which the relay cannot be."""

    relay: Pin = Field(
        default=17, description="Relay of the lock. Choose one of GPIO 9 to 27, which rest low at power-on."
    )
    button: Pin | None = Field(default=27, description="Push button to ground.")
    led_red: Pin | None = Field(default=22, description="Red lamp, or the red leg of an RGB lamp.")
    led_green: Pin | None = Field(default=23, description="Green lamp, or the green leg.")
    led_blue: Pin | None = Field(default=24, description="Blue lamp, or the blue leg.")
    led_status: Pin | None = Field(
        default=None, description="A single lamp that shows the rhythm of every state, for a panel without colours."
    )
    buzzer: Pin | None = Field(default=25, description="Buzzer, active or tonal (buzzer_kind).")
    bar: Annotated[tuple[Pin, ...], ListOf] = Field(
        default=(),
        max_length=16,
        examples=[(12, 16, 20, 21)],
        description="Lamps of a bar that sweeps while it looks, from left to right.",
    )
    exit_button: Pin | None = Field(
        default=None,
        description="Push button inside, to ground: opens the door at any time. Not a substitute for a mechanical"
        " handle: see docs/hardware.md.",
    )
    door_contact: Pin | None = Field(
        default=None,
        description="Contact that connects to ground while the door is shut; a broken wire counts as an open door.",
    )
    alarm: Pin | None = Field(
        default=None,
        description="Output that is high while the door is held or forced open, and for lockout.alarm_s after a run of"
        " suspected spoofs. (GPIO 9 to 27 rest low)",
    )
    light: Pin | None = Field(
        default=None,
        description="Output for a light that shows faces in the dark; needs a camera that measures brightness"
        " (picamera2). (GPIO 9 to 27 rest low)",
    )


class Panel(Section):
    """Lamps, buzzer, button and relay."""

    kind: Annotated[tuple[PanelKind, ...], OneOrMore] = Field(
        default=("gpiozero",),
        min_length=1,
        max_length=2,
        description="What shows the state: gpiozero (real parts), terminal, none; or a list of the first two.",
    )
    pin_factory: Literal["lgpio", "mock", "rpigpio", "native"] = Field(
        default="lgpio", description="The gpiozero back end that drives the pins; mock drives none."
    )
    relay_active_high: bool = Field(
        default=True,
        description="Whether the door opens while the relay's line is high. Keep it: see docs/hardware.md.",
    )
    buzzer_kind: Literal["active", "tonal"] = Field(
        default="active", description="An active buzzer has one tone of its own; a tonal one is given notes."
    )
    button_pull_up: bool = Field(
        default=True, description="Whether the buttons connect to ground (true) or to 3.3 V (false)."
    )
    lamps_active_high: bool = Field(
        default=True, description="Whether a lamp is lit while its line is high; false for lamps with a common anode."
    )
    lamps_dimmable: bool = Field(
        default=False, description="Whether lamps swell and fade (PWM in software), or are only lit or dark."
    )
    light_below_lux: float = Field(
        default=10.0, ge=0.1, le=1000, description="The light is for less than this many lux, as the camera measures."
    )
    light_when: Literal["somebody", "dark"] = Field(
        default="somebody",
        description="Whether the light is lit only while somebody is to be seen in the dark, or as long as it is dark.",
    )
    terminal_fps: float = Field(default=10.0, ge=1, le=30, description="Times a second the terminal panel is drawn.")
    pins: Pins = Field(default_factory=Pins)


class Gallery(Section):
    """Who is enrolled."""

    path: LocalPath = Field(
        default=Path("/var/lib/faceauthd/gallery"), description="Folder of the gallery, made with mode 0700."
    )


class Control(Section):
    """The local socket that faceauthctl speaks to."""

    socket: LocalPath = Field(
        default=Path("/run/faceauthd/control.sock"), description="Path of the socket, made with mode 0660."
    )
    group: str | None = Field(
        default="faceauth",
        min_length=1,
        max_length=32,
        description="Group whose members may use the socket; null leaves it to the user who runs faceauthd.",
    )
    admin_uids: Annotated[tuple[Uid, ...], ListOf] = Field(
        default=(),
        max_length=64,
        examples=[(1000,)],
        description="Numbers of users, besides root, who may change the gallery.",
    )
    max_clients: int = Field(default=128, ge=8, le=1000, description="Connections served at the same time.")


class Log(Section):
    """What is written down. Never an embedding, never a picture."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level that is written."
    )
    journal: Literal["auto", "journald", "stderr"] = Field(
        default="auto", description="Where events go: journald, standard error, or journald where it runs."
    )
