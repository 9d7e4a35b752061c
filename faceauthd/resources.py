"""Where the shipped data lies: inside the installed package, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_IN_CHECKOUT = {"faces": Path("tests/data/faces")}


def shipped(kind: str) -> Path:
    """Folder of the shipped `models`, `config`, `systemd` or `faces`."""
    installed = _PACKAGE / "_data" / kind
    if installed.is_dir():
        return installed
    return _PACKAGE.parent / _IN_CHECKOUT.get(kind, Path(kind))
