"""From the configuration to plain values: nothing is lost on the way, and each default is said once."""

from __future__ import annotations

from faceauthd import settings
from faceauthd.config import Config, load_config
from faceauthd.gate import Policy
from faceauthd.vision.quality import QualityLimits


def test_the_policy_of_the_defaults_is_the_default_policy() -> None:
    assert settings.policy_of(Config()) == Policy()


def test_the_measured_limits_are_those_of_the_configuration() -> None:
    vision, limits = Config().vision, QualityLimits()
    named = [name for name in QualityLimits.__slots__ if hasattr(vision, name)]
    assert len(named) == 8
    assert {name: getattr(vision, name) for name in named} == {name: getattr(limits, name) for name in named}


def test_liveness_that_is_switched_off_is_not_asked_for() -> None:
    config = load_config(None, ["decision.liveness=off"]).config
    assert settings.policy_of(config).evidence.liveness_min is None
    assert settings.policy_of(Config()).evidence.liveness_min == 0.5


def test_every_pin_reaches_the_panel() -> None:
    config = load_config(None, ["panel.pins.bar=[5, 6]", "panel.pins.buzzer=null", "panel.buzzer_kind=tonal"]).config
    pins = settings.pins_of(config)
    assert (pins.relay, pins.button, pins.bar, pins.buzzer, pins.buzzer_tonal) == (17, 27, (5, 6), None, True)
    assert pins.relay_active_high
