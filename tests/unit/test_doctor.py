"""Each check on a machine that is handed to it: what is well is called good, and what is not has a remedy."""

from __future__ import annotations

import fcntl
import io
import json
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from gpiozero.pins import Factory
from gpiozero.pins.mock import MockFactory, MockPin

from faceauthd import settings
from faceauthd.adapters.calendar import CLOCK_FILE, CalendarFile
from faceauthd.adapters.clock_trust import Voucher
from faceauthd.cli.doctor import tell
from faceauthd.cli.render import Printer
from faceauthd.config import Config, load_config
from faceauthd.doctor import machine, panel, stores
from faceauthd.doctor.camera import check_camera
from faceauthd.doctor.clock import check_clock
from faceauthd.doctor.finding import Finding, Grade, bad, from_error, good, is_well
from faceauthd.doctor.host import ThisHost
from faceauthd.doctor.running import Daemon, find_daemon, is_locked
from faceauthd.errors import CameraError, ModelError, PanelError
from faceauthd.gallery import Gallery
from faceauthd.resources import shipped
from faceauthd.threshold import threshold_for
from faceauthd.types import Role
from tests.fakes import FakeCamera, FakeClock
from tests.gallery_kit import EMBEDDER, templates

IDLE, BUSY = Daemon(), Daemon(True, {"camera": {"healthy": True}})


def config(*overrides: str) -> Config:
    return load_config(None, overrides).config


@dataclass
class FakeHost:
    """A machine that answers what the test says, and knows nothing else."""

    said: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    free: int = 1 << 40
    groups: frozenset[str] | None = None

    def run(self, *command: str) -> str | None:
        return self.said.get(" ".join(command))

    def read(self, path: Path) -> str | None:
        return self.files.get(str(path))

    def exists(self, path: Path) -> bool:
        return str(path) in self.files

    def free_bytes(self, path: Path) -> int:
        return self.free

    def groups_of(self, user: str) -> frozenset[str] | None:
        return self.groups


def no_factory() -> Factory:
    raise AssertionError("the pins are in use: nobody may open them")


def no_camera() -> FakeCamera:
    raise AssertionError("the camera is in use: nobody may open it")


# ---------------------------------------------------------------- findings


def test_what_is_not_good_has_a_remedy() -> None:
    with pytest.raises(ValueError, match="remedy"):
        bad("disk", "full", "")
    with pytest.raises(ValueError, match="remedy"):
        Finding("disk", Grade.GOOD, "room", "none")


def test_an_error_of_ours_is_split_into_finding_and_remedy() -> None:
    found = from_error("pins", PanelError("panel.pins.buzzer: this board has no GPIO99; choose one of GPIO0 to GPIO27"))
    assert (found.said, found.remedy) == (
        "panel.pins.buzzer: this board has no GPIO99",
        "choose one of GPIO0 to GPIO27",
    )


def test_only_what_is_bad_makes_it_ill() -> None:
    fine, wrong = good("a", "b"), bad("a", "b", "c")
    assert is_well([fine, replace(wrong, grade=Grade.WARNING)])
    assert not is_well([fine, wrong])


# ---------------------------------------------------------------- camera


def test_a_camera_that_gives_a_frame_is_good_and_is_closed() -> None:
    camera = FakeCamera(FakeClock(), (None, None, True))
    assert check_camera(config().camera, IDLE, lambda: camera) == good("camera", "picamera2 gives pictures of 64 x 48")
    assert camera.is_closed


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: FakeCamera(FakeClock(), (None,) * 100), "gives no picture"),
        (lambda: FakeCamera(FakeClock(), (CameraError("camera 0 is busy; stop the other program"),)), "is busy"),
    ],
)
def test_a_camera_that_does_not_is_bad(make: Callable[[], FakeCamera], said: str) -> None:
    found = check_camera(config().camera, IDLE, make, patience_s=5.0)
    assert found.grade is Grade.BAD
    assert said in found.said


def test_a_camera_that_hangs_is_not_waited_for() -> None:
    never = threading.Event()

    def hang() -> FakeCamera:
        never.wait(30)
        raise CameraError("too late")

    assert "hangs" in check_camera(config().camera, IDLE, hang, patience_s=0.05).said
    never.set()


def test_a_camera_of_a_running_service_is_only_asked_after() -> None:
    assert check_camera(config().camera, BUSY, no_camera) == good("camera", "in use by the running service")
    blind = Daemon(True, {"camera": {"healthy": False}})
    assert check_camera(config().camera, blind, no_camera).grade is Grade.BAD
    assert check_camera(config("camera.source=none").camera, IDLE, no_camera).grade is Grade.WARNING


