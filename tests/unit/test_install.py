"""Parts of install.sh, sourced into a shell whose systemd is played. The whole of it is `./dev system install`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from faceauthd.gate import Mode
from faceauthd.resources import shipped

CHECKOUT = shipped("config").parent
INSTALLER = CHECKOUT / "install.sh"


def run(script: str, *, fails: bool = False) -> str:
    """What `script` prints, run as a continuation of install.sh. It has to succeed, unless it `fails`."""
    done = subprocess.run(
        ["bash", "-c", f"source {INSTALLER}\n{script}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout


def test_sourced_it_does_nothing() -> None:
    assert run(":") == ""


# --- what becomes of the start


def start(*states: str, waits: str = "false", patience_s: int = 60) -> str:
    """What `start_service` makes of states of the unit, one after the other; `ActiveState SubState NRestarts`."""
    return run(
        f"""
        states=({" ".join(f"'{state}'" for state in states)})
        turn=-1
        START_S={patience_s}
        systemctl() {{ echo "systemctl $*" >&2; }}
        sleep() {{ :; }}
        property() {{
            case $1 in ActiveState) set -- 1 ;; SubState) set -- 2 ;; NRestarts) set -- 3 ;; esac
            echo "${{states[turn < ${{#states[@]}} ? turn : ${{#states[@]}} - 1]}}" | cut -d ' ' -f "$1"
        }}
        # Asked once a turn, and before it the state three times, each in a shell of its own.
        waits_for_camera() {{ turn=$((turn + 1)); {waits}; }}
        turn=0
        if start_service; then echo "well $is_waiting"; else echo bad; fi
        """
    ).strip()


def test_a_service_that_becomes_active_has_started() -> None:
    assert start("inactive dead 0", "activating start 0", "activating start 0", "active running 0") == "well"


def test_one_that_waits_for_its_camera_has_started_too() -> None:
    assert start("inactive dead 0", "activating start 0", waits="[ $turn -ge 2 ]") == "well yes"


@pytest.mark.parametrize(
    "state", ["failed failed 0", "activating auto-restart 0", "activating auto-restart-queued 1", "activating start 1"]
)
def test_one_that_ended_has_not(state: str) -> None:
    assert start("activating start 0", state, waits="false") == "bad"


def test_one_that_never_becomes_anything_has_not() -> None:
    assert start("activating start 0", patience_s=0) == "bad"


@pytest.mark.parametrize(("state", "waits"), [(Mode.FAULT, True), (Mode.WATCHING, False), ("not running", False)])
def test_the_daemon_itself_is_asked_what_it_waits_for(tmp_path: Path, state: str, waits: bool) -> None:
    command = tmp_path / "bin" / "faceauthctl"
    command.parent.mkdir()
    answer = json.dumps({"socket": "/run/fault", "state": str(state), "camera": {"healthy": False}})
    command.write_text(f"#!/bin/sh\n[ \"$*\" = 'status --json' ] && echo '{answer}'\n")
    command.chmod(0o755)
    run(f"version={tmp_path}; waits_for_camera", fails=not waits)


# --- versions


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A version `1-abc` that is sealed and in force, under a prefix."""
    version = tmp_path / "versions" / "1-abc"
    (version / "bin").mkdir(parents=True)
    (version / "lib").mkdir()
    (version / "lib" / "module.py").write_text("print('hello')\n")
    python = version / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (tmp_path / "current").symlink_to("versions/1-abc")
    run(f"version={version}; seal_version")
    return tmp_path


def found(prefix: Path) -> tuple[bool, str]:
    """Whether a sound version is here, and which folder is chosen."""
    said = run(
        f"PREFIX={prefix}; id=1-abc; if find_version >/dev/null; then echo sound; else echo build; fi; echo $version"
    )
    verdict, folder = said.split()
    return verdict == "sound", Path(folder).name


def test_a_version_as_it_was_built_is_not_built_again(versions: Path) -> None:
    (versions / "versions/1-abc/lib/__pycache__").mkdir()
    (versions / "versions/1-abc/lib/__pycache__/module.pyc").write_text("made by running it")
    assert found(versions) == (True, "1-abc")


