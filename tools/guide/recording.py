"""What a played story left: every signal of the panel with its times, and every terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faceauthd.control.shapes import panel_fields, panel_from
from faceauthd.types import Signal

FILE = Path(__file__).with_name("recorded.json")


@dataclass(frozen=True)
class Shown:
    """A signal from `at_s` on, as the control protocol tells it."""

    at_s: float
    panel: Mapping[str, object]
    is_open: bool

    @classmethod
    def of(cls, signal: Signal) -> Shown:
        return cls(round(signal.now_s, 2), panel_fields(signal), signal.is_open)

    def signal(self, at_s: float) -> Signal:
        """The signal as it is at `at_s`."""
        found = panel_from(dict(self.panel), at_s - self.at_s, is_open=self.is_open)
        if found is None:
            raise ValueError(f"this version has no such signal any more: {self.panel}; record the stories anew")
        return found


@dataclass
class Story:
    """Signals in order, until `end_s`; `screens` are terminals by name: what was typed, and what came."""

    shown: list[Shown] = field(default_factory=list)
    screens: dict[str, tuple[str, str]] = field(default_factory=dict)
    end_s: float = 0.0

    def at(self, at_s: float) -> Signal:
        """What the panel showed then."""
        last = next(one for one in reversed(self.shown) if one.at_s <= at_s or one is self.shown[0])
        return last.signal(at_s)

    def kinds(self) -> list[str]:
        """The signals in order, each once in a row, and of those that come and go with each frame none."""
        kinds = [str(one.panel["signal"]) for one in self.shown if one.panel["signal"] != "hold-still"]
        return [kind for number, kind in enumerate(kinds) if number == 0 or kinds[number - 1] != kind]


def load() -> dict[str, Story]:
    """All stories as they were recorded last."""
    told = json.loads(FILE.read_text()) if FILE.exists() else {}
    return {name: _story(one) for name, one in told.items()}


def save(stories: Mapping[str, Story]) -> None:
    """Keep them, a line a signal, so that a change can be read."""
    text = ",\n".join(f"{json.dumps(name)}: {_text(story)}" for name, story in sorted(stories.items()))
    FILE.write_text(f"{{\n{text}\n}}\n")


def _story(told: dict[str, object]) -> Story:
    shown = [Shown(one["at_s"], one["panel"], one["is_open"]) for one in _list(told["shown"])]
    screens = {one["name"]: (one["typed"], one["came"]) for one in _list(told["screens"])}
    return Story(shown, screens, float(str(told["end_s"])))


def _list(found: object) -> Sequence[dict[str, Any]]:
    assert isinstance(found, list)
    return found


def _text(story: Story) -> str:
    shown = [json.dumps({"at_s": one.at_s, "panel": one.panel, "is_open": one.is_open}) for one in story.shown]
    screens = [
        json.dumps({"name": name, "typed": typed, "came": came}, ensure_ascii=False)
        for name, (typed, came) in story.screens.items()
    ]
    parts = (f'"shown": [\n{_lines(shown)}\n]', f'"screens": [\n{_lines(screens)}\n]', f'"end_s": {story.end_s}')
    return "{" + ", ".join(parts) + "}"


def _lines(items: Sequence[str]) -> str:
    return ",\n".join(items)
