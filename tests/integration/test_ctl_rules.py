"""faceauthctl's commands on rules and on the door, from their arguments to their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from faceauthd.cli import ctl_app
from faceauthd.cli.ctl import main
from faceauthd.cli.ctl_rules import moment
from faceauthd.cli.ctl_session import Options
from faceauthd.cli.exits import ExitCode
from faceauthd.control import server as control_server
from faceauthd.control.peers import Peer, Policy
from faceauthd.control.request import Request
from tests.integration.control_loop import serving

ANN = {"name": "ann", "role": "admin", "templates": 5, "quality": 0.9, "enrolled_at": 1.8e9}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def run(path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--socket", str(path)])
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


def local(*parts: int) -> float:
    return datetime(*parts).astimezone().timestamp()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "asked", "said"),
    [
        (["role", "ann", "guest"], {"name": "ann", "role": "guest"}, "ann is guest now."),
        (["disable", "ann"], {"name": "ann"}, "ann is disabled: the door stays shut for them."),
        (["enable", "ann"], {"name": "ann"}, "ann may enter: always"),
        (
            ["expire", "ann", "--never"],
            {"name": "ann", "valid_from": None, "valid_until": None},
            "ann may enter: always",
        ),
        (
            ["expire", "ann", "2027-01-31", "--from", "2027-01-01"],
            {"name": "ann", "valid_from": local(2027, 1, 1), "valid_until": local(2027, 2, 1)},
            "ann may enter: from 2027-01-01, until the end of 2027-01-31",
        ),
        (
            ["hours", "ann", "Mon-Fri", "07:00-19:00"],
            {"name": "ann", "hours": "Mon-Fri 07:00-19:00"},
            "ann may enter: Mon-Fri 07:00-19:00",
        ),
        (["hours", "ann", "--always"], {"name": "ann", "hours": None}, "ann may enter: always"),
        (["hours", "ann", "always"], {"name": "ann", "hours": None}, "ann may enter: always"),
        (["unlock"], {}, "The door is open."),
        (["lock"], {}, "The door is locked."),
        (["verify", "ann", "--timeout", "5"], {"name": "ann", "timeout_s": 5.0}, "ann is there."),
        (["improve", "ann"], {"name": "ann", "images": 0}, "ann has 5 templates now."),
    ],
)
def test_what_is_asked_and_said(
    path: Path, run: Run, arguments: list[str], asked: dict[str, object], said: str
) -> None:
    seen: list[dict[str, object]] = []

    def take(request: Request) -> None:
        seen.append(dict(request.args))
        limits = {key: value for key, value in request.args.items() if key.startswith("valid") or key == "hours"}
        request.reply({"person": {**ANN, **limits}})

    with serving(path, {arguments[0]: take}):
        code, out, _ = run(*arguments)
        told = run(*arguments, "--json")
    assert (code, out) == (ExitCode.DONE, f"{said}\n")
    assert json.loads(told[1])["person"]["name"] == "ann"
    assert seen == [asked, asked]


@pytest.mark.parametrize(
    "arguments",
    [
        ["expire", "ann"],
        ["expire", "ann", "2027-01-31", "--never"],
        ["expire", "ann", "31.1.2027"],
        ["expire", "ann", "1969-01-01"],
        ["role", "ann", "king"],
        ["hours", "ann"],
        ["hours", "ann", "Mon 07:00-07:00"],
        ["hours", "ann", "Mon 07:00-19:00", "--always"],
        ["improve", "ann", "--undo", "--images", "x.jpg"],
        ["verify", "ann", "--timeout", "0"],
        ["verify", "ann", "--timeout", "101"],
    ],
)
def test_what_is_no_date_or_role_or_time_is_refused_before_anybody_is_asked(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (ExitCode.USAGE, "")
    assert "Traceback" not in err


def test_a_day_counts_to_its_end_and_a_time_as_it_is() -> None:
    assert moment("2027-01-31", is_end=True) == local(2027, 2, 1)
    assert moment("2027-01-31", is_end=False) == local(2027, 1, 31)
    assert moment("2027-01-31T18:00", is_end=True) == local(2027, 1, 31, 18)
    assert moment("2027-01-31T18:00+00:00", is_end=True) == 1801418400


def test_the_lockout_is_shown_and_cleared(path: Path, run: Run) -> None:
    answers: dict[str, Callable[[Request], None]] = {
        "status": lambda request: request.reply({"locked_out_for_s": 90.0}),
        "clear-lockout": lambda request: request.reply({"state": "watching", "is_open": False}),
    }
    with serving(path, answers):
        assert run("lockout")[1] == "Locked out for 1 min more.\n"
        assert json.loads(run("lockout", "--json")[1]) == {"locked_out_for_s": 90.0}
        assert run("lockout", "--clear")[1] == "There is no lockout any more.\n"


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [("REFUSED", 3), ("BUSY", 3), ("NOT_FOUND", 6), ("TIMEOUT", 7), ("STOPPING", 5), ("OF_TOMORROW", 3)],
)
def test_verify_is_a_yes_only_for_a_yes(path: Path, run: Run, code: str, exit_code: int) -> None:
    with serving(path, {"verify": lambda request: request.refuse(code, "no")}):
        assert run("verify", "ann")[0] == exit_code
    assert run("verify", "ann")[0] == ExitCode.NOT_RUNNING


MAY_ONLY_LOOK = Policy(own_uid=4_000_000)


@pytest.mark.parametrize(
    ("arguments", "is_allowed"),
    [
        (["unlock"], True),
        (["lock"], True),
        (["verify", "ann"], True),
        (["threshold"], True),
        (["role", "ann", "admin"], False),
        (["disable", "ann"], False),
        (["enable", "ann"], False),
        (["expire", "ann", "--never"], False),
        (["improve", "ann"], False),
        (["lockout", "--clear"], False),
        (["remove", "ann", "--yes"], False),
    ],
)
def test_who_may_ask_for_it(
    path: Path, run: Run, arguments: list[str], is_allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests may run as root, who may do anything: so the peer is said to be somebody in the group."""
    monkeypatch.setattr(control_server, "peer_of", lambda _connection: Peer(uid=1234, gid=1234, pid=1))
    verb = "clear-lockout" if arguments[0] == "lockout" else arguments[0]
    with serving(path, {verb: lambda request: request.reply({"person": ANN})}, policy=MAY_ONLY_LOOK):
        code, _, err = run(*arguments)
    assert code == (ExitCode.DONE if is_allowed else ExitCode.FORBIDDEN), err


def test_names_complete_from_the_daemon_and_never_fail(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctl_app, "Options", partial(Options, socket=path))
    assert ctl_app.enrolled_names("a") == []
    people = [ANN, {**ANN, "name": "ben"}, {**ANN, "name": "a\x1b[31m"}]
    with serving(path, {"people": lambda request: request.reply({"people": people})}):
        assert ctl_app.enrolled_names("a") == ["ann"]
        assert ctl_app.enrolled_names("") == ["ann", "ben"]
