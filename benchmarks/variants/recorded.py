"""What each model is given when the product looks at pictures, and a pack with one of its models changed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from faceauthd.bench.kit import Nobody
from faceauthd.config import Config
from faceauthd.errors import ModelError
from faceauthd.picture import load_picture
from faceauthd.recognizer import FaceRecognizer
from faceauthd.settings import stages_of
from faceauthd.types import Frame, Wants
from faceauthd.vision.net import Net
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.track import Tracker

ROLES = ("detector", "landmarks", "embedder", "liveness", "eyes")


class _Noted:
    """A `vision.net.Net` that keeps what it is given."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self.given: list[Any] = []

    def run(self, pixels: Any) -> Any:
        self.given.append(pixels.copy())
        return self._net.run(pixels)


def inputs_of(pack: ModelPack, config: Config, pictures: Iterable[Path]) -> dict[str, list[Any]]:
    """For each role what the model was given over the `pictures`, one look at each."""
    noted = {role: _Noted(getattr(pack, role)) for role in ROLES}
    stages = stages_of(config, replace(pack, **noted))
    for path in pictures:
        FaceRecognizer(stages, Tracker(), Nobody()).look(Frame(load_picture(path), 0.0), Wants())
    return {role: each.given for role, each in noted.items()}


def with_model(models: Path, role: str, file: Path, folder: Path) -> ModelPack | str:
    """The pack of `models` with `file` in the place of one model, kept in `folder`; or why it is refused."""
    shutil.copytree(models, folder)
    manifest = yaml.safe_load((folder / "manifest.yaml").read_text())
    entry = manifest["models"][role]
    shutil.copy(file, folder / entry["file"])
    entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    try:
        return ModelPack.open(folder, threads=1)
    except ModelError as error:
        return str(error)


def answers(net: Net, given: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [net.run(pixels) for pixels in given]
