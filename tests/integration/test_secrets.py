"""What a running daemon shows of itself: no embedding in what it says, nothing that others may read, no core dump."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from faceauthd.picture import save_picture
from faceauthd.scene.library import load_scene
from tests.integration.test_run import Running, enrolled, start, wait_for_socket

WHAT_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The part of the demo scene in which somebody walks up."""
    folder = tmp_path_factory.mktemp("frames")
    scene = load_scene("demo")
    for number, index in enumerate(range(int(18.2 * scene.fps), int(20.2 * scene.fps))):
        save_picture(scene.frame(index).main, folder / f"{number:03d}.png")
    return folder


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, frames: Path) -> Iterator[Running]:
    """Somebody is enrolled from a photograph, renamed, and walks up; it logs all that it can."""
    folder = tmp_path_factory.mktemp("daemon")
    before = os.umask(0)  # whatever it makes has to be private by its own doing
    try:
        running = start(folder, f"camera.source=replay:{frames}", "camera.replay_fps=8", "log.level=debug")
    finally:
        os.umask(before)
    try:
        wait_for_socket(running)
        enrolled(running)
        running.until("unlocked")
        yield running
    finally:
        running.process.kill()
        running.process.wait(60)


def embeddings(daemon: Running) -> np.ndarray:
    matrix = np.load(daemon.folder / "gallery" / "embeddings.npy")
    rows = matrix[matrix.any(axis=1)]
    assert len(rows)
    return np.asarray(rows)


def test_no_embedding_is_in_the_log_the_answers_or_the_command_line(daemon: Running) -> None:
    process = Path(f"/proc/{daemon.process.pid}")
    said = [
        (daemon.folder / "log").read_text(),
        *[json.dumps(daemon.asked(*verb)) for verb in (["status"], ["people"], ["person", "eileen"], ["events"])],
        (process / "cmdline").read_text(),
    ]
    text = "\n".join(said)
    assert "eileen" in text, "nothing was said at all"
    assert most_written(text, embeddings(daemon)) < 8


def most_written(text: str, rows: np.ndarray) -> int:
    """How many of the first 64 numbers of a template are in the text, of the template of which it is most."""
    spoken = {round(float(number), 3) for number in re.findall(r"-?\d\.\d{3,}", text)}
    return max(len(spoken & {round(float(value), 3) for value in row[:64]}) for row in rows)


def test_the_check_finds_an_embedding_that_is_written(daemon: Running) -> None:
    """The check checked: a template in a log line would be found, and so would one in a file."""
    rows = embeddings(daemon)
    assert most_written(str(rows[0].tolist()), rows) > 40
    assert holding(daemon.folder, rows) == {"gallery/embeddings.npy"}


def holding(folder: Path, rows: np.ndarray) -> set[str]:
    """The files below `folder` that hold part of a template as it is in memory, by their paths in it."""
    parts = [row[first : first + 16].astype("<f4").tobytes() for row in rows for first in (0, 256)]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)) for path in files if any(part in path.read_bytes() for part in parts)}


PASSPHRASE = "nobody may read this"  # noqa: S105  of this test


@dataclass(frozen=True)
class Moved:
    """What export, import and backup made, and all that was said by them and by the daemon."""

    folder: Path
    said: str


@pytest.fixture(scope="module")
def moved(daemon: Running, tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """Everybody exported, imported again and backed up, by commands that may make files for all."""
    folder = tmp_path_factory.mktemp("moved")
    keys = folder.with_name("keys")
    keys.write_text(f"{PASSPHRASE}\n")
    before = os.umask(0)
    try:
        done = [
            daemon.ctl("export", str(folder / "people"), "--passphrase-file", str(keys), *of_gallery(daemon)),
            daemon.ctl("import", str(folder / "people"), "--yes", "--passphrase-file", str(keys), *of_gallery(daemon)),
            daemon.ctl("backup", str(folder / "copy"), *of_gallery(daemon)),
        ]
    finally:
        os.umask(before)
    assert [each.returncode for each in done] == [0, 0, 0], [each.stderr for each in done]
    said = [each.stdout + each.stderr for each in done]
    said += [(daemon.folder / "log").read_text(), json.dumps(daemon.asked("events"))]
    said += [Path(f"/proc/{daemon.process.pid}/{name}").read_text() for name in ("cmdline", "environ")]
    return Moved(folder, "\n".join(said))


def of_gallery(daemon: Running) -> tuple[str, str]:
    return "--set", f"gallery.path={daemon.folder / 'gallery'}"


def test_what_export_import_and_backup_say_gives_nothing_away(daemon: Running, moved: Moved) -> None:
    assert "exported" in moved.said
    assert "backed-up" in moved.said
    assert PASSPHRASE not in moved.said
    assert most_written(moved.said, embeddings(daemon)) < 8


def test_what_they_make_is_for_nobody_else_and_nothing_is_left_beside_it(daemon: Running, moved: Moved) -> None:
    made = list(moved.folder.rglob("*"))
    assert {path.name for path in moved.folder.iterdir()} == {"people", "copy"}
    assert [path.name for path in made if path.stat().st_mode & WHAT_OTHERS_MAY] == []
    assert holding(moved.folder, embeddings(daemon)) == {"copy/embeddings.npy"}, (
        "a backup is a gallery, an export is sealed"
    )
    sealed = (moved.folder / "people").read_bytes()
    assert b"eileen" not in sealed
    files = [path for folder in (moved.folder, daemon.folder) for path in folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if PASSPHRASE.encode() in path.read_bytes()] == []


def test_no_command_takes_a_passphrase_as_an_argument(daemon: Running, tmp_path: Path) -> None:
    """Whoever is on the machine reads everybody's arguments."""
    for command in ("export", "import"):
        for option in ("--passphrase", "--password"):
            done = daemon.ctl(command, str(tmp_path / "x"), option, PASSPHRASE, *of_gallery(daemon))
            assert done.returncode == 2
            assert "No such option" in done.stderr


def test_nothing_is_open_to_other_users(daemon: Running) -> None:
    made = [path for path in daemon.folder.rglob("*") if path.name != "log"]
    assert len(made) >= 4
    open_to_others = {path.name for path in made if path.stat().st_mode & WHAT_OTHERS_MAY}
    assert open_to_others <= {"control.sock"}
    assert (daemon.folder / "gallery").stat().st_mode & 0o777 == 0o700
    assert (daemon.folder / "control.sock").stat().st_mode & stat.S_IRWXO == 0


def test_it_leaves_no_core(daemon: Running) -> None:
    limits = Path(f"/proc/{daemon.process.pid}/limits").read_text()
    assert re.search(r"^Max core file size\s+0\s+0\s", limits, re.MULTILINE)


def test_no_process_of_the_same_user_may_look_inside() -> None:
    """PR_GET_DUMPABLE is 3 in prctl.h; 0 keeps out ptrace, /proc/PID/mem and every handler of core dumps."""
    script = "import ctypes; from faceauthd import memory; p = ctypes.CDLL(None).prctl; a = p(3, 0, 0, 0, 0); "
    script += "memory.keep_to_itself(); print(a, p(3, 0, 0, 0, 0))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0"]
