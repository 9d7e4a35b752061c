"""What is kept of one person, for whoever asks: their templates one by one, and everything as one document."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from faceauthd.control.shapes import person_fields
from faceauthd.register import Register
from faceauthd.types import Person

if TYPE_CHECKING:
    from faceauthd.gallery.details import Detail

_DTYPE = "<f4"


def template_list(register: Register, person: Person) -> list[dict[str, object]]:
    """Each template of the person, oldest first."""
    return [_template(one, register.embedder_id) for one, _ in register.details(person)]


def dossier(register: Register, person: Person) -> dict[str, object]:
    """All that the gallery holds about somebody. An embedding is base64 of 512 little-endian float32."""
    templates = []
    for one, row in register.details(person):
        embedding = {"dtype": _DTYPE, "shape": [len(row) // 4], "base64": base64.b64encode(row).decode("ascii")}
        templates.append({**_template(one, register.embedder_id), "embedder": one.embedder, "embedding": embedding})
    return {"person": person_fields(person), "templates": templates}


def _template(one: Detail, embedder: str) -> dict[str, object]:
    return {
        "id": one.id,
        "made_at": round(one.made_at, 3),
        "origin": one.origin.value,
        "quality": round(one.quality, 4),
        "yaw_deg": round(one.yaw_deg, 1),
        "pitch_deg": round(one.pitch_deg, 1),
        "state": _state(one, embedder),
    }


def _state(one: Detail, embedder: str) -> str:
    if one.is_quarantined:
        return "damaged"
    if one.embedder != embedder:
        return "foreign"
    return "superseded" if one.is_superseded else "in-use"