# ---------------------------------------------------------------- pins and relay


def pins(made: Config, daemon: Daemon, factory: Callable[[], Factory]) -> list[Finding]:
    return panel.check_pins(made, settings.pins_of(made), daemon, factory)


def test_every_line_is_tried_but_the_relays() -> None:
    factory = MockFactory()
    found = pins(config(), IDLE, lambda: factory)
    assert [each.grade for each in found] == [Grade.GOOD]
    assert "5 lines" in found[0].said

    tried: list[int] = []

    class Watched(MockFactory):  # type: ignore[misc]
        def pin(self, name: int, *args: object, **more: object) -> MockPin:
            tried.append(name)
            return super().pin(name, *args, **more)

    made = config("panel.pins.bar=[5,6]", "panel.pins.exit_button=12")
    pins(made, IDLE, Watched)
    assert sorted(tried) == [5, 6, 12, 22, 23, 24, 25, 27]
    assert made.panel.pins.relay == 17


def test_each_line_that_cannot_be_had_is_named() -> None:
    class Taken(MockFactory):  # type: ignore[misc]
        def pin(self, name: int, *args: object, **more: object) -> MockPin:
            if name in (22, 25):
                raise OSError(16, "Device or resource busy")
            return super().pin(name, *args, **more)

    found = pins(config(), IDLE, Taken)
    assert [each.grade for each in found] == [Grade.BAD] * 2
    assert {each.said.split(" ")[0] for each in found} == {"panel.pins.led_red:", "panel.pins.buzzer:"}


def test_pins_of_a_running_service_are_left_alone() -> None:
    assert pins(config(), BUSY, no_factory) == [good("pins", "in use by the running service")]


@pytest.mark.parametrize("override", ["panel.kind=terminal", "panel.pin_factory=mock"])
def test_a_panel_that_opens_no_door_is_said(override: str) -> None:
    assert [each.grade for each in pins(config(override), IDLE, no_factory)] == [Grade.WARNING]


def test_a_factory_that_does_not_open_is_bad() -> None:
    def closed() -> Factory:
        raise PanelError("panel.pin_factory: lgpio does not open here (no chip); choose the factory mock")

    assert [each.remedy for each in pins(config(), IDLE, closed)] == ["choose the factory mock"]


def test_the_relays_polarity_and_rest() -> None:
    assert panel.check_relay(config()) == [good("relay", "active high on GPIO17, which rests low from power-on")]
    for override in ("panel.relay_active_high=false", "panel.pins.relay=5"):
        (found,) = panel.check_relay(config(override))
        assert found.grade is Grade.WARNING
        assert found.remedy.startswith("use ")


def test_remarks_on_the_configuration_are_told_once() -> None:
    lax = config("decision.liveness=off", "panel.relay_active_high=false")
    assert len(panel.check_settings(lax)) == len(panel.check_relay(lax)) == 1


def test_groups() -> None:
    enough = frozenset({"gpio", "video", "faceauth", "faceauthd"})
    assert panel.check_group(enough, config()).grade is Grade.GOOD
    assert panel.check_group(None, config()).grade is Grade.WARNING
    missing = panel.check_group(enough - {"gpio", "video"}, config())
    assert missing.remedy == "sudo adduser faceauthd gpio; sudo adduser faceauthd video"


# ---------------------------------------------------------------- on disk


def test_the_shipped_models_are_good_and_an_altered_one_is_not(tmp_path: Path) -> None:
    found, pack = stores.check_models(shipped("models"))
    assert found.grade is Grade.GOOD
    assert pack is not None

    def altered(folder: Path) -> None:
        raise ModelError(f"{folder}/x.onnx: SHA-256 is 1, the manifest expects 2; restore the models folder")

    found, pack = stores.check_models(tmp_path, altered)  # type: ignore[arg-type]
    assert (found.grade, found.remedy, pack) == (Grade.BAD, "restore the models folder", None)


def test_a_gallery_of_nobody_and_a_damaged_one(tmp_path: Path) -> None:
    assert [each.grade for each in stores.check_gallery(tmp_path, "abc")] == [Grade.WARNING]
    (tmp_path / "people.sqlite3").write_bytes(b"not a database" * 100)
    assert [each.grade for each in stores.check_gallery(tmp_path, "abc")] == [Grade.BAD]


