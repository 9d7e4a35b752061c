"""Files of ours that a newer version wrote, and an older one finds that was put back: set aside, never overwritten."""

from __future__ import annotations

import itertools
import os
from pathlib import Path


class NewerFormat(Exception):
    """What was read says that it is of a format that this version does not know."""

    def __init__(self) -> None:
        super().__init__("it was written by a newer faceauthd")


def check_known(kept: object, newest: int) -> None:
    """Raise NewerFormat for a later format than `newest`. To be asked before any checksum: a later format may have
    another. Every format of a file is a JSON object, and says its number in `format`, but for the first.
    """
    number = kept.get("format", 1) if isinstance(kept, dict) else 1
    if isinstance(number, int) and number > newest:
        raise NewerFormat


def set_aside(path: Path) -> Path:
    """Give the file another name as well, under which it stays as it is whatever takes its place. Raises OSError.

    A name that is there already is not taken, unless it is this very file's, from an earlier start.
    """
    for number in itertools.count(1):
        aside = path.with_name(f"{path.stem}.newer-{number}{path.suffix}")
        try:
            os.link(path, aside)
        except FileExistsError:
            if not aside.samefile(path):
                continue
        sync_folder(path.parent)
        return aside
    raise AssertionError("there is always another number")


def sync_folder(folder: Path) -> None:
    """A new name is not on the medium before its folder is."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
