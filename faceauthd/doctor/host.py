"""The machine as the checks see it: commands, files and who is who, each answered or None."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

COMMAND_S = 5.0
"""Longer than `systemctl is-active` takes on a Pi Zero that starts up."""


class Host(Protocol):
    """What a check may ask of the machine. Nothing in it changes anything."""

    def run(self, *command: str) -> str | None:
        """What a command prints, stripped, whatever it exits with; None if there is no such command or no answer."""
        ...

    def read(self, path: Path) -> str | None:
        """A small text file, stripped; None if it cannot be read."""
        ...

    def exists(self, path: Path) -> bool: ...

    def free_bytes(self, path: Path) -> int:
        """What a user who is not root may still write on the disk of `path`, which need not exist yet."""
        ...

    def groups_of(self, user: str) -> frozenset[str] | None:
        """The groups of a user; None if there is no such user."""
        ...


class ThisHost:
    """The machine this runs on."""

    def run(self, *command: str) -> str | None:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=COMMAND_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip()

    def read(self, path: Path) -> str | None:
        try:
            return path.read_text(errors="replace").strip("\0 \n")
        except OSError:
            return None

    def exists(self, path: Path) -> bool:
        return os.path.lexists(path)

    def free_bytes(self, path: Path) -> int:
        while not path.exists() and path != path.parent:
            path = path.parent
        return shutil.disk_usage(path).free

    def groups_of(self, user: str) -> frozenset[str] | None:
        try:
            entry = pwd.getpwnam(user)
        except KeyError:
            return None
        return frozenset(_names(os.getgrouplist(user, entry.pw_gid)))


def _names(gids: Sequence[int]) -> list[str]:
    found = []
    for gid in gids:
        try:
            found.append(grp.getgrgid(gid).gr_name)
        except KeyError:
            found.append(str(gid))
    return found
