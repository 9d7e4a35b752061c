"""`faceauthctl watch` on a terminal: the last line is the door, whatever it is told."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from faceauthd.cli.ctl_live import LiveTeller, panel, status_line

WELL = {"state": "watching", "is_open": False, "people": 3, "fps": 14.8, "camera": {"healthy": True}}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (WELL, "\u25cf watching \u00b7 locked \u00b7 3 enrolled \u00b7 14.8 frames/s"),
        ({**WELL, "state": "open", "is_open": True}, "\u25cf open \u00b7 OPEN \u00b7 3 enrolled \u00b7 14.8 frames/s"),
        (
            {**WELL, "state": "locked-out", "locked_out_for_s": 45.0},
            "\u25cf locked-out \u00b7 locked \u00b7 for 45 s more \u00b7 3 enrolled \u00b7 14.8 frames/s",
        ),
        (
            {**WELL, "alarm": "forced", "camera": {"healthy": False}},
            "\u25cf watching \u00b7 locked \u00b7 alarm: forced \u00b7 3 enrolled \u00b7 NO PICTURES",
        ),
        (
            {**WELL, "spoof_alarm_for_s": 42.0},
            "\u25cf watching \u00b7 locked \u00b7 alarm: suspected spoofs \u00b7 3 enrolled \u00b7 14.8 frames/s",
        ),
        (
            {"state": "a\x1b[31m newer one"},
            "\u25cf a\\x1b[31m newer one \u00b7 locked \u00b7 ? enrolled \u00b7 NO PICTURES",
        ),
    ],
)
def test_the_door_in_one_line(status: dict[str, object], said: str) -> None:
    assert status_line(status).plain == said


ENROLLING = {
    **WELL,
    "state": "enrolling",
    "panel": {"signal": "enrolling", "for_s": 1.5, "taken": 2, "wanted": 5, "person": "al\x1b[2Jice",
              "reason": "TURNED_AWAY"},
}  # fmt: skip


def drawn(status: dict[str, object], passed_s: float = 0.0) -> list[str]:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    with console.capture() as captured:
        console.print(panel(status, passed_s, has_colour=False))
    return captured.get().splitlines()


def test_the_panel_is_drawn_with_its_words_its_bar_and_its_lamps_going_on() -> None:
    first, last = drawn(ENROLLING)
    assert "\u25cf \u25cf \u25cf \u25cb" in first  # two of five looks: three lamps of eight, and the next one pulses
    assert first.rstrip().endswith("Enrolling al\\x1b[2Jice, 2 of 5: look straight at the camera")
    assert "DOOR LOCKED" in first
    assert last.startswith("\u25cf enrolling")
    assert first[:5] == "- - B"  # swells and fades every 3 s
    assert drawn(ENROLLING, 1.5)[0][:5] == "- - -"


UNKNOWN_REASON = {"signal": "ready", "for_s": 1, "reason": "OF_TOMORROW"}


@pytest.mark.parametrize("told", [None, "x", {}, {"signal": "of-tomorrow", "for_s": 1}, UNKNOWN_REASON])
def test_a_panel_of_another_version_is_left_out(told: object) -> None:
    (line,) = drawn({**WELL, "panel": told})
    assert line.startswith("\u25cf watching")


def test_the_pose_that_is_missing_is_asked_for() -> None:
    told = {"signal": "turn", "for_s": 0.1, "taken": 2, "wanted": 5, "reason": None, "turn": "up"}
    assert drawn({**WELL, "panel": told})[0].rstrip().endswith("Lift your chin a little, 2 of 5")


def test_a_lamp_has_the_colour_of_the_panel() -> None:
    styles = {
        state: status_line({"state": state}).spans[0].style for state in ("open", "fault", "vouching", "watching")
    }
    assert styles == {"open": "green", "fault": "red", "vouching": "yellow", "watching": "green"}


def test_events_stay_and_the_status_goes_with_the_end() -> None:
    out = io.StringIO()
    with LiveTeller(out, width=100) as teller:
        teller({"status": WELL})
        teller(
            {"event": {"event": "unlocked", "time_s": 1.0, "person": "ann\x1b[2J", "at": "2026-11-24T12:00:00+00:00"}}
        )
        teller({"something": "newer"})
    text = out.getvalue()
    assert "Door opened for ann\\x1b[2J" in text
