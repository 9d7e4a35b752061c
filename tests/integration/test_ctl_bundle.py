"""`faceauthctl export`, `import` and `backup`, from their arguments to the files and the gallery behind the socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from faceauthd.bundle import content, sealed
from faceauthd.bundle.sealed import Cost, unseal
from faceauthd.cli.ctl import main
from faceauthd.cli.exits import ExitCode
from faceauthd.control.request import Request
from faceauthd.desk import FrontDesk
from faceauthd.event_log import EventLog
from faceauthd.gallery import Gallery
from faceauthd.gate import Gate
from faceauthd.inbox import Inbox
from faceauthd.photographs import PhotographExaminer
from faceauthd.register import Register
from faceauthd.resources import shipped
from faceauthd.snapshot import Darkroom
from faceauthd.types import NewTemplate, Role, Rules
from faceauthd.vision.manifest import read_manifest
from tests.fakes import FakeCamera, FakeClock
from tests.gallery_kit import templates
from tests.integration.control_loop import serving

WORDS = "correct horse battery"
CURVE = [(1e-2, 0.24), (1e-3, 0.34), (1e-4, 0.42), (1e-5, 0.48)]
EMBEDDER = read_manifest(shipped("models") / "manifest.yaml")["embedder"].sha256
RULES = Rules(valid_until=4e9)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command pays for guessing to be slow is none of what is shown here."""
    monkeypatch.setattr(sealed, "Cost", lambda *numbers: Cost(*(numbers or (2, 1, 1))))


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words"
    path.write_text(f"{WORDS}\n")
    return path


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str | Path, gallery: str = "gallery") -> tuple[int, str, str]:
        place = ["--socket", str(tmp_path / "control.sock"), "--set", f"gallery.path={tmp_path / gallery}"]
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments), *place])
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


@contextmanager
def box(tmp_path: Path, name: str) -> Iterator[tuple[Gallery, EventLog]]:
    """A gallery of the shipped model's, with the real desk behind a real socket."""
    clock = FakeClock()
    with Gallery.open(tmp_path / name, embedder_id=EMBEDDER, first_capacity=8) as gallery:
        log = EventLog(clock)
        requests: Inbox[Request] = Inbox()
        camera = FakeCamera(clock)
        examiner = cast(PhotographExaminer, None)  # no photograph is sent in here
        register = Register(gallery, CURVE, 1e-4, clock)
        desk = FrontDesk(requests, register, log, examiner, camera, {}, log.record, 5, Darkroom(camera, log.record))

        def answer(request: Request) -> None:
            requests.put(request)
            while request.is_open:
                desk.pending(Gate(), clock.now())
                threading.Event().wait(0.005)

        with serving(tmp_path / "control.sock", dict.fromkeys(("import", "copied"), answer)):
            yield gallery, log


@pytest.fixture
def exported(tmp_path: Path, run: Run, words: Path) -> Path:
    file = tmp_path / "people.faceauth"
    with box(tmp_path, "gallery") as (gallery, _):
        gallery.enroll("ann", Role.ADMIN, templates(1, 3), now=10.0)
        gallery.enroll("ben", Role.GUEST, templates(2, 2), now=20.0)
        gallery.set_rules("ben", RULES)
        assert run("export", file, "--passphrase-file", words)[0] == ExitCode.DONE
    return file


def test_people_move_to_another_box(tmp_path: Path, run: Run, words: Path, exported: Path) -> None:
    with box(tmp_path, "new") as (gallery, log):
        code, out, _ = run("import", exported, "--yes", "--passphrase-file", words)
        assert (code, out) == (
            ExitCode.DONE,
            "ann\tadmin\t3\tenrolled anew\nben\tguest\t2\tenrolled anew\nImported: 2 people changed.\n",
        )
        told = [(one.name, one.role, one.templates, one.enrolled_at, one.rules) for one in gallery.people()]
        assert told == [("ann", Role.ADMIN, 3, 10.0, Rules()), ("ben", Role.GUEST, 2, 20.0, RULES)]
        assert [str(entry.event.kind) for entry in log.newest(9)] == ["imported"]


