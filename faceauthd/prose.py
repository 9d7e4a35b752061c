"""Words for people: the one place where reasons, signals and events become sentences, and foreign text is made safe.

Nothing reads these sentences back; programs read the enums.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from faceauthd.types import Event, EventKind, Reason, Rules, Sign, Signal, SignalKind, Turn

REASON_HINT: dict[Reason, str] = {
    Reason.NO_FACE: "look at the camera",
    Reason.MANY_FACES: "one person at a time",
    Reason.TOO_SMALL: "come closer",
    Reason.TOO_DARK: "more light on your face",
    Reason.TOO_BRIGHT: "less light on your face",
    Reason.LOW_CONTRAST: "clearer light on your face",
    Reason.BLURRED: "hold still",
    Reason.TURNED_AWAY: "look straight at the camera",
    Reason.CUT_OFF: "move into the picture",
    Reason.EYES_CLOSED: "open your eyes",
    Reason.COVERED: "uncover your eyes and mouth",
    Reason.STIFF: "turn your head a little",
    Reason.SPOOF: "show your own face",
    Reason.UNKNOWN: "you are not known here",
    Reason.AMBIGUOUS: "look again, straight at the camera",
    Reason.NOT_NOW: "not at this time",
    Reason.ALREADY_ENROLLED: "you are enrolled already",
    Reason.LOCKED_OUT: "wait, then try again",
    Reason.OTHER_FACE: "show the same face again",
}
"""What the person in front of the camera can do about it."""

REASON_WHY: dict[Reason, str] = {
    Reason.NO_FACE: "no face to be seen",
    Reason.MANY_FACES: "more than one face",
    Reason.TOO_SMALL: "face too small",
    Reason.TOO_DARK: "face too dark",
    Reason.TOO_BRIGHT: "face too bright",
    Reason.LOW_CONTRAST: "face without contrast",
    Reason.BLURRED: "face blurred",
    Reason.TURNED_AWAY: "face turned away",
    Reason.CUT_OFF: "face cut off by the picture's edge",
    Reason.EYES_CLOSED: "eyes closed",
    Reason.COVERED: "eyes or mouth covered",
    Reason.STIFF: "head not turned yet",
    Reason.SPOOF: "not taken for a living face",
    Reason.UNKNOWN: "not known",
    Reason.AMBIGUOUS: "too like two people",
    Reason.NOT_NOW: "outside the allowed hours",
    Reason.ALREADY_ENROLLED: "enrolled already",
    Reason.LOCKED_OUT: "too many refusals",
    Reason.OTHER_FACE: "another face",
}
"""What the record says of it."""

_SIGNAL: dict[SignalKind, str] = {
    SignalKind.READY: "Ready",
    SignalKind.LOOKING: "Looking",
    SignalKind.HOLD_STILL: "Hold still",
    SignalKind.UNLOCKED: "Come in",
    SignalKind.REFUSED: "Refused",
    SignalKind.NOT_NOW: "Not at this time",
    SignalKind.SPOOF: "Not a living face",
    SignalKind.LOCKED_OUT: "Locked out",
    SignalKind.SIGN_BLINK: "Close your eyes for a moment",
    SignalKind.SIGN_LEFT: "Turn your head left, and back",
    SignalKind.SIGN_RIGHT: "Turn your head right, and back",
    SignalKind.SECOND: "A second person must look now",
    SignalKind.VOUCH: "An administrator must look now",
    SignalKind.ENROLLING: "Enrolling",
    SignalKind.TURN: "Turn your head a little",
    SignalKind.IMPROVING: "More looks",
    SignalKind.ENROLLED: "Enrolled",
    SignalKind.CANCELLED: "Given up, nothing was kept",
    SignalKind.DOOR_HELD: "Shut the door",
    SignalKind.DOOR_FORCED: "The door was forced",
    SignalKind.SPOOF_ALARM: "Alarm, suspected spoofs",
    SignalKind.FAULT: "Out of order",
    SignalKind.OFF: "Off",
}

TURN_HINT: dict[Turn, str] = {
    Turn.SIDE: "turn your head a little to one side",
    Turn.OTHER_SIDE: "now a little to the other side",
    Turn.UP: "lift your chin a little",
    Turn.DOWN: "lower your chin a little",
}
"""The pose that an enrolment asks for."""

SIGN_WORDS: dict[Sign, str] = {
    Sign.BLINK: "closing the eyes for a moment",
    Sign.LEFT: "turning the head to the left",
    Sign.RIGHT: "turning the head to the right",
}
"""What the record says was asked for."""

_NAMED = {
    SignalKind.UNLOCKED: ", ",
    SignalKind.ENROLLING: " ",
    SignalKind.IMPROVING: " of ",
    SignalKind.ENROLLED: " ",
}
"""Signals that say the name, and what goes before it."""

_GUIDING = (SignalKind.LOOKING, SignalKind.HOLD_STILL, SignalKind.TURN)
"""Signals during which the hint is all that matters."""

_EVENT: dict[EventKind, str] = {
    EventKind.STARTED: "Started",
    EventKind.STOPPED: "Stopped, the door is locked",
    EventKind.APPROACHED: "Somebody came into view",
    EventKind.LEFT: "Nobody is in view any more",
    EventKind.UNLOCKED: "Door opened for {who}",
    EventKind.LOCKED: "Door locked again",
    EventKind.REFUSED: "Refused {who}",
    EventKind.LOCKOUT_BEGAN: "Lockout began",
    EventKind.LOCKOUT_ENDED: "Lockout over",
    EventKind.VOUCH_ASKED: "Enrolment asked for; an administrator has to vouch",
    EventKind.VOUCHED: "A newcomer was vouched for by {who}",
    EventKind.ENROLL_BEGAN: "Enrolment of {who} began",
    EventKind.ENROLL_STEP: "Enrolment took a look",
    EventKind.ENROLLED: "Enrolled {who}",
    EventKind.ENROLL_CANCELLED: "Enrolment given up, nothing was kept",
    EventKind.RENAMED: "Renamed {who}",
    EventKind.REMOVED: "Removed {who}",
    EventKind.FAULT: "Fault, the door stays locked",
    EventKind.RECOVERED: "Fault over",
    EventKind.GALLERY_REPAIRED: "The gallery was repaired",
    EventKind.EXIT: "Door opened from inside",
    EventKind.DOOR_HELD: "The door is being held open",
    EventKind.DOOR_FORCED: "The door opened while it was locked",
    EventKind.DOOR_SHUT: "The door is shut again",
    EventKind.VERIFIED: "{who} was seen live, as a client asked",
    EventKind.VERIFY_FAILED: "{who} was asked for and not seen live",
    EventKind.CHALLENGED: "Asked for a sign of life",
    EventKind.SECOND_ASKED: "{who} was recognised; a second person has to follow",
    EventKind.SPOOF_ALARM: "Alarm: one suspected spoof after the other",
    EventKind.IMPROVED: "{who} got more templates",
    EventKind.ADAPTED: "A template of {who} was renewed",
    EventKind.IMPROVE_UNDONE: "The last renewal of {who} was undone",
    EventKind.ROLE_CHANGED: "The role of {who} was changed",
    EventKind.RULES_CHANGED: "The rules of {who} were changed",
    EventKind.DISABLED: "{who} was disabled",
    EventKind.ENABLED: "{who} was enabled again",
    EventKind.SNAPSHOT: "A picture of what the camera sees was given away",
    EventKind.EXPORTED: "People's data was exported",
    EventKind.IMPORTED: "People were imported",
    EventKind.BACKED_UP: "The gallery was backed up",
}

_NAMELESS: dict[EventKind, str] = {EventKind.UNLOCKED: "Door opened by an order"}
"""What is said instead where nobody in particular is meant."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 template`, `5 templates`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def printable(text: str, limit: int = 200) -> str:
    """`text` without anything a terminal or a log acts upon: control, bidirectional and line-breaking characters are
    written as escapes, and what is longer than `limit` characters is cut."""
    safe = "".join(ch if ch.isprintable() else ch.encode("unicode_escape").decode("ascii") for ch in text)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def signal_text(signal: Signal) -> str:
    """What the panel says to the person in front of it, in one short line."""
    text = _SIGNAL[signal.kind]
    if signal.turn is not None:
        text = _capital(TURN_HINT[signal.turn])
    if signal.name and signal.kind in _NAMED:
        text += _NAMED[signal.kind] + printable(signal.name, 40)
    done, total = signal.progress
    if total:
        text = f"{text}, {done} of {total}"
    if not signal.reason or signal.kind is SignalKind.NOT_NOW:
        return text
    hint = _hint(signal)
    return _capital(hint) if signal.kind in _GUIDING else f"{text}: {hint}"


