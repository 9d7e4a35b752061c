"""`faceauthd doctor` as a command: alone it opens the camera, beside a running daemon it only asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.integration.test_run import enrolled, start, wait_for_socket

SCENE = ("camera.source=scene:demo", "camera.at_end=loop")


def doctor(folder: Path, *settings: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Its exit code, and the last finding of each check."""
    overrides = (f"control.socket={folder / 'control.sock'}", f"gallery.path={folder / 'gallery'}", *settings)
    options = [part for each in overrides for part in ("--set", each)]
    done = subprocess.run(
        [sys.executable, "-m", "faceauthd", "doctor", "--json", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = json.loads(done.stdout)
    assert (done.returncode == 0) is told["good"]
    return done.returncode, {finding["check"]: finding for finding in told["findings"]}


def test_alone_it_looks_through_the_camera(tmp_path: Path) -> None:
    exit_code, found = doctor(tmp_path, *SCENE, "panel.pin_factory=mock")
    assert exit_code == 0
    assert "gives pictures of" in found["camera"]["said"]
    assert found["models"]["grade"] == "good"
    assert found["gallery"]["said"].endswith("holds nobody yet")
    assert not (tmp_path / "gallery").exists(), "it changes nothing"


def test_beside_a_running_daemon_it_asks_and_disturbs_nothing(tmp_path: Path) -> None:
    running = start(tmp_path, *SCENE)
    try:
        wait_for_socket(running)
        running.until("approached")
        enrolled(running)
        _, found = doctor(tmp_path, *SCENE, "panel.pin_factory=native")
        assert (found["camera"]["said"], found["camera"]["grade"]) == ("in use by the running service", "good")
        assert (found["pins"]["said"], found["pins"]["grade"]) == ("in use by the running service", "good")
        assert found["gallery"]["said"] == "people: 1, templates: 1"
        assert found["socket"]["grade"] == "good"
        assert running.process.poll() is None
        assert "fault" not in running.events()
    finally:
        running.process.kill()
        running.process.wait(60)


def test_a_wrong_configuration_is_a_finding(tmp_path: Path) -> None:
    exit_code, found = doctor(tmp_path, "gate.unlock_s=0", "panel.pins.relay=99")
    assert exit_code == 1
    assert found.keys() == {"configuration"}
