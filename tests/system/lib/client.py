"""The control protocol of docs/contracts.md, spoken over one connection.

To start a program for each question takes long where the machine is emulated.
"""

from __future__ import annotations

import json
import socket
from typing import Any


class Client:
    """Raises OSError where nobody listens, and KeyError where what was asked was refused."""

    def __init__(self, path: str = "/run/faceauthd/control.sock") -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def ask(self, verb: str, **arguments: object) -> dict[str, Any]:
        self._socket.sendall(json.dumps({"do": verb, **arguments}).encode() + b"\n")
        return dict(json.loads(self._lines.readline())["result"])
