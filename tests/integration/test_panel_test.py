"""`faceauthd panel-test` on gpiozero's mock pins, in a time that jumps."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable

import pytest
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from faceauthd.adapters.clock import ManualClock
from faceauthd.cli.panel_test import Plan, rehearse
from faceauthd.config import load_config
from faceauthd.errors import PanelError
from faceauthd.prose import signal_text
from faceauthd.types import Signal, SignalKind

WIRED = ("panel.pins.exit_button=5", "panel.pins.door_contact=6", "panel.pins.alarm=26", "panel.pins.light=12")


class Timed(ManualClock):
    """A clock that lets somebody do something at given times."""

    def __init__(self, at: dict[float, Callable[[], object]]) -> None:
        super().__init__()
        self._at = at

    def sleep_until(self, at_s: float) -> None:
        super().sleep_until(at_s)
        for due_s in [due_s for due_s in self._at if due_s <= self.now()]:
            self._at.pop(due_s)()


def rehearsed(plan: Plan, factory: MockFactory, clock: ManualClock | None = None) -> list[str]:
    screen = io.StringIO()
    rehearse(load_config(None, WIRED).config, plan, screen=screen, factory=factory, clock=clock or ManualClock())
    return screen.getvalue().splitlines()


def history(factory: MockFactory, pin: int) -> list[float]:
    return [state.state for state in factory.pin(pin).states]


def test_every_signal_is_shown_and_told_and_the_door_stays_locked() -> None:
    factory = MockFactory()
    lines = rehearsed(Plan(pause_s=2.0), factory)
    assert [line.split()[0] for line in lines] == [str(kind) for kind in SignalKind]
    assert all(signal_text(Signal(kind, 0, 0)) in line for kind, line in zip(SignalKind, lines, strict=True))
    assert history(factory, 17) == [False]
    assert history(factory, 26) == [False], "the alarm is not sounded unasked"
    assert history(factory, 12) == [False]
    for lamp in (22, 23, 24, 25):
        assert len(history(factory, lamp)) > 10
        assert history(factory, lamp)[-1] is False


def test_the_relay_opens_once_when_asked_and_is_locked_after_it() -> None:
    factory = MockFactory()
    lines = rehearsed(Plan(pause_s=0.1, relay_s=3.0, sounds_alarm=True), factory)
    assert lines[-2:] == ["relay: open for 3 s", "relay: locked"]
    assert history(factory, 17) == [False, True, False]
    assert history(factory, 26) == [False, True, False]


def test_the_light_is_lit_for_its_time() -> None:
    factory = MockFactory()
    assert rehearsed(Plan(pause_s=0.1, light_s=2.0), factory)[-1] == "light: lit for 2 s"
    assert history(factory, 12) == [False, True, False]


def test_a_panel_that_breaks_while_the_relay_is_open_is_locked() -> None:
    class BreakingPin(MockPin):  # type: ignore[misc]
        def _set_state(self, value: float) -> None:
            if value and factory.pin(17).state:
                raise OSError(5, "Input/output error")
            super()._set_state(value)

    factory, clock = MockFactory(), ManualClock()
    factory.pin(25, pin_class=BreakingPin)
    with pytest.raises(PanelError, match="buzzer"):
        rehearsed(Plan(pause_s=0.2, relay_s=5.0), factory, clock)
    assert history(factory, 17) == [False, True, False]


def test_each_contact_that_is_used_is_told_and_it_ends_when_all_were() -> None:
    factory = MockFactory(pin_class=MockPWMPin)
    shown_s = 0.1 * len(SignalKind)
    clock = Timed(
        {
            0.2: lambda: factory.pin(27).drive_low(),  # during the show: not counted
            0.4: lambda: factory.pin(27).drive_high(),
            shown_s + 1.0: lambda: factory.pin(27).drive_low(),
            shown_s + 1.2: lambda: factory.pin(27).drive_high(),
            shown_s + 2.0: lambda: factory.pin(5).drive_low(),
            shown_s + 3.0: lambda: factory.pin(6).drive_low(),  # the door stood open
        }
    )
    plan = Plan(pause_s=0.1, button_s=60.0, contacts=("button", "exit_button", "door_contact"))
    lines = rehearsed(plan, factory, clock)[len(SignalKind) :]
    assert lines == [
        "button, exit_button, door_contact: use each now; 60 s",
        "button: short press, it works",
        "exit_button: pressed, it works",
        "door_contact: shut, it works",
    ]
    assert clock.now() == pytest.approx(shown_s + 3.1, abs=0.3)


def test_a_contact_that_is_not_heard_is_told_in_bounded_time() -> None:
    clock = ManualClock()
    lines = rehearsed(Plan(pause_s=0.1, button_s=10.0, contacts=("button",)), MockFactory(), clock)
    assert lines[-1].startswith("button: nothing was heard")
    assert clock.now() == pytest.approx(10.0 + 0.1 * len(SignalKind), abs=1.0)


def test_the_command_runs_on_the_terminal_panel() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "faceauthd", "panel-test", "--set", "panel.kind=terminal", "--pause-s", "0.1",
         "--button-s", "0"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert [kind for kind in SignalKind if f"{kind} " not in done.stdout] == []
