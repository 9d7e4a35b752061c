"""A scene plays the same each time, and no two of its frames are alike."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from faceauthd.scene.actor import Actor, Optics
from faceauthd.scene.face import SampleFaces
from faceauthd.scene.light import Light
from faceauthd.scene.motion import Pose
from faceauthd.scene.player import Scene
from faceauthd.scene.room import room
from faceauthd.scene.spec import CameraSpec, Cue, Keyframe, LightKey, SceneSpec, Visit

if TYPE_CHECKING:
    from faceauthd.scene.face import Face
    from faceauthd.types import Picture

SIZE = (160, 120)
QUIET = CameraSpec(noise=0.0, vignette=0.0)


@pytest.fixture(scope="module")
def faces() -> dict[str, Face]:
    samples = SampleFaces()
    return {name: samples.face(name) for name in samples.names}


def standing(who: str, pose: Pose, *, until_s: float = 10.0, sway: float = 1.0) -> Visit:
    return Visit(who, (Keyframe(0.0, pose), Keyframe(until_s, pose)), line=1, sway=sway, blinks=sway > 0)


def scene(
    faces: dict[str, Face],
    *visits: Visit,
    seed: int = 1,
    camera: CameraSpec = QUIET,
    light: Light | None = None,
    cues: tuple[Cue, ...] = (),
) -> Scene:
    spec = SceneSpec(
        "test",
        SIZE,
        fps=15,
        duration_s=10,
        seed=seed,
        camera=camera,
        light=(LightKey(0.0, light or Light()),),
        visits=visits,
        cues=cues,
    )
    return Scene(spec, faces, room(SIZE, 0))


def face_of(picture: Picture) -> Picture:
    return picture[40:80, 60:100]


def test_a_frame_is_what_size_and_time_say(faces: dict[str, Face]) -> None:
    played = scene(faces, standing("astronaut", Pose()))
    frame = played.frame(30)
    assert (frame.main.shape, frame.time_s) == ((120, 160, 3), 2.0)
    assert frame.main.dtype == np.uint8
    assert frame.main.flags.c_contiguous
    assert (len(played), played.duration_s, played.size, played.fps) == (150, 10.0, SIZE, 15)
    for outside in (-1, 150):
        with pytest.raises(IndexError):
            played.frame(outside)


def test_any_frame_is_the_same_in_any_order_and_in_another_player(faces: dict[str, Face]) -> None:
    visit = standing("astronaut", Pose(yaw_deg=8))
    one, other = scene(faces, visit, camera=CameraSpec()), scene(faces, visit, camera=CameraSpec())
    forwards = [one.frame(index).main for index in range(0, 150, 29)]
    backwards = [other.frame(index).main for index in reversed(range(0, 150, 29))]
    assert all(np.array_equal(first, second) for first, second in zip(forwards, reversed(backwards), strict=True))


def test_another_seed_is_another_scene(faces: dict[str, Face]) -> None:
    visit = standing("astronaut", Pose())
    one, other = scene(faces, visit, seed=1).frame(40), scene(faces, visit, seed=2).frame(40)
    assert not np.array_equal(one.main, other.main)


def test_no_two_frames_are_alike_even_of_an_empty_room(faces: dict[str, Face]) -> None:
    played = scene(faces, camera=CameraSpec())
    assert len({played.frame(index).main.tobytes() for index in range(len(played))}) == len(played)


def test_a_living_face_moves_even_without_noise(faces: dict[str, Face]) -> None:
    played = scene(faces, standing("hopper", Pose(distance_m=0.6)))
    pictures = [face_of(played.frame(index).main).astype(int) for index in range(0, 60, 3)]
    steps = [np.abs(after - before).mean() for before, after in pairwise(pictures)]
    assert min(steps) > 0.3


def test_who_is_nearer_stands_in_front(faces: dict[str, Face]) -> None:
    near = standing("astronaut", Pose(distance_m=0.6), sway=0)
    far = standing("hopper", Pose(distance_m=0.9), sway=0)
    alone = scene(faces, near).frame(5).main
    for order in ((near, far), (far, near)):
        both = scene(faces, *order)
        assert np.array_equal(both.frame(5).main[52:70, 72:88], alone[52:70, 72:88])
        assert [who for who, _ in both.poses(0.3)] == ["hopper", "astronaut"]


def test_somebody_twice_as_far_is_half_as_large(faces: dict[str, Face]) -> None:
    empty = scene(faces).frame(5).main.astype(int)

    def head_rows(distance_m: float) -> int:
        picture = scene(faces, standing("hopper", Pose(distance_m=distance_m), sway=0)).frame(5).main
        changed = np.abs(picture - empty).max(axis=2) > 30
        return 60 - int(np.flatnonzero(changed.any(axis=1))[0])

    assert head_rows(0.8) == pytest.approx(2 * head_rows(1.6), abs=2)


@pytest.mark.parametrize(("light", "is_so"), [(Light(0.3), "darker"), (Light(kelvin=3000), "redder")])
def test_light_falls_on_the_person_and_the_room_alike(faces: dict[str, Face], light: Light, is_so: str) -> None:
    visit = standing("astronaut", Pose(distance_m=0.6), sway=0)
    plain, lit = scene(faces, visit).frame(5).main / 255, scene(faces, visit, light=light).frame(5).main / 255
    for part in (np.s_[45:70, 70:90], np.s_[5:20, 100:150]):
        before, after = plain[part].mean(axis=(0, 1)), lit[part].mean(axis=(0, 1))
        if is_so == "darker":
            assert after == pytest.approx(before * 0.3 ** (1 / 2.2), rel=0.03)
        else:
            assert after[0] / after[2] > 1.2 * before[0] / before[2]


def test_light_from_the_side_falls_off_across_the_room(faces: dict[str, Face]) -> None:
    plain, lit = (scene(faces, light=Light(side=side)).frame(5).main.astype(float) for side in (0.0, 1.0))
    ratio = (lit + 1).mean(axis=(0, 2)) / (plain + 1).mean(axis=(0, 2))
    assert ratio[:10].mean() < 0.9
    assert ratio[-10:].mean() > 1.1


def test_light_from_the_side_models_the_face(faces: dict[str, Face]) -> None:
    def halves(side: float) -> float:
        visit = standing("hopper", Pose(distance_m=0.6), sway=0)
        picture = scene(faces, visit, light=Light(side=side)).frame(5).main.astype(float)
        return float(picture[55:75, 82:92].mean() / picture[55:75, 68:78].mean())

    assert halves(0.9) > halves(0.0) * 1.1
    assert halves(-0.9) < halves(0.0) / 1.1


def test_blur_and_motion_take_detail_away(faces: dict[str, Face]) -> None:
    def detail(visit: Visit) -> float:
        picture = face_of(scene(faces, visit, camera=CameraSpec(noise=0.0, exposure_s=1 / 30)).frame(15).main)
        return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())

    still = Pose(distance_m=0.6)
    blurred = Pose(distance_m=0.6, blur_px=6)
    path = (
        Keyframe(0.5, Pose(x_m=-0.9, distance_m=0.6), is_smooth=False),
        Keyframe(1.5, Pose(x_m=0.9, distance_m=0.6), is_smooth=False),
    )
    moving = Visit("hopper", path, line=1, sway=0, blinks=False)
    sharp = detail(standing("hopper", still, sway=0))
    assert detail(standing("hopper", blurred, sway=0)) < 0.8 * sharp
    assert detail(moving) < 0.8 * sharp


def test_nobody_out_of_view_is_drawn(faces: dict[str, Face]) -> None:
    empty = scene(faces).frame(5).main
    beside = scene(faces, standing("hopper", Pose(x_m=5.0), sway=0)).frame(5).main
    assert np.array_equal(empty, beside)


def test_somebody_who_fills_the_frame_is_drawn(faces: dict[str, Face]) -> None:
    played = scene(faces, standing("hopper", Pose(distance_m=0.2, yaw_deg=10), sway=0))
    assert played.frame(5).main.std() > 20


def test_cues_are_edges_in_the_order_of_their_times(faces: dict[str, Face]) -> None:
    played = scene(faces, cues=(Cue(3.0, 0.2), Cue(1.0, 2.5)))
    assert [(edge.is_down, edge.at_s) for edge in played.cues] == [
        (True, 1.0),
        (True, 3.0),
        (False, 3.2),
        (False, 3.5),
    ]


def test_a_blink_shuts_the_eyes_and_leaves_the_rest(faces: dict[str, Face]) -> None:
    actor, optics = Actor(faces["astronaut"]), Optics((640, 480), 66.0)
    opened, closed = (actor.draw(Pose(distance_m=0.5, shut=shut), 0.0, optics, (0, 0)) for shut in (0.0, 1.0))
    assert opened is not None
    assert closed is not None
    change = np.abs(opened.planes[:3] - closed.planes[:3]).max(axis=0)
    matrix = optics.placed(faces["astronaut"], Pose(distance_m=0.5))
    eyes = faces["astronaut"].landmarks[36:48] @ matrix[:, :2].T + matrix[:, 2] - (opened.left, opened.top)
    rows, columns = np.nonzero(change > 12)
    assert len(rows) > 60
    margin = 0.35 * np.ptp(eyes[:, 0])
    assert eyes[:, 0].min() - 2 < columns.min() < columns.max() < eyes[:, 0].max() + 2
    assert eyes[:, 1].min() - margin < rows.min() < rows.max() < eyes[:, 1].max() + 3
