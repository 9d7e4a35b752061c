"""A folder of people, embedded once and kept; and the tools that measure on it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from faceauthd.errors import EvaluationError
from faceauthd.evaluation.collection import collect
from faceauthd.evaluation.runner import FaceReader
from faceauthd.picture import load_picture, save_picture
from faceauthd.resources import shipped
from faceauthd.vision.pack import ModelPack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pack() -> ModelPack:
    return ModelPack.open(shipped("models"))


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    for name in ("astronaut", "hopper"):
        (tmp_path / "faces" / name).mkdir(parents=True)
        save_picture(load_picture(shipped("faces") / f"{name}.jpg"), tmp_path / "faces" / name / "1.png")
    save_picture(np.full((90, 90, 3), 80, np.uint8), tmp_path / "faces" / "hopper" / "2.png")
    return tmp_path / "faces"


def never(names: Sequence[str]) -> Iterable[str]:
    raise AssertionError(f"embeds {names} again")


def test_what_has_no_face_is_named_and_left_out(faces: Path, pack: ModelPack) -> None:
    found = collect(faces, pack, iter)

    assert found.names == ("astronaut/1.png", "hopper/1.png")
    assert found.people == ["astronaut", "hopper"]
    assert found.without_face == ("hopper/2.png",)
    row = FaceReader(pack).read(load_picture(faces / "hopper/1.png"))
    assert np.array_equal(found.rows[1], row)
    assert ((found.quality > 0.3) & (found.quality <= 1)).all()


def test_embeddings_are_kept_until_a_picture_changes(faces: Path, pack: ModelPack, tmp_path: Path) -> None:
    cache = tmp_path / "cache.npz"
    first = collect(faces, pack, iter, cache)
    again = collect(faces, pack, never, cache)
    assert np.array_equal(first.rows, again.rows)
    assert first.quality.tolist() == again.quality.tolist()

    (faces / "hopper" / "2.png").unlink()
    assert collect(faces, pack, iter, cache).without_face == ()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04cut"])
def test_a_cache_that_is_none_is_refused(faces: Path, pack: ModelPack, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache.npz").write_bytes(content)
    with pytest.raises(EvaluationError, match="not a cache of embeddings"):
        collect(faces, pack, never, tmp_path / "cache.npz")


def test_a_folder_without_pictures_is_refused(pack: ModelPack, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no pictures in it"):
        collect(tmp_path, pack, never)


def crowd(path: Path, folder: Path, pack: ModelPack, likeness: float) -> None:
    """A cache of embeddings of 60 people who never were, eight pictures each, beside empty picture files."""
    rng = np.random.default_rng(6)
    centres = np.repeat(rng.normal(size=(60, 512)), 8, axis=0)
    rows = likeness * rng.normal(size=512) + centres + 0.9 * rng.normal(size=centres.shape)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    names = [f"p{person:02}/{picture}.png" for person in range(60) for picture in range(8)]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    stamp = np.array([pack.embedder_id, *(f"{name} 0" for name in names)])
    np.savez(path, stamp=stamp, rows=rows.astype(np.float32), quality=rng.random(len(names)))


def run(tool: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / tool), "--images", "crowd", "--cache", "cache.npz", "--json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_the_tools_measure_a_crowd(tmp_path: Path, pack: ModelPack) -> None:
    crowd(tmp_path / "cache.npz", tmp_path / "crowd", pack, likeness=1.0)

    curve = json.loads(run("measure_curve.py", tmp_path).stdout)["curve"]
    evidence = json.loads(run("measure_evidence.py", tmp_path).stdout)

    assert curve["people"] == 60
    assert curve["pairs"] == 480 * 472 / 2
    assert "tail" not in curve  # 113,280 pairs are too few for one
    assert sum(evidence["people"].values()) == 60
    rules = {rule["rule"]: rule["fnmr"] for rule in evidence["three_against_three"]["rules"]}
    assert len(rules) == 15
    assert rules["max / mean"] <= rules["max / all"] <= evidence["one_against_one"]["fnmr"]
    assert evidence["one_against_one"]["people_judged"] == evidence["people"]["test"]


def test_a_crowd_too_small_for_the_rate_is_said_to_be(tmp_path: Path, pack: ModelPack) -> None:
    crowd(tmp_path / "cache.npz", tmp_path / "crowd", pack, likeness=0.0)

    ran = run("measure_evidence.py", tmp_path)

    assert ran.returncode == 2
    assert "it takes a larger collection" in ran.stderr
    assert ran.stderr.count("\n") == 1
