"""The embedders that somebody brought: a folder for each, with the model and its card, and a word for the one in use.

The folder is root's; the daemon only reads it. Without a word, or without the folder, the shipped embedder is in use.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faceauthd.errors import ModelError
from faceauthd.vision.card import NAME, SHIPPED, EmbedderCard, read_card
from faceauthd.vision.manifest import read_manifest

CARD_NAME, MODEL_NAME, WORD_NAME = "card.yaml", "embedder.onnx", "in-use"
_ROOT = "run this with sudo, or name another folder with --set vision.embedders=FOLDER"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every method raises ModelError with the remedy."""

    folder: Path

    def names(self) -> list[str]:
        """Those that were added, in order."""
        with _told("read", self.folder):
            return sorted(path.parent.name for path in self.folder.glob(f"*/{CARD_NAME}"))

    def card(self, name: str) -> EmbedderCard:
        """The card of one that was added."""
        if not NAME.fullmatch(name) or name not in self.names():
            there = ", ".join([SHIPPED, *self.names()])
            raise ModelError(f"there is no embedder '{name[:40]}' in {self.folder}; there are: {there}")
        card, _ = read_card(self.folder / name / CARD_NAME)
        if card.name != name or not card.sha256:
            raise ModelError(
                f"{self.folder / name / CARD_NAME}: is not as faceauthd wrote it; remove it and add it again"
            )
        return card

    def content(self, name: str) -> bytes:
        """The model's file, whatever is in it."""
        path = self.folder / name / MODEL_NAME
        with _told("read", path):
            return path.read_bytes()

    def in_use(self) -> str | None:
        """The one in use; None for the shipped one."""
        path = self.folder / WORD_NAME
        if not path.exists():
            return None
        with _told("read", path):
            word = path.read_text(encoding="utf-8", errors="replace").strip()
        if word == SHIPPED:
            return None
        if not NAME.fullmatch(word):
            raise ModelError(f"{path}: does not name an embedder; say which with `faceauthd models use NAME`")
        return word

    def add(self, content: bytes, data: Mapping[str, Any]) -> Path:
        """Put a model on the shelf with the data of its checked card; it is there wholly or not at all."""
        name = str(data["name"])
        target, part = self.folder / name, self.folder / f".{name}.part"
        with _told("write", target):
            if target.exists():
                raise ModelError(
                    f"{name} is there already; `faceauthd models remove {name}` first, or give another name"
                )
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            whole = {**data, "sha256": hashlib.sha256(content).hexdigest()}
            _put(part / MODEL_NAME, content)
            _put(part / CARD_NAME, _as_text(whole))
            for folder in (self.folder, part):
                folder.chmod(0o755)  # the service's user reads it
            part.rename(target)
            _sync(self.folder)
        return target

    def set_curve(self, name: str, curve: Mapping[str, Any]) -> None:
        """Write a measured impostor curve on the card of one that was added, in place of any it had."""
        self.card(name)
        path = self.folder / name / CARD_NAME
        _, data = read_card(path)
        with _told("write", path):
            part = path.with_name(f".{CARD_NAME}.part")
            part.unlink(missing_ok=True)
            _put(part, _as_text({**data, "impostor_curve": dict(curve)}))
            part.replace(path)
            _sync(path.parent)

    def use(self, name: str | None) -> None:
        """Say which one is in use from the next start on; None for the shipped one."""
        if name is not None:
            self.card(name)
        word = self.folder / WORD_NAME
        with _told("write", word):
            if name is None:
                word.unlink(missing_ok=True)
            else:
                part = word.with_name(f".{WORD_NAME}.part")
                part.unlink(missing_ok=True)
                _put(part, f"{name}\n".encode())
                part.replace(word)
            if self.folder.exists():
                _sync(self.folder)

    def remove(self, name: str) -> None:
        """Take one off the shelf that is not in use."""
        self.card(name)
        if self.in_use() == name:
            raise ModelError(f"{name} is in use; choose another one first: `faceauthd models use {SHIPPED}`")
        with _told("remove", self.folder / name):
            shutil.rmtree(self.folder / name)


def embedder_id(models: Path, shelf: Path) -> str:
    """What the templates of the embedder in use are known by. Raises ModelError."""
    name = Shelf(shelf).in_use()
    return Shelf(shelf).card(name).embedder_id if name else read_manifest(models / "manifest.yaml")["embedder"].sha256


def _as_text(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _put(path: Path, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(fd, "wb") as file:
        os.fchmod(fd, 0o644)
        file.write(content)
        file.flush()
        os.fsync(fd)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _told(doing: str, path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise ModelError(f"cannot {doing} {path}: {error.strerror}; {_ROOT}") from error
    except OSError as error:
        raise ModelError(f"cannot {doing} {path}: {error.strerror}; check that disk and folder") from error
