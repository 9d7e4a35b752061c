"""`faceauthd panel-lock`: close the relay, lower alarm and light, and nothing else.

The unit's ExecStopPost, for the deaths that leave a daemon no time to tidy up (SIGKILL, out of memory): the kernel may
leave a line as it was when its owner dies. So this reads the configuration and touches the outputs that switch
something outside the panel; no camera, no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic

from faceauthd.adapters.panel_gpiozero import GpiozeroPanel
from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.adapters.pin_factory import Factory, open_factory
from faceauthd.config import Config, load_config, load_despite, system_file
from faceauthd.errors import ConfigError
from faceauthd.types import Edge

_NEEDED = (
    ("panel", "kind"),
    ("panel", "pin_factory"),
    ("panel", "relay_active_high"),
    ("panel", "pins", "relay"),
)


def outputs_of(path: Path | None, overrides: Sequence[str] = ()) -> Config:
    """The configuration; of one that is wrong elsewhere, what it says of the relay: the door has to be locked even so.

    Raises ConfigError if that is wrong, too, for another pin must not be driven by mistake.
    """
    path = path or system_file()
    try:
        return load_config(path, overrides).config
    except ConfigError:
        if path is None or overrides:
            raise
        return load_despite(path, _NEEDED)


def lock_relay(config: Config, factory: Factory | None = None) -> str:
    """Drive the relay's line to locked, then those of alarm and light low, and give them back; a sentence saying what
    was done.

    `factory` is used in place of the configured one. Raises PanelError, also if a running daemon holds a line; the
    relay comes first, so that it is locked then whatever became of the others.
    """
    if "gpiozero" not in config.panel.kind:
        return "There is no relay: panel.kind has no gpiozero"
    pins = config.panel.pins
    outputs = PanelPins(
        relay=pins.relay,
        relay_active_high=config.panel.relay_active_high,
        # A configuration that is wrong may give two parts one pin.
        alarm=pins.alarm if pins.alarm != pins.relay else None,
        light=pins.light if pins.light not in (pins.relay, pins.alarm) else None,
    )
    opened = factory or open_factory(config.panel.pin_factory)
    with closing(GpiozeroPanel(outputs, opened, on_edge=_forget, now=monotonic)) as panel:
        panel.lock()
    return f"Locked: GPIO{outputs.relay} is {'low' if outputs.relay_active_high else 'high'}"


def _forget(_: Edge) -> None:
    """There is no button on this panel."""
