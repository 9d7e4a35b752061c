"""`./dev`: what it answers before it sets anything up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _dev(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "dev"), *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _python(folder: Path, script: str) -> str:
    path = folder / "some-python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_help_lists_each_command() -> None:
    shown = _dev("help")
    assert shown.returncode == 0
    assert {"demo", "test", "lint", "slow", "system"} <= set(re.findall(r"^  (\w+)", shown.stdout, flags=re.MULTILINE))


def test_an_unknown_command_fails_and_teaches() -> None:
    shown = _dev("dance")
    assert shown.returncode == 1
    assert "usage: ./dev COMMAND" in shown.stderr
    assert "there is no command 'dance'" in shown.stderr


def test_the_system_tests_say_what_they_prove_and_cannot() -> None:
    shown = _dev("system").stdout
    scripts = [path.stem for path in (ROOT / "tests/system").glob("*.sh")]
    assert scripts
    for name in scripts:
        _, _, told = shown.partition(f"\n  {name}\n")
        told = told.partition("\n\n")[0]
        assert "Proves: " in told, name
        assert "Cannot: " in told, name


def test_a_missing_interpreter_is_named(tmp_path: Path) -> None:
    shown = _dev("demo", PYTHON="python0.9", FACEAUTHD_VENV=str(tmp_path / "venv"))
    assert shown.returncode == 1
    assert shown.stderr.startswith("dev: there is no python0.9 here")


def test_an_old_interpreter_is_refused(tmp_path: Path) -> None:
    old = _python(tmp_path, '[ "$1" = --version ] && echo Python 3.9.2 && exit; exit 1')
    shown = _dev("demo", PYTHON=old, FACEAUTHD_VENV=str(tmp_path / "venv"))
    assert shown.returncode == 1
    assert shown.stderr.startswith("dev: Python 3.9.2 is too old")


def test_a_missing_venv_module_is_named_with_its_package(tmp_path: Path) -> None:
    """As a user who is not root, on a Debian without sudo."""
    bare = _python(tmp_path, f'case "$2" in *ensurepip*) exit 1 ;; esac; exec {sys.executable} "$@"')
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "dirname", "cat", "sha256sum", "cut", "flock", "ls", "rm"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    for tool, script in {"id": "echo 1000", "apt-get": "exit 99"}.items():
        (tools / tool).write_text(f"#!/bin/sh\n{script}\n")
        (tools / tool).chmod(0o755)
    shown = _dev("demo", PYTHON=bare, FACEAUTHD_VENV=str(tmp_path / "venv"), PATH=str(tools))
    assert shown.returncode == 1
    assert re.search(r"python3\.\d+-venv is missing; as root run: apt-get install python3\.\d+-venv", shown.stderr)
    assert not (tmp_path / "venv").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    shown = _dev("demo", FACEAUTHD_VENV=str(tmp_path))
    assert shown.returncode == 1
    assert "not a virtual environment, and not empty" in shown.stderr
    assert (tmp_path / "diary.txt").read_text() == "mine"
