"""What must hold between keys, and what is allowed but unwise.

A check yields the keys that it judged and one line about them, so that it can be left out while one of them is wrong.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator

from faceauthd.config.fields import KeyPath
from faceauthd.config.outputs import Pins
from faceauthd.config.schema import Config
from faceauthd.config.source import SourceKind

Remark = tuple[tuple[KeyPath, ...], str]

SOCKET_PATH_MAX = 107
"""Bytes of a socket's path: `sun_path` of unix(7) holds 108 with the closing NUL."""

PULLED_UP_AT_RESET = range(9)
"""GPIO 0 to 8 rest high until something claims them, 9 to 27 low (BCM2711 ARM Peripherals, 2022-01-18, 5.3)."""

HAT_ID_PINS = (0, 1)
"""Read at boot for a HAT's identity (Raspberry Pi HAT specification)."""


def conflicts(config: Config) -> Iterator[Remark]:
    """Each pair of keys that cannot both be right."""
    yield from _pins_used_twice(config.panel.pins)
    yield from _out_of_order(config)
    if config.camera.parsed_source.kind in (SourceKind.PICAMERA2, SourceKind.AV):
        yield from _too_few_frames(config, "fps")
        yield from _stalled_when_healthy(config)
    if config.camera.parsed_source.is_live and config.camera.pace == "fast":
        yield (
            (("camera", "pace"), ("camera", "source")),
            f"fast is for what is recorded or drawn, and {config.camera.parsed_source.kind} shows what happens now; use"
            " real",
        )
    if config.camera.parsed_source.kind is SourceKind.PICAMERA2:
        yield from _exposed_too_long(config)
    socket = ("control", "socket")
    if (length := len(bytes(config.control.socket))) > SOCKET_PATH_MAX:
        yield (socket,), f"the path has {length} bytes and a socket's may have {SOCKET_PATH_MAX}; choose a shorter one"
    kinds = config.panel.kind
    if len(set(kinds)) < len(kinds) or (len(kinds) > 1 and "none" in kinds):
        yield (("panel", "kind"),), "name each kind once, and none only alone; for example kind: [gpiozero, terminal]"


def cautions(config: Config, processors: int | None = None) -> Iterator[Remark]:
    """Each setting that works but that its owner should know the price of. `processors` are this machine's, if not
    given."""
    panel, pins = config.panel, config.panel.pins
    if not panel.relay_active_high:
        yield (
            (("panel", "relay_active_high"),),
            "an active-low relay opens the door for a moment at each start, because a pin is claimed before its level"
            " is set; use an active-high relay with a pull-down (docs/hardware.md)",
        )
    if pins.relay in PULLED_UP_AT_RESET and panel.relay_active_high:
        yield (
            (("panel", "pins", "relay"),),
            f"GPIO{pins.relay} rests high from power-on until faceauthd starts, so the door may stand open that long;"
            " use one of GPIO 9 to 27",
        )
    for name, output in (("alarm", pins.alarm), ("light", pins.light)):
        if output in PULLED_UP_AT_RESET:
            yield (
                (("panel", "pins", name),),
                f"GPIO{output} rests high from power-on until faceauthd starts, so the {name} is on that long; use one"
                " of GPIO 9 to 27",
            )
    if panel.pin_factory in ("native", "rpigpio") and "gpiozero" in panel.kind:
        yield (
            (("panel", "pin_factory"),),
            f"{panel.pin_factory} drives the pins through /dev/gpiomem or /dev/mem, which the service may not use; use"
            " lgpio",
        )
    if pins.light is not None and config.camera.parsed_source.kind is not SourceKind.PICAMERA2:
        yield (
            (("panel", "pins", "light"), ("camera", "source")),
            f"{config.camera.parsed_source.kind} does not measure how bright it is, so the light stays dark; use"
            " picamera2, or null",
        )
    processors = processors or os.cpu_count() or 1
    if config.vision.threads > processors:
        yield (
            (("vision", "threads"),),
            f"{config.vision.threads} threads take turns on {_counted(processors)}, which makes each look slower; use"
            f" {processors}",
        )
    for path, pin in _wired(pins):
        if pin in HAT_ID_PINS:
            yield (path,), f"GPIO{pin} belongs to the identity chip of a HAT; use another pin"
    if config.camera.parsed_source.kind is SourceKind.PICAMERA2 and _moves_no_relay(config):
        yield (("panel", "kind"), ("panel", "pin_factory")), "a real camera, but no relay is driven: no door will open"
    if config.camera.parsed_source.kind is SourceKind.REPLAY:  # a caution only: times.csv may set another rate
        yield from _too_few_frames(config, "replay_fps")
    yield from _lax(config)


