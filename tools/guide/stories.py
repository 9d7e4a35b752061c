"""What is played for the guide: who comes, what is pressed and typed. Which of it is drawn says `pictures`."""

from __future__ import annotations

from collections.abc import Mapping

from faceauthd.types import Sign
from tools.guide.scenes import ALICE, BOB, is_learnt, scene, stands
from tools.guide.script import Contact, Script, Typed, Unplugged, Watched

_FACES = "tests/data/faces"
_ALICE = f"sudo faceauthctl enroll alice --role admin --images {_FACES}/astronaut.jpg"
_BOB = f"sudo faceauthctl enroll bob --images {_FACES}/hopper.jpg"

STORIES: Mapping[str, Script] = {
    "first-start": Script(
        scene(27, is_learnt(ALICE, 3.3), presses=[(4.0, 0.2)]),
        [
            Typed(23.0, "sudo faceauthctl rename person-1 alice", "rename"),
            Typed(23.2, "faceauthctl person alice", "person"),
            Typed(23.4, "faceauthctl threshold", "threshold"),
            Typed(23.6, "faceauthctl status", "status"),
        ],
    ),
    "newcomer": Script(
        scene(22, stands(ALICE, 2.5, 4.2), is_learnt(BOB, 7.0), presses=[(0.6, 0.2)]),
        [Typed(21.5, "faceauthctl events --limit 12", "events")],
        before=[_ALICE],
    ),
    "already": Script(
        scene(27, stands(ALICE, 2.5, 4.2), is_learnt(BOB, 9.0, side=-1.0), presses=[(0.6, 0.2)]),
        before=[_ALICE, _BOB],
    ),
    "cancelled": Script(scene(9, presses=[(1.0, 0.2), (4.0, 2.5)]), before=[_ALICE]),
    "enroll": Script(
        scene(18, is_learnt(BOB, 2.5)),
        [Typed(0.5, "sudo faceauthctl enroll bob", "enroll", is_long=True)],
        before=[_ALICE],
    ),
    "coming-home": Script(
        scene(10, stands(ALICE, 3.0, 5.5)),
        [
            Watched(5.0, "watch"),
            Typed(9.0, 'sudo faceauthctl hours bob "Mon-Fri 07:00-19:00"', "hours"),
            Typed(9.2, "sudo faceauthctl expire bob 2026-11-28", "expire"),
            Typed(9.4, "faceauthctl people", "people"),
        ],
        before=[_ALICE, _BOB],
    ),
    "stranger": Script(scene(7, stands(BOB, 2.5, 5.0)), before=[_ALICE]),
    "wrong-hour": Script(
        scene(8, stands(BOB, 2.5, 6.0)),
        [Typed(7.0, "faceauthctl events --kind refused", "refused-events")],
        before=[_ALICE, _BOB, 'sudo faceauthctl hours bob "Sat, Sun 10:00-16:00"'],
    ),
    "photograph": Script(
        "replay:attack",
        [
            Typed(57.0, "faceauthctl lockout", "lockout"),
            Typed(57.2, "faceauthctl status", "alarm-status"),
            Typed(60.0, "sudo faceauthctl lockout --clear", "lockout-clear"),
        ],
        ["camera.at_end=loop", "camera.replay_fps=10"],
        before=[_ALICE],
        until_s=62.0,
    ),
    "press-entry": Script(
        scene(11, stands(ALICE, 2.5, 9.0), presses=[(5.0, 0.2)]), settings=["gate.entry=press"], before=[_ALICE]
    ),
    "two-people": Script(
        scene(13, stands(ALICE, 2.5, 4.8), stands(BOB, 7.5, 10.0)),
        settings=["gate.entry=two-person"],
        before=[_ALICE, _BOB],
    ),
    "sign-of-life": Script(
        scene(12, stands(ALICE, 2.5, 10.0, turns=[(5.5, 0), (6.2, -21), (7.0, 0)])),
        settings=["decision.liveness=challenge"],
        before=[_ALICE],
        sign=Sign.RIGHT,
    ),
    "verify": Script(
        scene(9, stands(ALICE, 4.0, 7.0)),
        [Typed(1.0, "faceauthctl verify alice --timeout 10", "verify", is_long=True)],
        before=[_ALICE],
    ),
    "the-door": Script(
        "none",
        [
            Contact(3.0, "exit_button", is_down=True),
            Contact(3.3, "exit_button", is_down=False),
            Contact(4.0, "door_contact", is_down=False),
            Contact(48.0, "door_contact", is_down=True),
            Contact(55.0, "door_contact", is_down=False),
        ],
        until_s=62.0,
    ),
    "lost-camera": Script("none", [Unplugged(3.0)], until_s=10.0),
    "moving": Script(
        "none",
        [
            Typed(1.0, "sudo faceauthctl export people.faceauth --passphrase-file words", "export"),
            Typed(2.0, "sudo faceauthctl import people.faceauth --dry-run --passphrase-file words", "import"),
            Typed(3.0, "sudo faceauthctl backup gallery-copy", "backup"),
            Typed(4.0, f"sudo faceauthctl improve alice --images {_FACES}/", "improve"),
        ],
        before=[_ALICE, _BOB],
        until_s=6.0,
    ),
}
