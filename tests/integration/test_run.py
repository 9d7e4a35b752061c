"""`faceauthd run` as a process of its own, and `faceauthctl` speaking to it: the whole product as a user has it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from faceauthd.resources import shipped
from faceauthd.scene.library import load_scene

FACES = shipped("faces")
CTL = "from faceauthd.cli.ctl import main; main()"
WAIT_S = 60.0


@dataclass
class Running:
    process: subprocess.Popen[str]
    folder: Path

    def ctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", CTL, "--socket", str(self.folder / "control.sock"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)

    def asked(self, *arguments: str) -> dict[str, object]:
        done = self.ctl(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert isinstance(told, dict)
        return told

    def events(self) -> list[str]:
        told = self.asked("events")["events"]
        assert isinstance(told, list)
        return [event["event"] for event in told]

    def until(self, event: str) -> None:
        end_s = time.monotonic() + WAIT_S
        while event not in self.events():
            assert time.monotonic() < end_s, f"no event {event}: {self.events()}"
            time.sleep(0.1)


def start(folder: Path, *settings: str, stderr: int | None = None) -> Running:
    overrides = [
        "panel.pin_factory=mock",
        "control.group=null",
        f"control.socket={folder / 'control.sock'}",
        f"gallery.path={folder / 'gallery'}",
        "log.journal=stderr",
        *settings,
    ]
    command = [sys.executable, "-m", "faceauthd", "run", *(part for each in overrides for part in ("--set", each))]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=stderr or log, text=True, cwd=folder)
    return Running(process, folder)


def wait_for_socket(running: Running) -> None:
    end_s = time.monotonic() + WAIT_S
    while not (running.folder / "control.sock").exists():
        assert running.process.poll() is None, (running.folder / "log").read_text()
        assert time.monotonic() < end_s
        time.sleep(0.05)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The part of the demo scene in which somebody walks up, as a folder of pictures."""
    from faceauthd.picture import save_picture

    folder = tmp_path_factory.mktemp("frames")
    scene = load_scene("demo")
    for number, index in enumerate(range(int(18.2 * scene.fps), int(20.2 * scene.fps))):
        save_picture(scene.frame(index).main, folder / f"{number:03d}.png")
    return folder


@pytest.fixture
def daemon(tmp_path: Path, frames: Path) -> Iterator[Running]:
    running = start(tmp_path, f"camera.source=replay:{frames}", "camera.replay_fps=8", "lockout.refusals=100")
    try:
        wait_for_socket(running)
        yield running
    finally:
        running.process.kill()
        running.process.wait(WAIT_S)


def enrolled(running: Running, name: str = "eileen") -> None:
    done = running.ctl("enroll", name, "--images", str(FACES / "astronaut.jpg"))
    assert done.returncode == 0, done.stderr


def test_somebody_enrolled_from_a_photograph_walks_up_and_the_door_opens(daemon: Running) -> None:
    assert daemon.asked("status")["people"] == 0
    enrolled(daemon)
    daemon.until("unlocked")
    people = daemon.asked("people")["people"]
    assert isinstance(people, list)
    assert [(person["name"], person["templates"]) for person in people] == [("eileen", 1)]


def test_somebody_else_is_refused(daemon: Running) -> None:
    done = daemon.ctl("enroll", "grace", "--images", str(FACES / "hopper.jpg"))
    assert done.returncode == 0, done.stderr
    daemon.until("refused")
    assert "unlocked" not in daemon.events()