def test_the_file_is_private_and_says_nothing_without_the_passphrase(exported: Path) -> None:
    raw = exported.read_bytes()
    assert exported.stat().st_mode & 0o777 == 0o600
    assert b"ann" not in raw
    assert templates(1, 1)[0].probe.tobytes() not in raw
    assert [one.name for one in content.decode(unseal(raw, WORDS)).people] == ["ann", "ben"]
    assert [path.name for path in exported.parent.iterdir() if path.name.endswith(".part")] == []


def test_a_file_that_is_there_stays(run: Run, words: Path, exported: Path) -> None:
    before = exported.read_bytes()
    code, _, said = run("export", exported, "--passphrase-file", words)
    assert (code, exported.read_bytes()) == (ExitCode.REFUSED, before)
    assert "add --force" in said
    assert run("export", exported, "--force", "--passphrase-file", words)[0] == ExitCode.DONE
    assert exported.read_bytes() != before


def test_exports_and_backups_are_journalled_and_need_no_daemon(tmp_path: Path, run: Run, words: Path) -> None:
    with box(tmp_path, "gallery") as (gallery, log):
        gallery.enroll("ann", Role.ADMIN, templates(1, 1), now=10.0)
        assert run("export", tmp_path / "one", "--passphrase-file", words)[0] == ExitCode.DONE
        assert run("backup", tmp_path / "copy")[0] == ExitCode.DONE
        assert [str(entry.event.kind) for entry in log.newest(9)] == ["exported", "backed-up"]
    code, out, said = run("backup", tmp_path / "copy-2", "--json")
    assert (code, json.loads(out)["people"]) == (ExitCode.DONE, 1)
    assert "faceauthd is not running, so this is not in its journal" in said
    with Gallery.open(tmp_path / "copy-2", embedder_id=EMBEDDER) as restored:
        assert [person.name for person in restored.people()] == ["ann"]


def test_a_dry_run_only_shows(tmp_path: Path, run: Run, words: Path, exported: Path) -> None:
    with box(tmp_path, "new") as (gallery, _):
        code, out, _ = run("import", exported, "--dry-run", "--json", "--passphrase-file", words)
        assert code == ExitCode.DONE
        assert [one["change"] for one in json.loads(out)["people"]] == ["new", "new"]
        assert gallery.people() == ()


def test_a_conflict_is_told_and_can_be_left_out(tmp_path: Path, run: Run, words: Path, exported: Path) -> None:
    with box(tmp_path, "new") as (gallery, _):
        gallery.enroll("ben", Role.ADMIN, templates(7, 2), now=1.0)
        code, out, said = run("import", exported, "--yes", "--passphrase-file", words)
        assert code == ExitCode.REFUSED
        assert "ben\tguest\t0\thas another face here: ben" in out
        assert "--except NAME" in said
        assert [person.name for person in gallery.people()] == ["ben"]
        assert run("import", exported, "--yes", "--except", "BEN", "--passphrase-file", words)[0] == ExitCode.DONE
        assert [person.name for person in gallery.people()] == ["ben", "ann"]
        assert run("import", exported, "--yes", "--except", "zoe", "--passphrase-file", words)[0] == ExitCode.NOT_FOUND


def test_a_box_without_an_administrator_is_told(tmp_path: Path, run: Run, words: Path, exported: Path) -> None:
    """Ben is a guest with an end; with ann there is somebody who can vouch."""
    with box(tmp_path, "new") as (gallery, _):
        said = run("import", exported, "--yes", "--except", "ann", "--passphrase-file", words)[2]
        assert "nobody here is administrator for good" in said
        assert [person.role for person in gallery.people()] == [Role.GUEST]
        code, _, said = run("import", exported, "--yes", "--passphrase-file", words)
        assert (code, said) == (ExitCode.DONE, "")


