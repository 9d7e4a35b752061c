"""What is kept of people and what is given away of it: the running daemon, real models and real faces."""

from __future__ import annotations

import base64
import json
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from faceauthd.picture import load_picture, save_picture
from faceauthd.scene.library import load_scene
from tests.integration.test_run import FACES, WAIT_S, Running, frames, start, wait_for_socket

__all__ = ["frames"]


@pytest.fixture
def daemon(tmp_path: Path, frames: Path) -> Iterator[Running]:
    running = start(tmp_path, f"camera.source=replay:{frames}", "camera.replay_fps=8", "lockout.refusals=100")
    try:
        wait_for_socket(running)
        done = running.ctl("enroll", "eileen", "--images", str(FACES / "astronaut.jpg"))
        assert done.returncode == 0, done.stderr
        yield running
    finally:
        running.process.kill()
        running.process.wait(WAIT_S)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with two other pictures of the person, the same once more, somebody else, and something else."""
    folder = tmp_path / "album"
    folder.mkdir()
    scene = load_scene("demo")
    save_picture(scene.frame(150).main, folder / "a.png")
    save_picture(scene.frame(336).main, folder / "b.png")
    save_picture(load_picture(FACES / "hopper.jpg"), folder / "c.png")
    save_picture((load_picture(FACES / "astronaut.jpg") * 0.8).astype(np.uint8), folder / "d.png")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def templates(running: Running) -> list[str]:
    told = running.asked("person", "eileen")["templates"]
    assert isinstance(told, list)
    return [f"{one['origin']} {one['state']}" for one in told]


def test_improving_takes_the_person_only_and_is_taken_back(daemon: Running, album: Path) -> None:
    done = daemon.ctl("improve", "eileen", "--images", str(album))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"taken     {album / 'a.png'}",
        f"taken     {album / 'b.png'}",
        f"rejected  {album / 'c.png'}: another face",
        f"rejected  {album / 'd.png'}: is as good as the same picture as one that is taken already",
        "eileen has 3 templates now.",
    ]
    assert templates(daemon) == ["photo in-use", "improved in-use", "improved in-use"]
    grace = daemon.ctl("enroll", "grace", "--images", str(FACES / "hopper.jpg"))
    assert grace.returncode == 0, grace.stderr
    assert "not checked for showing a living person" in grace.stderr
    other = daemon.ctl("improve", "eileen", "--images", str(FACES / "hopper.jpg"))
    assert (other.returncode, "hopper.jpg: another face: grace\n" in other.stdout) == (3, True), other.stdout
    again = daemon.ctl("enroll", "george", "--images", str(FACES / "hopper.jpg"))
    assert (again.returncode, "hopper.jpg: enrolled already: grace\n" in again.stdout) == (3, True), again.stdout
    assert daemon.ctl("improve", "eileen", "--undo").stdout == "Taken back; eileen has 1 template now.\n"
    assert daemon.ctl("improve", "eileen", "--undo").returncode == 3
    assert templates(daemon) == ["photo in-use"]
    assert [kind for kind in daemon.events() if kind.startswith("improve")] == ["improved", "improve-undone"]


def test_all_that_is_kept_of_somebody_is_in_the_export_and_nothing_of_others(daemon: Running, tmp_path: Path) -> None:
    done = daemon.ctl("enroll", "grace", "--images", str(FACES / "hopper.jpg"))
    assert done.returncode == 0, done.stderr
    daemon.until("unlocked")
    target = tmp_path / "eileen.json"
    done = daemon.ctl("person", "eileen", "--export-data", str(target))
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    told = json.loads(target.read_text())
    assert "grace" not in target.read_text()
    (one,) = told["templates"]
    row = np.frombuffer(base64.b64decode(one["embedding"]["base64"]), one["embedding"]["dtype"])
    assert row.shape == tuple(one["embedding"]["shape"])
    kept = np.load(daemon.folder / "gallery" / "embeddings.npy")
    assert any(np.array_equal(row, other) for other in kept)
    assert told["person"]["last_seen"] is not None
    assert told["events_from"] == "memory"
    assert {"enrolled", "unlocked"} <= {event["event"] for event in told["events"]}
    assert daemon.events().count("exported") == 1
    again = daemon.ctl("person", "eileen", "--export-data", str(target))
    assert (again.returncode, "there already" in again.stderr) == (3, True)
    assert daemon.events().count("exported") == 1, "what was not given away is not journalled"
    assert daemon.ctl("person", "nobody", "--export-data", str(tmp_path / "nobody.json")).returncode == 6
    assert not (tmp_path / "nobody.json").exists()
    assert json.loads(daemon.ctl("person", "eileen", "--export-data", "-").stdout)["person"]["name"] == "eileen"
    assert daemon.ctl("person", "nobody", "--export-data", "-").returncode == 6


def test_a_sure_unlock_renews_where_that_is_switched_on(tmp_path: Path, frames: Path) -> None:
    on = ["adaptation.enabled=true", "gate.unlock_s=0.5", "lockout.refusals=100"]
    running = start(tmp_path, f"camera.source=replay:{frames}", "camera.replay_fps=8", *on)
    try:
        wait_for_socket(running)
        done = running.ctl("enroll", "eileen", "--images", str(FACES / "astronaut.jpg"))
        assert done.returncode == 0, done.stderr
        running.until("adapted")
        assert templates(running) == ["photo in-use", "adapted in-use"]
        assert running.ctl("improve", "eileen", "--undo").returncode == 0
        assert templates(running) == ["photo in-use"]
        events = running.events()
        assert events.index("locked") < events.index("adapted")
    finally:
        running.process.kill()
        running.process.wait(WAIT_S)


def test_when_somebody_came_survives_the_end(daemon: Running) -> None:
    daemon.until("unlocked")
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(WAIT_S) == 0
    offline = daemon.ctl("--set", f"gallery.path={daemon.folder / 'gallery'}", "person", "eileen", "--json")
    assert json.loads(offline.stdout)["person"]["last_seen"] is not None


def test_a_snapshot_shows_what_the_camera_sees_and_is_journalled(daemon: Running, tmp_path: Path) -> None:
    target = tmp_path / "door.jpg"
    target.write_bytes(b"x" * 10_000_000)
    kept = daemon.ctl("snapshot", str(target))
    assert (kept.returncode, "add --force" in kept.stderr, target.stat().st_size) == (3, True, 10_000_000)
    told = daemon.asked("snapshot", str(target), "--force")
    picture = load_picture(target)
    assert (told["height"], told["width"]) == picture.shape[:2]
    assert told["bytes"] == target.stat().st_size
    assert daemon.events().count("snapshot") == 1
    assert daemon.ctl("snapshot", str(tmp_path / "none" / "door.jpg")).returncode == 2
    assert sorted(path.name for path in (daemon.folder / "gallery").iterdir() if path.suffix == ".jpg") == []


def test_a_lost_camera_gives_no_snapshot_and_leaves_no_file(tmp_path: Path) -> None:
    running = start(tmp_path, "camera.source=none")
    try:
        wait_for_socket(running)
        done = running.ctl("snapshot", str(tmp_path / "door.jpg"))
        assert (done.returncode, "camera gives no pictures" in done.stderr) == (3, True)
        assert not (tmp_path / "door.jpg").exists()
    finally:
        running.process.kill()
        running.process.wait(WAIT_S)
