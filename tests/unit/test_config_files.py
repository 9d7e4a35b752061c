"""The files in config/: the reference is what the code says, and what people copy is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faceauthd.config import Config, SourceKind, load_config
from faceauthd.config.fields import find_field, leaves, limits, submodel
from faceauthd.config.outputs import Panel
from faceauthd.config.render import effective_yaml, reference_yaml

CONFIG = Path(__file__).parents[2] / "config"
REFERENCE = CONFIG / "faceauthd.yaml"
BOARDS = sorted((CONFIG / "boards").glob("*.yaml"))


def test_the_reference_sets_every_key_to_its_default() -> None:
    loaded = load_config(REFERENCE)
    assert loaded.config == Config()
    assert {key for key, origin in loaded.origins.items() if origin == "default"} == set()
    assert loaded.warnings == ()


def test_the_reference_is_what_the_descriptions_say() -> None:
    """After a change: faceauthd show-config --reference > config/faceauthd.yaml"""
    assert REFERENCE.read_text(encoding="utf-8") == reference_yaml()


def test_every_key_and_section_of_the_reference_has_a_comment_of_its_own() -> None:
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r" *\w+:", line)]
    assert len(keys) > len(list(leaves()))
    assert [lines[number] for number in keys if not lines[number - 1].lstrip().startswith("# ")] == []


def test_every_key_is_described_and_every_number_has_a_range() -> None:
    for path, field in leaves():
        assert field.description, path
        assert len(field.description) > 8, path
        allowed = limits(field)
        is_number = isinstance(field.default, int | float) and not isinstance(field.default, bool)
        assert not is_number or str(allowed), path
        if is_number and not allowed.choices:
            assert allowed.least is not None, path
            assert allowed.most is not None, path
            assert allowed.least <= field.default <= allowed.most, path


def test_seconds_and_pixels_are_in_the_name_of_what_they_measure() -> None:
    for path, field in leaves():
        for word, suffix in (("Seconds", "_s"), ("Degrees a", "_deg")):
            assert not str(field.description).startswith(word) or path[-1].endswith(suffix), path


def test_the_laptop_needs_no_pi_and_writes_where_the_user_may() -> None:
    loaded = load_config(CONFIG / "laptop.yaml", env={"HOME": "/h/ann", "XDG_RUNTIME_DIR": "/run/user/7"})
    config = loaded.config
    assert config.camera.parsed_source.kind in (SourceKind.SCENE, SourceKind.REPLAY)
    assert config.panel.kind == ("terminal", "gpiozero")
    assert config.panel.pin_factory == "mock"
    assert config.gallery.path == Path("/h/ann/.local/state/faceauthd/gallery")
    assert config.control.socket == Path("/run/user/7/faceauthd/control.sock")
    assert config.control.group is None
    assert loaded.warnings == ()


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
def test_a_board_sets_the_panel_only_and_gives_no_warning(board: Path) -> None:
    loaded = load_config(board)
    assert {key.partition(".")[0] for key, origin in loaded.origins.items() if origin != "default"} == {"panel"}
    assert all(loaded.origins[f"panel.pins.{name}"] != "default" for name in loaded.config.panel.pins.model_fields_set)
    assert loaded.warnings == ()


def test_the_default_board_is_the_default() -> None:
    loaded = load_config(CONFIG / "boards/pi-default.yaml")
    assert loaded.config.panel == Panel()
    assert all(
        loaded.origins[f"panel.pins.{name}"] != "default" for name in type(loaded.config.panel.pins).model_fields
    )
    assert len(BOARDS) >= 3


def test_what_is_shown_is_a_configuration_again(tmp_path: Path) -> None:
    loaded = load_config(CONFIG / "laptop.yaml", ["gallery.path=/a: #b", "control.group=null"], env={"HOME": "/h"})
    shown = tmp_path / "shown.yaml"
    shown.write_text(effective_yaml(loaded), encoding="utf-8")
    assert load_config(shown, env={}).config == loaded.config


def test_what_is_shown_says_where_it_came_from() -> None:
    file = CONFIG / "boards/pi-minimal.yaml"
    shown = effective_yaml(load_config(file, ["gate.unlock_s=3"])).splitlines()
    assert [re.sub(" +", " ", line) for line in shown if " unlock_s" in line] == [" unlock_s: 3 # --set"]
    assert [line for line in shown if "buzzer: null" in line and line.endswith(f"# {file}:13")]
    assert [line for line in shown if " looks: 3 " in line and line.endswith("# default")]


def test_a_section_is_no_key() -> None:
    assert find_field(("panel", "pins")) is None
    assert find_field(("panel", "pins", "bar", 3)) is find_field(("panel", "pins", "bar"))
    assert find_field(("nothing", "here")) is None
    assert submodel(Config.model_fields["panel"]) is Panel
