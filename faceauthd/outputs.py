"""What the gate's state shows: the panel's signal and the service manager's sentence. Pure.

Outputs are a function of state and time, never of history, so that no lamp or relay can be forgotten in an old state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from faceauthd.enrolment import Enrolment
from faceauthd.gate.state import Alarm, Gate, Mode
from faceauthd.prose import SIGN_WORDS, counted
from faceauthd.types import Reason, Sign, Signal, SignalKind

_KINDS = {
    Mode.WATCHING: SignalKind.READY,
    Mode.VERIFYING: SignalKind.LOOKING,
    Mode.OPEN: SignalKind.UNLOCKED,
    Mode.REFUSED: SignalKind.REFUSED,
    Mode.LOCKED_OUT: SignalKind.LOCKED_OUT,
    Mode.VOUCHING: SignalKind.VOUCH,
    Mode.ENROLLING: SignalKind.ENROLLING,
    Mode.ENROLLED: SignalKind.ENROLLED,
    Mode.GIVEN_UP: SignalKind.CANCELLED,
    Mode.SECOND: SignalKind.SECOND,
    Mode.ASKED: SignalKind.LOOKING,
    Mode.FAULT: SignalKind.FAULT,
}
_OF_SIGNS = {
    Sign.BLINK: SignalKind.SIGN_BLINK,
    Sign.LEFT: SignalKind.SIGN_LEFT,
    Sign.RIGHT: SignalKind.SIGN_RIGHT,
}
_ASKED_FOR = (Reason.EYES_CLOSED, Reason.TURNED_AWAY)
"""What a look lacks while the sign of life is being given."""
_OF_REFUSALS = {Reason.SPOOF: SignalKind.SPOOF, Reason.NOT_NOW: SignalKind.NOT_NOW}
"""Refusals with a signal of their own."""
_ALARMS = {Alarm.HELD: SignalKind.DOOR_HELD, Alarm.FORCED: SignalKind.DOOR_FORCED}
_ALARM_WORDS = {Alarm.HELD: "The door is held open.", Alarm.FORCED: "The door was forced."}
_LESS_THAN_AN_ALARM = frozenset({Mode.WATCHING, Mode.VERIFYING, Mode.REFUSED, Mode.LOCKED_OUT})
"""Whoever comes in, enrols, or reads that the camera is broken, has to see that first."""


def signal_for(gate: Gate, now_s: float, wanted: int) -> Signal:
    """What the panel shows now; `wanted` is how many templates an enrolment collects.

    Somebody leaving goes before whatever the mode is, an alarm before a mode that can wait.
    """
    return replace(_signal(gate, now_s, wanted), open_until_s=gate.open_until(now_s))


def _signal(gate: Gate, now_s: float, wanted: int) -> Signal:
    is_open, is_alarm = gate.is_open(now_s), gate.door.alarm is not None or gate.spoofs.is_on(now_s)
    if gate.is_exit_open(now_s) and gate.mode is not Mode.OPEN:
        return Signal(SignalKind.UNLOCKED, now_s, gate.exit_since_s, is_open, is_alarm=is_alarm)
    if gate.door.alarm is not None and gate.mode in _LESS_THAN_AN_ALARM:
        return Signal(_ALARMS[gate.door.alarm], now_s, gate.door.alarm_since_s, is_open, is_alarm=True)
    kind = _kind(gate)
    if gate.spoofs.is_on(now_s) and (gate.mode is Mode.WATCHING or kind is SignalKind.SPOOF):
        return Signal(SignalKind.SPOOF_ALARM, now_s, gate.spoofs.since_s, is_open, is_alarm=True)
    taken = len(gate.enrolment.taken) if gate.enrolment else 0
    is_turn = kind is SignalKind.TURN and gate.enrolment is not None
    return Signal(
        kind=kind,
        now_s=now_s,
        since_s=gate.enrolment.asked_s if is_turn and gate.enrolment else gate.since_s,
        turn=gate.enrolment.asks if is_turn and gate.enrolment else None,
        is_open=is_open,
        progress=(taken, wanted) if gate.enrolment else (0, 0),
        name=gate.person or (gate.enrolment.name if gate.enrolment else None),
        reason=gate.reason or _hint(gate),
        is_alarm=is_alarm,
    )


def _hint(gate: Gate) -> Reason | None:
    """What could be better; nobody is told to open the eyes that they were asked to close."""
    return None if gate.mode is Mode.CHALLENGE and gate.hint in _ASKED_FOR else gate.hint


def _kind(gate: Gate) -> SignalKind:
    if gate.mode is Mode.REFUSED and gate.reason in _OF_REFUSALS:
        return _OF_REFUSALS[gate.reason]
    if gate.mode is Mode.ENROLLING and gate.enrolment is not None:
        return _kind_of_enrolment(gate.enrolment, gate.hint)
    if gate.mode is Mode.CHALLENGE:
        return _OF_SIGNS[gate.challenge.sign] if gate.challenge is not None else SignalKind.LOOKING
    if gate.mode is Mode.VERIFYING and gate.hint is not None:
        return SignalKind.TURN if gate.hint is Reason.STIFF else SignalKind.HOLD_STILL
    return _KINDS[gate.mode]


def _kind_of_enrolment(enrolment: Enrolment, hint: Reason | None) -> SignalKind:
    """What is in the way of a look goes before the pose that is missing."""
    if enrolment.asks is not None and hint is None:
        return SignalKind.TURN
    return SignalKind.ENROLLING if enrolment.person_id is None else SignalKind.IMPROVING


@dataclass(frozen=True, slots=True)
class Vitals:
    """What the daemon knows besides the gate's state, for the status sentence."""

    people: int
    templates: int
    fps: float
    last_unlock: tuple[str, float] | None = None
    """Who, and when (monotonic seconds)."""
    trouble: str | None = None
    """Why the camera cannot be trusted, and what to do."""
    celsius: float | None = None
    """How hot the board is, where it tells."""


