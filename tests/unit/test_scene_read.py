"""Scene files: what they say arrives, and whatever is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from faceauthd.errors import SceneError
from faceauthd.scene.light import Light
from faceauthd.scene.read import parse_scene, read_scene
from faceauthd.types import EventKind, Reason

WHOLE = """\
size: 320x240
fps: 10
duration_s: 5
seed: 9
camera: {hfov_deg: 60, noise: 0.5}
room: {seed: 2}
light:
  - {at_s: 0, level: 0.5}
  - {at_s: 2, side: 1}
visits:
  - who: astronaut
    sway: 0.5
    path:
      - {at_s: 1, x_m: 0.5, distance_m: 2}
      - {at_s: 2, x_m: 0, ease: even}
presses:
  - {at_s: 1.5}
  - {at_s: 3, hold_s: 2}
expect:
  - {event: refused, reason: UNKNOWN, after_s: 1, by_s: 4}
  - {event: unlocked, person: person-1}
"""


def test_a_scene_says_what_its_file_says() -> None:
    spec = parse_scene(WHOLE, "whole.yaml")
    assert (spec.size, spec.fps, spec.frames, spec.seed, spec.room_seed) == ((320, 240), 10.0, 50, 9, 2)
    assert (spec.camera.hfov_deg, spec.camera.noise) == (60.0, 0.5)
    assert [key.light for key in spec.light] == [Light(level=0.5), Light(level=0.5, side=1.0)]
    visit = spec.visits[0]
    assert (visit.who, visit.sway, visit.blinks, visit.line) == ("astronaut", 0.5, True, 11)
    assert [(key.at_s, key.pose.x_m, key.pose.distance_m, key.is_smooth) for key in visit.path] == [
        (1.0, 0.5, 2.0, True),
        (2.0, 0.0, 2.0, False),
    ]
    assert [(cue.at_s, cue.hold_s) for cue in spec.cues] == [(1.5, 0.2), (3.0, 2.0)]
    first, second = spec.expected
    assert (first.event, first.reason, first.after_s, first.by_s) == (EventKind.REFUSED, Reason.UNKNOWN, 1.0, 4.0)
    assert (second.event, second.person) == (EventKind.UNLOCKED, "person-1")


@pytest.mark.parametrize(
    ("was", "becomes", "problem"),
    [
        ("duration_s: 5", "duration: 5", "wrong.yaml:3: 'duration' is no key here; did you mean 'duration_s'?"),
        ("duration_s: 5", "duration: 5", "wrong.yaml:1: a scene needs 'duration_s'"),
        ("fps: 10", "fps: 0", "wrong.yaml:2: 'fps' is 0; it takes 1 to 120"),
        ("fps: 10", "fps: .nan", "wrong.yaml:2: 'fps' is nan; it takes 1 to 120"),
        ("fps: 10", "fps: fast", "wrong.yaml:2: 'fps' takes a number from 1 to 120, not 'fast'"),
        ("fps: 10", "fps: true", "wrong.yaml:2: 'fps' takes a number from 1 to 120, not True"),
        ("size: 320x240", "size: 20x99999", "wrong.yaml:1: 'size' takes WIDTHxHEIGHT, each side 64 to 4096"),
        ("size: 320x240", "size: big", "wrong.yaml:1: 'size' takes WIDTHxHEIGHT"),
        ("seed: 9", "seed: 1.5", "wrong.yaml:4: 'seed' takes a whole number from 0 to 2147483647, not 1.5"),
        ("noise: 0.5", "nose: 0.5", "wrong.yaml:5: 'nose' is no key here; did you mean 'noise'?"),
        ("room: {seed: 2}", "room: 2", "wrong.yaml:6: 'room' takes keys and values, not 2"),
        ("at_s: 2, side: 1", "at_s: 0, side: 1", "wrong.yaml:9: 'at_s' is 0, not later than the 0 before it"),
        ("side: 1", "side: left", "wrong.yaml:9: 'side' takes a number from -1 to 1, not 'left'"),
        ("  - who: astronaut\n    sway", "  - astronaut\n  - sway", "wrong.yaml:11: an entry of 'visits' takes keys"),
        ("- who: astronaut\n    sway", "- sway", "wrong.yaml:11: a visit needs 'who'"),
        ("sway: 0.5", "sways: 0.5", "wrong.yaml:12: 'sways' is no key here; did you mean 'sway'?"),
        ("at_s: 2, x_m: 0", "at_s: 1, x_m: 0", "wrong.yaml:15: 'at_s' is 1, not later than the 1 before it"),
        ("at_s: 2, x_m: 0", "x_m: 0", "wrong.yaml:15: an entry of 'path' needs 'at_s'"),
        ("ease: even", "ease: evn", "wrong.yaml:15: 'ease' is 'evn'; did you mean 'even'?"),
        ("ease: even", "yaw_deg: 90", "wrong.yaml:15: 'yaw_deg' is 90; it takes -25 to 25"),
        ("      - {at_s: 2, x_m: 0, ease: even}\n", "", "wrong.yaml:13: 'path' needs two keyframes at least"),
        ("  - {at_s: 1.5}\n", "  - soon\n", "wrong.yaml:17: an entry of 'presses' takes keys and values, not 'soon'"),
        ("hold_s: 2", "hold_s: 0", "wrong.yaml:18: 'hold_s' is 0; it takes 0.02 to 60"),
        ("presses:\n", "presses: 3\nvisit:\n", "wrong.yaml:16: 'presses' takes a list, each entry after a dash, not 3"),
        ("event: unlocked", "event: unlock", "wrong.yaml:21: 'event' is 'unlock'; did you mean 'unlocked'?"),
        ("event: unlocked, ", "", "wrong.yaml:21: an entry of 'expect' needs 'event'"),
        ("reason: UNKNOWN", "reason: STRANGER", "wrong.yaml:20: 'reason' is 'STRANGER'; it takes "),
        ("by_s: 4", "by_s: 1", "wrong.yaml:20: 'by_s' must be later than 'after_s'"),
        ("sway: 0.5", "landmarks: [[1, 2]]", "wrong.yaml:12: 'landmarks' takes 68 points [x, y]"),
        ("sway: 0.5", "blinks: maybe", "wrong.yaml:12: 'blinks' takes true or false, not 'maybe'"),
        ("fps: 10", "fps: 10\nfps: 11", "wrong.yaml:3: key 'fps' stands here and in line 2; keep one"),
        ("fps: 10", "fps: [", "wrong.yaml:"),
    ],
)
def test_each_problem_is_named_with_its_line(was: str, becomes: str, problem: str) -> None:
    assert was in WHOLE
    with pytest.raises(SceneError) as caught:
        parse_scene(WHOLE.replace(was, becomes, 1), "wrong.yaml")
    assert any(line.startswith(problem) for line in str(caught.value).splitlines()), str(caught.value)


def test_all_problems_come_at_once_and_in_order() -> None:
    text = WHOLE.replace("fps: 10", "fps: 0").replace("hold_s: 2", "hold: 2").replace("level: 0.5", "level: 9")
    with pytest.raises(SceneError) as caught:
        parse_scene(text, "s.yaml")
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["2", "8", "18"]


@pytest.mark.parametrize("text", ["", "- 1\n", "just words", "null"])
def test_what_is_no_scene_at_all_is_refused(text: str) -> None:
    with pytest.raises(SceneError, match=r"^s\.yaml:1: "):
        parse_scene(text, "s.yaml")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match=r"nowhere\.yaml: the scene cannot be read: No such file"):
        read_scene(tmp_path / "nowhere.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SceneError, match=r"binary\.yaml: the scene cannot be read: it is not UTF-8"):
        read_scene(tmp_path / "binary.yaml")