def test_what_there_is_no_room_for_is_shown_before_anything_is_done(
    tmp_path: Path, run: Run, words: Path, exported: Path
) -> None:
    """Ann of the file has three looks, of which one is here; Ben's two find no room at all."""
    with box(tmp_path, "new") as (gallery, _):
        gallery.enroll("ann", Role.ADMIN, (*templates(1, 1), *around(1, 14)), now=10.0)
        gallery.enroll("ben", Role.MEMBER, around(2, 16), now=10.0)
        shown = run("import", exported, "--dry-run", "--passphrase-file", words)[1]
        assert shown == (
            "ann\tadmin\t1\tknown here, gets more templates; 1 left out (1 of an enrolment)\n"
            "ben\tguest\t0\thas as many templates as anybody may have; 2 left out (2 of an enrolment)\n"
        )
        assert run("import", exported, "--yes", "--passphrase-file", words)[0] == ExitCode.DONE
        assert [person.templates for person in gallery.people()] == [16, 16]


def around(seed: int, count: int) -> tuple[NewTemplate, ...]:
    """Looks of the face of `seed`, as like to all of its templates there as to one another."""
    middle = sum(one.probe for one in templates(seed, 3))
    vectors = [middle + 0.6 * one.probe for one in templates(100 + seed, count)]
    return tuple(NewTemplate(np.float32(each / np.linalg.norm(each)), 0.5) for each in vectors)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda raw: raw[:-1], "cut off"),
        (lambda raw: raw + b"\n", "cut off, or something was put behind it"),
        (lambda raw: raw[:100] + bytes([raw[100] ^ 1]) + raw[101:], "either the passphrase is not the one"),
        (lambda raw: b"", "not one that `faceauthctl export` made"),
    ],
)
def test_a_spoilt_file_is_refused_whole(
    tmp_path: Path, run: Run, words: Path, exported: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    exported.write_bytes(spoil(exported.read_bytes()))
    with box(tmp_path, "new") as (gallery, _):
        code, out, message = run("import", exported, "--yes", "--passphrase-file", words)
        assert (code, out) == (ExitCode.USAGE, "")
        assert said in message
        assert gallery.people() == ()


def test_a_wrong_passphrase_is_refused(tmp_path: Path, run: Run, words: Path, exported: Path) -> None:
    words.write_text("another horse battery")
    with box(tmp_path, "new") as (gallery, _):
        assert run("import", exported, "--yes", "--passphrase-file", words)[0] == ExitCode.USAGE
        assert gallery.people() == ()


def test_an_import_needs_the_daemon(run: Run, words: Path, exported: Path) -> None:
    code, _, said = run("import", exported, "--yes", "--passphrase-file", words)
    assert code == ExitCode.NOT_RUNNING
    assert "start it with" in said


def test_nobody_is_asked_where_nothing_would_change(
    tmp_path: Path, run: Run, words: Path, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda question, **_: bool(asked.append(question)))
    with box(tmp_path, "new") as (gallery, _):
        assert run("import", exported, "--passphrase-file", words)[0] == ExitCode.REFUSED
        assert (asked, gallery.people()) == (["Do that?"], ())
        assert run("import", exported, "--yes", "--passphrase-file", words)[0] == ExitCode.DONE
        code, out, _ = run("import", exported, "--passphrase-file", words)
        assert (code, out.splitlines()[-1]) == (ExitCode.DONE, "Imported: 0 people changed.")
        assert asked == ["Do that?"]


def test_what_cannot_be_asked_is_said(
    tmp_path: Path, run: Run, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No terminal in here: neither for the passphrase nor for the question."""
    code, _, said = run("import", exported)
    assert (code, "--dry-run" in said) == (ExitCode.USAGE, True)
    code, _, said = run("import", exported, "--yes")
    assert (code, "--passphrase-file" in said) == (ExitCode.USAGE, True)
    for line, why in (("\n", "empty or too long"), ("x" * 2000, "empty or too long"), ("short", "fewer than 12")):
        (tmp_path / "other").write_text(line)
        code, _, said = run("export", tmp_path / "x", "--passphrase-file", tmp_path / "other")
        assert (code, why in said) == (ExitCode.USAGE, True)
    assert not (tmp_path / "x").exists()


def test_nobody_is_no_export(tmp_path: Path, run: Run, words: Path) -> None:
    Gallery.open(tmp_path / "gallery", embedder_id=EMBEDDER).close()
    code, _, said = run("export", tmp_path / "x", "--passphrase-file", words)
    assert (code, "nobody is enrolled" in said) == (ExitCode.REFUSED, True)
    assert not (tmp_path / "x").exists()
