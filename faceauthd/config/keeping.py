"""Sections for what is kept of people beyond what recognising them needs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from faceauthd.config.base import Section


class Clock(Section):
    """When civil time is believed, by which people's limits in time are judged. It never is while it shows an earlier
    time than was believed before."""

    trust: Literal["auto", "server", "itself"] = Field(
        default="auto",
        description="What has to confirm the clock after a start, before people with limits in time are let in: a time"
        " server or a clock with a battery; a time server (systemd-timesyncd); or nothing, for a box without either"
        " whose clock is set by hand.",
    )


class Adaptation(Section):
    """Whether templates follow a face that changes slowly: a beard, glasses, years."""

    enabled: bool = Field(
        default=False,
        description="Whether a sure, live, good look that opened the door may renew a template; never an enrolled one, "
        "and `faceauthctl improve --undo` takes it back.",
    )
    max_per_day: float = Field(
        default=1,
        ge=0.01,
        le=1,
        description="Renewals of one person in a day, at most one; 0.1 is one in ten days.",
    )


class Privacy(Section):
    """What is kept of when people come. The journal has its own limits (journald.conf)."""

    last_seen: bool = Field(
        default=True,
        description="Whether the gallery keeps when each person was last recognised; switched off, it is forgotten.",
    )
