"""The values that pass between the rooms. Frozen, and free of numpy at run time.

Times named `*_s` are seconds of the monotonic clock unless a docstring says otherwise.
"""

from typing import TYPE_CHECKING

from faceauthd.types.asked import (
    Asked,
    CancelAsked,
    ClearLockoutAsked,
    CommitDone,
    CommitFailed,
    DoorMoved,
    Edge,
    EnrollAsked,
    ExitAsked,
    ImproveAsked,
    LockAsked,
    Press,
    PressKind,
    Source,
    UnlockAsked,
    VerifyAsked,
)
from faceauthd.types.cues import Cues, Suspicion
from faceauthd.types.people import Member, NewTemplate, Person, Reason, Role, Roster, Rules, Sign, Turn
from faceauthd.types.seen import Box, Frame, Match, Quality, Sighting, Wants
from faceauthd.types.told import Event, EventKind, Signal, SignalKind

if TYPE_CHECKING:
    from faceauthd.types.seen import Picture as Picture
    from faceauthd.types.seen import Vector as Vector

__all__ = [
    "Asked",
    "Box",
    "CancelAsked",
    "ClearLockoutAsked",
    "CommitDone",
    "CommitFailed",
    "Cues",
    "DoorMoved",
    "Edge",
    "EnrollAsked",
    "Event",
    "EventKind",
    "ExitAsked",
    "Frame",
    "ImproveAsked",
    "LockAsked",
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
    "Rules",
    "Sighting",
    "Sign",
    "Signal",
    "SignalKind",
    "Source",
    "Suspicion",
    "Turn",
    "UnlockAsked",
    "VerifyAsked",
    "Wants",
]
