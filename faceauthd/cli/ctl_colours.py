"""Colours of states and events on a terminal, as the lamps of docs/hardware.md have them."""

from __future__ import annotations

from faceauthd.types import EventKind

STATE_COLOUR = {
    "watching": "green",
    "verifying": "cyan",
    "open": "green",
    "enrolling": "blue",
    "enrolled": "green",
    "given-up": "yellow",
    "second": "green",
    "challenge": "white",
    "asked": "cyan",
    "refused": "red",
    "locked-out": "red",
    "fault": "red",
    "not running": "red",
}
"""Whatever waits for somebody, or is of a newer daemon, is `WAITING`."""
WAITING = "yellow"

EVENT_COLOUR = {
    EventKind.UNLOCKED: "green",
    EventKind.ENROLLED: "green",
    EventKind.IMPROVED: "green",
    EventKind.RECOVERED: "green",
    EventKind.VERIFIED: "green",
    EventKind.REFUSED: "red",
    EventKind.VERIFY_FAILED: "red",
    EventKind.LOCKOUT_BEGAN: "red",
    EventKind.SPOOF_ALARM: "red",
    EventKind.DOOR_FORCED: "red",
    EventKind.FAULT: "red",
    EventKind.GALLERY_REPAIRED: "red",
    EventKind.DOOR_HELD: "yellow",
    EventKind.VOUCH_ASKED: "yellow",
    EventKind.ENROLL_CANCELLED: "yellow",
    EventKind.SECOND_ASKED: "yellow",
    EventKind.CHALLENGED: "yellow",
    EventKind.SNAPSHOT: "yellow",
    EventKind.EXPORTED: "yellow",
    EventKind.ENROLL_BEGAN: "blue",
    EventKind.ENROLL_STEP: "blue",
}
"""Good news, bad news, and what somebody may want to know of; the rest has none."""
