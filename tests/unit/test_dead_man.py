"""The relay lets go by itself when the loop hangs with the door open, and only then."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from faceauthd.adapters.dead_man import DeadMan
from faceauthd.adapters.panel_gpiozero import LATE_S, GpiozeroPanel
from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.gate import Gate, Mode
from faceauthd.outputs import signal_for
from faceauthd.types import Signal, SignalKind

PATIENCE_S = 60.0
"""Only a broken dead man makes a test wait for so long."""
SOON_S, NEVER_S = 0.02, 3600.0


class Let:
    """Counts how often it was let go."""

    def __init__(self) -> None:
        self.times = 0
        self.happened = threading.Event()

    def __call__(self) -> None:
        self.times += 1
        self.happened.set()


@pytest.fixture
def let() -> Let:
    return Let()


@pytest.fixture
def dead_man(let: Let) -> Iterator[DeadMan]:
    dead_man = DeadMan(let)
    yield dead_man
    dead_man.close()


def test_it_lets_go_once_when_nothing_more_is_said(dead_man: DeadMan, let: Let) -> None:
    dead_man.hold(SOON_S)
    assert let.happened.wait(PATIENCE_S)
    assert not threading.Event().wait(5 * SOON_S)
    assert let.times == 1


def test_another_hold_takes_the_place_of_the_one_before(dead_man: DeadMan, let: Let) -> None:
    dead_man.hold(NEVER_S)
    dead_man.hold(SOON_S)
    assert let.happened.wait(PATIENCE_S), "sooner"
    let.happened.clear()
    dead_man.hold(0.5)
    dead_man.hold(NEVER_S)
    assert not let.happened.wait(0.6), "later"


def test_at_rest_it_does_nothing(dead_man: DeadMan, let: Let) -> None:
    dead_man.hold(0.2)
    dead_man.rest()
    assert not let.happened.wait(0.4)


def test_it_is_good_for_a_second_time(dead_man: DeadMan, let: Let) -> None:
    for _ in range(2):
        let.happened.clear()
        dead_man.hold(SOON_S)
        assert let.happened.wait(PATIENCE_S)
    assert let.times == 2


def test_what_is_told_may_block_for_ever_and_it_lets_go_again(let: Let) -> None:
    blocked, told = threading.Event(), []

    def tell() -> None:
        told.append(True)
        blocked.wait(PATIENCE_S)

    dead_man = DeadMan(let, tell)
    for _ in range(3):
        let.happened.clear()
        dead_man.hold(SOON_S)
        assert let.happened.wait(PATIENCE_S)
    dead_man.close()
    blocked.set()
    assert told == [True], "no second one while the first one hangs"


def test_closed_it_is_gone_at_once_and_twice_is_fine(let: Let) -> None:
    before = set(threading.enumerate())
    dead_man = DeadMan(let)
    dead_man.hold(NEVER_S)
    dead_man.close()
    dead_man.close()
    assert set(threading.enumerate()) <= before
    assert let.times == 0


RELAY = 17


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


class Told(MockPin):
    """A pin that tells when it goes low."""

    went_low: threading.Event

    def _set_state(self, value: float) -> None:
        super()._set_state(value)
        if not value:
            self.went_low.set()


def test_a_panel_whose_loop_hangs_locks_the_door_and_opens_again_if_it_comes_back(factory: MockFactory) -> None:
    pin = factory.pin(RELAY, pin_class=Told)
    pin.went_low = threading.Event()
    panel = GpiozeroPanel(PanelPins(relay=RELAY), factory, on_edge=lambda _: None, now=lambda: 100.0, late_s=SOON_S)
    is_open = Signal(SignalKind.UNLOCKED, 100.0, 100.0, is_open=True, open_until_s=100.0 + SOON_S)
    pin.went_low.clear()
    panel.show(is_open)
    assert pin.went_low.wait(PATIENCE_S), "nothing but the dead man can have written it"
    pin.went_low.clear()
    panel.show(is_open)
    assert pin.went_low.wait(PATIENCE_S)
    panel.close()
    assert [state.state for state in pin.states] == [False, True, False, True, False]


class BlockedHandler(logging.Handler):
    """A log whose stream nobody reads: whoever writes waits, and holds the handler's lock meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = threading.Event()
        self.is_entered = threading.Event()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.is_entered.set()
        self.is_read.wait(PATIENCE_S)
        self.lines.append(record.getMessage())