def _lax(config: Config) -> Iterator[Remark]:
    if config.decision.liveness == "off":
        yield (("decision", "liveness"),), "off lets a photograph of somebody enrolled open the door; use passive"
    if config.decision.liveness == "challenge" and config.camera.hflip is not config.camera.vflip:
        yield (
            (("decision", "liveness"), ("camera", "hflip"), ("camera", "vflip")),
            "a mirrored picture takes left for right, so whoever turns the head as challenge asks is refused; set hflip"
            " and vflip alike, unless the source is mirrored itself",
        )
    if config.enroll.authority == "always":
        yield (
            (("enroll", "authority"),),
            "always lets anybody who presses the button enrol and then open the door; use first-then-admin",
        )
    if not config.vision.eyes_open_required:
        yield (("vision", "eyes_open_required"),), "false lets the face of somebody asleep open the door; use true"


def _counted(processors: int) -> str:
    return "1 processor" if processors == 1 else f"{processors} processors"


def _moves_no_relay(config: Config) -> bool:
    return "gpiozero" not in config.panel.kind or config.panel.pin_factory == "mock"


def _wired(pins: Pins) -> Iterator[tuple[KeyPath, int]]:
    """Every pin in use, whatever parts the model has."""
    for name, value in pins:
        if isinstance(value, tuple):
            yield from ((("panel", "pins", name, index), pin) for index, pin in enumerate(value))
        elif value is not None:
            yield ("panel", "pins", name), value


def _pins_used_twice(pins: Pins) -> Iterator[Remark]:
    users: dict[int, list[KeyPath]] = defaultdict(list)
    for path, pin in _wired(pins):
        users[pin].append(path)
    for pin, paths in users.items():
        if len(paths) > 1:
            names = " and ".join(str(path[2]) for path in paths)
            yield tuple(reversed(paths)), f"GPIO{pin} is used by {names}; give each part its own pin, or null"


def _too_few_frames(config: Config, rate_key: str) -> Iterator[Remark]:
    rate, decision = getattr(config.camera, rate_key), config.decision
    frames = int(rate * decision.window_s)
    for key, needed in (("looks", decision.looks), ("refuse_after_looks", decision.refuse_after_looks)):
        if frames < needed:
            yield (
                (("decision", key), ("decision", "window_s"), ("camera", rate_key)),
                f"{needed} looks never fall within window_s: {decision.window_s:g}, which is {frames} frames at"
                f" {rate_key}: {rate:g}; lengthen window_s or ask for fewer looks",
            )


def _stalled_when_healthy(config: Config) -> Iterator[Remark]:
    camera = config.camera
    if camera.stall_s * camera.fps < 2:
        yield (
            (("camera", "stall_s"), ("camera", "fps")),
            f"{camera.stall_s:g} s is shorter than two frames at fps: {camera.fps:g}, so a healthy camera would count"
            f" as stalled; use at least {2 / camera.fps:.2g}",
        )


def _exposed_too_long(config: Config) -> Iterator[Remark]:
    camera = config.camera
    longest_us = int(1e6 / camera.fps)
    if camera.exposure_us is not None and camera.exposure_us > longest_us:
        yield (
            (("camera", "exposure_us"), ("camera", "fps")),
            f"{camera.exposure_us} is longer than a frame lasts at fps: {camera.fps:g}, which is {longest_us}; shorten"
            " it or lower fps",
        )


def _out_of_order(config: Config) -> Iterator[Remark]:
    camera, decision, lockout = config.camera, config.decision, config.lockout
    for small, large in (("lores_width", "width"), ("lores_height", "height")):
        if getattr(camera, small) > getattr(camera, large):
            yield (
                (("camera", small), ("camera", large)),
                f"{getattr(camera, small)} is more than {large}: {getattr(camera, large)}; the small picture cannot be"
                " the larger one",
            )
    if config.vision.min_brightness >= config.vision.max_brightness:
        yield (
            (("vision", "min_brightness"), ("vision", "max_brightness")),
            f"{config.vision.min_brightness:g} leaves no face below max_brightness: {config.vision.max_brightness:g};"
            " lower the one or raise the other",
        )
    if decision.refuse_after_looks < decision.looks:
        yield (
            (("decision", "refuse_after_looks"), ("decision", "looks")),
            f"{decision.refuse_after_looks} would refuse a face before looks: {decision.looks} can agree; use at least"
            f" {decision.looks}",
        )
    if list(lockout.delays_s) != sorted(lockout.delays_s):
        yield (("lockout", "delays_s"),), "the delays must not get shorter; for example delays_s: [30, 60, 300, 900]"
