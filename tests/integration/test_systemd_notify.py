"""What the service manager hears, through a real datagram socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from faceauthd.adapters.systemd_notify import NullNotifier, SystemdNotifier, open_notifier
from faceauthd.ports import Notifier


class Manager:
    """The other end of NOTIFY_SOCKET, as systemd has it."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.setblocking(False)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return messages


class Time:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "path" else f"@faceauthd-test-{os.getpid()}"


@pytest.fixture
def manager(address: str) -> Iterator[Manager]:
    manager = Manager(address)
    yield manager
    manager.socket.close()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def notifier(address: str, manager: Manager, time: Time) -> Iterator[Notifier]:
    environ = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}
    notifier = open_notifier(environ, now=time)
    yield notifier
    notifier.stopping()


def test_a_life(notifier: Notifier, manager: Manager) -> None:
    notifier.ready()
    notifier.alive("Watching")
    notifier.stopping()
    assert manager.heard() == ["READY=1", "WATCHDOG=1", "STATUS=Watching", "STOPPING=1"]
    notifier.alive("too late")


def test_the_watchdog_is_fed_three_times_in_its_time(notifier: Notifier, manager: Manager, time: Time) -> None:
    notifier.ready()
    heard = manager.heard()
    for tick in range(300):
        time.now_s = 100.0 + tick / 30
        notifier.alive("Watching")
        heard += manager.heard()
    assert heard.count("WATCHDOG=1") == 10
    assert heard.count("STATUS=Watching") == 1


def test_a_start_that_waits_for_its_camera_is_given_the_time(notifier: Notifier, manager: Manager, time: Time) -> None:
    heard = []
    for tick in range(300):
        time.now_s = 100.0 + tick / 30
        notifier.alive("Locked: there is no camera 0")
        heard += manager.heard()
    assert heard.count("WATCHDOG=1\nEXTEND_TIMEOUT_USEC=3000000") == 10
    notifier.ready()
    time.now_s += 3.0
    notifier.alive("Locked: there is no camera 0")
    assert manager.heard() == ["READY=1", "WATCHDOG=1"]


def test_a_start_that_nobody_watches_is_given_the_time_too(address: str, manager: Manager, time: Time) -> None:
    notifier = open_notifier({"NOTIFY_SOCKET": address}, now=time)
    notifier.alive("Locked")
    assert manager.heard() == ["EXTEND_TIMEOUT_USEC=10000000", "STATUS=Locked"]
    notifier.stopping()


def test_a_status_that_changes_with_each_frame_is_sent_once_a_second(
    notifier: Notifier, manager: Manager, time: Time
) -> None:
    heard = []
    for tick in range(40):
        time.now_s = 100.0 + tick / 8
        notifier.alive(f"{tick} frames")
        heard += manager.heard()
    assert [text for text in heard if text.startswith("STATUS=")] == [
        f"STATUS={tick} frames" for tick in range(0, 40, 8)
    ]


def test_a_status_without_a_ping(notifier: Notifier, manager: Manager) -> None:
    notifier.status("The camera gives no frames")
    notifier.status("The camera gives no frames")
    assert manager.heard() == ["STATUS=The camera gives no frames"]


def test_a_status_cannot_smuggle_in_another_message(notifier: Notifier, manager: Manager) -> None:
    notifier.status("Open for a\nMAINPID=1")
    assert manager.heard() == [r"STATUS=Open for a\nMAINPID=1"]


def test_without_a_watchdog_there_are_no_pings(address: str, manager: Manager, time: Time) -> None:
    for environ in ({}, {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}):
        notifier = open_notifier({"NOTIFY_SOCKET": address, **environ}, now=time)
        notifier.ready()
        notifier.alive("Watching")
        assert manager.heard() == ["READY=1", "STATUS=Watching"]
        notifier.stopping()
        manager.heard()


def test_a_manager_that_is_gone_is_told_again_when_it_is_back(tmp_path: Path, time: Time) -> None:
    address = str(tmp_path / "notify")
    notifier = SystemdNotifier(address, now=time, watchdog_s=3.0)
    notifier.ready()
    notifier.alive("Watching")
    manager = Manager(address)
    notifier.alive("Watching")
    assert manager.heard() == ["WATCHDOG=1", "STATUS=Watching"]
    notifier.stopping()
    manager.socket.close()


def test_a_manager_that_does_not_listen_never_blocks(notifier: Notifier, time: Time) -> None:
    for tick in range(2000):
        time.now_s += 10.0
        notifier.alive(f"tick {tick}")


def test_without_a_manager_nothing_is_said(time: Time) -> None:
    for environ in ({}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}):
        assert isinstance(open_notifier(environ, now=time), NullNotifier)
