"""Every problem at once, one line each: where, which key, which value, what is allowed, and what was meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faceauthd.config import load_config
from faceauthd.config.fields import is_section, leaves
from faceauthd.config.schema import Config
from faceauthd.errors import ConfigError

ALL_AT_ONCE = """\
gate:
  unlok_s: 5
  unlock_s: 0
  refused_show_s: abc
  forget_s:
camera: 5
source: none
decision:
  liveness: pasive
  false_accept_rate: 1e-2
  looks: 9
panel:
  relay_active_high: 1
  kind: [gpiozero, terminl]
  pins: {relay: 17, button: 17, led_red: GPIO22, bar: [5, 99, 6], exit: 4}
gallery:
  path: $FOO/x
lockout:
  delays_s: [30, 10]
"""

EVERY_PROBLEM = [
    "2: gate.unlok_s: unknown key; did you mean unlock_s?",
    "3: gate.unlock_s: 0 is out of range (0.5 to 60); for example unlock_s: 5",
    "4: gate.refused_show_s: 'abc' is not a number; for example refused_show_s: 2",
    "5: gate.forget_s: has no value; for example forget_s: 1, or leave the line out",
    "6: camera: 5 is not a section; put its keys on the lines below it, indented",
    "7: source: belongs in another section: camera.source",
    "8: decision.refuse_after_looks: 8 would refuse a face before looks: 9 can agree; use at least 9",
    "9: decision.liveness: 'pasive' is not one of passive | challenge | off; did you mean passive?",
    "10: decision.false_accept_rate: 0.01 is out of range (1e-07 to 0.001); for example false_accept_rate: 1.0e-05",
    "13: panel.relay_active_high: 1 is not true or false; for example relay_active_high: true",
    "14: panel.kind[1]: 'terminl' is not one of gpiozero | terminal | none; did you mean terminal?",
    "15: panel.pins.led_red: 'GPIO22' is not a whole number; for example led_red: 22",
    "15: panel.pins.bar[1]: 99 is out of range (0 to 27); for example bar: [12, 16, 20, 21]",
    "15: panel.pins.exit: unknown key; its section has alarm, bar, button, buzzer, door_contact, exit_button, led_blue,"
    " led_green, led_red, led_status, light, relay",
    "15: panel.pins.button: GPIO17 is used by relay and button; give each part its own pin, or null",
    "17: gallery.path: '$FOO/x' begins with $FOO, but only ~, $HOME, $XDG_STATE_HOME, $XDG_RUNTIME_DIR are expanded;"
    " write the path out",
    "19: lockout.delays_s: the delays must not get shorter; for example delays_s: [30, 60, 300, 900]",
]


def problems(folder: Path, text: str, *overrides: str) -> list[str]:
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, overrides)
    return [line.removeprefix(f"{file}:") for line in caught.value.problems]


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    assert problems(tmp_path, ALL_AT_ONCE) == EVERY_PROBLEM


def test_problems_of_the_command_line_come_last(tmp_path: Path) -> None:
    assert problems(tmp_path, "gate: {unlock_s: x}\n", "gate.forget_s=99", "camera.fps=0") == [
        "1: gate.unlock_s: 'x' is not a number; for example unlock_s: 5",
        "--set: camera.fps: 0 is out of range (1 to 120); for example fps: 15",
        "--set: gate.forget_s: 99 is out of range (0.1 to 10); for example forget_s: 1",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("camera: {width: 641}", "camera.width: 641 is not a multiple of 2; for example width: 1280"),
        ("camera: {width: 640.0}", "camera.width: 640.0 is not a whole number; for example width: 1280"),
        ("camera: {hflip: 'yes please'}", "camera.hflip: 'yes please' is not true or false; for example hflip: false"),
        ("camera: {rotation: 45}", "camera.rotation: 45 is not one of 0 | 90 | 180 | 270; for example rotation: 0"),
        ("camera: {rotation: true}", "camera.rotation: true is not one of 0 | 90 | 180 | 270; for example rotation: 0"),
        ("camera: {source: 5}", "camera.source: 5 is not a text; for example source: picamera2"),
        ("camera: {source: [a]}", "camera.source: ['a'] is not a text; for example source: picamera2"),
        ("gate: {unlock_s: true}", "gate.unlock_s: true is not a number; for example unlock_s: 5"),
        ("gate: {unlock_s: .inf}", "gate.unlock_s: inf is not a finite number"),
        ("gate: {unlock_s: .nan}", "gate.unlock_s: nan is not a finite number"),
        ("gate: {unlock_s: {a: 1}}", "gate.unlock_s: {'a': 1} is not a number; for example unlock_s: 5"),
        ("gallery: {path: 5}", "gallery.path: 5 is not a path; for example path: /var/lib/faceauthd/gallery"),
        ("gallery: {path: ''}", "gallery.path: '' is empty; a path is needed"),
        ("gallery: {path: \"a\\0b\"}", "gallery.path: 'a\\x00b' holds a NUL character, which no path can"),
        ("panel: {pins: {bar: 5}}", "panel.pins.bar: 5 is not a list; for example bar: [12, 16, 20, 21]"),
        ("panel: {pins: {relay: null}}", "panel.pins.relay: has no value; for example relay: 17"),
        ("panel: {pins: 5}", "panel.pins: 5 is not a section; put its keys on the lines below it, indented"),
        ("panel: {kind: []}", "panel.kind: [] has fewer than 1 items; for example kind: [gpiozero]"),
        ("camera: {unlok_s: 5}", "camera.unlok_s: unknown key; did you mean gate.unlock_s?"),
        ("control: {group: ''}", "control.group: '' has fewer than 1 characters; for example group: faceauth"),
        ("camera: {flip: true}", "camera.flip: unknown key; did you mean hflip or vflip?"),
        ("control: {admin_uids: [-1]}", "control.admin_uids[0]: -1 is out of range (0 to 4294967294)"),
        ("1: 2", "1: unknown key; its section has adaptation, camera, clock, control, decision, "),
        ("gate: {1: 2}", "gate.1: unknown key; its section has ask_s, entry, forget_s, held_open_s, refused_show_s"),
        ("gate: {fps: 5}", "gate.fps: belongs in another section: camera.fps"),
        ("gate: {\"un\\elock_s\": 5}", "gate.un\\x1block_s: unknown key; did you mean unlock_s?"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_clear_line(tmp_path: Path, text: str, complaint: str) -> None:
    (line,) = problems(tmp_path, text)
    assert line.startswith(f"1: {complaint}")


def test_what_depends_on_a_wrong_key_is_not_complained_of_as_well(tmp_path: Path) -> None:
    """Nine looks are more than the default of refuse_after_looks, which the file did not ask for."""
    assert problems(tmp_path, "decision: {looks: 9, refuse_after_looks: 99}\n") == [
        "1: decision.refuse_after_looks: 99 is out of range (2 to 60); for example refuse_after_looks: 8"
    ]


def test_a_value_of_any_size_makes_a_short_line(tmp_path: Path) -> None:
    for value in ("x" * 100_000, "[" + "1, " * 10_000 + "1]", "9" * 4000):
        (line,) = problems(tmp_path, f"gate: {{unlock_s: {value}}}\n")
        assert len(line) < 200


@pytest.mark.parametrize("key", ["gate: {unlock_s: #}", "camera: {rotation: #}", "gate: #", "gate: {? # : 1}"])
def test_a_number_too_long_for_python_to_write_is_named_by_its_size(tmp_path: Path, key: str) -> None:
    (line,) = problems(tmp_path, key.replace("#", "0x" + "f" * 5000))
    assert "a number of 20000 bits" in line


def test_another_kind_of_file_does_not_fill_the_screen(tmp_path: Path) -> None:
    told = problems(tmp_path, "".join(f"key{number}: 1\n" for number in range(80)))
    assert told[50:] == ["... and 30 more; is this the right file?"]


def test_every_key_less_one_letter_is_known_again(tmp_path: Path) -> None:
    """Also every section; the letter's loss may not lead to another key of the same section."""
    names = {path[:length] for path, _ in leaves(Config) for length in range(1, len(path) + 1)}
    unheard = []
    for path in sorted(names):
        for at in range(len(path[-1])):
            typo = path[-1][:at] + path[-1][at + 1 :]
            value = "{}" if is_section(path) else "1"
            lines = [f"{'  ' * depth}{part}:" for depth, part in enumerate((*path[:-1], typo))]
            told = problems(tmp_path, "\n".join(lines) + f" {value}\n")
            start = f"{len(path)}: {'.'.join((*path[:-1], typo))}: unknown key; did you mean "
            meant = [re.findall(r"\w+", line.removeprefix(start)) for line in told if line.startswith(start)]
            if len(told) != 1 or not meant or path[-1] not in meant[0]:
                unheard.append((path, typo, told))
    assert unheard == []