def _hint(signal: Signal) -> str:
    """What they can do about it, or why they can do nothing; of the voucher the newcomer is waited for."""
    if signal.kind is SignalKind.ENROLLING and signal.reason is Reason.ALREADY_ENROLLED:
        return "make room, or stay for more looks of you"
    if signal.kind is SignalKind.CANCELLED and signal.reason is Reason.AMBIGUOUS:
        return "you are too like somebody who is enrolled"
    if signal.kind is SignalKind.CANCELLED and signal.reason is Reason.OTHER_FACE:
        return "somebody else was asked for"
    return REASON_HINT[signal.reason] if signal.reason else ""


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def event_text(event: Event) -> str:
    """One line for the journal. Names and details from outside are escaped."""
    who = printable(event.person) if event.person else "somebody"
    words = _EVENT if event.person else _EVENT | _NAMELESS
    text = words[event.kind].replace("{who}", who)
    if event.reason:
        text = f"{text}: {REASON_WHY[event.reason]}"
    if event.detail:
        text = f"{text}: {printable(event.detail, 400)}"
    figures = _figures(event)
    return f"{text} ({figures})" if figures else text


def moment_text(seconds: float) -> str:
    """Seconds since the epoch as the clock on this machine's wall shows it; `-` for what no calendar has."""
    try:
        return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "-"


def _day_text(seconds: float, *, is_end: bool) -> str:
    """A moment; one at which a day begins is that day, or as an end the day before, which counts wholly."""
    try:
        at = datetime.fromtimestamp(seconds).astimezone()
        day = at - timedelta(seconds=1) if is_end else at
    except (ValueError, OverflowError, OSError):
        return "-"
    if (at.hour, at.minute, at.second, at.microsecond) != (0, 0, 0, 0):
        return moment_text(seconds)
    return f"the end of {day:%Y-%m-%d}" if is_end else f"{day:%Y-%m-%d}"


def rules_text(rules: Rules) -> str:
    """When somebody may enter, as it completes "may enter: ..."."""
    if rules.is_disabled:
        return "not: disabled"
    limits = [printable(rules.hours)] if rules.hours else []
    limits += [f"from {_day_text(rules.valid_from, is_end=False)}"] if rules.valid_from is not None else []
    limits += [f"until {_day_text(rules.valid_until, is_end=True)}"] if rules.valid_until is not None else []
    return ", ".join(limits) or "always"


def _figures(event: Event) -> str:
    parts = []
    if event.score is not None:
        parts.append(f"score {event.score:.2f}")
    if event.threshold is not None:
        parts.append(f"needed {event.threshold:.2f}")
    if event.liveness is not None:
        parts.append(f"live {event.liveness:.2f}")
    return ", ".join(parts)
