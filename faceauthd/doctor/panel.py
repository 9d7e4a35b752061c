"""Pins and relay: can each line be had, and does the lock rest where it should?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.adapters.pin_factory import Factory, claim
from faceauthd.config import Config, checks
from faceauthd.doctor.finding import Finding, bad, from_error, good, warning
from faceauthd.doctor.running import Daemon
from faceauthd.errors import PanelError

_RELAY_KEYS = {("panel", "relay_active_high"), ("panel", "pins", "relay")}
_FOR_REAL = "set panel.kind: gpiozero and panel.pin_factory: lgpio"


def check_pins(config: Config, pins: PanelPins, daemon: Daemon, open_factory: Callable[[], Factory]) -> list[Finding]:
    """Claim each line as an input and give it back. The relay's is left alone: its level must not change here."""
    panel = config.panel
    if "gpiozero" not in panel.kind:
        return [warning("pins", "panel.kind has no gpiozero: no relay, no door opens", _FOR_REAL)]
    if panel.pin_factory == "mock":
        return [warning("pins", "panel.pin_factory is mock: no door opens", _FOR_REAL)]
    if daemon.is_running:
        return [good("pins", "in use by the running service")]
    lines = [(part, pin) for part, pin in pins.parts() if part != "relay"]
    try:
        with closing(open_factory()) as factory:
            refused = [finding for part, pin in lines if (finding := _claimed(factory, part, pin))]
    except PanelError as error:
        return [from_error("pins", error)]
    return refused or [good("pins", f"{len(lines)} lines are free; GPIO{pins.relay} of the relay was left alone")]


def _claimed(factory: Factory, part: str, pin: int) -> Finding | None:
    try:
        claim(factory, part, pin)
    except PanelError as error:
        return from_error("pins", error)
    return None


def check_relay(config: Config) -> list[Finding]:
    """Whether the door stays locked while nothing drives the line."""
    if "gpiozero" not in config.panel.kind:
        return []
    found = [text for keys, text in checks.cautions(config) if _RELAY_KEYS & set(keys)]
    if not found:
        return [good("relay", f"active high on GPIO{config.panel.pins.relay}, which rests low from power-on")]
    return [_graded("relay", text) for text in found]


def check_settings(config: Config) -> list[Finding]:
    """What the configuration allows and its owner should know the price of."""
    others = [text for keys, text in checks.cautions(config) if not _RELAY_KEYS & set(keys)]
    return [_graded("configuration", text) for text in others] or [good("configuration", "nothing to remark")]


def _graded(check: str, text: str) -> Finding:
    said, _, remedy = text.rpartition("; ")
    return warning(check, said or text, remedy if said else "see docs/hardware.md")


def check_group(daemon_groups: frozenset[str] | None, config: Config) -> Finding:
    """Whether the service's user may touch pins, cameras and its socket."""
    needed = {"gpio", "video", *((config.control.group,) if config.control.group else ())}
    if daemon_groups is None:
        return warning("groups", "there is no user faceauthd: it is not installed as a service", "sudo ./install.sh")
    missing = sorted(needed - daemon_groups)
    if missing:
        commands = "; ".join(f"sudo adduser faceauthd {group}" for group in missing)
        return bad("groups", f"the user faceauthd is not in {', '.join(missing)}", commands)
    return good("groups", f"the user faceauthd is in {', '.join(sorted(needed))}")
