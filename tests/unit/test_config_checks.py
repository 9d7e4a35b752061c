"""What must hold between keys is an error; what is allowed but unwise is a warning with its reason."""

from __future__ import annotations

import pytest

from faceauthd.config import load_config
from faceauthd.config.checks import cautions
from faceauthd.errors import ConfigError


def problems(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(None, overrides)
    return caught.value.problems


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (["panel.pins.buzzer=17"], "panel.pins.buzzer: GPIO17 is used by relay and buzzer; give each part its own pin"),
        (["panel.pins.bar=[5, 6, 5]"], "panel.pins.bar[2]: GPIO5 is used by bar and bar"),
        (["panel.pins.bar=[27]"], "panel.pins.bar[0]: GPIO27 is used by button and bar"),
        (["panel.kind=[terminal, terminal]"], "panel.kind: name each kind once"),
        (["panel.kind=[none, terminal]"], "panel.kind: name each kind once, and none only alone"),
        (["decision.window_s=0.2", "camera.fps=10"], "decision.looks: 3 looks never fall within window_s: 0.2"),
        (["camera.fps=2"], "decision.refuse_after_looks: 8 looks never fall within window_s: 2, which is 4 frames"),
        (["camera.source=av:/dev/video0", "camera.fps=2.5"], "decision.refuse_after_looks: 8 looks never fall"),
        (["decision.looks=9"], "decision.refuse_after_looks: 8 would refuse a face before looks: 9 can agree"),
        (["camera.lores_width=1282"], "camera.lores_width: 1282 is more than width: 1280"),
        (["camera.height=200"], "camera.lores_height: 240 is more than height: 200"),
        (["camera.stall_s=0.2", "camera.fps=9"], "camera.stall_s: 0.2 s is shorter than two frames at fps: 9"),
        (["camera.exposure_us=66667"], "66667 is longer than a frame lasts at fps: 15, which is 66666"),
        (["camera.exposure_us=20000", "camera.fps=60"], "which is 16666; shorten it or lower fps"),
        (["camera.pace=fast"], "camera.pace: fast is for what is recorded or drawn, and picamera2 shows"),
        (["camera.source=av:rtsp://x/y", "camera.pace=fast"], "camera.pace: fast is for what is recorded or drawn"),
        (["camera.source=av:/dev/video0", "camera.pace=fast"], "camera.pace: fast is for what is recorded or drawn"),
        (["vision.min_brightness=0.95"], "vision.min_brightness: 0.95 leaves no face below max_brightness: 0.92"),
        (["lockout.delays_s=[30, 20]"], "lockout.delays_s: the delays must not get shorter"),
        ([f"control.socket=/{'s' * 107}"], "control.socket: the path has 108 bytes and a socket's may have 107"),
        ([f"control.socket=/{'ä' * 54}"], "control.socket: the path has 109 bytes and a socket's may have 107"),
    ],
)  # fmt: skip
def test_keys_that_cannot_both_be_right_are_refused(overrides: list[str], complaint: str) -> None:
    told = problems(*overrides)
    assert [line for line in told if complaint in line], told


@pytest.mark.parametrize(
    "overrides",
    [
        ["panel.pins.buzzer=null", "panel.pins.bar=[25]"],
        ["panel.kind=[terminal, gpiozero]"],
        ["camera.fps=4"],
        ["decision.looks=8"],
        ["lockout.delays_s=[30, 30]"],
        [f"control.socket=/{'s' * 106}"],
        ["camera.source=none", "camera.fps=1", "camera.stall_s=0.2"],
        ["camera.exposure_us=66666"],
        ["camera.source=av:/dev/video0", "camera.exposure_us=66667"],
        ["camera.source=av:/x.mp4", "camera.pace=fast"],
        ["camera.source=scene:demo", "camera.pace=fast"],
    ],
)
def test_what_lies_just_inside_is_accepted(overrides: list[str]) -> None:
    assert load_config(None, overrides).keys_set == len(overrides)


@pytest.mark.parametrize(
    ("overrides", "warning"),
    [
        (["panel.relay_active_high=false"], "panel.relay_active_high: an active-low relay opens the door for a moment"),
        (["panel.pins.relay=8"], "panel.pins.relay: GPIO8 rests high from power-on until faceauthd starts"),
        (["panel.pins.alarm=8"], "panel.pins.alarm: GPIO8 rests high from power-on until faceauthd starts"),
        (["panel.pins.light=2"], "panel.pins.light: GPIO2 rests high from power-on until faceauthd starts"),
        (
            ["panel.pins.light=12", "camera.source=av:/dev/video0"],
            "panel.pins.light: av does not measure how bright it is",
        ),
        (["panel.pins.led_red=1"], "panel.pins.led_red: GPIO1 belongs to the identity chip of a HAT"),
        (["panel.pins.bar=[0]"], "panel.pins.bar[0]: GPIO0 belongs to the identity chip of a HAT"),
        (["enroll.authority=always"], "enroll.authority: always lets anybody who presses the button enrol"),
        (["decision.liveness=off"], "decision.liveness: off lets a photograph of somebody enrolled open the door"),
        (
            ["decision.liveness=challenge", "camera.hflip=true"],
            "decision.liveness: a mirrored picture takes left for right",
        ),
        (["vision.eyes_open_required=false"], "vision.eyes_open_required: false lets the face of somebody asleep"),
        (["panel.kind=terminal"], "panel.kind: a real camera, but no relay is driven"),
        (["panel.pin_factory=rpigpio"], "panel.pin_factory: rpigpio drives the pins through /dev/gpiomem or /dev/mem"),
        (["panel.pin_factory=native"], "panel.pin_factory: native drives the pins through /dev/gpiomem or /dev/mem"),
        (["panel.pin_factory=mock"], "panel.kind: a real camera, but no relay is driven"),
        (
            ["camera.source=replay:/x", "camera.replay_fps=2"],
            "decision.refuse_after_looks: 8 looks never fall within window_s: 2, which is 4 frames at replay_fps: 2",
        ),
    ],
)
def test_what_is_unwise_is_warned_about(overrides: list[str], warning: str) -> None:
    (told,) = load_config(None, overrides).warnings
    assert warning in told


@pytest.mark.parametrize(
    "overrides",
    [
        ["panel.pins.relay=9"],
        ["panel.pins.light=12"],
        ["camera.source=replay:/x", "panel.pin_factory=mock"],
        ["camera.source=replay:/x", "camera.replay_fps=4"],
        ["enroll.authority=cli-only"],
        ["decision.liveness=challenge", "camera.hflip=true", "camera.vflip=true"],
    ],
)
def test_what_is_sound_is_not_warned_about(overrides: list[str]) -> None:
    assert load_config(None, overrides).warnings == ()


@pytest.mark.parametrize(
    ("processors", "told"),
    [
        (1, ["3 threads take turns on 1 processor, which makes each look slower; use 1"]),
        (2, ["3 threads take turns on 2 processors, which makes each look slower; use 2"]),
        (3, []),
    ],
)
def test_more_threads_than_processors_are_warned_about(processors: int, told: list[str]) -> None:
    config = load_config(None, ["vision.threads=3"]).config
    assert [text for keys, text in cautions(config, processors) if keys == (("vision", "threads"),)] == told
