"""Liveness with the real models: living walk-ups pass, pictures held up do not; and the command that measures it."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceauthd.cli.evaluate_liveness import evaluate_liveness
from faceauthd.config.deciding import Decision
from faceauthd.config.inputs import Vision
from faceauthd.evaluation.clips import Clip, find_clips
from faceauthd.evaluation.presentations import Recorder, Response, present, stages_of
from faceauthd.evidence import EvidencePolicy
from faceauthd.picture import load_picture, save_picture
from faceauthd.presentation import WEIGHTS
from faceauthd.recognizer import Stages
from faceauthd.resources import shipped
from faceauthd.settings import limits_of
from faceauthd.vision.pack import ModelPack
from tools.attack_kit import render
from tools.liveness_fit import judged, policy

FPS = 15.0
SHOWN = (
    ("live-stand", "astronaut", None),
    ("live-still", "hopper", None),
    ("print-flat", "astronaut", "held"),
    ("print-bent", "hopper", "held"),
    ("phone", "hopper", "held"),
    ("tablet", "astronaut", "shaken"),
)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of the sample faces, as a person would record them: no more said in clip.json than the rate."""
    folder = tmp_path_factory.mktemp("clips")
    for species, who, handling in SHOWN:
        picture = load_picture(shipped("faces") / f"{who}.jpg")
        rng = np.random.default_rng(zlib.crc32(f"{species} {who}".encode()))
        clip = render(species, picture, rng, fps=FPS, seconds=2.5, handling=handling)
        place = folder / species / who
        place.mkdir(parents=True)
        for number, (_, frame) in enumerate(clip):
            save_picture(frame, place / f"{number:03d}.jpg")
        (place / "clip.json").write_text(json.dumps({"fps": FPS}))
    return folder


@pytest.fixture(scope="module")
def stages() -> Stages:
    return stages_of(ModelPack.open(shipped("models")), limits_of(Vision()))


@pytest.mark.parametrize(("species", "who", "handling"), SHOWN)
def test_the_living_pass_and_pictures_held_up_do_not(
    clips: Path, stages: Stages, species: str, who: str, handling: str | None
) -> None:
    (clip,) = [clip for clip in find_clips(clips) if (clip.species, clip.name) == (species, who)]
    found = present(clip, stages, EvidencePolicy(), Decision().liveness_s)
    if species == "live-still":
        assert found.response is Response.NONE, "who does not turn is asked to, neither let in nor refused"
        return
    assert found.response is (Response.ACCEPTED if clip.is_live else Response.REFUSED), found
    assert found.after_s is not None
    assert found.after_s < 2.4
    assert (found.suspicion is None) is clip.is_live


@pytest.mark.parametrize("species", ["live-stand", "print-flat"])
def test_the_weights_are_fitted_to_what_the_door_says(clips: Path, stages: Stages, species: str) -> None:
    """From the cues alone, looks held back included."""
    clip, recorder = next(clip for clip in find_clips(clips) if clip.species == species), Recorder()
    found = present(clip, stages, policy(), Decision().liveness_s, recorder)
    told = judged(clip, recorder.kept, WEIGHTS)
    assert (told.response, told.after_s, told.suspicion) == (found.response, found.after_s, found.suspicion)
    assert told.score == pytest.approx(found.score)


def test_nobody_is_judged_before_they_were_watched(clips: Path, stages: Stages) -> None:
    clip = next(clip for clip in find_clips(clips) if clip.species == "live-stand")
    short = replace(clip, pictures=clip.pictures[:8])
    assert present(short, stages, EvidencePolicy(), Decision().liveness_s).response is Response.NONE
    assert present(short, stages, EvidencePolicy(), 0.0).response is Response.ACCEPTED


def test_a_picture_on_a_stand_is_too_still(clips: Path, stages: Stages, tmp_path: Path) -> None:
    """One frame of a living person, again and again, with the sensor's noise: the model takes it for living."""
    clip = next(clip for clip in find_clips(clips) if clip.species == "live-stand")
    base, rng = load_picture(clip.pictures[0]), np.random.default_rng(1)
    pictures = []
    for number in range(36):
        noisy = np.clip(base + rng.normal(0, 1.5, base.shape), 0, 255).astype(np.uint8)
        pictures.append(tmp_path / f"{number:03d}.png")
        save_picture(noisy, pictures[-1])
    still = Clip("stand", "astronaut", False, FPS, None, tuple(pictures))
    found = present(still, stages, EvidencePolicy(), Decision().liveness_s)
    assert found.response is Response.REFUSED
    assert found.suspicion is not None
    assert found.suspicion.value == "still"


def test_the_command_says_what_it_found(clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate_liveness(clips, as_json=True, models=None, threads=1, report=tmp_path / "report") == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["species"]) == {species for species, _, _ in SHOWN}
    assert told["bpcer"]["of"] == 1
    assert told["bpcer"]["count"] == 0
    assert told["bpnrr"]["count"] == 1
    assert told["worst_apcer"]["count"] == 0
    assert told["species"]["print-flat"]["apcer"]["of"] == 1
    assert told["species"]["print-flat"]["apcer"]["interval"][1] == pytest.approx(0.975, abs=1e-4)
    page = (tmp_path / "report" / "index.html").read_text()
    assert "print-flat" in page
    assert "no certification" in page
    assert (tmp_path / "report" / "liveness-errors.svg").read_text().startswith("<svg")
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "must hold an object"),
        ("{}", '"fps" must be a number'),
        ('{"fps": true}', '"fps" must be a number'),
        ('{"fps": 0}', '"fps" must be a number'),
        ('{"fps": NaN}', '"fps" must be a number'),
        ('{"fps": 15, "species": "phone"}', 'says it is "phone"'),
        ('{"fps": 15, "is_live": true}', "names that begin with live"),
        ('{"fps": 15}', "holds no pictures"),
    ],
)
def test_folders_at_fault_are_named_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], about: str, said: str
) -> None:
    place = tmp_path / "paper" / "1"
    place.mkdir(parents=True)
    (place / "clip.json").write_text(about)
    assert evaluate_liveness(tmp_path, as_json=False, models=None, threads=1, report=None) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "paper" in told
    assert "Traceback" not in told


def test_a_frame_that_is_no_picture_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "paper" / "1"
    place.mkdir(parents=True)
    (place / "clip.json").write_text('{"fps": 15}')
    (place / "000.jpg").write_text("no picture")
    assert evaluate_liveness(tmp_path, as_json=True, models=None, threads=1, report=None) == 2
    assert "000.jpg" in capsys.readouterr().err


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_without_clips_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str], made: bool) -> None:
    folder = tmp_path if made else tmp_path / "nowhere"
    assert evaluate_liveness(folder, as_json=False, models=None, threads=1, report=None) == 2
    assert ("holds no clips" if made else "no such folder") in capsys.readouterr().err
