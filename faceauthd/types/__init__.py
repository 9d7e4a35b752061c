"""The values that pass between the rooms. Frozen, and free of numpy at run time.

Times named `*_s` are seconds of the monotonic clock unless a docstring says otherwise.
"""

from typing import TYPE_CHECKING

from faceauthd.types.asked import (
    Asked,
    CancelAsked,
    CommitDone,
    CommitFailed,
    DoorMoved,
    Edge,
    EnrollAsked,
    ExitAsked,
    Press,
    PressKind,
    Source,
)
from faceauthd.types.people import Member, NewTemplate, Person, Reason, Role, Roster
from faceauthd.types.seen import Box, Frame, Match, Quality, Sighting, Wants
from faceauthd.types.told import Event, EventKind, Signal, SignalKind

if TYPE_CHECKING:
    from faceauthd.types.seen import Picture as Picture
    from faceauthd.types.seen import Vector as Vector

__all__ = [
    "Asked",
    "Box",
    "CancelAsked",
    "CommitDone",
    "CommitFailed",
    "DoorMoved",
    "Edge",
    "EnrollAsked",
    "Event",
    "EventKind",
    "ExitAsked",
    "Frame",
    "Match",
    "Member",
    "NewTemplate",
    "Person",
    "Press",
    "PressKind",
    "Quality",
    "Reason",
    "Role",
    "Roster",
    "Sighting",
    "Signal",
    "SignalKind",
    "Source",
    "Wants",
]
