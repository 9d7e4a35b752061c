"""In the virtual machine, as root: what the installed service does with picamera2 on the virtual camera.

Prints a line for each thing that is expected, and ends with 1 if one of them did not come about.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import virtual_camera
from client import Client
from service import CONFIGURATION, NAME, Journal, Line, is_active, main_pid, properties, systemctl, until
from trials import Trials, say

BIN = Path("/opt/faceauthd/current/bin")
OUTAGE_S = 90.0
"""Nine times the watchdog's time, and every step of the camera's back-off."""
BACK_S = 60.0
"""The longest step of the back-off is 30 s, and the camera takes a while to open."""
ASIDE = ("fault", "refused")
OPEN_S = 120.0
"""Loading models and picamera2 and opening the camera, where the machine is emulated."""


class AtTheCamera(Trials):
    """The service was started at boot, as install.sh enabled it, with nothing plugged in."""

    def plugged_in_late(self) -> None:
        """A camera that is plugged in after the service has started."""
        fault_s = self.came("no camera is a fault", "fault", 0.0, OPEN_S)
        self.expect("which says so", "there is no camera 1" in self.told("fault"), self.told("fault"))
        until(lambda: self.is_locked_for("there is no camera 1"), 10)
        state, status = properties("ActiveState", "StatusText")
        self.expect("the service waits for it", state == "activating", status)
        self.expect("its status says so", self.is_locked_for("there is no camera 1"))
        pid = main_pid()
        virtual_camera.plug_in()
        self.came("plugged in, it is found", "recovered", fault_s or 0.0, BACK_S + OPEN_S)
        self.expect("by the same process", main_pid() == pid)
        self.expect("which is ready now", until(is_active, 20), properties("StatusText")[0])
        opened = [line.text for line in self.journal.lines() if " opened: " in line.text][-1:]
        formats = "main 640x480 NV12, lores 320x240 NV12"
        self.expect("main and lores are read as what it gives", formats in str(opened), opened)
        self.confined(pid)

    def confined(self, pid: int) -> None:
        """The hardening that the unit ships is in force for this very process."""
        user, groups = properties("User", "SupplementaryGroups")
        self.expect("as user faceauthd, of group video", user == "faceauthd" and "video" in groups, (user, groups))
        rows = Path(f"/proc/{pid}/status").read_text().splitlines()
        status = dict(row.split(":\t", 1) for row in rows if ":\t" in row)
        wanted = {"CapEff": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"}
        found = {name: status[name] for name in wanted}
        self.expect("without capabilities, its calls filtered", found == wanted, found)
        policy = properties("DevicePolicy", "MemoryDenyWriteExecute", "PrivateNetwork", "ProtectSystem")
        self.expect("few devices, no network, no writing", policy == ["closed", "yes", "yes", "strict"], policy)
        links = [Path(f"/proc/{each}/ns/net").readlink() for each in (pid, "self")]
        self.expect("in a network of its own", links[0] != links[1])

    def enrolled_and_let_in(self) -> None:
        """Somebody is enrolled before the camera, walks away, and walks up again."""
        since_s = time.monotonic()
        command = [str(BIN / "faceauthctl"), "enroll", "alice", "--role", "admin"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        self.expect("faceauthctl enroll alice succeeds", done.returncode == 0, f"{done.stdout}{done.stderr}".strip())
        enrolled_s = self.came("it is told", "enrolled", since_s, 5)
        looks = self.journal.events("enroll-step", since_s)
        self.expect("after five looks", len(looks) == 5, f"{len(looks)} looks in {(enrolled_s or 0) - since_s:.1f} s")
        unlocked_s = self.came("the door opens for alice", "unlocked", enrolled_s or since_s, 120)
        self.expect("for nobody else", "alice" in self.told("unlocked"), self.told("unlocked"))
        self.came("and is locked again", "locked", unlocked_s or since_s, 20)

    def lost_and_found(self) -> None:
        """The camera gives no more frames, and after a while it does again."""
        pid, since_s = main_pid(), time.monotonic()
        virtual_camera.set_mood("starve")
        self.came("that is a fault", "fault", since_s, 30)
        said = self.told("fault", since_s)
        self.expect("which says so", "camera 1 gives no frames" in said, said)
        time.sleep(OUTAGE_S / 2)
        self.tried_again(since_s)
        client = Client()
        status = client.ask("status")
        self.expect("it answers meanwhile", (status["state"], status["is_open"]) == ("fault", False), status["state"])
        client.ask("unlock")
        self.came("and opens by an order", "unlocked", since_s, 10)
        time.sleep(max(0.0, since_s + OUTAGE_S - time.monotonic()))
        self.expect(f"after {OUTAGE_S:g} s it is the same process", main_pid() == pid, properties("NRestarts"))
        virtual_camera.be_well()
        self.came("with frames it is trusted again", "recovered", since_s, BACK_S)
        kinds = [line.kind for line in self.journal.lines(since_s) if line.kind in ("fault", "recovered")]
        self.expect("told once each", kinds == ["fault", "recovered"], kinds)
        self.expect("and nothing else is complained of", not self.complaints(since_s), self.complaints(since_s))
        self.expect("it is the same process", main_pid() == pid and is_active())
        unlocked_s = self.came("the door opens for alice", "unlocked", time.monotonic(), 120)
        self.expect("as before", unlocked_s and "alice" in self.told("unlocked", unlocked_s))

    def tried_again(self, since_s: float) -> None:
        """The next attempt to open the camera is over. The virtual one's opening reads all its pictures and keeps the
        interpreter to itself for a second, in which nothing else would be in time."""
        before = len(self.opened(since_s))
        self.expect("it is tried again", until(lambda: len(self.opened(since_s)) > before, 45))

    def opened(self, since_s: float) -> list[Line]:
        return [line for line in self.journal.lines(since_s) if " opened: " in line.text]

    def hung(self) -> None:
        """A driver that does not return, from which only another process helps."""
        pid, since_s = main_pid(), time.monotonic()
        virtual_camera.set_mood("hang")
        self.came("that is a fault", "fault", since_s, 30)
        gone = until(lambda: main_pid() != pid, 60)
        self.expect("the watchdog ends it", gone, f"after {time.monotonic() - since_s:.1f} s")
        virtual_camera.be_well()
        self.expect("another one takes over", until(is_active, OPEN_S), properties("StatusText")[0])
        self.expect("and knows whom it knew", "1 person, 5 templates" in properties("StatusText")[0])

    def stopped_while_hung(self) -> None:
        """A driver that does not return keeps nobody from stopping the service."""
        since_s = time.monotonic()
        virtual_camera.set_mood("hang")
        self.came("that is a fault", "fault", since_s, 30)
        began_s = time.monotonic()
        systemctl("stop", NAME)
        took_s = time.monotonic() - began_s
        state = properties("ActiveState", "Result")
        self.expect(
            "it ends by itself, before it is killed", took_s < 10 and state[1] == "success", f"{state} {took_s:.1f} s"
        )
        virtual_camera.be_well()

    def number_that_is_not_there(self) -> None:
        """A camera that the configuration names and the machine does not have."""
        since_s = time.monotonic()
        CONFIGURATION.write_text(CONFIGURATION.read_text().replace("picamera2:1", "picamera2:7"))
        systemctl("--no-block", "start", NAME)
        self.came("that is a fault", "fault", since_s, OPEN_S)
        said = self.told("fault", since_s)
        self.expect("which names it", "there is no camera 7" in said, said)
        is_said = until(lambda: self.is_locked_for("there is no camera 7"), 10)
        self.expect("so does the status", is_said, properties("StatusText"))
        systemctl("stop", NAME)

    def is_locked_for(self, why: str) -> bool:
        return properties("StatusText")[0].startswith(f"Locked: {why}")

    def told(self, kind: str, since_s: float = 0.0) -> str:
        """The first event of that kind, in words."""
        return next((line.text for line in self.journal.events(kind, since_s)), "")

    def complaints(self, since_s: float) -> list[Line]:
        """Of anything but the fault, and what is made of drawn pictures."""
        return [line for line in self.journal.lines(since_s) if line.priority <= 4 and line.kind not in ASIDE]


def main() -> int:
    """0 if all came about."""
    say(f"booted; the machine's clock says {time.monotonic():.0f} s")
    virtual_camera.be_well()
    trials = AtTheCamera(Journal())
    trials.run(
        (
            trials.plugged_in_late,
            trials.enrolled_and_let_in,
            trials.lost_and_found,
            trials.hung,
            trials.stopped_while_hung,
            trials.number_that_is_not_there,
        )
    )
    if trials.failures:
        for line in trials.journal.lines()[-150:]:
            say(f"{line.at_s:8.2f} {line.text}")
    say(f"{trials.failures} failures")
    return int(trials.failures > 0)


if __name__ == "__main__":
    sys.exit(main())
