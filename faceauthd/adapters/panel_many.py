"""Several panels as one, and none at all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from faceauthd.errors import PanelError
from faceauthd.ports import Panel
from faceauthd.types import Signal

_log = logging.getLogger(__name__)


class NullPanel:
    """Shows nothing and holds no lock: for a daemon that only watches."""

    def show(self, signal: Signal) -> None:
        """Nothing to show it on."""

    def lock(self) -> None:
        """No relay to close."""

    def close(self) -> None:
        """Nothing to let go of."""


class PanelSet:
    """Shows the same on all `panels`. A broken one neither keeps the others dark nor, above all, any relay open.

    Put the panel that holds the relay first, so that it locks and unlocks soonest.
    """

    def __init__(self, panels: Sequence[Panel]) -> None:
        self._panels = tuple(panels)

    def show(self, signal: Signal) -> None:
        """Show `signal` on every panel, then raise the first PanelError that occurred."""
        broken: PanelError | None = None
        for panel in self._panels:
            try:
                panel.show(signal)
            except PanelError as error:
                broken = broken or error
        if broken is not None:
            raise broken

    def lock(self) -> None:
        """Lock every panel, even if one breaks its promise not to raise; what is not an OSError goes on up after
        that.
        """
        self._each("lock")

    def close(self) -> None:
        """Lock all, then close each."""
        self._each("lock")
        self._each("close")

    def _each(self, action: str) -> None:
        with ExitStack() as stack:
            for panel in reversed(self._panels):
                stack.callback(_quietly, panel, action)


def _quietly(panel: Panel, action: str) -> None:
    try:
        getattr(panel, action)()
    except OSError as error:
        with suppress(OSError):
            _log.critical("%s did not %s: %s", type(panel).__name__, action, error)
