"""What is wrong at the start, as systemd and the journal hear of it: one line with the remedy, and a status."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from faceauthd.cli.exits import ExitCode
from faceauthd.resources import shipped

QUIET = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def damaged_models(folder: Path) -> str:
    """The models, but for a byte more in one of them."""
    models = folder / "models"
    shutil.copytree(shipped("models"), models)
    with (models / "embedder.onnx").open("ab") as file:
        file.write(b"x")
    return f"vision.models={models}"


def gallery_that_is_a_file(folder: Path) -> str:
    (folder / "gallery").write_text("")
    return f"gallery.path={folder / 'gallery'}"


def settings_of(folder: Path) -> list[str]:
    return [
        "camera.source=none",
        "panel.pin_factory=mock",
        "control.group=null",
        f"control.socket={folder / 'control.sock'}",
        f"gallery.path={folder / 'people'}",
    ]


@pytest.mark.parametrize(
    ("wrong", "code", "said", "remedy"),
    [
        ("panel.pins.buzzer=17", ExitCode.USAGE, "GPIO17 is used by relay and buzzer", "give each part its own pin"),
        ("panel.pins.relay=99", ExitCode.USAGE, "panel.pins.relay: 99 is out of range", "for example relay: 17"),
        (damaged_models, ExitCode.FAILED, "embedder.onnx: SHA-256 is", "restore the models folder from the release"),
        (gallery_that_is_a_file, ExitCode.FAILED, "gallery: File exists", "set gallery.path to a folder"),
        (
            "camera.source=replay:/nowhere",
            ExitCode.FAILED,
            "/nowhere: the folder to replay cannot be read",
            "set camera.source",
        ),
    ],
)
def test_it_is_one_line_and_the_status_says_the_same(tmp_path: Path, wrong, code, said, remedy) -> None:  # type: ignore[no-untyped-def]
    setting = wrong if isinstance(wrong, str) else wrong(tmp_path)
    command = [sys.executable, "-m", "faceauthd", "run"]
    for each in (*settings_of(tmp_path), setting):
        command += ["--set", each]
    errors = tmp_path / "errors"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, errors.open("w") as stream:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        there = os.fstat(stream.fileno())
        heard_by = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}
        done = subprocess.run(command, env=QUIET | heard_by, stderr=stream, cwd=tmp_path, timeout=60, check=False)
        status = manager.recv(4096).decode()
        with pytest.raises(BlockingIOError):
            manager.recv(4096)
    (line,) = [line for line in errors.read_text().splitlines() if "<6>" not in line]
    assert done.returncode == code
    assert line.startswith("<3>faceauthd: ")
    assert said in line
    assert remedy in line
    problem = line.removeprefix("<3>faceauthd: ")
    assert status.startswith("STATUS=Not running, the door is locked: ")
    assert problem[:100] in status


def test_on_a_terminal_or_in_a_file_there_is_no_prefix(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "faceauthd", "run", "--set", "panel.pins.relay=99"]
    other = {"JOURNAL_STREAM": "1:2"}
    done = subprocess.run(command, env=QUIET | other, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stderr.startswith("faceauthd: ")