@pytest.mark.parametrize("damage", ["altered", "gone", "unsealed", "python"])
def test_a_damaged_one_is_built_again_beside_what_is_in_force(versions: Path, damage: str) -> None:
    version = versions / "versions" / "1-abc"
    match damage:
        case "altered":
            (version / "lib" / "module.py").write_text("print('hellp')\n")
        case "gone":
            (version / "lib" / "module.py").unlink()
        case "unsealed":
            (version / "complete").write_text("")
        case "python":  # the system's was replaced by another
            (version / "bin" / "python").unlink()
            (version / "bin" / "python").symlink_to("/nonexistent/python3")
    assert found(versions) == (False, "1-abc.again")
    (versions / "current").unlink()
    assert found(versions) == (False, "1-abc"), "not in force, it may be built in its own place"


def test_the_one_built_again_is_found_the_next_time(versions: Path) -> None:
    (versions / "versions" / "1-abc").rename(versions / "versions" / "1-abc.again")
    assert found(versions) == (True, "1-abc.again")


def test_another_python_makes_another_version() -> None:
    ids = [run(f"python_version() {{ echo {python}; }}; version_id").strip() for python in ("3.11", "3.13")]
    assert ids[0] != ids[1]
    assert re.fullmatch(r"\d+\.\d+\.\w+-[0-9a-f]{12}-py3\.11", ids[0])


def test_a_first_version_that_does_not_start_has_none_before_it(versions: Path) -> None:
    assert run(f"PREFIX={versions}; in_force").strip() == str(versions / "versions" / "1-abc")
    (versions / "current").unlink()
    assert run(f"PREFIX={versions}; in_force") == ""
    assert 'readlink -f "$PREFIX/current" 2>' not in INSTALLER.read_text()


# --- where we are


@pytest.mark.parametrize(("is_pi", "named"), [(False, "debian bookworm "), (True, "raspberry-pi-os bookworm ")])
def test_raspberry_pi_os_is_not_taken_for_debian(tmp_path: Path, is_pi: bool, named: str) -> None:
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_CODENAME=bookworm\nVERSION_ID="12"\n')
    if is_pi:
        (tmp_path / "rpi-issue").write_text("Raspberry Pi reference 2026-10-01\n")
    said = run(f"OS_RELEASE={tmp_path}/os-release; PI_OS_RELEASE={tmp_path}/rpi-issue; bundle_release")
    assert said.startswith(named)
    assert re.search(r", Python 3\.\d+$", said.strip())


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ("camera: {source: 'av:/dev/video0'}", True),
        ("  source: av:rtsp://host/path", True),
        ("  source: replay:/srv/walk.mp4", True),
        ("  source: replay:/srv/pictures", False),
        ("  source: picamera2  # or av:/dev/video0", False),
        ("  # source: av:/dev/video0", False),
        ("  source: scene:demo", False),
    ],
)
def test_only_who_asks_for_video_pays_for_it(tmp_path: Path, line: str, asks: bool) -> None:
    (tmp_path / "faceauthd.yaml").write_text(f"camera:\n{line}\n")
    run(f"CONFIGURATION={tmp_path}/faceauthd.yaml; asks_for_video", fails=not asks)


def test_without_a_configuration_nobody_asks(tmp_path: Path) -> None:
    run(f"CONFIGURATION={tmp_path}/none.yaml; asks_for_video", fails=True)


# --- what there is to read


def test_the_pages_and_what_they_refer_to_go_with_a_version(tmp_path: Path) -> None:
    run(f"version={tmp_path}; install_pages")
    pages = tmp_path / "share" / "faceauthd"
    for name in re.findall(r"\]\((?!https?:)([^)#]+)", (pages / "docs/hardware.md").read_text()):
        assert (pages / "docs" / name).exists(), name
    assert "$PREFIX/current/share/faceauthd/docs/hardware.md" in INSTALLER.read_text()
