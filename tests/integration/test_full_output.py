"""A full disk, or nobody, behind standard output: one line and an exit code, of every command that only tells."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
COMMANDS = {
    "show-config": ("faceauthd", "show-config"),
    "check-config": ("faceauthd", "check-config"),
    "doctor": ("faceauthd", "doctor"),
    "help": ("faceauthd", "--help"),
    "version": ("faceauthd", "--version"),
    "ctl help": ("faceauthctl", "--help"),
    "ctl people": ("faceauthctl", "people", "--json", "--socket", "/nowhere"),
}
ENTRY = {"faceauthd": "faceauthd.cli.main", "faceauthctl": "faceauthd.cli.ctl"}


def run(program: str, arguments: tuple[str, ...], out: Path) -> subprocess.CompletedProcess[str]:
    script = f"from {ENTRY[program]} import main; main()"
    with out.open("w") as stdout:
        return subprocess.run(
            [sys.executable, "-c", script, *arguments],
            stdout=stdout,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
        )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_line(command: str) -> None:
    if not FULL.exists():
        pytest.skip("there is no /dev/full here")
    program, *arguments = COMMANDS[command]
    done = run(program, tuple(arguments), FULL)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"{program}: the output cannot be written: No space left on device"
    assert "Traceback" not in done.stderr


def test_an_error_of_another_file_is_not_taken_for_it(tmp_path: Path) -> None:
    done = run("faceauthd", ("check-config", str(tmp_path / "none.yaml")), tmp_path / "out")
    assert done.returncode == 2
    assert "cannot be written" not in done.stderr
