"""Sections for what is kept of people beyond what recognising them needs."""

from __future__ import annotations

from pydantic import Field

from faceauthd.config.base import Section


class Adaptation(Section):
    """Whether templates follow a face that changes slowly: a beard, glasses, years."""

    enabled: bool = Field(
        default=False,
        description="Whether a sure, live, good look that opened the door may renew a template; never an enrolled one, "
        "and `faceauthctl improve --undo` takes it back.",
    )
    max_per_day: int = Field(default=1, ge=1, le=24, description="Renewals of one person in a day.")


class Privacy(Section):
    """What is kept of when people come. The journal has its own limits (journald.conf)."""

    last_seen: bool = Field(
        default=True,
        description="Whether the gallery keeps when each person was last recognised; switched off, it is forgotten.",
    )
