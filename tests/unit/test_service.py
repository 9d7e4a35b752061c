"""The unit file: hardened, each left-out line explained, and fail-secure on every way out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from faceauthd.cli.exits import ExitCode
from faceauthd.cli.main import app
from faceauthd.config import load_config
from faceauthd.config.load import SYSTEM_FILE
from faceauthd.resources import shipped

UNIT = shipped("systemd") / "faceauthd.service"
# What the house asks for, in tenths, as --threshold takes it (10 is an exposure of 1.0).
THRESHOLD = 10

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing (Debian package systemd)"
)


def _settings(text: str) -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE):
        settings.setdefault(key, []).append(value)
    return settings


SETTINGS = _settings(UNIT.read_text())


def _security(unit: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "security", "--no-pager", "--offline=true", *options, str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )


@needs_systemd
def test_exposure_stays_at_or_below_one(tmp_path: Path) -> None:
    rated = _security(UNIT, f"--threshold={THRESHOLD}")
    assert rated.returncode == 0, rated.stdout.splitlines()[-1:] or rated.stderr
    softer = tmp_path / UNIT.name
    softer.write_text(
        re.sub(r"^(SystemCallFilter|CapabilityBoundingSet)=.*$", "", UNIT.read_text(), flags=re.MULTILINE)
    )
    assert _security(softer, f"--threshold={THRESHOLD}").returncode != 0


@needs_systemd
def test_every_hardening_line_that_is_left_out_is_explained() -> None:
    listed = json.loads(_security(UNIT, "--json=short").stdout)
    open_ones = {re.split(r"=", item["name"])[0] for item in listed if float(item["exposure"] or 0) > 0}
    _, _, explanations = UNIT.read_text().partition("# Left out, and why")
    explained = set(re.findall(r"^# (\w+)[^:\n]*:", explanations, flags=re.MULTILINE))
    assert open_ones
    assert explained == open_ones


@needs_systemd
def test_systemd_understands_every_line() -> None:
    verified = subprocess.run(["systemd-analyze", "verify", str(UNIT)], capture_output=True, text=True, check=False)
    complaints = [line for line in verified.stderr.splitlines() if "is not executable" not in line]
    assert [line for line in complaints if UNIT.name in line] == []


def test_the_door_is_locked_however_the_service_ended() -> None:
    (start,), (after,) = SETTINGS["ExecStart"], SETTINGS["ExecStopPost"]
    assert after == start.replace(" run ", " panel-lock ")
    assert {"run", "panel-lock"} <= get_command(app).commands.keys()  # type: ignore[attr-defined]
    assert str(SYSTEM_FILE) in start
    assert SETTINGS["WatchdogSec"] == ["10"]
    assert SETTINGS["NotifyAccess"] == ["main"]
    assert SETTINGS["Type"] == ["notify"]


def test_what_locks_the_door_afterwards_has_the_time_it_needs_on_a_busy_machine() -> None:
    """systemd kills ExecStopPost after it; one of 5 s was seen to be killed before it had written the line."""
    assert int(SETTINGS["TimeoutStopSec"][0]) >= 15


def test_it_comes_back_but_not_with_a_wrong_configuration_nor_faster_than_the_limit() -> None:
    assert SETTINGS["Restart"] == ["always"]
    assert SETTINGS["RestartPreventExitStatus"] == [str(int(ExitCode.USAGE))]
    within, burst, pause = (int(SETTINGS[key][0]) for key in ("StartLimitIntervalSec", "StartLimitBurst", "RestartSec"))
    assert within / pause < burst, "it would reach the limit, and stay down with nobody there to start it"


def test_the_kernel_has_names_for_cameras_before_the_service_is_confined_to_them() -> None:
    allowed = {value.split()[0] for value in SETTINGS["DeviceAllow"]}
    assert {"char-video4linux", "char-media"} <= allowed
    modules = {"modprobe@videodev.service", "modprobe@mc.service"}
    assert set(SETTINGS["After"][0].split()) == set(SETTINGS["Wants"][0].split()) == modules
    assert "Requires" not in SETTINGS, "it starts also where no module can be loaded"


def test_a_fault_of_the_camera_is_not_told_by_its_library_at_each_attempt() -> None:
    assert "LIBCAMERA_LOG_LEVELS=*:ERROR" in SETTINGS["Environment"]


def test_the_control_socket_gets_its_group_without_a_system_call_that_the_unit_forbids() -> None:
    assert SETTINGS["Group"] == [load_config(None).config.control.group]


def test_the_users_and_groups_of_the_unit_are_made() -> None:
    made = (shipped("systemd") / "sysusers.conf").read_text()
    assert SETTINGS["User"] == ["faceauthd"]
    assert re.search(r"^u faceauthd ", made, flags=re.MULTILINE)
    for group in (*SETTINGS["Group"], *SETTINGS["SupplementaryGroups"][0].split()):
        assert f"g {group} -\n" in made
        assert f"m faceauthd {group}\n" in made
