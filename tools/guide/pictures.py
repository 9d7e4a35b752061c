"""Which parts of the recorded stories are drawn, and under what name the guide shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from faceauthd.types import SignalKind
from tools.guide import film, screen
from tools.guide.film import Row
from tools.guide.recording import Story

FILMS: Mapping[str, Sequence[Row]] = {
    "first-start": (
        Row("it waits", "first-start", SignalKind.READY),
        Row("you pressed the button", "first-start", SignalKind.ENROLLING),
        Row("a pose is missing", "first-start", SignalKind.TURN),
        Row("it is done", "first-start", SignalKind.ENROLLED),
    ),
    "newcomer": (
        Row("Bob pressed the button", "newcomer", SignalKind.VOUCH),
        Row("Alice looked", "newcomer", SignalKind.ENROLLING),
        Row("Bob is enrolled", "newcomer", SignalKind.ENROLLED),
    ),
    "already-enrolled": (
        Row("somebody who is enrolled already", "already", SignalKind.IMPROVING),
        Row("their looks are taken", "already", SignalKind.ENROLLED),
    ),
    "given-up": (
        Row("the button was pressed", "cancelled", SignalKind.VOUCH),
        Row("and then pressed long", "cancelled", SignalKind.CANCELLED),
    ),
    "coming-home": (
        Row("Alice comes near", "coming-home", SignalKind.LOOKING),
        Row("the door is open", "coming-home", SignalKind.UNLOCKED),
    ),
    "refused": (
        Row("a stranger", "stranger", SignalKind.REFUSED),
        Row("not at this hour", "wrong-hour", SignalKind.NOT_NOW),
        Row("a picture on a tablet", "photograph", SignalKind.SPOOF),
        Row("again and again", "photograph", SignalKind.SPOOF_ALARM),
        Row("too often", "photograph", SignalKind.LOCKED_OUT),
    ),
    "stricter": (
        Row("a press first: Alice has not pressed", "press-entry", SignalKind.READY, after_s=3.0),
        Row("a press first: she pressed", "press-entry", SignalKind.LOOKING, nth=-1),
        Row("two people: the first was recognised", "two-people", SignalKind.SECOND),
        Row("two people: and the second", "two-people", SignalKind.UNLOCKED),
        Row("a sign of life: turn to the right", "sign-of-life", SignalKind.SIGN_RIGHT),
        Row("and was given", "sign-of-life", SignalKind.UNLOCKED),
    ),
    "the-door": (
        Row("the exit button", "the-door", SignalKind.UNLOCKED),
        Row("the door was left open", "the-door", SignalKind.DOOR_HELD),
        Row("the door was forced", "the-door", SignalKind.DOOR_FORCED),
        Row("the camera is lost", "lost-camera", SignalKind.FAULT),
    ),
}

SCREENS: Mapping[str, Sequence[tuple[str, str]]] = {
    "enroll": (("enroll", "enroll"),),
    "events": (("newcomer", "events"),),
    "watch": (("coming-home", "watch"),),
    "people": (("coming-home", "people"),),
    "person": (("first-start", "person"),),
    "threshold": (("first-start", "threshold"),),
    "status": (("first-start", "status"),),
    "rules": (("coming-home", "hours"), ("coming-home", "expire")),
    "refused-events": (("wrong-hour", "refused-events"),),
    "lockout": (("photograph", "lockout"), ("photograph", "alarm-status"), ("photograph", "lockout-clear")),
    "improve": (("moving", "improve"),),
    "verify": (("verify", "verify"),),
    "moving": (("moving", "export"), ("moving", "import"), ("moving", "backup")),
}
"""Each of one terminal or more: the story, and the name it has there."""


def drawn(stories: Mapping[str, Story]) -> dict[str, str]:
    """Every picture by its file's name, of the stories that are recorded. Raises LookupError for what is not in one."""
    made: dict[str, str] = {}
    for name, rows in FILMS.items():
        if known := [row for row in rows if row.story in stories]:
            made[f"{name}.svg"] = film.drawn(known, stories)
    for name, parts in SCREENS.items():
        if shown := [stories[story].screens[one] for story, one in parts if story in stories]:
            made[f"{name}.svg"] = screen.drawn(shown)
    return made
