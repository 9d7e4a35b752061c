"""Clips on disk: a folder a clip, with its frames and what was drawn for it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from faceauthd.scene.face import Face
from tools.attack_kit.clip import Clip
from tools.attack_kit.hands import HANDLINGS
from tools.attack_kit.people import people_of, usable_face
from tools.attack_kit.rendering import render
from tools.attack_kit.species import USUAL

QUALITY = 95
"""Of the JPEGs, with colours at full resolution: the camera gives frames that were never compressed."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to write. `species` are names, `handling` one or None for all in turn."""

    out: Path
    faces: Path
    people: str = "tune"
    clips: int = 3
    seed: int = 0
    species: tuple[str, ...] = USUAL
    size: tuple[int, int] = (640, 480)
    fps: float = 15.0
    seconds: float = 2.5
    handling: str | None = None


def write_clips(order: Order) -> int:
    """Write what is ordered, and say on stderr how far it is; gives the number of clips rendered.

    Raises SceneError if there are no people, PictureError, ModelError, OSError.
    """
    begun, done, rendered, total = time.monotonic(), 0, 0, order.clips * len(order.species)
    for number, face in _faces(order):
        for name in order.species:
            folder = order.out / name / f"{number:04d}-{face.name}"
            seed = _seed(order.seed, number, name)
            about = _about(order, face, seed)
            if not _is_there(folder, about, order):
                _write(folder, _clip(order, name, number, face, seed), about)
                rendered += 1
            done += 1
            left_s = (time.monotonic() - begun) / done * (total - done)
            print(f"\r{done}/{total} clips, {left_s:.0f} s left ({name:14})", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rendered


def _faces(order: Order) -> Iterator[tuple[int, Face]]:
    """A face for each clip number; the people come in a drawn order, and again if they are too few."""
    people = people_of(order.faces, order.people)
    rng = np.random.default_rng(order.seed)
    number, used = 0, 0
    while number < order.clips:
        for index in rng.permutation(len(people)):
            face = usable_face(people[int(index)], rng)
            if face is None:
                continue
            yield number, face
            number += 1
            if number == order.clips:
                return
        if number == used:
            raise ValueError(f"{order.faces}: no picture shows a face large enough that looks at the camera")
        used = number


def _clip(order: Order, name: str, number: int, face: Face, seed: int) -> Clip:
    handling = order.handling or HANDLINGS[number % len(HANDLINGS)]
    rng = np.random.default_rng(seed)
    return render(name, face, rng, size=order.size, fps=order.fps, seconds=order.seconds, handling=handling)


def _about(order: Order, face: Face, seed: int) -> dict[str, Any]:
    return {
        "person": face.name,
        "people": order.people,
        "seed": seed,
        "fps": order.fps,
        "size": list(order.size),
        "seconds": order.seconds,
    }


def _is_there(folder: Path, about: dict[str, Any], order: Order) -> bool:
    """Whether the clip was written before, by the same order; one of another order is written anew."""
    try:
        said = json.loads((folder / "clip.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    is_same = {key: said.get(key) for key in about} == about
    return is_same and order.handling in (None, said["params"].get("handling"))


def _seed(seed: int, number: int, name: str) -> int:
    """A clip's own seed, the same whichever other species are ordered."""
    return zlib.crc32(f"{seed} {number} {name}".encode())


def _write(folder: Path, clip: Clip, about: dict[str, Any]) -> None:
    """All or nothing: the folder gets its name when it is complete."""
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        for index, (_, picture) in enumerate(clip):
            Image.fromarray(picture).save(unfinished / f"{index:03d}.jpg", quality=QUALITY, subsampling=0)
        said = {"species": clip.species, "is_live": clip.is_live, **about, "frames": len(clip), "params": clip.params}
        (unfinished / "clip.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
