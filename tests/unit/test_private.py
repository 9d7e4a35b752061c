"""What the libraries do on their own: nothing that leaves this machine, and nothing left behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from faceauthd.bundle import sealed
from faceauthd.cli.ctl_session import Options, Session
from faceauthd.config import load

NO_CORE = re.compile(r"^Max core file size\s+0\s+0\s", re.MULTILINE)


@pytest.mark.parametrize("module", ["faceauthd.vision.pack", "faceauthd.app"])
def test_loading_the_models_library_leaves_no_file_at_home(tmp_path: Path, module: str) -> None:
    """onnxruntime left to itself writes the number it gives a machine, and a database of what to send."""
    quiet = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    loads = f"import os, {module}; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run(
        [sys.executable, "-c", loads], env=quiet, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert list(tmp_path.rglob("*")) == []


def test_the_configuration_may_hold_a_cameras_password_and_is_installed_for_its_group_alone() -> None:
    installer = (Path(__file__).parents[2] / "install.sh").read_text()
    installs = re.findall(r"^ *(install .*/config/faceauthd\.yaml.*)$", installer, re.MULTILINE)
    assert [line.split()[:5] for line in installs] == [["install", "-m", "640", "-g", "faceauth"]]
    unit = (Path(__file__).parents[2] / "systemd" / "faceauthd.service").read_text()
    assert "\nGroup=faceauth\n" in unit, "whose group it is read by"


def test_whoever_may_not_read_it_has_the_defaults_for_faceauthctl_and_an_error_for_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "faceauthd.yaml"
    system.write_text("control: {socket: /run/elsewhere.sock}\n")
    monkeypatch.setattr(load, "SYSTEM_FILE", system)
    assert str(Session(Options()).config.control.socket) == "/run/elsewhere.sock"
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert str(Session(Options()).config.control.socket) == "/run/faceauthd/control.sock"
    assert load.system_file() == system


def test_a_process_with_everybodys_embeddings_leaves_no_core(tmp_path: Path) -> None:
    """An import that waits for the passphrase."""
    (tmp_path / "a").write_bytes(sealed.seal(b"", "correct horse battery"))
    script = "from faceauthd.cli.ctl import main; main()"
    command = [sys.executable, "-c", script, "import", str(tmp_path / "a"), "--passphrase-file", "-", "--yes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as waiting:
        try:
            end_s = time.monotonic() + 60
            while not NO_CORE.search(Path(f"/proc/{waiting.pid}/limits").read_text()):
                assert waiting.poll() is None
                assert time.monotonic() < end_s
                time.sleep(0.05)
        finally:
            waiting.kill()
