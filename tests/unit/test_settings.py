"""From the configuration to plain values: nothing is lost on the way, and each default is said once."""

from __future__ import annotations

from faceauthd import settings
from faceauthd.config import Config, load_config
from faceauthd.gate import Policy
from faceauthd.light import LightPolicy
from faceauthd.vision.quality import QualityLimits


def test_the_policy_of_the_defaults_is_the_default_policy() -> None:
    assert settings.policy_of(Config()) == Policy()


def test_the_measured_limits_are_those_of_the_configuration() -> None:
    vision, limits = Config().vision, QualityLimits()
    named = [name for name in QualityLimits.__slots__ if hasattr(vision, name)]
    assert len(named) == 9
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


def test_every_part_that_can_be_wired_reaches_the_panel() -> None:
    """Each on a pin of its own, so that none is taken for another."""
    parts = [name for name in type(Config().panel.pins).model_fields if name != "bar"]
    wired = [f"panel.pins.{name}={number}" for number, name in enumerate(parts, start=9)]
    pins = settings.pins_of(load_config(None, wired).config)
    assert {name: getattr(pins, name) for name in parts} == {name: n for n, name in enumerate(parts, start=9)}


def test_the_light_is_as_configured_and_none_without_its_pin() -> None:
    assert settings.light_of(Config()) is None
    default = load_config(None, ["panel.pins.light=12"]).config
    assert settings.light_of(default) == LightPolicy()
    dark = load_config(None, ["panel.pins.light=12", "panel.light_when=dark", "panel.light_below_lux=3"]).config
    assert settings.light_of(dark) == LightPolicy(below_lux=3.0, all_night=True)