@pytest.fixture
def blocked_log() -> Iterator[BlockedHandler]:
    handler, root = BlockedHandler(), logging.getLogger("faceauthd")
    root.addHandler(handler)
    yield handler
    handler.is_read.set()
    root.removeHandler(handler)


@pytest.mark.parametrize("is_held_by_the_loop", [False, True])
def test_a_log_that_nobody_reads_keeps_no_door_open(
    factory: MockFactory, blocked_log: BlockedHandler, is_held_by_the_loop: bool
) -> None:
    pin = factory.pin(RELAY, pin_class=Told)
    pin.went_low = threading.Event()
    panel = GpiozeroPanel(PanelPins(relay=RELAY), factory, on_edge=lambda _: None, now=lambda: 100.0, late_s=SOON_S)
    if is_held_by_the_loop:
        loop = threading.Thread(target=logging.getLogger("faceauthd.loop").warning, args=("it hangs in this",))
        loop.start()
        assert blocked_log.is_entered.wait(PATIENCE_S)
    pin.went_low.clear()
    for _ in range(2):
        panel.show(Signal(SignalKind.UNLOCKED, 100.0, 100.0, is_open=True, open_until_s=100.0 + SOON_S))
        assert pin.went_low.wait(PATIENCE_S / 2), "the dead man waits for the log"
        pin.went_low.clear()
    panel.lock()
    blocked_log.is_read.set()
    panel.close()
    if is_held_by_the_loop:
        loop.join()
    assert [state.state for state in pin.states] == [False, True, False, True, False]


class Stuck(Told):
    """A pin that goes high and cannot be written any more; letting go of it lets it fall."""

    def _set_state(self, value: float) -> None:
        if not value and self._state:
            raise OSError(5, "Input/output error")
        super()._set_state(value)

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        if value == "input":
            self.went_low.set()


def test_a_relay_that_cannot_be_written_is_given_back_before_anything_is_logged(
    factory: MockFactory, blocked_log: BlockedHandler
) -> None:
    pin = factory.pin(RELAY, pin_class=Stuck)
    pin.went_low = threading.Event()
    panel = GpiozeroPanel(PanelPins(relay=RELAY), factory, on_edge=lambda _: None, now=lambda: 100.0)
    panel.show(Signal(SignalKind.UNLOCKED, 100.0, 100.0, is_open=True, open_until_s=105.0))
    pin.went_low.clear()
    locking = threading.Thread(target=panel.lock)
    locking.start()
    assert pin.went_low.wait(PATIENCE_S / 2), "it waits for the log with the door open"
    blocked_log.is_read.set()
    locking.join()
    panel.close()
    assert any("cannot be driven" in line for line in blocked_log.lines)


def test_until_the_unlock_is_over_it_stays_open_however_late_the_loop_is(factory: MockFactory) -> None:
    pin = factory.pin(RELAY, pin_class=Told)
    pin.went_low = threading.Event()
    panel = GpiozeroPanel(PanelPins(relay=RELAY), factory, on_edge=lambda _: None, now=lambda: 100.0, late_s=SOON_S)
    pin.went_low.clear()
    panel.show(Signal(SignalKind.UNLOCKED, 100.0, 100.0, is_open=True, open_until_s=100.0 + NEVER_S))
    assert not pin.went_low.wait(20 * SOON_S)
    panel.show(Signal(SignalKind.READY, 100.0, 100.0))
    assert pin.went_low.wait(PATIENCE_S)
    panel.close()
    assert [state.state for state in pin.states] == [False, True, False]


def test_the_signal_says_until_when() -> None:
    gate = Gate(mode=Mode.OPEN, until_s=105.0, exit_until_s=103.0)
    ends = {at_s: signal_for(gate, at_s, 5) for at_s in (100.0, 104.0, 105.0)}
    assert {at_s: (signal.is_open, signal.open_until_s) for at_s, signal in ends.items()} == {
        100.0: (True, 105.0),
        104.0: (True, 105.0),
        105.0: (False, None),
    }
    leaving = Gate(mode=Mode.FAULT, exit_until_s=103.0)
    assert signal_for(leaving, 101.0, 5).open_until_s == 103.0


def test_the_bound_that_the_documentation_states() -> None:
    assert LATE_S == 1.0
