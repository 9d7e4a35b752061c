"""`check-config` and `show-config` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from faceauthd.cli.configuration import check_config, show_config
from faceauthd.config import Config
from faceauthd.config.render import reference_yaml
from faceauthd.errors import ConfigError


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command("check-config")(check_config)
    app.command("show-config")(show_config)
    return app


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text("gate: {unlock_s: 3}\nenroll: {authority: always}\n", encoding="utf-8")
    return file


def test_a_good_file_is_called_good(app: typer.Typer, file: Path) -> None:
    done = CliRunner().invoke(app, ["check-config", str(file), "--set", "gate.forget_s=2"])
    assert done.exit_code == 0
    *warnings, verdict = done.stdout.splitlines()
    assert verdict == "good: 3 keys set, 1 warnings"
    assert [line.startswith(f"warning: {file}:2: enroll.authority: always lets anybody") for line in warnings] == [True]


def test_every_problem_is_a_line_and_the_exit_code_says_so(app: typer.Typer, file: Path) -> None:
    done = CliRunner().invoke(app, ["check-config", str(file), "--set", "gate.unlock_s=99", "--set", "gate.x=1"])
    assert done.exit_code == 2
    assert done.stdout.splitlines() == [
        "--set: gate.unlock_s: 99 is out of range (0.5 to 60); for example unlock_s: 5",
        "--set: gate.x: unknown key; its section has ask_s, entry, forget_s, held_open_s, refused_show_s, retry_s, "
        "two_person_s, unlock_s",
    ]


def test_the_check_speaks_json(app: typer.Typer, file: Path) -> None:
    good = CliRunner().invoke(app, ["check-config", str(file), "--json"])
    report = json.loads(good.stdout)
    assert (good.exit_code, report["good"], report["keys_set"], report["problems"]) == (0, True, 2, [])
    assert len(report["warnings"]) == 1
    bad = CliRunner().invoke(app, ["check-config", str(file), "--json", "--set", "gate.unlock_s=99"])
    report = json.loads(bad.stdout)
    assert (bad.exit_code, report["good"], len(report["problems"])) == (2, False, 1)


def test_showing_gives_values_and_origins(app: typer.Typer, file: Path) -> None:
    done = CliRunner().invoke(app, ["show-config", "--config", str(file), "--json"])
    shown = json.loads(done.stdout)
    assert shown["config"]["gate"]["unlock_s"] == 3
    assert shown["config"]["gallery"]["path"] == str(Config().gallery.path)
    assert shown["origins"]["gate.unlock_s"] == f"{file}:1"
    assert len(shown["warnings"]) == 1


def test_showing_keeps_warnings_out_of_what_can_be_read_back(app: typer.Typer, file: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["show-config", "--config", str(file)])
    again = tmp_path / "again.yaml"
    again.write_text(done.stdout, encoding="utf-8")
    checked = CliRunner().invoke(app, ["check-config", str(again), "--json"])
    assert json.loads(checked.stdout)["good"]
    assert done.stderr.startswith("warning: ")


def test_showing_a_wrong_file_is_a_config_error(app: typer.Typer, file: Path) -> None:
    done = CliRunner().invoke(app, ["show-config", "--config", str(file), "--set", "gate.unlock_s=99"])
    assert isinstance(done.exception, ConfigError)


def test_the_reference_can_be_printed(app: typer.Typer) -> None:
    assert CliRunner().invoke(app, ["show-config", "--reference"]).stdout == reference_yaml()
