"""`faceauthd panel-lock`: close the relay, and nothing else.

The unit's ExecStopPost, for the deaths that leave a daemon no time to tidy up (SIGKILL, out of memory): the kernel may
leave a line as it was when its owner dies. So this reads the configuration and touches one pin; no camera, no model.
"""

from __future__ import annotations

from contextlib import closing
from time import monotonic

from faceauthd.adapters.panel_gpiozero import GpiozeroPanel
from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.adapters.pin_factory import Factory, open_factory
from faceauthd.config import Config
from faceauthd.types import Edge


def lock_relay(config: Config, factory: Factory | None = None) -> str:
    """Drive the relay's line to locked and give it back; a sentence saying what was done.

    `factory` is used in place of the configured one. Raises PanelError, also if a running daemon holds the line.
    """
    if "gpiozero" not in config.panel.kind:
        return "There is no relay: panel.kind has no gpiozero"
    relay = PanelPins(relay=config.panel.pins.relay, relay_active_high=config.panel.relay_active_high)
    opened = factory or open_factory(config.panel.pin_factory)
    with closing(GpiozeroPanel(relay, opened, on_edge=_forget, now=monotonic)) as panel:
        panel.lock()
    return f"Locked: GPIO{relay.relay} is {'low' if relay.relay_active_high else 'high'}"


def _forget(_: Edge) -> None:
    """There is no button on this panel."""
