"""What can be wrong with the data of a measurement."""

from __future__ import annotations

from faceauthd.errors import FaceauthdError


class EvaluationError(FaceauthdError, ValueError):
    """Pairs or pictures that a measurement was asked to use cannot be used."""
