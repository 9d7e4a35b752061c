"""File, `--set` and defaults become one configuration, and each value knows where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from faceauthd.config import Config, load_config
from faceauthd.config.fields import leaves
from faceauthd.errors import ConfigError

ENV = {"HOME": "/h/ann"}


def write(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(file: Path | None, *overrides: str) -> list[str]:
    """The problems of a file, without the folder that the test happens to lie in."""
    with pytest.raises(ConfigError) as caught:
        load_config(file, overrides, env=ENV)
    folder = f"{file.parent}/" if file else "/ "
    return [line.replace(folder, "") for line in caught.value.problems]


def test_without_a_file_everything_is_the_default() -> None:
    loaded = load_config(None)
    assert loaded.config == Config()
    assert set(loaded.origins.values()) == {"default"}
    assert set(loaded.origins) == {".".join(path) for path, _ in leaves()}
    assert loaded.warnings == ()
    assert loaded.keys_set == 0


def test_the_command_line_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = write(tmp_path, "gate:\n  unlock_s: 3\n  forget_s: 2\n")
    loaded = load_config(file, ["gate.unlock_s=7", "gate.unlock_s=9"])
    assert (loaded.config.gate.unlock_s, loaded.config.gate.forget_s) == (9.0, 2.0)
    assert loaded.config.gate.refused_show_s == Config().gate.refused_show_s
    origins = {key: loaded.origins[f"gate.{key}"] for key in ("unlock_s", "forget_s", "refused_show_s")}
    assert origins == {"unlock_s": "--set", "forget_s": f"{file}:3", "refused_show_s": "default"}
    assert loaded.keys_set == 2


def test_a_configuration_is_frozen() -> None:
    config = Config()
    with pytest.raises(ValidationError, match="frozen"):
        config.gate.unlock_s = 60.0


def test_a_section_whose_keys_are_all_commented_out_is_no_problem(tmp_path: Path) -> None:
    file = write(tmp_path, "gate:\n  # unlock_s: 3\npanel:\n  pins:\n")
    assert load_config(file).config == Config()


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("gate.unlock_s=2.5", "unlock_s", 2.5),
        (" gate.unlock_s = 2", "unlock_s", 2.0),
        ("panel.kind=terminal", "kind", ("terminal",)),
        ("panel.kind=[terminal, gpiozero]", "kind", ("terminal", "gpiozero")),
        ("panel.pins.bar=[5, 6]", "bar", (5, 6)),
        ("panel.pins.buzzer=null", "buzzer", None),
        ("panel.relay_active_high=false", "relay_active_high", False),
        ("decision.false_accept_rate=1e-6", "false_accept_rate", 1e-6),
        ("decision.liveness=off", "liveness", "off"),
        ("gallery.path=/a: b #1", "path", Path("/a: b #1")),
        ("control.group=null", "group", None),
        ("control.group=1000", "group", "1000"),
    ],
)
def test_overrides_are_read_as_they_are_meant(override: str, key: str, value: object) -> None:
    config = load_config(None, [override]).config
    everything = {path[-1]: path for path, _ in leaves() if path[-1] == key}
    found: object = config
    for part in everything[key]:
        found = getattr(found, part)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("gate", "--set 'gate': not of the form section.key=value; for example --set gate.unlock_s=5"),
        ("gate=3", "--set 'gate=3': not of the form section.key=value; for example --set gate.unlock_s=5"),
        ("gate..x=3", "--set 'gate..x=3': not of the form section.key=value; for example --set gate.unlock_s=5"),
        (
            "gate.unlock_s.x=1",
            "--set 'gate.unlock_s.x=1': gate.unlock_s.x has a key too many; for example --set gate.unlock_s=5",
        ),
        (
            "panel.pins={relay: 4}",
            "--set 'panel.pins={relay: 4}': panel.pins is a section: name one key of it; "
            "for example --set gate.unlock_s=5",
        ),
        ("log.level=[", "--set 'log.level=[': the value is not YAML; put it in quotes inside the quotes"),
        ("gate.unlok_s=3", "--set: gate.unlok_s: unknown key; did you mean unlock_s?"),
        ("gat.unlock_s=3", "--set: gat: unknown key; did you mean gate?"),
        ("gate.unlock_s=", "--set: gate.unlock_s: has no value; for example unlock_s: 5, or leave the line out"),
        ("gallery.path=", "--set: gallery.path: has no value; for example path: /var/lib/faceauthd/gallery"),
    ],
)
def test_a_wrong_override_is_one_clear_line(override: str, complaint: str) -> None:
    (line,) = problems(None, override)
    assert line.startswith(complaint)


def test_an_override_does_not_hide_what_is_wrong_in_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "gate: 5\n")
    assert problems(file, "gate.unlock_s=3") == [
        "config.yaml:1: gate: 5 is not a section; put its keys on the lines below it, indented"
    ]


def test_relative_paths_start_at_their_file_and_on_the_command_line_at_the_working_folder(tmp_path: Path) -> None:
    file = write(tmp_path, "gallery: {path: people}\ncontrol: {socket: s}\ncamera: {source: 'replay:faces'}\n")
    config = load_config(file, ["control.socket=s"], working_folder=Path("/here")).config
    assert config.gallery.path == tmp_path / "people"
    assert config.control.socket == Path("/here/s")
    assert config.camera.source == f"replay:{tmp_path}/faces"


def test_a_file_named_relatively_gives_absolute_paths(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    write(tmp_path / "etc", "gallery: {path: people}\n")
    loaded = load_config(Path("etc/config.yaml"), working_folder=tmp_path)
    assert loaded.config.gallery.path == tmp_path / "etc/people"
    assert loaded.origins["gallery.path"] == "etc/config.yaml:1"


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"\xef\xbb\xbfgate: {unlock_s: 3}\n")
    assert load_config(file).config.gate.unlock_s == 3


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "config.yaml: is empty; begin with a section such as gate:"),
        (b"# nothing\n", "config.yaml: is empty; begin with a section such as gate:"),
        (b"- 1\n- 2\n", "config.yaml: holds no sections; begin with a section such as gate:"),
        (b"just words", "config.yaml: holds no sections; begin with a section such as gate:"),
        (b"gate:\n  unlock_s: 3\n  unlock_s: 4\n", "config.yaml:3: key 'unlock_s' stands here and in line 2"),
        (b"gate: {unlock_s: [3\n", "config.yaml:2: "),
        (b"gate:\n\tunlock_s: 3\n", "config.yaml:2: "),
        (b"gate: \xff\n", "config.yaml: is not UTF-8 text (byte 6); save it as UTF-8"),
        (b"gate: {unlock_s: 3}\n" + b"#" * 1_000_000, "config.yaml: is larger than 1000000 bytes"),
        (b"[" * 2_000, "config.yaml: "),
        (b"gate: &a {unlock_s: *a}\n", "config.yaml: "),
        (b"gate: \0\n", "config.yaml: "),
        (b"gate: !!timestamp x\n", "config.yaml: "),
        (b"gate: !!bool x\n", "config.yaml: "),
        (b"gate: !!int ''\n", "config.yaml: "),
        (b"gate: !!python/object:os.system {}\n", "config.yaml:1: "),
    ],
)
def test_a_file_that_is_no_configuration_is_one_clear_line(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)
    (line,) = problems(file)
    assert line.startswith(complaint)


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    missing = tmp_path / "config.yaml"
    assert problems(missing) == [
        "config.yaml: cannot be read (No such file or directory); name another file with --config"
    ]


def test_a_folder_or_a_device_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file; name a YAML file"):
        load_config(tmp_path)
    with pytest.raises(ConfigError, match="is not a file; name a YAML file"):
        load_config(Path("/dev/zero"))
