"""`faceauthd evaluate` on a small set with real models, and on input that is at fault."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from faceauthd.cli.evaluate import evaluate, promise_of
from faceauthd.cli.main import main
from faceauthd.evaluation.degrade import CONDITIONS
from faceauthd.evaluation.pairs import read_pairs
from faceauthd.evaluation.published import PUBLISHED, read_liveness
from faceauthd.evaluation.runner import FaceReader, measure
from faceauthd.evaluation.subject import subject_of
from faceauthd.gallery import Gallery
from faceauthd.picture import load_picture, save_picture
from faceauthd.resources import shipped
from faceauthd.types import Box, NewTemplate, Role
from faceauthd.vision.detect import Detection
from faceauthd.vision.pack import ModelPack

LFW = Path(os.environ.get("FACEAUTHD_LFW", Path(__file__).parents[3] / "shared" / "data" / "lfw-dev"))


@pytest.fixture(scope="module")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, three pictures of each, and pairs in two folds."""
    folder = tmp_path_factory.mktemp("set")
    for name in ("astronaut", "hopper"):
        picture = load_picture(shipped("faces") / f"{name}.jpg")
        save_picture(picture, folder / f"{name}-1.png")
        save_picture(picture[:, ::-1].copy(), folder / f"{name}-2.png")
        save_picture((picture * 0.6).astype(np.uint8), folder / f"{name}-3.png")
    rows = ["fold,a,b,same"]
    for fold in (0, 1):
        for name, other in (("astronaut", "hopper"), ("hopper", "astronaut")):
            rows.append(f"{fold},{name}-1.png,{name}-{fold + 2}.png,1")
            rows.append(f"{fold},{name}-1.png,{other}-{fold + 2}.png,0")
    (folder / "pairs.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_figures_come_as_one_json_object(small_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = evaluate(small_set, small_set / "pairs.csv", json=True)

    printed = capsys.readouterr()
    assert code == 0
    assert printed.err == ""
    figures = json.loads(printed.out)
    assert figures["accuracy"] == 1.0
    assert figures["tar_at_fmr"] == {"1e-2": 1.0, "1e-3": 1.0, "1e-4": 1.0}
    assert figures["pairs"] == 8
    assert figures["failures_to_acquire"] == 0
    assert figures["ms_per_face"] > 0


def test_figures_come_as_text(small_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(small_set, small_set / "pairs.csv") == 0

    printed = capsys.readouterr().out
    assert "accuracy             1.0000" in printed
    assert "TAR at FMR 1e-3      1.0000" in printed
    assert "too few pairs for this rate" in printed
    assert "failures to acquire  0" in printed


def test_a_picture_without_a_face_is_counted_not_hidden(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in small_set.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    save_picture(np.full((120, 120, 3), 90, np.uint8), tmp_path / "hopper-2.png")

    assert evaluate(tmp_path, tmp_path / "pairs.csv", json=True) == 0

    figures = json.loads(capsys.readouterr().out)
    assert figures["failures_to_acquire"] == 1
    assert figures["accuracy"] == pytest.approx(0.75)  # one genuine and one impostor pair of fold 0 are lost


def test_a_report_stands_alone_and_shows_no_face_unasked(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(small_set, small_set / "pairs.csv", json=True, report=tmp_path / "new" / "report") == 0

    printed = capsys.readouterr()
    page = (tmp_path / "new" / "report" / "index.html").read_text()
    assert json.loads(printed.out)["accuracy"] == 1.0
    assert "index.html" in printed.err
    assert {path.name for path in (tmp_path / "new" / "report").iterdir()} == {
        "index.html",
        *(f"{chart}.{kind}" for chart in ("det", "roc", "scores") for kind in ("svg", "png")),
    }
    assert "<img" not in page
    assert "hopper" not in page, "the names of pictures are mostly those of people"
    assert "folds drawn anew" in page  # the pictures lie in no folders that would name their people


def test_robustness_is_tried_and_reported_from_the_command_line(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["evaluate", "--images", str(small_set), "--pairs", str(small_set / "pairs.csv"), "--json"]
    asked += ["--embedder", "shipped", "--robustness", "1", "--report", str(tmp_path)]
    with pytest.raises(SystemExit) as ended:
        main(asked)
    assert ended.value.code == 0
    rows = json.loads(capsys.readouterr().out)["robustness"]
    assert len(rows) == len(CONDITIONS)
    assert rows[0]["not_matched"] == {"count": 0, "of": 1}
    page = (tmp_path / "index.html").read_text()
    assert "Under bad conditions" in page
    assert "--robustness 1 --people test" in page


def test_the_hardest_pairs_pictures_are_shown_when_asked_for(small_set: Path, tmp_path: Path) -> None:
    assert evaluate(small_set, small_set / "pairs.csv", report=tmp_path, with_images=True) == 0

    page = (tmp_path / "index.html").read_text()
    assert page.count('<img src="data:image/jpeg;base64,') == 16  # eight pairs


def test_pictures_without_a_report_are_a_mistake(small_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(small_set, small_set / "pairs.csv", with_images=True) == 2
    assert "name its folder with --report DIR" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_found_out_first(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")

    assert evaluate(small_set, small_set / "nothing.csv", report=tmp_path / "file") == 2

    assert "no report can be written there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "hopper-1.png").write_bytes(b"no"), "hopper-1.png: not a picture"),
        (lambda f: (f / "hopper-1.png").unlink(), "1 of 6 pictures are not there (hopper-1.png)"),
        (lambda f: (f / "pairs.csv").write_text("a,b\n1,2\n"), "no column fold, same"),
        (lambda f: (f / "pairs.csv").unlink(), "pairs.csv: cannot be read"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], object], message: str
) -> None:
    for path in small_set.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damage(tmp_path)

    assert evaluate(tmp_path, tmp_path / "pairs.csv", json=True) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert printed.err.count("\n") == 1


def test_models_that_are_not_there_are_bad_input(small_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(small_set, small_set / "pairs.csv", models=small_set) == 2
    assert "manifest.yaml: cannot be read" in capsys.readouterr().err


class Seeing:
    """Finds one face in the middle of pictures of a certain width, at scores it is asked to go down to."""

    def __init__(self, width: int, score: float) -> None:
        self._width, self._score = width, score

    def find(self, picture: np.ndarray, *, min_score: float) -> list[Detection]:
        height, width = picture.shape[:2]
        faces = [Detection(Box(width / 4, height / 4, width / 4 * 3, height / 4 * 3), self._score)]
        faces.append(Detection(Box(0, 0, 20, 20), self._score))
        return faces if width == self._width and min_score <= self._score else []


@pytest.mark.parametrize("score", [0.9, 0.3])
def test_the_subject_is_the_central_face_sought_harder_and_harder(score: float) -> None:
    picture = np.zeros((80, 100, 3), np.uint8)

    assert subject_of(picture, Seeing(100, score)) == Box(25, 20, 75, 60)
    assert subject_of(picture, Seeing(200, score)) == Box(0, 0, 100, 80)  # with a frame around
    assert subject_of(picture, Seeing(300, score)) is None
    assert subject_of(picture, Seeing(100, 0.1)) is None


@pytest.mark.lfw
def test_part_of_lfw_reaches_the_figures() -> None:
    """Every 13th pair of three folds: a change that breaks colour, alignment or the mirror shows here."""
    if not (LFW / "pairs.csv").is_file():
        pytest.skip("set FACEAUTHD_LFW to the folder of the development faces")
    pairs = [pair for pair in read_pairs(LFW / "pairs.csv") if pair.fold < 3][::13]

    found = measure(LFW / "images", pairs, FaceReader(ModelPack.open(shipped("models"))), iter)

    assert found.accuracy >= 0.98
    assert found.failures_to_acquire == []
    assert found.tar_at_fmr["1e-2"] >= 0.98


def test_the_page_has_liveness_and_the_threshold_of_the_configuration_in_use(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "strict.yaml").write_text(
        f"decision: {{false_accept_rate: 1.0e-6}}\ngallery: {{path: {tmp_path}/none}}\n"
    )
    assert evaluate(small_set, small_set / "pairs.csv", report=tmp_path / "a") == 0
    assert evaluate(small_set, small_set / "pairs.csv", report=tmp_path / "b", config=tmp_path / "strict.yaml") == 0
    lax, strict = ((tmp_path / name / "index.html").read_text() for name in "ab")
    assert "For the default promise, one stranger's attempt in 100,000" in html.unescape(lax)
    assert f"For the promise of {tmp_path}/strict.yaml, one stranger's attempt in 1,000,000" in html.unescape(strict)
    assert "--config" in strict
    assert "thresholds are shown for the usual sizes only" in capsys.readouterr().err
    assert "published, and not measured in this run" in lax


def test_the_gallery_in_use_has_its_own_threshold(small_set: Path, tmp_path: Path) -> None:
    pack = ModelPack.open(shipped("models"))
    with Gallery.open(tmp_path / "gallery", embedder_id=pack.embedder_id) as gallery:
        probe = np.eye(1, 512, dtype=np.float32)[0]
        gallery.enroll("ann", Role.ADMIN, [NewTemplate(probe, 0.9)] * 3, now=1.0)
    (tmp_path / "ours.yaml").write_text(f"gallery: {{path: {tmp_path}/gallery}}\n")
    assert promise_of(tmp_path / "ours.yaml").galleries(pack.embedder_id) == (3, 5, 50, 500)


def test_liveness_that_was_measured_is_shown_as_such(small_set: Path, tmp_path: Path) -> None:
    figures = {"rate": 0.25, "interval": [0.1, 0.4], "count": 1, "of": 4}
    told = {"species": {"print-odd": {"apcer": figures}, "live-odd": {"bpcer": figures}}, "bpcer": figures}
    (tmp_path / "liveness.json").write_text(json.dumps(told))
    shown = read_liveness(tmp_path / "liveness.json")
    assert shown.origin == "measured, from liveness.json"
    assert [(kind.species, kind.is_live, kind.rate) for kind in shown.kinds] == [
        ("living, together", True, 0.25),
        ("print-odd", False, 0.25),
    ]
    for text in ("", "[]", '{"species": {}}', json.dumps(told | {"bpcer": {"rate": None, "interval": [0, 1]}})):
        (tmp_path / "liveness.json").write_text(text)
        assert evaluate(small_set, small_set / "pairs.csv", liveness=tmp_path / "liveness.json") == 2


def test_what_is_published_is_what_the_page_says() -> None:
    page = (Path(__file__).parents[2] / "docs/liveness.md").read_text()
    for kind in PUBLISHED.kinds:
        said = next(line for line in page.splitlines() if re.match(rf"\| [*`]*{kind.species}", line))
        assert f"{kind.rate:.3f}" in said, kind
        assert f"({kind.low:.3f} to {kind.high:.3f})" in said, kind
