"""What can keep a measurement from being made."""

from __future__ import annotations

from faceauthd.errors import FaceauthdError


class BenchError(FaceauthdError, ValueError):
    """A figure cannot be measured or compared."""
