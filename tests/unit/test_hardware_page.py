"""docs/hardware.md and its drawings say what the code and the pin maps say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from gpiozero.pins.mock import MockFactory

from faceauthd.config import load_config
from faceauthd.config.checks import PULLED_UP_AT_RESET
from faceauthd.settings import pins_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/hardware.md").read_text()
BOARDS = sorted((ROOT / "config/boards").glob("*.yaml"))


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("tool", ["tools/draw_wiring.py", "tools/signal_table.py"])
def test_what_is_made_by_a_tool_is_up_to_date(tool: str) -> None:
    ran = _run("-P", "-c", f"import runpy, sys; sys.path[:0] = ['tools', '.']; sys.argv = ['', '--check'];"
               f" runpy.run_path({tool!r}, run_name='__main__')")  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr


def test_the_drawn_header_is_the_header() -> None:
    """gpiozero's own table of the Raspberry Pi 4's header is the other witness."""
    ran = _run(
        "-c", "import sys, json; sys.path[:0] = ['tools', '.']; import draw_wiring as d; print(json.dumps(d.HEADER))"
    )
    assert ran.returncode == 0, ran.stderr
    header = MockFactory(revision="c03111").board_info.headers["J8"]
    true = {number: pin.name.replace("GPIO", "") for number, pin in header.pins.items()}
    drawn = {index + 1: str(what) for index, what in enumerate(json.loads(ran.stdout))}
    assert drawn == {number: {"3V3": "3.3 V", "5V": "5 V"}.get(name, name) for number, name in true.items()}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_every_part_of_a_map_is_in_its_drawing_and_on_the_page(board: Path) -> None:
    drawing = ElementTree.parse(ROOT / "docs/wiring" / f"{board.stem}.svg")  # noqa: S314
    texts = {element.text or "" for element in drawing.iter("{http://www.w3.org/2000/svg}text")}
    pins = pins_of(load_config(board).config)
    headings = [each for each in texts if ": position " in each and not each.startswith("GND")]
    assert len(headings) == len(list(pins.parts()))
    assert f"(../config/boards/{board.name})" in PAGE
    assert f"(wiring/{board.stem}.svg)" in PAGE
    assert pins.relay is not None
    assert pins.relay not in PULLED_UP_AT_RESET
    assert pins.alarm not in PULLED_UP_AT_RESET
    assert pins.light not in PULLED_UP_AT_RESET


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_the_positions_in_a_maps_comments_are_right(board: Path) -> None:
    header = MockFactory(revision="c03111").board_info.headers["J8"]
    position = {pin.name: number for number, pin in header.pins.items()}
    told = 0
    for line in board.read_text().splitlines():
        value, _, comment = line.partition("#")
        number = value.rpartition(":")[2].strip()
        if number.isdecimal() and "position" in comment:
            told += 1
            assert f"position {position[f'GPIO{number}']}" in comment, line
    assert told >= 3
