"""Rendered attacks and living walk-ups: seeded, found by the real detector, and each with what makes it one."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from faceauthd.resources import shipped
from faceauthd.scene.face import SampleFaces
from faceauthd.vision.detect import Detector
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.pack import ModelPack
from tools.attack_kit import HANDLINGS, SPECIES, Clip, face_of, render
from tools.attack_kit.clip import Draws, Shot
from tools.attack_kit.living import Blinks, Living, Signs
from tools.attack_kit.screens import PHONE, still_screen
from tools.attack_kit.stage import Stage

if TYPE_CHECKING:
    from faceauthd.scene.face import Face

ATTACKS = [name for name, species in SPECIES.items() if not species.is_live]
LIVING = [name for name, species in SPECIES.items() if species.is_live]


@cache
def face(name: str = "astronaut") -> Face:
    return SampleFaces().face(name)


@cache
def pack() -> ModelPack:
    return ModelPack.open(shipped("models"))


def clip_of(species: str, seed: int = 3, handling: str | None = "held", **shot: Any) -> Clip:
    return render(species, face(), np.random.default_rng(seed), handling=handling, **shot)


@pytest.mark.parametrize("species", SPECIES)
def test_a_seed_gives_the_same_clip_in_any_order(species: str) -> None:
    first, again = clip_of(species), clip_of(species)
    later = first.frame(7)
    np.testing.assert_array_equal(first.frame(3), again.frame(3))
    np.testing.assert_array_equal(later, again.frame(7))
    assert first.params == again.params
    assert not np.array_equal(first.frame(3), clip_of(species, seed=4).frame(3))


def test_playing_gives_every_frame_once_with_its_time() -> None:
    played = list(clip_of("print-flat", fps=10.0, seconds=0.5, size=(320, 240)))
    assert [time_s for time_s, _ in played] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert {(picture.shape, picture.dtype) for _, picture in played} == {((240, 320, 3), np.dtype(np.uint8))}


@pytest.mark.parametrize("species", SPECIES)
def test_the_detector_finds_the_one_face_where_it_was_placed(species: str) -> None:
    clip = clip_of(species)
    is_before_they_turn = species.endswith("signs")
    found = Detector(pack().detector).find(clip.frame(6 if is_before_they_turn else 36), min_score=0.65)
    assert len(found) == 1
    box, size = found[0].box, (640, 480)
    if "face_px" in clip.params:
        assert box.width == pytest.approx(clip.params["face_px"], rel=0.25)
    if not species.startswith("replay"):
        middle = size[0] * (0.5 + clip.params["eyes_right_of_middle"])
        assert (box.left + box.right) / 2 == pytest.approx(middle, abs=0.35 * box.width)


@pytest.mark.parametrize("species", SPECIES)
def test_names_say_who_is_alive_and_clips_say_how_they_were_handled(species: str) -> None:
    clip = clip_of(species, handling="shaken")
    assert clip.is_live == SPECIES[species].is_live == species.startswith("live")
    assert clip.params["handling"] == ("none" if clip.is_live else "shaken")
    assert 0.2 <= clip.params["light_level"] <= 1.0


@pytest.mark.parametrize("seed", range(4))
def test_whoever_is_asked_glances_first_and_then_gives_each_sign_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    draws = Draws(rng)
    signs = Signs(draws, rng)
    drawn, times = draws.taken, np.arange(0.0, 6.5, 0.02)
    glanced = max((signs.yaw_deg(at_s) for at_s in times if at_s < 1.9), key=abs)
    assert glanced == pytest.approx(drawn["glance_deg"] * (1 if drawn["glances"] == "left" else -1), abs=0.01)
    begin_s = min(drawn["signs_at_s"].values())
    assert [signs.yaw_deg(at_s) for at_s in (0.0, 0.59, begin_s)] == pytest.approx([0.0] * 3, abs=0.001)
    turned = [signs.yaw_deg(drawn["signs_at_s"][side] + drawn["sign_turn_s"] / 2) for side in ("left", "right")]
    assert turned == pytest.approx([drawn["sign_turn_deg"], -drawn["sign_turn_deg"]])
    shut = [at_s for at_s in times if signs.shut(at_s) > 0.99]
    blink_s = drawn["signs_at_s"]["blink"]
    assert blink_s < min(shut) < max(shut) < blink_s + drawn["sign_shut_s"]


@pytest.mark.parametrize("seed", [3, 4])
def test_somebody_comes_in_from_the_side_and_stops_in_the_middle(seed: int) -> None:
    """The head is turned to where they go, and comes round to the camera."""
    clip = clip_of("live-side", seed=seed, seconds=3.5)
    sign = -1 if clip.params["comes_from"] == "left" else 1
    found = [Detector(pack().detector).find(clip.frame(at), min_score=0.5) for at in range(0, 52, 3)]
    seen = [faces[0].box for faces in found if faces]
    beside = [sign * ((box.left + box.right) / 2 - 320) / 640 for box in seen]
    assert beside[0] > 0.25
    assert abs(beside[-1]) < 0.15
    assert seen[-1].width > 1.1 * min(box.width for box in seen)
    act = SPECIES["live-side"].build(Draws(np.random.default_rng(seed)), face(), _stage(), None)
    assert isinstance(act, Living)
    yaws = [act.pose(time_s).yaw_deg - act.pose(time_s + 3.0).yaw_deg for time_s in (0.0, 0.1)]
    assert all(np.sign(yaw) == np.sign(act.pose(3.0).x_m - act.pose(0.0).x_m) for yaw in yaws)


def test_the_mouth_of_somebody_who_speaks_opens_several_times_a_second() -> None:
    clip = clip_of("live-speak", seconds=3.5)
    draws = Draws(np.random.default_rng(3))
    act = SPECIES["live-speak"].build(draws, face(), Stage(draws, clip.shot), None)
    assert isinstance(act, Living)
    jaw = np.array([act.pose(at / 15).jaw for at in range(len(clip))])
    assert 3 < (np.diff((jaw > 0.3 * jaw.max()).astype(int)) == 1).sum() < 25
    assert jaw.max() > 0.8


@pytest.mark.parametrize("species", ["live-walk", "print-flat", "phone", "replay-tablet", "cutout-eyes"])
def test_what_comes_near_grows(species: str) -> None:
    clip = clip_of(species, handling="near")
    widths = [Detector(pack().detector).find(clip.frame(at), min_score=0.5)[0].box.width for at in (0, len(clip) - 1)]
    assert widths[1] > 1.7 * widths[0]


@pytest.mark.parametrize("species", ["live-stand", "print-bent", "replay-phone"])
def test_the_room_stands_still(species: str) -> None:
    clip = clip_of(species, handling="shaken")
    corners = np.stack([clip.frame(at)[:60, -50:].mean(axis=(0, 1)) for at in range(0, len(clip), 6)])
    assert np.ptp(corners, axis=0).max() < 0.04 * corners.mean()
    first, last = (clip.frame(at)[:60, -50:].astype(np.float32) for at in (0, len(clip) - 1))
    gain = last.mean() / first.mean()
    assert np.abs(last.mean(axis=2) - gain * first.mean(axis=2)).mean() < 6.0


@pytest.mark.parametrize("species", ["live-still", "replay-tablet"])
def test_living_eyes_close_and_open(species: str) -> None:
    clip, at_s, length_s = _with_blink(species)
    before, shut = (clip.frame(round(time_s * 30)) for time_s in (at_s - 0.1, at_s + 0.4 * length_s))
    assert _opening(shut) < 0.85 * _opening(before)


def test_printed_eyes_do_not() -> None:
    clip = clip_of("print-flat", seed=5)
    openings = [_opening(clip.frame(at)) for at in range(0, len(clip), 4)]
    assert min(openings) > 0.9 * max(openings)


def test_blinks_come_as_often_as_people_blink() -> None:
    assert 10.0 < np.mean([len(_blinks(seed, 60.0)) for seed in range(40)]) < 20.0


def test_a_short_look_holds_a_blink_every_other_time() -> None:
    assert 0.35 < np.mean([len(_blinks(seed, 2.5)) > 0 for seed in range(300)]) < 0.62


@pytest.mark.parametrize("name", ["live-stand", "live-walk"])
def test_the_living_are_still_only_when_they_try(name: str) -> None:
    assert _stir(clip_of(name)) > 1.5 * _stir(clip_of("live-still"))


def test_a_phone_has_a_dark_frame_around_a_bright_picture() -> None:
    draws = Draws(np.random.default_rng(11))
    stage = Stage(draws, Shot())
    screen = still_screen(draws, face(), stage, PHONE, "held")
    at, taken = screen.hands.at(0.0), draws.taken
    half = taken["panel_width_mm"] / 2000 + taken["bezel_side_mm"] / 4000
    edges = at.project(np.array(((-half, 0.0), (half, 0.0))), stage.optics)
    middle = at.project(np.zeros((1, 2)), stage.optics)[0]
    seen = stage.frame(screen, 0, 0.0).astype(np.float32).mean(axis=2)
    assert taken["bezel_grey"] < 50
    for x, y in edges:
        assert seen[int(y), int(x)] < 0.6 * seen[int(middle[1]) + 20, int(middle[0])]


def test_a_picture_is_enough() -> None:
    clip = render("live-stand", face().picture, np.random.default_rng(1), seconds=0.2)
    assert len(Detector(pack().detector).find(clip.frame(0), min_score=0.65)) == 1
    known = face_of(face().picture)
    again = render("live-stand", known, np.random.default_rng(1), seconds=0.2)
    np.testing.assert_array_equal(clip.frame(1), again.frame(1))


def test_what_is_asked_wrongly_is_said() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(KeyError, match="no species is called 'hologram'; there are live-walk"):
        render("hologram", face(), rng)
    with pytest.raises(ValueError, match=f"there are {', '.join(HANDLINGS)}"):
        render("phone", face(), rng, handling="thrown")
    with pytest.raises(ValueError, match="64 pixels a side"):
        render("phone", face(), rng, size=(20, 20))
    with pytest.raises(IndexError, match="38 frames"):
        clip_of("phone").frame(38)


def _stage() -> Stage:
    return Stage(Draws(np.random.default_rng(1)), Shot(seconds=3.5))


def _opening(picture: np.ndarray) -> float:
    """How far the eyes are open, as the landmarks see it: height by width, the mean of both."""
    found = Detector(pack().detector).find(picture, min_score=0.5)
    points = Landmarker(pack().landmarks).locate(picture, [found[0].box])[0]
    heights = [np.linalg.norm(points[first + at] - points[first + 6 - at]) for first in (36, 42) for at in (1, 2)]
    return float(np.mean(heights) / np.mean([np.linalg.norm(points[first] - points[first + 3]) for first in (36, 42)]))


def _with_blink(species: str) -> tuple[Clip, float, float]:
    """A clip with a slow blink well inside it, when it begins, and how long it lasts."""
    for seed in range(200):
        clip = clip_of(species, seed, fps=30.0)
        life = clip.params.get("video", clip.params)
        inside = [at for at in life["blinks_at_s"] if 0.2 < at < 1.8]
        is_clear = clip.params["light_level"] > 0.6 and clip.params["face_px"] > 130
        if inside and life["blink_s"] > 0.25 and is_clear and not clip.params.get("has_glare", False):
            return clip, inside[0], life["blink_s"]
    raise AssertionError("no blink in 200 clips")


def _blinks(seed: int, seconds: float) -> list[float]:
    rng = np.random.default_rng(seed)
    draws = Draws(rng)
    Blinks(draws, rng, seconds)
    return list(draws.taken["blinks_at_s"])


def _stir(clip: Clip) -> float:
    """How much the frame changes from one to the next, noise and all."""
    frames = [clip.frame(at)[100:400, 150:500].astype(np.float32).mean(axis=2) for at in range(0, len(clip), 5)]
    return float(np.mean([np.abs(later - earlier).mean() for earlier, later in pairwise(frames)]))
