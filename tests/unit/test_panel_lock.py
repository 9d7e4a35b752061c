"""`faceauthd panel-lock` on gpiozero's mock pins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero import OutputDevice
from gpiozero.pins.mock import MockFactory

from faceauthd.cli.panel_lock import lock_relay
from faceauthd.config import Config, load_config
from faceauthd.errors import PanelError


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


def _config(*overrides: str) -> Config:
    return load_config(None, ["panel.kind=gpiozero", "panel.pins.relay=17", *overrides]).config


def test_it_writes_the_relay_low_and_never_high(factory: MockFactory) -> None:
    assert lock_relay(_config(), factory) == "Locked: GPIO17 is low"
    states = [state.state for state in factory.pin(17).states]
    assert states
    assert not any(states)


def test_an_active_low_relay_is_left_high(factory: MockFactory) -> None:
    pin = factory.pin(17)
    assert lock_relay(_config("panel.relay_active_high=false"), factory) == "Locked: GPIO17 is high"
    assert pin.states[-1].state


def test_it_touches_no_other_pin(factory: MockFactory) -> None:
    lock_relay(_config(), factory)
    assert set(factory.pins) == {factory.pin(17).info}


def test_a_line_that_a_daemon_holds_is_an_error(factory: MockFactory) -> None:
    with OutputDevice(17, pin_factory=factory), pytest.raises(PanelError, match="relay"):
        lock_relay(_config(), factory)


def test_without_a_relay_there_is_nothing_to_do(factory: MockFactory) -> None:
    assert lock_relay(_config("panel.kind=none"), factory).startswith("There is no relay")
    assert not factory.pins
