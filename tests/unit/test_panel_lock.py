"""`faceauthd panel-lock` on gpiozero's mock pins."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero import OutputDevice
from gpiozero.pins.mock import MockFactory

from faceauthd.cli.exits import ExitCode
from faceauthd.cli.main import main
from faceauthd.cli.panel_lock import lock_relay, outputs_of
from faceauthd.config import Config, load_config
from faceauthd.errors import ConfigError, PanelError


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


def test_alarm_and_light_go_out_too(factory: MockFactory) -> None:
    for pin in (26, 12):
        factory.pin(pin).function = "output"
        factory.pin(pin).state = True
    assert lock_relay(_config("panel.pins.alarm=26", "panel.pins.light=12"), factory) == "Locked: GPIO17 is low"
    assert [[state.state for state in factory.pin(pin).states][-1] for pin in (26, 12)] == [False, False]


def test_an_alarm_that_somebody_holds_does_not_keep_the_relay_open(factory: MockFactory) -> None:
    factory.pin(17).function = "output"
    factory.pin(17).state = True
    with OutputDevice(26, pin_factory=factory), pytest.raises(PanelError, match="alarm"):
        lock_relay(_config("panel.pins.alarm=26"), factory)
    assert factory.pin(17).states[-1].state is False


def test_a_line_that_a_daemon_holds_is_an_error(factory: MockFactory) -> None:
    with OutputDevice(17, pin_factory=factory), pytest.raises(PanelError, match="relay"):
        lock_relay(_config(), factory)


def test_without_a_relay_there_is_nothing_to_do(factory: MockFactory) -> None:
    assert lock_relay(_config("panel.kind=none"), factory).startswith("There is no relay")
    assert not factory.pins


@pytest.mark.parametrize(
    "wrong",
    [
        "nonsense: 1",
        "gate: {unlock_s: never}",
        "gallery: {path: $FOO}",
        "camera: 3",
        "decision: {looks: 9}",
    ],
)
def test_a_configuration_that_is_wrong_elsewhere_locks_the_relay_it_names(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "faceauthd.yaml"
    file.write_text(f"panel: {{pins: {{relay: 21, alarm: seven}}, relay_active_high: false}}\n{wrong}\n")
    with pytest.raises(ConfigError):
        load_config(file)
    panel = outputs_of(file).panel
    assert (panel.pins.relay, panel.pins.alarm, panel.relay_active_high) == (21, None, False)


@pytest.mark.parametrize("others", ["alarm: 21", "light: 21", "alarm: 5, light: 5", "button: 21"])
def test_a_pin_that_is_used_twice_does_not_keep_the_relay_open(
    tmp_path: Path, factory: MockFactory, others: str
) -> None:
    file = tmp_path / "faceauthd.yaml"
    file.write_text(f"panel: {{pins: {{relay: 21, {others}}}}}")
    with pytest.raises(ConfigError):
        load_config(file)
    factory.pin(21).function = "output"
    factory.pin(21).state = True
    assert lock_relay(outputs_of(file), factory) == "Locked: GPIO21 is low"
    assert factory.pin(21).states[-1].state is False


@pytest.mark.parametrize(
    "wrong",
    [
        "panel: {pins: {relay: 99}}",
        "panel: {pins: {relay: null}}",
        "panel: {pins: 17}",
        "panel: {pin_factory: lgpi}",
        "panel: {kind: 3}",
        "panel: {relay_active_high: perhaps}",
        "panel: [",
        "- 1",
        "",
    ],
)
def test_a_configuration_that_is_wrong_about_the_relay_drives_no_pin(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "faceauthd.yaml"
    file.write_text(wrong)
    with pytest.raises(ConfigError):
        outputs_of(file)


def test_a_configuration_that_is_right_is_taken_whole(tmp_path: Path) -> None:
    file = tmp_path / "faceauthd.yaml"
    file.write_text("gate: {unlock_s: 7}")
    assert outputs_of(file) == load_config(file).config


def test_a_line_that_cannot_be_driven_is_told_in_other_words_than_the_services(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: object) -> str:
        raise PanelError("GPIO17 cannot be driven; look")

    monkeypatch.setattr("faceauthd.cli.panel_lock.lock_relay", refuse)
    with pytest.raises(SystemExit) as ended:
        main(["panel-lock", "--set", "panel.pin_factory=mock"])
    assert ended.value.code == ExitCode.FAILED
    assert capsys.readouterr().err == "panel-lock: nothing was driven: GPIO17 cannot be driven; look\n"


def test_it_is_there_soon() -> None:
    """It has a few seconds, on a processor that may be busy: none of what takes the daemon long to load."""
    program = (
        "import sys; from faceauthd.cli.main import main\n"
        "try: main(['panel-lock', '--set', 'panel.kind=gpiozero', '--set', 'panel.pin_factory=mock'])\n"
        "except SystemExit: pass\n"
        "heavy = ('numpy', 'onnxruntime', 'PIL', 'rich.console', 'sqlite3', 'faceauthd.app', 'faceauthd.daemon')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["Locked: GPIO17 is low", "[]"]
