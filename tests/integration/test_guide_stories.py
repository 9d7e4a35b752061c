"""The pictures of docs/guide.md show what the appliance does: its stories, played again, come out as recorded."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tools.guide import __main__ as guide
from tools.guide.recording import load
from tools.guide.stories import STORIES

ROOT = Path(__file__).parents[2]
OF_THE_PANEL_ALONE = ("the-door", "lost-camera", "moving")
"""Without a face before the camera they take seconds."""


def told(screen: str) -> str:
    """What stands in a terminal, without times and figures that differ from machine to machine."""
    return re.sub(r"\d+", "0", re.sub(r"[ \u2500]+|\x1b\[[\d;]*m", " ", screen))


def plays_as_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name_of_key in ("TZ", "COLUMNS", "TERM", "NO_COLOR"):  # recording sets them; this gives them back
        monkeypatch.setenv(name_of_key, os.environ.get(name_of_key, ""))
    ((_, again),) = guide.record([name])
    before = load()[name]
    assert again.kinds() == before.kinds()
    assert {key: (typed, told(came)) for key, (typed, came) in again.screens.items()} == {
        key: (typed, told(came)) for key, (typed, came) in before.screens.items()
    }


def test_only_stories_that_can_be_played_are_drawn() -> None:
    assert set(OF_THE_PANEL_ALONE) <= load().keys() <= STORIES.keys()


@pytest.mark.parametrize("name", OF_THE_PANEL_ALONE)
def test_a_story_of_the_panel_plays_as_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plays_as_recorded(name, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(load().keys() - set(OF_THE_PANEL_ALONE)))
def test_a_story_of_people_plays_as_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plays_as_recorded(name, monkeypatch)