def status_of(gate: Gate, vitals: Vitals, now_s: float) -> str:
    """One sentence or two, as `systemctl status` shows them."""
    people = counted(vitals.people, "person", "people")
    parts = [f"{_mode_words(gate, vitals, now_s)}.", f"{people}, {counted(vitals.templates, 'template')}."]
    if gate.spoofs.is_on(now_s):
        parts.insert(0, "Alarm: one suspected spoof after the other.")
    if gate.door.alarm is not None:
        parts.insert(0, _ALARM_WORDS[gate.door.alarm])
    if vitals.last_unlock is not None:
        who, at_s = vitals.last_unlock
        parts.append(f"Last unlock: {who}, {_ago(now_s - at_s)}.")
    parts.append(f"{vitals.fps:.1f} fps" + ("" if vitals.celsius is None else f", {vitals.celsius:.0f} °C"))
    return " ".join(parts)


def _mode_words(gate: Gate, vitals: Vitals, now_s: float) -> str:
    if gate.is_exit_open(now_s) and gate.mode is not Mode.OPEN:
        return "Open from inside, or by an order"
    match gate.mode:
        case Mode.OPEN:
            return f"Open for {gate.person}"
        case Mode.REFUSED:
            return f"Refused ({gate.reason})"
        case Mode.LOCKED_OUT:
            left_s = (gate.until_s or now_s) - now_s
            return f"Locked out for another {left_s:.0f} s"
        case Mode.VOUCHING:
            return "Waiting for an administrator's face"
        case Mode.ENROLLING:
            is_known = gate.enrolment is not None and gate.enrolment.person_id is not None
            return f"Taking more looks of {gate.enrolment.name}" if is_known and gate.enrolment else "Enrolling"
        case Mode.GIVEN_UP:
            return "Enrolment given up, nothing was kept"
        case Mode.SECOND:
            return f"Waiting for a second person after {gate.person}"
        case Mode.CHALLENGE if gate.challenge is not None:
            return f"Waiting for a sign of life: {SIGN_WORDS[gate.challenge.sign]}"
        case Mode.ASKED if gate.verification is not None:
            return f"Looking for {gate.verification.name}, as a client asked"
        case Mode.ENROLLED:
            return f"Enrolled {gate.person}"
        case Mode.FAULT:
            return f"Locked: {vitals.trouble or 'the camera gives no frames'}"
        case Mode.VERIFYING:
            return "Looking at somebody"
        case _:
            return "Watching"


def _ago(seconds: float) -> str:
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.0f} h ago"
