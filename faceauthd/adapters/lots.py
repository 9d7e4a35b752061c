"""Chance as the daemon knows it: the system's own."""

from __future__ import annotations

import secrets


class SystemLots:
    """Numbers that not even somebody who has seen all before could foretell (getrandom(2))."""

    def draw(self) -> int:
        return secrets.randbits(32)
