"""What faceauthctl prints, and how it reads its arguments."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
import typer

from faceauthd.cli.ctl_arguments import seconds_ago, spread
from faceauthd.cli.ctl_show import show_events, show_status, show_threshold
from faceauthd.cli.exits import EXIT_MEANING, ExitCode, exit_for_code, exit_for_error
from faceauthd.cli.render import Printer, duration, epoch_time, local_time
from faceauthd.control.client import NotAdmitted, NotRunning
from faceauthd.control.protocol import Code
from faceauthd.errors import (
    ConfigError,
    ControlError,
    FaceauthdError,
    GalleryError,
    GalleryLocked,
    GalleryRefused,
    ModelError,
    PictureError,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


EVIL = "e\x1b[31mvil\x9b\u202e\u2066\r\n\x07"


def test_nothing_from_outside_acts_on_the_terminal() -> None:
    for out in (io.StringIO(), Terminal()):
        printer = Printer(out=out, err=out)
        printer.line(EVIL)
        printer.note(EVIL)
        printer.facts([("name", EVIL)])
        printer.table(["NAME"], [[EVIL], ["[bold]plain[/bold]"]])
        printer.document({"name": EVIL})
        printer.record({"name": EVIL})
        told = out.getvalue()
        assert "\x1b[31m" not in told  # rich may draw in bold, nobody in red
        assert not {"\x7f", "\x9b", "\u202e", "\u2066", "\r", "\x07"} & set(told)
        assert isinstance(out, Terminal) or "\x1b" not in told
        assert "[bold]plain[/bold]" in told


def test_a_table_is_drawn_for_people_and_plain_for_programs() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for out in (terminal, pipe):
        Printer(out=out).table(["NAME", "ROLE"], [["alice", "admin"], ["bob", "guest"]])
    assert pipe.getvalue() == "alice\tadmin\nbob\tguest\n"
    assert "NAME" in terminal.getvalue()
    assert "\t" not in terminal.getvalue()


STATUS = {"state": "fault", "people": 2, "camera": {"source": "picamera2", "healthy": False}, "alarm": "forced"}
EVENTS = [{"event": "unlocked", "time_s": 1.0, "person": "ann"}, {"event": "refused", "time_s": 2.0}]
PROMISE = {"false_accept_rate": 1e-5, "templates": 1, "people": 1, "looks_of_an_attempt": 8, "threshold": 0.61}


@pytest.mark.parametrize(
    ("show", "in_a_pipe"),
    [
        (
            lambda printer: show_status(printer, STATUS),
            ["state:    fault", "enrolled: 2 people", "camera:   picamera2, GIVES NO PICTURES",
             "alarm:    the door is forced open"],
        ),
        (
            lambda printer: show_events(printer, EVENTS),
            ["-\tunlocked\tDoor opened for ann", "-\trefused\tRefused somebody"],
        ),
        (
            lambda printer: show_threshold(printer, PROMISE),
            ["the promise:     of 100,000 attempts by strangers, one opens the door",
             "shared by:       1 template of 1 person", "and by:          the 8 looks that an attempt may have",
             "so a face needs: a cosine of 0.610"],
        ),
    ],
)  # fmt: skip
def test_status_events_and_threshold_are_tables_in_colour_and_plain_in_a_pipe(
    show: Callable[[Printer], None], in_a_pipe: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    pipe, terminal = io.StringIO(), Terminal()
    for out in (pipe, terminal):
        show(Printer(out=out))
    assert pipe.getvalue().splitlines()[: len(in_a_pipe)] == in_a_pipe
    assert "\x1b" not in pipe.getvalue()
    assert "\x1b[" in terminal.getvalue()
    assert "\t" not in terminal.getvalue()


def test_json_is_one_document() -> None:
    for out in (io.StringIO(), Terminal()):
        Printer(out=out, as_json=True).document({"people": [{"name": "Zoë"}]})
        assert json.loads(out.getvalue()) == {"people": [{"name": "Zoë"}]}


def test_what_is_no_number_never_becomes_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Printer(out=io.StringIO()).document({"score": float("nan")})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7380, "2 h 3 min"),
        (180000, "2 d 2 h"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("at", [None, 5, "soon", "9999-99-99", [], "0001-01-01T00:00:00+23:00"])
def test_an_odd_time_is_a_dash(at: object) -> None:
    assert local_time(at) == "-"


@pytest.mark.parametrize("at", [None, "5", True, float("nan"), 1e300, -1e300])
def test_an_odd_epoch_is_a_dash(at: object) -> None:
    assert epoch_time(at) == "-"


def test_a_time_is_shown_in_local_time() -> None:
    assert local_time("2026-11-23T08:30:00+00:00").startswith("2026-11-2")
    assert epoch_time(1_790_000_000).startswith("2026-09-2")


@pytest.mark.parametrize(
    ("given", "spread_out"),
    [
        (["enroll", "a", "--images", "x", "y"], ["enroll", "a", "--images", "x", "--images", "y"]),
        (["--images", "x", "--images", "y"], ["--images", "x", "--images", "y"]),
        (["--images", "x", "y", "--json", "z"], ["--images", "x", "--images", "y", "--json", "z"]),
        (["--images=x", "y"], ["--images=x", "y"]),
        (["--images"], ["--images"]),
        (["--images", "--json"], ["--images", "--json"]),
        (["person", "--", "--images", "x", "y"], ["person", "--", "--images", "x", "y"]),
        (["--images", "x", "--", "y", "z"], ["--images", "x", "--", "y", "z"]),
        ([], []),
    ],
)
def test_photographs_may_follow_one_option(given: list[str], spread_out: list[str]) -> None:
    assert spread(given, "--images") == spread_out


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("7d", 604800), (" 1w ", 604800)]
)
def test_lengths_of_time_are_read(text: str, seconds: float) -> None:
    assert seconds_ago(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "-1h", "1.5h", "1y", "1h30m", "9999999s", "\u0661h"])
def test_what_is_no_length_of_time_is_bad_usage(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="10m"):
        seconds_ago(text)


def test_every_exit_code_has_its_meaning() -> None:
    assert EXIT_MEANING.keys() == set(ExitCode)
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 7, 130]


@pytest.mark.parametrize("code", Code)
def test_no_refusal_looks_like_success(code: Code) -> None:
    assert exit_for_code(code) is not ExitCode.DONE


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (NotRunning("x"), ExitCode.NOT_RUNNING),
        (NotAdmitted("x"), ExitCode.FORBIDDEN),
        (ControlError("x"), ExitCode.FAILED),
        (ConfigError(["x"]), ExitCode.USAGE),
        (PictureError("x"), ExitCode.USAGE),
        (GalleryRefused("x"), ExitCode.REFUSED),
        (GalleryLocked("x"), ExitCode.FAILED),
        (GalleryError("x"), ExitCode.FAILED),
        (ModelError("x"), ExitCode.FAILED),
        (FaceauthdError("x"), ExitCode.FAILED),
    ],
)
def test_each_error_has_its_exit_code(error: FaceauthdError, exit_code: ExitCode) -> None:
    assert exit_for_error(error) is exit_code
