"""gpiozero's pin factories by name, opened explicitly, and what they raise turned into PanelError.

gpiozero left to itself falls back to another factory when lgpio is missing, with only a warning; a lock must not guess.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gpiozero.exc import GPIOPinInUse, GPIOZeroError, PinInvalidPin, PinPWMUnsupported
from gpiozero.pins import Factory as Factory

from faceauthd.errors import PanelError
from faceauthd.types import Edge

_INSTALL = "install the extra with `pip install 'faceauthd[pi]'`"
_FACTORIES: dict[str, tuple[str, str, str]] = {
    "lgpio": ("gpiozero.pins.lgpio", "LGPIOFactory", _INSTALL),
    "rpigpio": ("gpiozero.pins.rpigpio", "RPiGPIOFactory", "install the package rpi-lgpio, or choose lgpio"),
    "native": ("gpiozero.pins.native", "NativeFactory", "choose lgpio"),
}
_REMEDY = "check that this is a Raspberry Pi and that the user is in group gpio, or choose the factory mock"


def open_factory(name: str) -> Factory:
    """The pin factory `name`: lgpio, rpigpio, native, or mock (pins that only remember what was done to them).

    Raises PanelError, with the remedy, if it is unknown, not installed, or there are no pins here.
    """
    if name == "mock":
        from gpiozero.pins.mock import MockFactory, MockPWMPin

        return MockFactory(pin_class=MockPWMPin)
    if name not in _FACTORIES:
        raise PanelError(f"panel.pin_factory: {name!r} is unknown; choose one of {', '.join((*_FACTORIES, 'mock'))}")
    module, factory, install = _FACTORIES[name]
    try:
        opened: Factory = getattr(importlib.import_module(module), factory)()
    except ImportError as error:
        raise PanelError(f"panel.pin_factory: {name} is not installed ({error}); {install}") from error
    except pin_errors() as error:
        raise PanelError(f"panel.pin_factory: {name} does not open here ({error}); {_REMEDY}") from error
    return opened


def mock_finger(factory: Factory, pin: int, *, pull_up: bool) -> Callable[[Edge], None]:
    """A finger on the mock factory's button `pin`: each edge it is given drives the pin as a real contact would."""
    contact = factory.pin(pin)

    def move(edge: Edge) -> None:
        if edge.is_down == pull_up:
            contact.drive_low()
        else:
            contact.drive_high()

    return move


def claim(factory: Factory, part: str, pin: int) -> None:
    """Take the line of `part` as an input without a pull, as every pin rests. Raises PanelError if it cannot be had.

    It is given back when the factory is closed.
    """
    with naming(part, pin):
        factory.pin(pin)


def pin_errors() -> tuple[type[Exception], ...]:
    """What the pin libraries raise. lgpio's own error derives from Exception alone, so it has to be asked for by name,
    which costs an import only where lgpio is in use anyway."""
    lgpio = sys.modules.get("lgpio")
    return (GPIOZeroError, OSError, RuntimeError, *((lgpio.error,) if lgpio else ()))


@contextmanager
def naming(part: str, pin: int | None) -> Iterator[None]:
    """Turn what the pin libraries raise inside into a PanelError that names the part and its pin."""
    try:
        yield
    except PinInvalidPin as error:
        raise PanelError(f"panel.pins.{part}: this board has no GPIO{pin}; choose one of GPIO0 to GPIO27") from error
    except GPIOPinInUse as error:
        raise PanelError(f"panel.pins.{part}: GPIO{pin} is in use already; give {part} a pin of its own") from error
    except PinPWMUnsupported as error:
        raise PanelError(
            f"panel.pins.{part}: GPIO{pin} has no PWM with this pin factory; choose lgpio, or a part that needs no PWM"
        ) from error
    except pin_errors() as error:
        raise PanelError(
            f"panel.pins.{part}: GPIO{pin} cannot be driven ({error}); does something else hold it? gpioinfo shows"
        ) from error