def test_a_promise_that_no_threshold_keeps_is_told_before_the_start_refuses_it(tmp_path: Path) -> None:
    with Gallery.open(tmp_path, embedder_id=EMBEDDER, first_capacity=8) as gallery:
        gallery.enroll("ann", Role.ADMIN, templates(1, 2), now=1.0)

    def promise(count: int) -> None:
        threshold_for(1e-3, count, [(1e-2, 0.9), (1e-3, 0.98)])

    (found,) = stores.check_gallery(tmp_path, EMBEDDER, promise)
    assert (found.grade, "with 2 templates" in found.said) == (Grade.BAD, True)
    assert "decision.false_accept_rate" in found.remedy
    assert [each.grade for each in stores.check_gallery(tmp_path, EMBEDDER)] == [Grade.GOOD]


def test_rights(tmp_path: Path) -> None:
    folder = tmp_path / "gallery"
    assert stores.check_rights(folder).grade is Grade.WARNING
    folder.mkdir(mode=0o700)
    assert stores.check_rights(folder).grade is Grade.GOOD
    folder.chmod(0o750)
    assert stores.check_rights(folder).remedy == f"sudo chmod 700 {folder}"


def test_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    assert stores.check_socket(path, is_running=False).grade is Grade.GOOD
    assert stores.check_socket(path, is_running=True).grade is Grade.BAD
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
        path.chmod(0o660)
        assert stores.check_socket(path, is_running=True).grade is Grade.GOOD
        assert stores.check_socket(path, is_running=False).grade is Grade.WARNING
        path.chmod(0o666)
        assert stores.check_socket(path, is_running=True).grade is Grade.BAD


@pytest.mark.parametrize(("free", "grade"), [(49 << 20, Grade.BAD), (51 << 20, Grade.WARNING), (1 << 30, Grade.GOOD)])
def test_room_on_the_disk(free: int, grade: Grade) -> None:
    assert stores.check_disk(Path("/x"), FakeHost(free=free)).grade is grade


# ---------------------------------------------------------------- the machine

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PI_5 = {"/sys/class/rtc/rtc0/name": "rpi-rtc soc@107c000000:rpi_rtc"}
DS1307 = {"/sys/class/rtc/rtc0/name": "rtc-ds1307 1-0068"}
BATTERY = "vcgencmd pmic_read_adc BATT_V"


def vouchers(*by: str) -> dict[str, Voucher]:
    """Who vouches for every time, of a server and a battery."""
    return {"auto": lambda _: bool(by), "server": lambda _: "server" in by, "itself": lambda _: True}


@pytest.mark.parametrize(
    ("trust", "by", "now", "host", "grade"),
    [
        ("itself", ["server"], NOON.replace(year=1970), FakeHost(), Grade.BAD),
        ("auto", ["server"], NOON, FakeHost(), Grade.GOOD),
        ("auto", [], NOON, FakeHost(), Grade.WARNING),
        ("server", ["battery"], NOON, FakeHost(), Grade.WARNING),
        ("server", ["server"], NOON, FakeHost(), Grade.GOOD),
        ("itself", [], NOON, FakeHost(), Grade.GOOD),
        ("auto", ["battery"], NOON, FakeHost(files=DS1307), Grade.GOOD),
        ("auto", ["battery"], NOON, FakeHost(files=PI_5), Grade.WARNING),
        ("auto", ["battery"], NOON, FakeHost({BATTERY: "BATT_V volt(25)=0.04883000V"}, PI_5), Grade.WARNING),
        ("auto", ["battery"], NOON, FakeHost({BATTERY: "BATT_V volt(25)=nanV"}, PI_5), Grade.WARNING),
        ("auto", ["battery"], NOON, FakeHost({BATTERY: "BATT_V volt(25)=3.02099500V"}, PI_5), Grade.GOOD),
        ("auto", ["battery", "server"], NOON, FakeHost({BATTERY: "BATT_V volt(25)=0.04883000V"}, PI_5), Grade.GOOD),
    ],
)
def test_the_clock(tmp_path: Path, trust: str, by: list[str], now: datetime, host: FakeHost, grade: Grade) -> None:
    found = check_clock(now, trust, tmp_path, host, vouchers(*by))
    assert found.grade is grade
    believed = CalendarFile(tmp_path / CLOCK_FILE, vouchers(*by)[trust]).is_believed(now)
    assert believed is ("stay outside" not in found.said), "the door says the same"


def test_a_clock_that_went_back_is_wrong_for_the_doctor_as_for_the_door(tmp_path: Path) -> None:
    kept = CalendarFile(tmp_path / CLOCK_FILE, lambda _: True)
    kept.is_believed(NOON)
    kept.close()
    found = check_clock(NOON - timedelta(hours=1), "itself", tmp_path, FakeHost())
    assert found.grade is Grade.BAD
    assert found.said.startswith("it shows 2026-11-23 11:00, and was at 2026-11-23 12:00 before")
    assert f"remove {tmp_path / CLOCK_FILE}" in found.remedy
    (tmp_path / CLOCK_FILE).write_text("{")
    assert check_clock(NOON - timedelta(hours=1), "itself", tmp_path, FakeHost()).grade is Grade.GOOD


