"""`faceauthctl watch` on a terminal: the last line is the door, whatever it is told."""

from __future__ import annotations

import io

import pytest

from faceauthd.cli.ctl_live import LiveTeller, status_line

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
            {"state": "a\x1b[31m newer one"},
            "\u25cf a\\x1b[31m newer one \u00b7 locked \u00b7 ? enrolled \u00b7 NO PICTURES",
        ),
    ],
)
def test_the_door_in_one_line(status: dict[str, object], said: str) -> None:
    assert status_line(status).plain == said


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
