"""The panel on gpiozero's mock pins. Pin histories are compared whole: `MockPin.assert_states` zips, and hides much."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from gpiozero.pins import Factory
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from faceauthd.adapters.panel_gpiozero import GpiozeroPanel
from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.adapters.pin_factory import open_factory
from faceauthd.errors import PanelError
from faceauthd.types import Edge, Signal, SignalKind, Source

PINS = PanelPins(relay=17, led_red=22, led_green=23, led_blue=24, led_status=5, bar=(6, 12, 13), buzzer=25, button=27)


class StubbornPin(MockPin):
    """A pin that cannot be driven high, as one whose line another process took over."""

    def _set_state(self, value: float) -> None:
        if value:
            raise OSError(16, "Device or resource busy")
        super()._set_state(value)


class StuckHighPin(MockPin):
    """A pin that goes high and then cannot be written any more."""

    def _set_state(self, value: float) -> None:
        if not value and self._state:
            raise OSError(5, "Input/output error")
        super()._set_state(value)


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


@pytest.fixture
def edges() -> list[Edge]:
    return []


def opened(factory: Factory, edges: list[Edge], pins: PanelPins = PINS) -> GpiozeroPanel:
    times = iter(range(1000))
    return GpiozeroPanel(pins, factory, on_edge=edges.append, now=lambda: float(next(times)))


def history(factory: MockFactory, pin: int) -> list[float]:
    """Every level the pin had, in order."""
    return [state.state for state in factory.pin(pin).states]


def signal(kind: SignalKind, elapsed_s: float = 0.0, *, is_open: bool = False) -> Signal:
    return Signal(kind, now_s=100.0 + elapsed_s, since_s=100.0, is_open=is_open)


def play(panel: GpiozeroPanel, kind: SignalKind, times: Sequence[float]) -> None:
    for at_s in times:
        panel.show(signal(kind, at_s))


def ticks(seconds: float, per_s: int = 50) -> list[float]:
    return [i / per_s for i in range(round(seconds * per_s))]


def test_opening_and_closing_moves_no_output(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges)
    outputs = [pin for part, pin in PINS.parts() if part != "button"]
    assert {factory.pin(pin).function for pin in outputs} == {"output"}
    panel.close()
    panel.close()
    assert {pin: history(factory, pin) for pin in outputs} == {pin: [False] for pin in outputs}
    assert {factory.pin(pin).function for pin in outputs} == {"input"}
    assert edges == []


def test_the_relay_opens_and_closes_once(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges)
    for at_s in ticks(1.0):
        panel.show(signal(SignalKind.UNLOCKED, at_s, is_open=at_s < 0.5))
    assert history(factory, 17) == [False, True, False]


def test_lock_closes_the_relay_and_the_next_signal_may_open_it(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges)
    panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    panel.lock()
    panel.lock()
    assert history(factory, 17) == [False, True, False]
    panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    assert history(factory, 17) == [False, True, False, True]


def test_lock_does_not_trust_what_it_wrote(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges)
    factory.pin(17).state = True
    panel.lock()
    assert history(factory, 17) == [False, True, False]


def test_closing_with_the_door_open_locks_it(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges)
    panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    panel.close()
    panel.lock()
    assert history(factory, 17) == [False, True, False]
    with pytest.raises(PanelError, match="closed"):
        panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    assert history(factory, 17) == [False, True, False]


def test_closing_locks_before_it_darkens(edges: list[Edge]) -> None:
    fallen: list[str] = []

    class TellingPin(MockPin):
        def _change_state(self, value: float) -> bool:
            changed: bool = super()._change_state(value)
            if changed and not value:
                fallen.append(self.info.name)
            return changed

    factory = MockFactory(pin_class=TellingPin)
    panel = opened(factory, edges)
    panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    panel.close()
    assert fallen[0] == "GPIO17"
    assert sorted(fallen[1:]) == sorted(["GPIO5", "GPIO23", "GPIO6", "GPIO12", "GPIO13", "GPIO25"])


def test_three_red_flashes_and_one_sound(factory: MockFactory, edges: list[Edge]) -> None:
    play(opened(factory, edges), SignalKind.REFUSED, ticks(1.9))
    flashing = [False, True, False, True, False, True, False]
    assert history(factory, 22) == history(factory, 5) == history(factory, 6) == flashing
    assert history(factory, 23) == history(factory, 24) == history(factory, 17) == [False]
    assert history(factory, 25) == [False, True, False]


def test_unlocking_beeps_twice_under_a_steady_lamp(factory: MockFactory, edges: list[Edge]) -> None:
    play(opened(factory, edges), SignalKind.UNLOCKED, ticks(3.0))
    assert history(factory, 23) == [False, True]
    assert history(factory, 25) == [False, True, False, True, False]


def test_the_bar_sweeps_to_and_fro(factory: MockFactory, edges: list[Edge]) -> None:
    play(opened(factory, edges), SignalKind.LOOKING, ticks(1.8))
    assert history(factory, 6) == [False, True, False, True]
    assert history(factory, 12) == [False, True, False, True, False]
    assert history(factory, 13) == [False, True, False]


def test_an_unchanged_level_is_not_written_again(edges: list[Edge]) -> None:
    writes: list[float] = []

    class CountingPin(MockPin):
        def _set_state(self, value: float) -> None:
            writes.append(value)
            super()._set_state(value)

    panel = opened(MockFactory(pin_class=CountingPin), edges)
    panel.show(signal(SignalKind.OFF))
    writes.clear()
    play(panel, SignalKind.OFF, ticks(2.0))
    assert writes == []


def test_an_active_low_relay_rests_high(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges, replace(PINS, relay_active_high=False))
    panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    panel.lock()
    assert history(factory, 17) == [False, True, False, True]


def test_dimmed_lamps_breathe_in_steps(edges: list[Edge]) -> None:
    factory = MockFactory(pin_class=MockPWMPin)
    panel = opened(factory, edges, replace(PINS, lamps_dimmable=True))
    play(panel, SignalKind.READY, ticks(2.5, per_s=200))
    green = history(factory, 23)
    assert green == sorted(green)
    assert green[-1] == 1.0
    assert 20 <= len(green) <= 33
    assert history(factory, 22) == [0.0]


def test_a_tonal_buzzer_plays_notes_and_falls_silent(edges: list[Edge]) -> None:
    heard: list[float | None] = []

    class HearingPin(MockPWMPin):
        def _set_frequency(self, value: float | None) -> None:
            heard.append(value)
            super()._set_frequency(value)

    factory = MockFactory(pin_class=HearingPin)
    panel = opened(factory, edges, PanelPins(relay=17, buzzer=25, buzzer_tonal=True))
    heard.clear()
    play(panel, SignalKind.UNLOCKED, ticks(2.0))
    assert heard == [1046.5, 1567.98]
    assert history(factory, 25) == [0.0, 0.5, 0.0, 0.5, 0.0]


def test_the_button_only_passes_edges_on(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges)
    button = factory.pin(27)
    button.drive_low()
    button.drive_high()
    assert edges == [Edge(True, 0.0), Edge(False, 1.0)]
    panel.close()
    button.drive_low()
    assert len(edges) == 2


def test_a_button_to_3v3_is_pressed_when_high(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges, replace(PINS, button_pull_up=False))
    factory.pin(27).drive_high()
    assert edges == [Edge(True, 0.0)]
    panel.close()


def test_a_button_held_at_the_start_says_nothing_until_let_go(factory: MockFactory, edges: list[Edge]) -> None:
    class HeldPin(MockPin):
        def _set_pull(self, value: str) -> None:
            super()._set_pull(value)
            self._state = False

    factory.pin(27, pin_class=HeldPin)
    panel = opened(factory, edges)
    assert edges == []
    factory.pin(27).drive_high()
    assert edges == [Edge(False, 0.0)]
    panel.close()


def test_a_pin_that_does_not_exist_is_named(factory: MockFactory, edges: list[Edge]) -> None:
    with pytest.raises(PanelError, match=r"panel\.pins\.bar\[1\]: this board has no GPIO99"):
        opened(factory, edges, replace(PINS, bar=(6, 99)))


def test_a_pin_given_twice_is_refused_before_any_is_touched(factory: MockFactory, edges: list[Edge]) -> None:
    with pytest.raises(PanelError, match=r"GPIO17 is given to both relay and led_red"):
        opened(factory, edges, replace(PINS, led_red=17))
    assert factory.pins == {}


def test_a_pin_that_another_device_holds_is_named(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges, PanelPins(led_red=22))
    with pytest.raises(PanelError, match=r"panel\.pins\.led_red: GPIO22 is in use"):
        opened(factory, edges)
    panel.close()


def test_no_pwm_is_an_error_and_not_a_silent_change(factory: MockFactory, edges: list[Edge]) -> None:
    with pytest.raises(PanelError, match=r"panel\.pins\.led_red: GPIO22 has no PWM"):
        opened(factory, edges, replace(PINS, lamps_dimmable=True))


def test_a_failed_start_gives_every_pin_back_with_the_relay_low(factory: MockFactory, edges: list[Edge]) -> None:
    with pytest.raises(PanelError) as held:
        opened(factory, edges, replace(PINS, button=99))
    assert held.tb is not None, "which keeps the panel alive, so that it is not the garbage collector that closes it"
    assert history(factory, 17) == [False]
    assert {pin.function for pin in factory.pins.values()} == {"input"}
    opened(factory, edges).close()


@pytest.mark.parametrize("pin", [23, 6, 25, 4, 5], ids=["led_green", "bar", "buzzer", "alarm", "led_status"])
def test_what_only_tells_may_break_and_the_door_goes_on(
    factory: MockFactory, edges: list[Edge], pin: int, caplog: pytest.LogCaptureFixture
) -> None:
    broken = factory.pin(pin, pin_class=StubbornPin)
    pins = replace(PINS, alarm=4)
    panel = opened(factory, edges, pins)
    for at_s in ticks(1.0):
        panel.show(replace(signal(SignalKind.UNLOCKED, at_s, is_open=at_s < 0.5), is_alarm=True))
    assert history(factory, 17) == [False, True, False]
    assert [r.levelname for r in caplog.records] == ["ERROR"], "once, however often it is tried"
    assert f"GPIO{pin} cannot be driven" in caplog.text
    others = {part: len(history(factory, number)) for part, number in pins.parts() if number not in (pin, 27)}
    assert min(n for part, n in others.items() if part in ("led_green", "buzzer", "alarm", "led_status")) > 1
    broken.__class__ = MockPin
    for at_s in ticks(2.0):
        panel.show(replace(signal(SignalKind.UNLOCKED, at_s, is_open=False), is_alarm=True))
    assert len(history(factory, pin)) > 1, "it is never tried again"
    assert len(caplog.records) == 1
    panel.close()


def test_a_rehearsal_names_the_lamp_that_breaks_after_the_relay_was_set(factory: MockFactory) -> None:
    factory.pin(23, pin_class=StubbornPin)
    panel = GpiozeroPanel(PINS, factory, on_edge=lambda _: None, now=lambda: 100.0, is_strict=True)
    for _ in range(2):
        with pytest.raises(PanelError, match=r"panel\.pins\.led_green: GPIO23 cannot be driven"):
            panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    assert history(factory, 17) == [False, True]
    panel.close()
    assert history(factory, 17) == [False, True, False]


def test_a_relay_that_cannot_be_opened_is_an_error_each_time(factory: MockFactory, edges: list[Edge]) -> None:
    factory.pin(17, pin_class=StubbornPin)
    panel = opened(factory, edges)
    for _ in range(2):
        with pytest.raises(PanelError, match=r"panel\.pins\.relay"):
            panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    panel.lock()
    assert history(factory, 17) == [False]


def test_a_relay_that_cannot_be_closed_is_given_back_to_its_pull_down(factory: MockFactory, edges: list[Edge]) -> None:
    relay = factory.pin(17, pin_class=StuckHighPin)
    panel = opened(factory, edges)
    panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    panel.lock()
    assert relay.function == "input"
    with pytest.raises(PanelError, match="given up"):
        panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    panel.close()


def test_a_panel_without_parts_is_a_panel(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges, PanelPins())
    panel.show(signal(SignalKind.UNLOCKED, is_open=True))
    panel.lock()
    panel.close()
    assert factory.pins == {}


def test_the_mock_factory_can_do_all_a_panel_needs(edges: list[Edge]) -> None:
    panel = opened(open_factory("mock"), edges, replace(PINS, lamps_dimmable=True, buzzer_tonal=True))
    play(panel, SignalKind.ENROLLED, ticks(1.0))
    panel.close()


def test_an_unknown_factory_is_refused_with_the_choice() -> None:
    with pytest.raises(PanelError, match=r"'lgpoi' is unknown; choose one of lgpio, rpigpio, native, mock"):
        open_factory("lgpoi")


@pytest.mark.parametrize("name", ["lgpio", "rpigpio", "native"])
def test_a_factory_that_does_not_open_is_an_error_and_never_another(name: str) -> None:
    if Path("/proc/device-tree/model").exists():
        pytest.skip("there is a board here")
    with pytest.raises(PanelError, match=rf"panel\.pin_factory: {name} .*; "):
        open_factory(name)


def test_each_contact_says_which_it_is(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges, replace(PINS, exit_button=4))
    factory.pin(4).drive_low()
    factory.pin(4).drive_high()
    factory.pin(27).drive_low()
    assert edges == [Edge(True, 0.0, Source.EXIT_BUTTON), Edge(False, 1.0, Source.EXIT_BUTTON), Edge(True, 2.0)]
    panel.close()


def test_a_broken_wire_is_an_open_door_and_is_told_at_once(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges, replace(PINS, door_contact=4))
    assert edges == [Edge(True, 0.0, Source.DOOR)]
    factory.pin(4).drive_low()
    factory.pin(4).drive_high()
    assert [edge.is_down for edge in edges] == [True, False, True]
    panel.close()


def test_of_a_door_that_is_shut_nothing_is_said(factory: MockFactory, edges: list[Edge]) -> None:
    class ShutPin(MockPin):
        def _set_pull(self, value: str) -> None:
            super()._set_pull(value)
            self._state = False

    factory.pin(4, pin_class=ShutPin)
    opened(factory, edges, replace(PINS, door_contact=4)).close()
    assert edges == []


def test_the_alarm_is_on_as_long_as_it_is_said_and_off_when_closed(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges, replace(PINS, alarm=4))
    for at_s in ticks(1.0):
        panel.show(replace(signal(SignalKind.DOOR_FORCED, at_s), is_alarm=at_s < 0.5))
    assert history(factory, 4) == [False, True, False]
    panel.show(replace(signal(SignalKind.DOOR_FORCED), is_alarm=True))
    panel.close()
    assert history(factory, 4) == [False, True, False, True, False]
    assert history(factory, 17) == [False]


def test_the_light_is_lit_as_long_as_it_is_said_and_dark_when_closed(factory: MockFactory, edges: list[Edge]) -> None:
    panel = opened(factory, edges, replace(PINS, light=4, lamps_active_high=False, lamps_dimmable=False))
    for at_s in ticks(1.0):
        panel.show(replace(signal(SignalKind.LOOKING, at_s), is_lit=at_s < 0.5))
    assert history(factory, 4) == [False, True, False]
    panel.show(replace(signal(SignalKind.LOOKING), is_lit=True))
    panel.lock()
    assert history(factory, 4)[-1] is True, "locking is no reason to stand in the dark"
    panel.close()
    assert history(factory, 4) == [False, True, False, True, False]
    assert history(factory, 17) == [False]
