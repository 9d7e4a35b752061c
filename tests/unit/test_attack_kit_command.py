"""`python -m tools.attack_kit`: clips on disk, people on their side, and what goes wrong said plainly."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from PIL import Image, JpegImagePlugin

from faceauthd.errors import SceneError
from faceauthd.resources import shipped
from tools.attack_kit.__main__ import main
from tools.attack_kit.people import people_of

if TYPE_CHECKING:
    from pathlib import Path

SHORT = ("--size", "320x240", "--seconds", "0.2", "--clips", "1", "--people", "all")


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    folder = tmp_path / "faces"
    for name in ("astronaut", "hopper"):
        (folder / name).mkdir(parents=True)
        shutil.copy(shipped("faces") / f"{name}.jpg", folder / name / "1.jpg")
    return folder


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_a_clip_is_frames_and_what_was_drawn(tmp_path: Path, faces: Path) -> None:
    out = tmp_path / "out"
    assert run(out, "--faces", faces, "--species", "phone,live-still", *SHORT) == 0
    (phone,) = (out / "phone").iterdir()
    assert sorted(path.name for path in phone.iterdir()) == ["000.jpg", "001.jpg", "002.jpg", "clip.json"]
    with Image.open(phone / "000.jpg") as image:
        assert image.size == (320, 240)
        assert JpegImagePlugin.get_sampling(image) == 0
    said = json.loads((phone / "clip.json").read_text())
    assert (said["species"], said["is_live"], said["frames"], said["fps"]) == ("phone", False, 3, 15.0)
    assert said["person"] in {"astronaut", "hopper"}
    assert said["params"]["handling"] == "held"
    (living,) = (out / "live-still").iterdir()
    assert living.name == phone.name == f"0000-{said['person']}"
    assert json.loads((living / "clip.json").read_text())["is_live"] is True


def test_what_is_there_stays_and_what_is_unfinished_or_of_another_order_is_made(tmp_path: Path, faces: Path) -> None:
    out = tmp_path / "out"
    order = (out, "--faces", faces, "--species", "print-flat", *SHORT)
    run(*order)
    (clip,) = (out / "print-flat").iterdir()
    first = (clip / "001.jpg").read_bytes()
    (clip / "001.jpg").write_bytes(b"kept")
    run(*order)
    assert (clip / "001.jpg").read_bytes() == b"kept"
    (clip / "clip.json").unlink()
    run(*order)
    assert (clip / "001.jpg").read_bytes() == first
    run(*order, "--handling", "near")
    assert (clip / "001.jpg").read_bytes() != first
    assert [path.name for path in (out / "print-flat").iterdir()] == [clip.name]


def test_people_are_on_one_side_only(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"person-{number}").mkdir()
        (tmp_path / f"person-{number}" / "1.jpg").touch()
    sides = {side: {person.name for person in people_of(tmp_path, side)} for side in ("tune", "test", "all")}
    assert not sides["tune"] & sides["test"]
    assert sides["tune"] | sides["test"] == sides["all"]
    assert min(len(sides["tune"]), len(sides["test"])) > 5


def test_a_flat_folder_has_a_person_for_each_picture(tmp_path: Path) -> None:
    for name in ("anna.jpg", "ben.png", "notes.txt"):
        (tmp_path / name).touch()
    assert [person.name for person in people_of(tmp_path, "all")] == ["anna", "ben"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--faces", "nowhere"), "no such folder"),
        (("--faces", "empty"), "add people"),
        (("--faces", "wall", "--people", "all"), "no picture shows a face"),
        (("--faces", "faces", "--people", "all", "--fps", "0"), "1 to 120 frames a second"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, faces: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "wall").mkdir()
    Image.new("RGB", (200, 200), (120, 130, 140)).save(tmp_path / "wall" / "wall.png")
    places = [tmp_path / word if word in {"nowhere", "empty", "wall", "faces"} else word for word in arguments]
    assert run(tmp_path / "out", *places) == 2
    assert said in capsys.readouterr().err


def test_species_that_there_are_not_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("out", "--faces", "faces", "--species", "phone,hologram")
    assert "no species is called 'hologram'; there are live-walk" in capsys.readouterr().err


def test_a_side_that_there_is_not() -> None:
    with pytest.raises(SceneError, match="tune, test, all"):
        people_of(shipped("faces"), "both")
