"""In the virtual machine, as an ordinary user: `faceauthd run` on the camera, spoken to as its users speak to it.

Prints a line for each thing that is expected, and ends with 1 if one of them did not come about.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
HOME = Path.home()
SETTINGS, SOCKET, LOG = HOME / "settings.yaml", HOME / "control.sock", HOME / "faceauthd.log"
MOOD = HOME / "mood"
"""What the camera is like: see fill_gaps.py."""
PHOTOGRAPH = "/source/tests/data/faces/astronaut.jpg"
BEGAN_S = time.monotonic()

# The camera's pictures are 640x480; the machine has one processor and may be slow. All else is the default.
CONFIGURATION = f"""
camera: {{source: picamera2, width: 640, height: 480, fps: 10}}
panel: {{kind: gpiozero, pin_factory: mock}}
gallery: {{path: {HOME}/gallery}}
control: {{socket: {SOCKET}, group: null}}
log: {{journal: stderr}}
vision: {{threads: 1}}
decision: {{window_s: 10}}
"""

failures = 0


def say(line: str) -> None:
    """At once: whoever watches wants to know how far it is."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def expect(what: str, is_so: bool, told: object = "") -> None:
    """One line, and a count of what did not come about."""
    global failures
    failures += not is_so
    say(f"{time.monotonic() - BEGAN_S:6.1f} s  {'ok' if is_so else 'NOT OK'}: {what}  {told}")


class Client:
    """The control protocol of docs/contracts.md, spoken over one connection: to start a program for each question takes
    half a minute where the machine is emulated."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(SOCKET))
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def ask(self, verb: str, **arguments: object) -> dict[str, Any]:
        self._socket.sendall(json.dumps({"do": verb, **arguments}).encode() + b"\n")
        return dict(json.loads(self._lines.readline())["result"])

    def first(self, kind: str, after_s: float = 0.0, within_s: float = 60.0) -> dict[str, Any]:
        """The first event of that kind later than `after_s`, waited for; empty if there was none."""
        until_s = time.monotonic() + within_s
        while not (found := self.every(kind, after_s)) and time.monotonic() < until_s:
            time.sleep(0.5)
        return found[0] if found else {}

    def every(self, kind: str, after_s: float) -> list[dict[str, Any]]:
        return [event for event in self.ask("events", kind=kind)["events"] if event["time_s"] > after_s]


def connected(within_s: float) -> Client | None:
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        try:
            return Client()
        except OSError:
            time.sleep(0.2)
    return None


def short(event: dict[str, Any]) -> str:
    wanted = ("person", "score", "threshold", "liveness", "detail")
    return ", ".join(f"{key} {event[key]}" for key in wanted if event.get(key) is not None)


def enroll() -> None:
    """With faceauthctl, as somebody would."""
    command = [str(BIN / "faceauthctl"), "--config", str(SETTINGS), "enroll", "alice", "--images", PHOTOGRAPH]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    expect("alice is enrolled from the photograph", done.returncode == 0, f"{done.stdout} {done.stderr}".strip())


def find(client: Client) -> None:
    """A camera that gave nothing so far gives frames; the door opens for the face before it."""
    fault = client.first("fault")
    expect(
        "a camera that gives no frames is a fault", "camera 0 gives no frames" in fault.get("detail", ""), short(fault)
    )
    status = client.ask("status")
    expect("the door is locked meanwhile", (status["state"], status["is_open"]) == ("fault", False))
    MOOD.write_text("")
    recovered = client.first("recovered", fault.get("time_s", 0.0), within_s=120)
    expect("it is tried again, and trusted again when it gives frames", bool(recovered))
    expect("it was told once", len(client.every("fault", 0.0)) == 1)
    unlocked = client.first("unlocked", within_s=120)
    expect("the door opens for alice", unlocked.get("person") == "alice", short(unlocked))
    opened = [line for line in LOG.read_text().splitlines() if "opened: " in line][-1:]
    expect(
        "main and lores are read as what the camera gives",
        "main 640x480 NV12, lores 320x240 NV12" in str(opened),
        opened,
    )
    expect("and it closes again", bool(client.first("locked", unlocked.get("time_s", 0.0))))


def hang_and_stop(client: Client, daemon: subprocess.Popen[bytes]) -> None:
    """A driver that never returns does not keep faceauthd from ending."""
    now_s = time.monotonic()
    MOOD.write_text("hang")
    fault = client.first("fault", now_s)
    expect("a camera that hangs is a fault", bool(fault), short(fault))
    began_s = time.monotonic()
    daemon.send_signal(signal.SIGTERM)
    try:
        ended: int | None = daemon.wait(60)
    except subprocess.TimeoutExpired:
        ended = None
    took_s = time.monotonic() - began_s
    expect(
        "faceauthd ends nevertheless, within 10 s", ended == 0 and took_s < 10, f"status {ended} after {took_s:.1f} s"
    )


def number_that_is_not_there() -> None:
    """A camera that the configuration names and the machine does not have."""
    with running("--set", "camera.source=picamera2:7"):
        client = connected(within_s=120)
        expect("faceauthd answers without its camera", client is not None)
        if client:
            fault = client.first("fault")
            expect(
                "a number that is not there is a fault", "there is no camera 7" in fault.get("detail", ""), short(fault)
            )
            expect("with the door locked", not client.ask("status")["is_open"])


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """faceauthd with these settings; ended in the end."""
    environment = {**os.environ, "VIRTUAL_CAMERA_MOOD": str(MOOD)}
    with LOG.open("ab") as log:
        command = [BIN / "faceauthd", "run", "--config", SETTINGS, *arguments]
        daemon = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield daemon
        finally:
            daemon.kill()
            daemon.wait()


def main() -> int:
    """0 if all came about."""
    SETTINGS.write_text(CONFIGURATION)
    MOOD.write_text("starve")
    with running() as daemon:
        client = connected(within_s=120)
        expect("faceauthd answers", client is not None)
        if client:
            enroll()
            find(client)
            hang_and_stop(client, daemon)
    MOOD.write_text("")
    number_that_is_not_there()
    if failures:
        say(LOG.read_text())
    say(f"{failures} failures")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