@pytest.mark.parametrize(
    ("milli", "grade"), [("48312", Grade.GOOD), ("80000", Grade.WARNING), ("85100", Grade.BAD), ("x", None)]
)
def test_the_temperature(milli: str, grade: Grade | None) -> None:
    found = machine.check_temperature(FakeHost(files={"/sys/class/thermal/thermal_zone0/temp": milli}))
    assert (found.grade if found else None) is grade


@pytest.mark.parametrize(
    ("told", "grade", "said"),
    [
        ("throttled=0x0", Grade.GOOD, "as they should be"),
        ("throttled=0x50005", Grade.BAD, "voltage is too low; it is throttled"),
        ("throttled=0x50000", Grade.WARNING, "since the start: the supply's voltage is too low"),
        ("throttled=0x8", Grade.WARNING, "temperature limit"),
    ],
)
def test_the_power(told: str, grade: Grade, said: str) -> None:
    found = machine.check_power(FakeHost({"vcgencmd get_throttled": told}))
    assert found is not None
    assert found.grade is grade
    assert said in found.said


def test_without_firmware_nothing_is_said_of_the_power() -> None:
    assert machine.check_power(FakeHost({"vcgencmd get_throttled": "VCHI initialization failed"})) is None
    assert machine.check_power(FakeHost()) is None
    sysfs = "/sys/devices/platform/soc/soc:firmware/get_throttled"
    assert machine.check_power(FakeHost(files={sysfs: "50005"})) is not None


@pytest.mark.parametrize(
    ("active", "enabled", "grade"),
    [
        ("active", "enabled", Grade.GOOD),
        ("activating", "enabled", Grade.WARNING),
        ("failed", "enabled", Grade.BAD),
        ("inactive", "disabled", Grade.BAD),
        ("inactive", "not-found", Grade.WARNING),
    ],
)
def test_the_service(active: str, enabled: str, grade: Grade) -> None:
    said = {"systemctl is-active faceauthd": active, "systemctl is-enabled faceauthd": enabled}
    assert machine.check_service(FakeHost(said, {"/run/systemd/system": ""})).grade is grade
    assert machine.check_service(FakeHost(said)).said == "no systemd runs here"


def test_the_journal() -> None:
    here = {"/run/systemd/journal/socket": ""}
    kept = here | {"/var/log/journal": ""}
    assert machine.check_journal(FakeHost(files=kept), "auto").grade is Grade.GOOD
    assert "in memory" in machine.check_journal(FakeHost(files=here), "auto").said
    assert machine.check_journal(FakeHost(), "auto").grade is Grade.WARNING
    assert machine.check_journal(FakeHost(), "stderr").grade is Grade.GOOD


def test_this_machine_answers(tmp_path: Path) -> None:
    host = ThisHost()
    assert host.run("sh", "-c", "echo inactive; exit 3") == "inactive"
    assert host.run("/no/such/command") is None
    assert host.free_bytes(tmp_path / "not" / "yet") > 0
    assert "root" in (host.groups_of("root") or ())
    assert host.groups_of("nobody-of-that-name") is None


# ---------------------------------------------------------------- a running daemon, and what is told


def test_a_lock_that_somebody_holds_is_seen_without_trying_it(tmp_path: Path) -> None:
    path = tmp_path / "gallery.lock"
    assert not is_locked(path)
    held = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    made = config(f"gallery.path={tmp_path}", f"control.socket={tmp_path}/none.sock")
    try:
        assert find_daemon(made) == Daemon(False)
        fcntl.flock(held, fcntl.LOCK_EX)
        assert is_locked(path)
        assert find_daemon(made) == Daemon(True)
    finally:
        os.close(held)
    assert not is_locked(path)


def test_it_is_told_in_lines_and_as_json() -> None:
    findings = [good("disk", "room"), bad("camera", "gone", "plug it in")]
    out = io.StringIO()
    tell(findings, Printer(out=out))
    assert out.getvalue().splitlines() == [
        "good     disk: room",
        "bad      camera: gone",
        "         -> plug it in",
        "1 good, 0 warning, 1 bad",
    ]
    out = io.StringIO()
    tell(findings, Printer(as_json=True, out=out))
    told = json.loads(out.getvalue())
    assert told["good"] is False
    assert told["findings"][1] == {"check": "camera", "grade": "bad", "said": "gone", "remedy": "plug it in"}
