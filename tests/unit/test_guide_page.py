"""docs/guide.md: its pictures are drawn from what was recorded, and what it tells people to type exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from faceauthd.cli.ctl import app
from faceauthd.config.fields import leaves

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/guide.md").read_text()
COMMANDS = typer.main.get_group(app).commands


def test_the_pictures_are_up_to_date_and_all_are_used() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tools.guide", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr
    used = set(re.findall(r"\]\(guide/([\w-]+\.svg)\)", PAGE))
    assert used == {path.name for path in (ROOT / "docs/guide").iterdir()}


@pytest.mark.parametrize("line", re.findall(r"(?:sudo )?faceauthctl ([a-z][^`#\n]*)", PAGE))
def test_every_command_that_it_tells_people_to_type_is_one(line: str) -> None:
    name, *rest = line.split()
    command = COMMANDS[name]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= options


def test_every_key_that_it_names_is_one() -> None:
    keys = {".".join(path) for path, _ in leaves()}
    sections = {key.partition(".")[0] for key in keys}
    named = {key for key in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)", PAGE) if key.partition(".")[0] in sections}
    assert named
    assert named <= keys


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