def test_photographs_that_will_not_do_are_named_with_the_reason(daemon: Running, tmp_path: Path) -> None:
    text = tmp_path / "no-picture.jpg"
    text.write_text("this is no picture")
    done = daemon.ctl(
        "enroll", "eileen", "--images", str(FACES / "astronaut.jpg"), str(FACES / "hopper.jpg"), str(text)
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["taken", "rejected", "rejected"]
    alone = daemon.ctl("enroll", "nobody", "--images", str(text))
    assert alone.returncode == 3
    again = daemon.ctl("enroll", "somebody", "--images", str(FACES / "astronaut.jpg"))
    assert again.returncode == 3
    assert "enrolled already" in again.stdout + again.stderr


def test_it_serves_though_nobody_reads_what_it_says(tmp_path: Path) -> None:
    """Standard error, where its log and its journal go, is a pipe that is full before it starts."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    running = start(tmp_path, "camera.source=none", "log.level=debug", stderr=writer)
    try:
        wait_for_socket(running)
        assert running.asked("unlock")["is_open"] is True
        assert running.asked("lock")["is_open"] is False
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(WAIT_S) == 0
    finally:
        running.process.kill()
        running.process.wait(WAIT_S)
        os.close(reader)
        os.close(writer)


def test_renaming_and_removing(daemon: Running) -> None:
    enrolled(daemon)
    assert daemon.ctl("rename", "eileen", "eileen collins").returncode == 0
    assert daemon.ctl("rename", "nobody", "x").returncode in (3, 6)
    assert daemon.ctl("remove", "eileen collins", "--yes", "--last").returncode == 0
    assert daemon.asked("people")["people"] == []
    assert daemon.events().count("removed") == 1


def test_rules_are_kept_and_the_last_administrator_stays(daemon: Running) -> None:
    done = daemon.ctl("enroll", "grace", "--role", "admin", "--images", str(FACES / "hopper.jpg"))
    assert done.returncode == 0, done.stderr
    for command in (["role", "grace", "guest"], ["disable", "grace"], ["expire", "grace", "2099-01-01"]):
        refused = daemon.ctl(*command)
        assert (refused.returncode, "role NAME admin" in refused.stderr) == (3, True), refused.stderr
    assert "--last" in daemon.ctl("remove", "grace", "--yes").stderr
    enrolled(daemon)
    assert daemon.ctl("disable", "eileen").returncode == 0
    people = daemon.ctl("people").stdout.splitlines()
    assert [line.split("\t")[-1] for line in people] == ["always", "not: disabled"]
    assert daemon.ctl("role", "eileen", "admin").returncode == 0
    assert daemon.ctl("disable", "grace").returncode == 3
    assert daemon.ctl("enable", "eileen").returncode == 0
    assert daemon.ctl("disable", "grace").returncode == 0
    assert {"disabled", "role-changed", "enabled"} <= set(daemon.events())
    assert "attempts by strangers" in daemon.ctl("threshold").stdout


def test_names_that_are_none_are_refused(daemon: Running) -> None:
    for name in ("", "x" * 500, "../../etc/passwd", "a/b", "a\nb", " ", "-x"):
        done = daemon.ctl("enroll", "--images", str(FACES / "astronaut.jpg"), "--", name)
        assert done.returncode in (2, 3), (name, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
    assert daemon.asked("people")["people"] == []


def test_clients_that_send_rubbish_do_not_stop_it(daemon: Running) -> None:
    for rubbish in (
        b"\xff\xfe\x00garbage\n",
        b'{"do": "people"',
        b"x" * 1_000_000,
        b"[" * 5000 + b"\n",
        b'{"do": 5}\n',
    ):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(daemon.folder / "control.sock"))
            try:
                client.sendall(rubbish)
            except (BrokenPipeError, ConnectionResetError):
                continue
    assert daemon.asked("status")["state"]
    assert daemon.process.poll() is None


def test_a_second_daemon_on_the_same_gallery_is_told_so(daemon: Running, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    second = start(other, "camera.source=none", f"gallery.path={tmp_path / 'gallery'}")
    assert second.process.wait(WAIT_S) == 1
    text = (other / "log").read_text()
    assert len(text.splitlines()) == 1
    assert str(daemon.process.pid) in text
    assert daemon.asked("status")["state"]


def test_sigterm_ends_it_in_good_order(daemon: Running) -> None:
    enrolled(daemon)
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(WAIT_S) == 0
    assert not (daemon.folder / "control.sock").exists()
    assert "stopped" in (daemon.folder / "log").read_text()
    offline = daemon.ctl("--set", f"gallery.path={daemon.folder / 'gallery'}", "people", "--json")
    assert offline.returncode == 0, offline.stderr
    assert [person["name"] for person in json.loads(offline.stdout)["people"]] == ["eileen"]
    assert daemon.ctl("rename", "eileen", "x").returncode == 5


def test_a_daemon_killed_on_the_spot_leaves_everybody_enrolled(daemon: Running, frames: Path) -> None:
    enrolled(daemon)
    os.kill(daemon.process.pid, signal.SIGKILL)
    daemon.process.wait(WAIT_S)
    again = start(daemon.folder, f"camera.source=replay:{frames}")
    try:
        end_s = time.monotonic() + WAIT_S
        while again.ctl("status").returncode != 0:
            assert time.monotonic() < end_s
            time.sleep(0.1)
        again.until("unlocked")
    finally:
        again.process.kill()
        again.process.wait(WAIT_S)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["camera.source=replay:/nowhere"], "/nowhere"),
        (["camera.source=none", "vision.models=/nowhere"], "/nowhere/manifest.yaml"),
        (["gate.unlok_s=3"], "did you mean unlock_s"),
        (["camera.source=none", "panel.pins.relay=17", "panel.pins.button=17"], "GPIO17"),
        (["camera.source=scene:nothing"], "no scene is called"),
    ],
)
def test_what_is_wrong_at_the_start_is_one_clear_line(tmp_path: Path, settings: list[str], said: str) -> None:
    running = start(tmp_path, *settings)
    assert running.process.wait(WAIT_S) in (1, 2)
    text = (tmp_path / "log").read_text()
    assert len(text.splitlines()) == 1, text
    assert said in text


def test_a_gallery_that_is_cut_off_under_it_ends_it_with_a_trace_and_the_next_start_names_it(
    tmp_path: Path, frames: Path
) -> None:
    """As `cp backup embeddings.npy` does for a moment, or a medium that fails: native code dies in the mapping."""
    settings = (f"camera.source=replay:{frames}", "camera.replay_fps=8", "lockout.refusals=100")
    running = start(tmp_path, *settings)
    try:
        wait_for_socket(running)
        enrolled(running)
        os.truncate(tmp_path / "gallery" / "embeddings.npy", 0)
        assert running.process.wait(WAIT_S) == -signal.SIGBUS
    finally:
        running.process.kill()
        running.process.wait(WAIT_S)
    assert "Fatal Python error: Bus error" in (tmp_path / "log").read_text()
    again = start(tmp_path, *settings)
    try:
        assert again.process.wait(WAIT_S) == 1
    finally:
        again.process.kill()
    assert "embeddings.npy is not this gallery's matrix" in (tmp_path / "log").read_text()
