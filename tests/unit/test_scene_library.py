"""Finding scenes, faces and pictures; the shipped samples are what their catalogue says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import yaml

from faceauthd.errors import SceneError
from faceauthd.picture import save_picture
from faceauthd.resources import shipped
from faceauthd.scene.face import SampleFaces, face_from_picture
from faceauthd.scene.library import load_scene, load_spec, shipped_scenes

SCENE = """\
size: 160x120
duration_s: 1
visits:
  - who: {who}
    path: [{{at_s: 0, distance_m: 0.6}}, {{at_s: 1}}]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with somebody's own picture in it."""
    save_picture(SampleFaces().face("hopper").picture, tmp_path / "me.jpg")
    return tmp_path


def write(folder: Path, who: str, more: str = "") -> Path:
    path = folder / "scene.yaml"
    path.write_text(SCENE.format(who=who) + more)
    return path


def test_every_shipped_scene_plays() -> None:
    assert "demo" in shipped_scenes()
    for name in shipped_scenes():
        played = load_scene(name)
        assert played.frame(len(played) - 1).main.shape == (played.size[1], played.size[0], 3)
        assert played.expected


@pytest.mark.parametrize("name", SampleFaces().names)
def test_the_samples_are_those_of_the_catalogue(name: str) -> None:
    folder = shipped("faces")
    entry = yaml.safe_load((folder / "faces.yaml").read_text())["faces"][name]
    readme = (folder.parent / "README.md").read_text()
    for file in ("picture", "matte"):
        digest = hashlib.sha256((folder / entry[file]).read_bytes()).hexdigest()
        assert digest == entry[f"{file}_sha256"]
        assert digest in readme
    assert "public domain" in entry["licence"]
    face = SampleFaces().face(name)
    assert face.alpha.shape == face.picture.shape[:2]
    inside = face.landmarks[17:].astype(int)
    assert face.alpha[inside[:, 1], inside[:, 0]].min() == 1.0


def test_somebodys_own_picture_plays_with_landmarks_from_outside(own: Path) -> None:
    asked = []

    def landmarks_of(picture: np.ndarray) -> np.ndarray:
        asked.append(picture.shape)
        return SampleFaces().face("hopper").landmarks

    played = load_scene(write(own, "me.jpg"), landmarks_of=landmarks_of)
    assert asked == [(600, 512, 3)]
    shown = [who for who, _ in played.poses(0.5)]
    assert shown == ["me.jpg"]
    assert played.frame(3).main.std() > 10


def test_what_a_scene_says_can_be_had_without_its_pictures(tmp_path: Path) -> None:
    assert [visit.who for visit in load_spec(write(tmp_path, "me.jpg")).visits] == ["me.jpg"]
    assert load_spec("demo").expected == load_scene("demo").expected
    with pytest.raises(SceneError, match=r"no scene is called 'dmo'"):
        load_spec("dmo")


def test_landmarks_may_stand_in_the_scene(own: Path) -> None:
    points = SampleFaces().face("hopper").landmarks.round(1).tolist()
    assert load_scene(write(own, "me.jpg", f"    landmarks: {points}\n")).frame(0).main.shape == (120, 160, 3)


def test_a_large_picture_is_scaled_to_what_a_camera_would_see() -> None:
    sample = SampleFaces().face("hopper")
    picture = np.repeat(np.repeat(sample.picture, 4, axis=0), 4, axis=1)
    face = face_from_picture("large", picture, sample.landmarks * 4)
    assert face.head.pupils_px == pytest.approx(160, rel=0.02)
    assert face.picture.shape[1] == pytest.approx(512 * 160 / sample.head.pupils_px, rel=0.02)


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("nobody", r"scene\.yaml:4: 'nobody' is neither a sample face \(astronaut, hopper\) nor a picture"),
        ("broken.jpg", r"scene\.yaml:4: .*broken\.jpg: not a picture"),
        ("me.jpg", r"scene\.yaml:4: me\.jpg: it needs 'landmarks'"),
    ],
)
def test_a_face_that_cannot_be_had_is_named_with_its_line(own: Path, who: str, says: str) -> None:
    (own / "broken.jpg").write_text("no picture at all")
    with pytest.raises(SceneError, match=says):
        load_scene(write(own, who))


def test_a_picture_without_a_single_face_is_named(own: Path) -> None:
    with pytest.raises(SceneError, match=r"scene\.yaml:4: me\.jpg: no single face is found in it"):
        load_scene(write(own, "me.jpg"), landmarks_of=lambda _: None)


def test_an_unknown_scene_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match=r"no scene is called 'dmo'; there are demo"):
        load_scene("dmo")
    with pytest.raises(SceneError, match=r"the scene cannot be read: No such file"):
        load_scene(tmp_path / "none.yaml")


def test_a_room_that_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text("size: 160x120\nduration_s: 1\nroom: {picture: kitchen.jpg}\n")
    with pytest.raises(SceneError, match=r"scene\.yaml: room: .*kitchen\.jpg"):
        load_scene(path)


@pytest.mark.parametrize("landmarks", [np.zeros((5, 2)), np.zeros((68, 2)), np.full((68, 2), np.nan)])
def test_landmarks_that_are_none_are_refused(landmarks: np.ndarray) -> None:
    with pytest.raises(SceneError, match="a face needs 68 landmarks"):
        face_from_picture("me.jpg", SampleFaces().face("hopper").picture, landmarks)
