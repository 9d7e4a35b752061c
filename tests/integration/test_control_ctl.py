"""faceauthctl, from its arguments to its exit code, against a served socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceauthd.cli.ctl import app, main
from faceauthd.cli.exits import ExitCode
from faceauthd.control.protocol import Code
from faceauthd.control.request import Request
from faceauthd.gallery import Gallery
from faceauthd.types import NewTemplate, Role
from tests.integration.control_loop import Answers, Loop, serving

CHECKOUT = Path(__file__).parents[2]
ALICE = {
    "id": 1, "name": "alice", "role": "admin", "templates": 5, "foreign_templates": 0,
    "quality": 0.91, "enrolled_at": 1_790_000_000.0,
}  # fmt: skip
EVIL = {**ALICE, "id": 2, "name": "e\x1b[31mvil\u202e", "foreign_templates": 2}
STATUS = {
    "state": "watching", "is_open": False, "people": 1, "templates": 5, "threshold": 0.4812, "false_accept_rate": 1e-5,
    "camera": {"source": "0", "healthy": True}, "uptime_s": 7300.0, "locked_out_for_s": 0.0, "version": "0.1.0",
    "last_unlock": {"person": "alice", "at": "2026-11-23T08:30:00+00:00"}, "socket": "/run/s", "gallery": "/var/g",
}  # fmt: skip
UNLOCKED = {"event": "unlocked", "time_s": 5.0, "at": "2026-11-23T08:30:00+00:00", "person": "alice", "score": 0.71}
REFUSED = {"event": "refused", "time_s": 9.0, "at": "2026-11-23T08:31:00+00:00", "reason": "UNKNOWN"}


@dataclass
class Ended:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def run(path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--socket", str(path)])
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return run


def test_people_are_listed_plainly_in_a_pipe(path: Path, run: Run) -> None:
    with serving(path, {"people": lambda request: request.reply({"people": [ALICE, EVIL]})}):
        ended = run("people")
        assert run("people", "--json").document == run("--json", "people").document == {"people": [ALICE, EVIL]}
    assert ended.code == ExitCode.DONE
    first, second = ended.out.splitlines()
    assert first.split("\t")[:4] == ["alice", "admin", "5", "0.91"]
    assert second.split("\t")[0] == "e\\x1b[31mvil\\u202e"
    assert second.split("\t")[2] == "5 (+2 of another model)"


def test_nobody_enrolled_is_said_beside_the_output(path: Path, run: Run) -> None:
    with serving(path, {"people": lambda request: request.reply({"people": []})}):
        ended = run("people")
    assert (ended.code, ended.out) == (0, "")
    assert "nobody is enrolled" in ended.err


def test_status_tells_the_appliance_at_a_glance(path: Path, run: Run) -> None:
    with serving(path, {"status": lambda request: request.reply(STATUS)}):
        ended = run("status")
        assert run("status", "--json").document == STATUS
    facts = dict(line.split(":", 1) for line in ended.out.splitlines())
    assert facts["state"].strip() == "watching"
    assert facts["enrolled"].strip() == "1 person, 5 templates"
    assert facts["threshold"].strip() == "0.481, for a false accept rate of 1e-05 an attempt"
    assert facts["camera"].strip() == "0, well"
    assert facts["running for"].strip() == "2 h 1 min"
    assert facts["last unlock"].strip().startswith("alice, 2026-11-2")


def test_a_run_of_spoofs_is_an_alarm_of_the_status(path: Path, run: Run) -> None:
    with serving(path, {"status": lambda request: request.reply({**STATUS, "spoof_alarm_for_s": 42.0})}):
        facts = dict(line.split(":", 1) for line in run("status").out.splitlines())
    assert facts["spoof alarm"].strip() == "one suspected spoof came after the other; for 42 s more"


def test_an_unlock_by_an_order_says_whose(path: Path, run: Run) -> None:
    last = {"person": None, "detail": "by uid 1000 (pid 77)", "at": "2026-11-23T08:30:00+00:00"}
    with serving(path, {"status": lambda request: request.reply({**STATUS, "last_unlock": last})}):
        facts = dict(line.split(":", 1) for line in run("status").out.splitlines())
    assert facts["last unlock"].strip().startswith("by uid 1000 (pid 77), 2026-11-2")


def test_a_newer_daemons_odd_status_is_no_traceback(path: Path, run: Run) -> None:
    odd = {"state": 5, "camera": "none", "last_unlock": [1], "people": "many", "threshold": None}
    with serving(path, {"status": lambda request: request.reply(odd)}):
        assert run("status").code == ExitCode.DONE


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (Code.NOT_FOUND, ExitCode.NOT_FOUND),
        (Code.FORBIDDEN, ExitCode.FORBIDDEN),
        (Code.NAME_TAKEN, ExitCode.REFUSED),
        (Code.BUSY, ExitCode.REFUSED),
        (Code.INTERNAL, ExitCode.FAILED),
        (Code.TIMEOUT, ExitCode.TIMEOUT),
        ("OF_TOMORROW", ExitCode.REFUSED),
    ],
)
def test_each_refusal_has_its_exit_code(path: Path, run: Run, code: str, exit_code: ExitCode) -> None:
    with serving(path, {"rename": lambda request: request.refuse(code, "because")}):
        ended = run("rename", "a", "b")
        told = run("rename", "a", "b", "--json")
    assert (ended.code, ended.out, ended.err) == (exit_code, "", "faceauthctl: because\n")
    assert told.code == exit_code
    assert told.document == {"error": {"code": code, "message": "because"}}


def test_what_was_changed_is_told(path: Path, run: Run) -> None:
    seen: list[dict[str, object]] = []

    def take(request: Request) -> None:
        seen.append({"do": request.verb, **request.args})
        request.reply({})

    with serving(path, {"rename": take, "remove": take, "cancel": take}):
        assert run("rename", "person-1", "alice").out == "Renamed person-1 to alice.\n"
        assert run("remove", "alice", "--yes").out == "Removed alice.\n"
        assert run("cancel").out == "Given up.\n"
    assert seen == [
        {"do": "rename", "old": "person-1", "new": "alice"},
        {"do": "remove", "name": "alice", "last": False},
        {"do": "cancel"},
    ]


def test_remove_does_not_guess_where_nobody_can_be_asked(path: Path, run: Run) -> None:
    with serving(path, {}) as (_, loop):
        ended = run("remove", "alice")
        assert loop.kept.empty()
    assert ended.code == ExitCode.USAGE
    assert "--yes" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["person"],
        ["enroll", "a", "--role", "owner"],
        ["events", "--since", "yesterday"],
        ["events", "--limit", "0"],
        ["enroll", "a", "--images"],
        ["enroll", "a", "--images", *(["x.jpg"] * 17)],
        ["person", "x" * 500],
        ["person", "a\nb"],
    ],
)
def test_bad_usage_is_one_code(path: Path, run: Run, arguments: list[str]) -> None:
    with serving(path):
        ended, told = run(*arguments), run("--json", *arguments)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert (told.code, told.document["error"]["code"]) == (ExitCode.USAGE, "BAD_REQUEST")
    assert "\n" not in told.document["error"]["message"]
    assert told.err


def test_without_a_command_a_program_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--json"])
    out, err = capsys.readouterr()
    assert (ended.value.code, "Usage:" in err) == (ExitCode.USAGE, True)
    assert json.loads(out)["error"]["message"] == "Missing command."


def test_events_are_asked_for_and_told(path: Path, run: Run) -> None:
    asked: list[dict[str, object]] = []

    def events(request: Request) -> None:
        asked.append(dict(request.args))
        request.reply({"events": [UNLOCKED, REFUSED]})

    with serving(path, {"events": events}):
        ended = run("events", "--since", "2h", "--kind", "refused", "--person", "alice", "--limit", "7")
        assert run("events", "--json").document == {"events": [UNLOCKED, REFUSED]}
    assert asked[0] == {"limit": 7, "since_s": 7200.0, "kind": "refused", "person": "alice"}
    first, second = (line.split("\t") for line in ended.out.splitlines())
    assert first[1:] == ["unlocked", "Door opened for alice (score 0.71)"]
    assert second[1:] == ["refused", "Refused somebody: not known"]


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    found = [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg")]
    for picture in found:
        picture.write_bytes(picture.name.encode())
    return found


def enroll(request: Request) -> None:
    """Take the first photograph, say why not the others; say no to Mallory altogether."""
    read = [request.read_file(index).decode() for index in range(len(request.fds))]
    images = [{"image": index, "taken": name == "a.jpg"} for index, name in enumerate(read)]
    for told in images[1:]:
        told["reason"] = "BLURRED"  # type: ignore[assignment]
    if request.args["name"] == "mallory":
        request.refuse(Code.REFUSED, "none of the photographs can be used", images=images[1:])
    else:
        request.reply({"person": {**ALICE, "name": request.args["name"], "templates": 1}, "images": images})


@pytest.mark.parametrize("style", ["glob", "repeated", "equals"])
def test_photographs_are_reported_one_by_one(path: Path, run: Run, pictures: list[Path], style: str) -> None:
    words = {
        "glob": ["--images", *map(str, pictures)],
        "repeated": [word for picture in pictures for word in ("--images", str(picture))],
        "equals": [f"--images={picture}" for picture in pictures],
    }
    before = len(list(Path("/proc/self/fd").iterdir()))
    with serving(path, {"enroll": enroll}):
        ended = run("enroll", "bob", *words[style])
    assert ended.code == ExitCode.DONE
    assert ended.out.splitlines() == [
        f"taken     {pictures[0]}",
        f"rejected  {pictures[1]}: face blurred",
        f"rejected  {pictures[2]}: face blurred",
        "Enrolled bob (admin), 1 template.",
    ]
    assert "1 template of bob, where 3 or more are wanted" in ended.err
    assert "Strangers are kept out as promised all the same" in ended.err
    assert "bob is missed more often: one photograph against one missed 5 of 100" in ended.err
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_file_that_is_none_does_not_stop_the_others(path: Path, run: Run, pictures: list[Path]) -> None:
    pipe, missing = pictures[0].parent / "pipe.jpg", pictures[0].parent / "missing.jpg"
    os.mkfifo(pipe)
    with serving(path, {"enroll": enroll}):
        ended = run("enroll", "bob", "--json", "--images", str(missing), str(pictures[0]), str(pipe))
    assert ended.code == ExitCode.DONE
    assert ended.document["images"] == [
        {"file": str(pictures[0]), "taken": True},
        {"file": str(missing), "taken": False, "message": "cannot be opened: No such file or directory"},
        {"file": str(pipe), "taken": False, "message": "is not a regular file"},
    ]


def test_no_good_photograph_is_a_refusal_with_its_reasons(path: Path, run: Run, pictures: list[Path]) -> None:
    with serving(path, {"enroll": enroll}):
        ended = run("enroll", "mallory", "--images", *map(str, pictures))
        told = run("enroll", "mallory", "--json", "--images", *map(str, pictures))
    assert ended.code == told.code == ExitCode.REFUSED
    assert f"rejected  {pictures[1]}: face blurred" in ended.out
    assert ended.err == "faceauthctl: none of the photographs can be used\n"
    assert told.document["error"]["code"] == "REFUSED"
    assert told.document["error"]["images"][0]["file"] == str(pictures[1])


def test_no_file_at_all_is_bad_input(path: Path, run: Run, tmp_path: Path) -> None:
    with serving(path, {}) as (_, loop):
        ended = run("enroll", "bob", "--images", str(tmp_path / "none.jpg"))
        assert loop.kept.empty()
    assert ended.code == ExitCode.USAGE
    assert "none.jpg: cannot be opened: No such file or directory" in ended.out


def test_a_fifo_among_the_photographs_does_not_hang(path: Path, run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.jpg")
    with serving(path, {}):
        ended = run("enroll", "bob", "--images", str(tmp_path / "fifo.jpg"))
    assert (ended.code, "is not a regular file" in ended.out) == (ExitCode.USAGE, True)


def test_a_live_enrolment_guides(path: Path, run: Run) -> None:
    def live(request: Request) -> None:
        for taken, reason in ((0, "TOO_SMALL"), (0, "TOO_SMALL"), (1, None), (2, "OF_TOMORROW")):
            request.progress(taken=taken, wanted=3, reason=reason)
        for turn in ("other-side", "of-tomorrow"):
            request.progress(taken=2, wanted=3, reason=None, turn=turn)
        request.reply({"person": ALICE})

    with serving(path, {"enroll": live}):
        ended = run("enroll", "alice", "--role", "admin")
    assert ended.out == "Enrolled alice (admin), 5 templates.\n"
    assert ended.err.splitlines() == [
        "Stand in front of the camera, alice; Ctrl-C gives up.",
        "0 of 3 looks taken: come closer",
        "1 of 3 looks taken",
        "2 of 3 looks taken",
        "2 of 3 looks taken: now a little to the other side",
        "2 of 3 looks taken",
    ]


@pytest.mark.parametrize("command", ["enroll", "improve"])
def test_nobody_is_asked_before_the_camera_for_what_is_refused(path: Path, run: Run, command: str) -> None:
    with serving(path, {command: lambda request: request.refuse("REFUSED", "somebody else came first")}):
        ended = run(command, "alice")
    assert (ended.code, ended.err) == (ExitCode.REFUSED, "faceauthctl: somebody else came first\n")


def start(path: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "faceauthd.cli.ctl", "--socket", str(path), *arguments]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def taken_by(loop: Loop) -> Request:
    return loop.kept.get(timeout=60)


def test_ctrl_c_cancels_a_live_enrolment(path: Path) -> None:
    with serving(path, {}) as (_, loop):
        process = start(path, "enroll", "alice")
        request = taken_by(loop)
        assert (request.verb, request.is_open) == ("enroll", True)
        process.send_signal(signal.SIGINT)
        cancel = taken_by(loop)
        assert cancel.verb == "cancel"
        cancel.reply({"cancelled": True})
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, "")
    assert err.splitlines()[-1] == "Given up, nothing was kept."


def test_ctrl_c_on_a_verification_hangs_up_which_ends_it(path: Path) -> None:
    with serving(path, {}) as (_, loop):
        process = start(path, "verify", "alice", "--timeout", "100")
        request = taken_by(loop)
        process.send_signal(signal.SIGINT)
        out, _err = process.communicate(timeout=60)
        until_s = time.monotonic() + 60
        while request.is_open and time.monotonic() < until_s:
            time.sleep(0.01)
        assert not request.is_open
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, "")


def test_watch_streams_json_lines_until_ctrl_c(path: Path) -> None:
    with serving(path) as (server, _):
        server.publish_status(STATUS)
        process = start(path, "watch", "--json")
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"status": STATUS}
        server.publish(UNLOCKED)
        assert json.loads(process.stdout.readline()) == {"event": UNLOCKED}
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == ExitCode.INTERRUPTED


def test_watch_ends_when_the_daemon_does(path: Path) -> None:
    with serving(path) as (server, _):
        server.publish_status({"state": "watching"})
        process = start(path, "watch")
        assert process.stderr is not None
        assert process.stderr.readline() == "state: watching\n"
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (ExitCode.NOT_RUNNING, "faceauthctl: faceauthd has stopped\n")


def test_watch_in_a_pipe_tells_how_far_an_enrolment_is_and_the_alarms(path: Path) -> None:
    panel = {"signal": "enrolling", "for_s": 0.0, "taken": 2, "wanted": 5, "reason": "BLURRED"}
    with serving(path) as (server, _):
        server.publish_status({"state": "enrolling", "panel": panel, "spoof_alarm_for_s": 9.0})
        process = start(path, "watch")
        assert process.stderr is not None
        assert process.stderr.readline() == "state: enrolling, alarm: suspected spoofs, 2 of 5 looks taken\n"
        process.kill()
        process.communicate(timeout=60)


def test_following_tells_the_past_once_and_then_what_is_wanted(path: Path) -> None:
    answers: Answers = {"events": lambda request: request.reply({"events": [UNLOCKED]})}
    with serving(path, answers) as (server, _):
        process = start(path, "events", "--follow", "--json", "--person", "alice")
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == UNLOCKED
        later = {**UNLOCKED, "time_s": 60.0}
        for event in (UNLOCKED, REFUSED, later):
            server.publish(event)
        assert json.loads(process.stdout.readline()) == later
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED


def test_a_reader_that_stops_reading_is_no_traceback(path: Path) -> None:
    with serving(path, {"events": lambda request: request.reply({"events": [UNLOCKED] * 1000})}):
        process = start(path, "events")
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        process.wait(60)
    assert "Traceback" not in err


def test_without_a_daemon_a_change_says_how_to_start_one(run: Run, path: Path) -> None:
    ended = run("cancel", "--json")
    assert ended.code == ExitCode.NOT_RUNNING
    assert ended.document["error"]["code"] == "NOT_RUNNING"
    assert "systemctl start faceauthd" in ended.err
    assert str(path) in ended.err


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    folder = tmp_path / "gallery"
    row = np.zeros(512, np.float32)
    row[0] = 1.0
    with Gallery.open(folder, embedder_id="e" * 64) as opened:
        opened.enroll("Alice", Role.ADMIN, [NewTemplate(row, 0.9)], now=time.time())
    return folder


def test_without_a_daemon_the_gallery_is_read(run: Run, gallery: Path) -> None:
    where = ("--set", f"gallery.path={gallery}")
    people = run("people", "--json", *where)
    assert people.code == ExitCode.DONE
    assert [person["name"] for person in people.document["people"]] == ["Alice"]
    assert people.err == f"faceauthctl: faceauthd is not running; this is what {gallery} holds\n"
    assert run("person", "alice", "--json", *where).document["person"]["role"] == "admin"
    status = run("status", "--json", *where)
    assert status.code == ExitCode.DONE
    assert (status.document["state"], status.document["people"], status.document["templates"]) == ("not running", 1, 1)
    assert run("person", "bob", *where).code == ExitCode.NOT_FOUND


def test_with_neither_daemon_nor_gallery_both_are_said(run: Run, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere" / "gallery"
    ended = run("people", "--set", f"gallery.path={missing}")
    assert ended.code == ExitCode.NOT_RUNNING
    assert "faceauthd is not running" in ended.err
    assert str(missing) in ended.err
    assert not missing.exists()


def test_a_wrong_configuration_is_bad_input_with_every_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["status", "--set", "control.sockt=x", "--set", "gate.unlock_s=never"])
    assert ended.value.code == ExitCode.USAGE
    err = capsys.readouterr().err
    assert "sockt" in err
    assert "unlock_s" in err


COMMANDS = sorted(str(command.name) for command in app.registered_commands)


def test_the_list_of_commands_says_of_each_in_whole_what_it_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the narrowest terminal that there is the parser cuts what is too long."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = capsys.readouterr().out.partition("Commands:")[2].partition("Exit codes:")[0]
    assert [line.split()[0] for line in listed.splitlines() if line.strip()] == [
        str(command.name) for command in app.registered_commands
    ]
    assert "..." not in listed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    out = capsys.readouterr().out
    assert ended.value.code == 0
    assert "Examples:" in out
    assert f"faceauthctl {command}" in out.partition("Examples:")[2]
    assert "--json" in out


def test_asking_the_daemon_loads_nothing_heavy(path: Path) -> None:
    code = (
        "import sys; from faceauthd.cli.ctl import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = ('numpy', 'onnxruntime', 'PIL', 'yaml', 'sqlite3', 'rich.console')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    with serving(path, {"cancel": lambda request: request.reply({})}):
        ran = subprocess.run(
            [sys.executable, "-c", code, "cancel", "--socket", str(path)], cwd=CHECKOUT, capture_output=True, text=True,
            timeout=30, check=True,
        )  # fmt: skip
    assert ran.stdout.splitlines() == ["Given up.", "[]"]
