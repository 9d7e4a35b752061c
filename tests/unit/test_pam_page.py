"""docs/pam.md: the password stays, and the script that it tells people to write asks what there is to ask."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import typer.main

from faceauthd.cli.ctl import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/pam.md").read_text()
SCRIPT = PAGE.partition("```sh\n")[2].partition("```")[0]


def test_the_face_is_never_the_only_way_in() -> None:
    (line,) = re.findall(r"^auth .*pam_exec.*$", PAGE, re.MULTILINE)
    assert line.split()[:5] == ["auth", "sufficient", "pam_exec.so", "quiet", "seteuid"]


def test_the_script_asks_for_the_user_and_for_nobody_who_is_elsewhere(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    stand_in = tmp_path / "faceauthctl"
    stand_in.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {asked}\n')
    stand_in.chmod(0o755)
    script = tmp_path / "script"
    script.write_text(SCRIPT.replace("/usr/local/bin/faceauthctl", str(stand_in)))
    here = {"PAM_USER": "-ann", "PATH": "/usr/bin:/bin"}
    assert subprocess.run(["sh", script], env={**here, "PAM_RHOST": "10.0.0.7"}, check=False).returncode == 1
    assert not asked.exists()
    assert subprocess.run(["sh", script], env=here, check=False).returncode == 0
    assert asked.read_text().split() == ["verify", "--timeout", "5", "--", "-ann"]
    options = {option for part in typer.main.get_group(app).commands["verify"].params for option in part.opts}
    assert "--timeout" in options
