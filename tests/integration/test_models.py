"""The shipped models: whole, checked, and doing on real faces what their cards say."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from faceauthd.errors import ModelError
from faceauthd.picture import load_picture
from faceauthd.resources import shipped
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.detect import Detector
from faceauthd.vision.embed import Embedder
from faceauthd.vision.eyes import EyeModel
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.liveness import LivenessModel
from faceauthd.vision.manifest import ROLES, read_manifest
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.quality import QualityGauge

if TYPE_CHECKING:
    from faceauthd.types import Box, Picture

FACES = sorted(shipped("faces").glob("*.jpg"))


@pytest.fixture(scope="module")
def pack() -> ModelPack:
    return ModelPack.open(shipped("models"))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    shutil.copytree(shipped("models"), folder)
    return folder


@dataclass(frozen=True)
class Face:
    """A face found in a picture, and what the stages say of it."""

    picture: Picture
    box: Box
    landmarks: np.ndarray
    embedding: np.ndarray


class Stages:
    """The stages, in the order that a look takes."""

    def __init__(self, pack: ModelPack) -> None:
        self.detector, self.landmarker = Detector(pack.detector), Landmarker(pack.landmarks)
        self.embedder, self.eyes = Embedder(pack.embedder), EyeModel(pack.eyes)
        self.liveness = LivenessModel(pack.liveness)

    def look(self, picture: Picture) -> Face:
        box = self.detector.find(picture)[0].box
        (landmarks,) = self.landmarker.locate(picture, [box])
        crop = aligned_crop(picture, landmarks)
        return Face(picture, box, landmarks, self.embedder.embed(crop[np.newaxis])[0])


@pytest.fixture(scope="module")
def stages(pack: ModelPack) -> Stages:
    return Stages(pack)


@pytest.fixture(scope="module")
def faces(stages: Stages) -> list[Face]:
    assert len(FACES) >= 2, "the sample faces are part of the repository"
    return [stages.look(load_picture(path)) for path in FACES]


def test_every_face_is_found_upright_and_usable(faces: list[Face]) -> None:
    for face in faces:
        quality = QualityGauge().judge(face.picture, face.box, face.landmarks)
        assert quality.reasons == ()
        inside = (face.landmarks >= (face.box.left - 10, face.box.top - 10)).all(axis=1)
        inside &= (face.landmarks <= (face.box.right + 10, face.box.bottom + face.box.height / 4)).all(axis=1)
        assert inside.all()
        left_eye, right_eye = face.landmarks[36:42].mean(axis=0), face.landmarks[42:48].mean(axis=0)
        mouth = face.landmarks[48:].mean(axis=0)
        assert left_eye[0] < mouth[0] < right_eye[0]
        assert max(left_eye[1], right_eye[1]) < face.landmarks[30, 1] < mouth[1]


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 480), (480, 854), (320, 240), (300, 900)])
def test_a_face_is_the_same_in_a_frame_of_any_shape(stages: Stages, faces: list[Face], width: int, height: int) -> None:
    for face in faces:
        again = stages.look(_framed(face, width, height))
        assert again.embedding @ face.embedding > 0.7


def test_faces_of_two_people_are_two(faces: list[Face]) -> None:
    embeddings = np.stack([face.embedding for face in faces])
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    assert embeddings[0] @ embeddings[-1] < 0.3


def test_a_mirrored_face_is_the_same_to_the_last_digit(stages: Stages, faces: list[Face]) -> None:
    crops = np.stack([aligned_crop(face.picture, face.landmarks) for face in faces])
    np.testing.assert_allclose(stages.embedder.embed(crops[:, :, ::-1].copy()), stages.embedder.embed(crops), atol=1e-5)


def test_colour_order_is_rgb(stages: Stages, faces: list[Face]) -> None:
    """A stage fed BGR would give another answer: the order is folded into the graphs, and right."""
    for face in faces:
        swapped = aligned_crop(face.picture[:, :, ::-1].copy(), face.landmarks)
        assert stages.embedder.embed(swapped[np.newaxis])[0] @ face.embedding < 0.98


def test_a_batch_gives_what_one_by_one_gives(stages: Stages, faces: list[Face]) -> None:
    picture, boxes = faces[0].picture, [faces[0].box, faces[0].box]
    landmarks = stages.landmarker.locate(picture, boxes)
    np.testing.assert_allclose(landmarks[1], faces[0].landmarks, atol=1e-2)
    np.testing.assert_allclose(*stages.liveness.score(picture, boxes), atol=1e-5)
    np.testing.assert_allclose(*stages.eyes.openness(picture, landmarks), atol=1e-5)


def test_open_eyes_are_seen_to_be_open(stages: Stages, faces: list[Face]) -> None:
    for face in faces:
        assert stages.eyes.openness(face.picture, face.landmarks[np.newaxis]).max() > 0.5


def test_an_empty_wall_has_no_face(stages: Stages) -> None:
    noise = np.random.default_rng(9).integers(90, 150, (480, 640, 3), dtype=np.uint8)
    assert stages.detector.find(noise) == []
    assert stages.detector.find(np.zeros((480, 640, 3), np.uint8)) == []


def test_the_manifest_knows_where_everything_came_from() -> None:
    cards = read_manifest(shipped("models") / "manifest.yaml")
    assert tuple(cards) == ROLES
    curve = cards["embedder"].impostor_curve
    assert curve is not None
    assert curve.pairs > 20_000_000
    assert curve.points[0].fmr == 1e-2
    assert curve.points[-1].fmr <= 1e-6


def test_the_embedders_hash_names_its_templates(pack: ModelPack) -> None:
    assert pack.embedder_id == read_manifest(shipped("models") / "manifest.yaml")["embedder"].sha256


def test_an_altered_file_stops_the_start(copied: Path) -> None:
    path = copied / "liveness.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    expected = read_manifest(copied / "manifest.yaml")["liveness"].sha256

    with pytest.raises(ModelError, match=rf"liveness\.onnx: SHA-256 is [0-9a-f]{{64}}.*{expected}; restore"):
        ModelPack.open(copied)


def test_a_file_in_anothers_place_stops_the_start(copied: Path) -> None:
    """Even if the manifest was altered with it: names, types and shapes are compared too."""
    _swap(copied, "file: eyes.onnx", "file: landmarks.onnx")
    cards = (copied / "manifest.yaml").read_text()
    hashes = {role: card.sha256 for role, card in read_manifest(copied / "manifest.yaml").items()}
    (copied / "manifest.yaml").write_text(cards.replace(hashes["eyes"], hashes["landmarks"]))

    message = r"landmarks\.onnx: inputs are pixels uint8\[n, 64, 64\].*expects .*\[n, 24, 24\]"
    with pytest.raises(ModelError, match=message):
        ModelPack.open(copied)


def test_what_is_no_model_stops_the_start(copied: Path) -> None:
    (copied / "eyes.onnx").write_bytes(b"not a model")
    old = read_manifest(copied / "manifest.yaml")["eyes"].sha256
    _swap(copied, old, hashlib.sha256(b"not a model").hexdigest())

    with pytest.raises(ModelError, match=r"eyes\.onnx: cannot be loaded"):
        ModelPack.open(copied)


def test_missing_files_stop_the_start(copied: Path, tmp_path: Path) -> None:
    (copied / "detector.onnx").unlink()

    with pytest.raises(ModelError, match=r"detector\.onnx: cannot be read: No such file.*; restore"):
        ModelPack.open(copied)
    with pytest.raises(ModelError, match=r"manifest\.yaml: cannot be read: No such file"):
        ModelPack.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format: 1", "format: 2", "format 2 is not 1"),
        ("  eyes:", "  ears:", "'eyes' is missing"),
        ("cosine: 0.", "cosine: -0.", "not monotone"),
        ("models:", "- models:", "restore"),
    ],
)
def test_a_manifest_that_makes_no_sense_stops_the_start(copied: Path, old: str, new: str, message: str) -> None:
    _swap(copied, old, new)

    with pytest.raises(ModelError, match=message) as caught:
        ModelPack.open(copied)
    assert "manifest.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pixels_of_the_wrong_shape_are_an_error_of_ours(pack: ModelPack) -> None:
    with pytest.raises(ModelError, match=r"embedder\.onnx: cannot be run"):
        pack.embedder.run(np.zeros((1, 64, 64, 3), np.uint8))


def _swap(folder: Path, old: str, new: str) -> None:
    path = folder / "manifest.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _framed(face: Face, width: int, height: int) -> Picture:
    """The face a quarter of the shorter side wide, somewhere off the middle of a grey frame."""
    scale = min(width, height) * 0.3 / face.box.width
    image = Image.fromarray(face.picture)
    small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR)
    frame = Image.new("RGB", (width, height), (110, 110, 110))
    x, y = (face.box.left + face.box.right) / 2 * scale, (face.box.top + face.box.bottom) / 2 * scale
    frame.paste(small, (round(width * 0.45 - x), round(height * 0.45 - y)))
    return np.asarray(frame)
