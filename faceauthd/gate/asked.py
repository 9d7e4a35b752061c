"""What a press, a command or the gallery's answer does to the gate. Pure."""

from __future__ import annotations

from dataclasses import replace

from faceauthd import tracks as faces
from faceauthd.enrolment import Enrolment
from faceauthd.gate.door import let_out, moved
from faceauthd.gate.state import Authority, Gate, Mode, Policy, Step, Tick, enter, rest
from faceauthd.types import (
    Asked,
    CancelAsked,
    ClearLockoutAsked,
    CommitDone,
    CommitFailed,
    DoorMoved,
    EnrollAsked,
    Event,
    EventKind,
    ExitAsked,
    ImproveAsked,
    LockAsked,
    Press,
    PressKind,
    Role,
    UnlockAsked,
    VerifyAsked,
)

BUSY = frozenset({Mode.VOUCHING, Mode.ENROLLING})
DEAF = frozenset({Mode.LOCKED_OUT, Mode.FAULT})


def hear(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Take everything that was asked, in the order in which it was asked."""
    events: list[Event] = []
    for asked in tick.asked:
        gate, said = _hear_one(gate, asked, tick, policy)
        events.extend(said)
    return gate, tuple(events)


def _hear_one(gate: Gate, asked: Asked, tick: Tick, policy: Policy) -> Step:
    match asked:
        case Press(PressKind.SHORT):
            return _press(gate, asked.at_s, tick, policy)
        case Press():
            return _cancel(gate, tick, "cancelled by a long press")
        case ExitAsked():
            return let_out(gate, asked, tick, policy)
        case DoorMoved():
            return moved(gate, asked, tick)
        case CancelAsked():
            return _cancel(gate, tick, f"cancelled by {asked.by}")
        case EnrollAsked():
            return _ask_to_enroll(gate, asked, tick)
        case CommitDone():
            return _committed(gate, asked, tick, policy)
        case CommitFailed():
            return _cancel(gate, tick, f"not kept: {asked.why}", even_committing=True)
        case ImproveAsked() | UnlockAsked() | LockAsked() | ClearLockoutAsked() | VerifyAsked():
            return gate, ()  # not carried out yet: the desk sees that nothing came of it, and refuses


def _press(gate: Gate, at_s: float, tick: Tick, policy: Policy) -> Step:
    if gate.mode in BUSY or gate.mode in DEAF or policy.authority is Authority.CLI_ONLY:
        return gate, ()
    if policy.authority is Authority.FIRST_THEN_ADMIN and tick.roster.people:
        gate = _look_afresh(gate, at_s)
        asked = enter(gate, Mode.VOUCHING, tick.now_s, until_s=tick.now_s + policy.vouch_s)
        return asked, (Event(EventKind.VOUCH_ASKED, tick.now_s),)
    role = Role.MEMBER if tick.roster.people else Role.ADMIN
    return begin(_look_afresh(gate, at_s), Enrolment(None, role, "button", at_s, tick.now_s), tick)


def _ask_to_enroll(gate: Gate, asked: EnrollAsked, tick: Tick) -> Step:
    if gate.mode in BUSY or gate.mode in DEAF:
        return gate, ()
    enrolment = Enrolment(asked.name, asked.role, asked.by, asked.at_s, tick.now_s)
    return begin(_look_afresh(gate, asked.at_s), enrolment, tick)


def begin(gate: Gate, enrolment: Enrolment, tick: Tick) -> Step:
    """Enrolling begins; an open door is locked first by the change of mode."""
    began = enter(gate, Mode.ENROLLING, tick.now_s, enrolment=enrolment)
    return began, (Event(EventKind.ENROLL_BEGAN, tick.now_s, person=enrolment.name, detail=f"by {enrolment.by}"),)


def _cancel(gate: Gate, tick: Tick, why: str, *, even_committing: bool = False) -> Step:
    if gate.mode not in BUSY or (gate.to_commit and not even_committing):
        return gate, ()
    quiet = replace(gate, tracks=faces.spend(gate.tracks))
    return rest(quiet, tick.now_s), (Event(EventKind.ENROLL_CANCELLED, tick.now_s, detail=why),)


def _committed(gate: Gate, done: CommitDone, tick: Tick, policy: Policy) -> Step:
    """It is on disk. Whoever stands there has to leave and walk up again: enrolling opens no door."""
    said = Event(
        EventKind.ENROLLED,
        tick.now_s,
        person=done.person.name,
        detail=f"{done.person.role}, {done.person.templates} templates",
    )
    if gate.mode is not Mode.ENROLLING:
        return gate, (said,)
    spent = replace(gate, tracks=faces.spend(gate.tracks))
    until_s = tick.now_s + policy.enrolled_show_s
    after = enter(spent, Mode.ENROLLED, tick.now_s, until_s=until_s, person=done.person.name)
    return after, (said,)


def _look_afresh(gate: Gate, at_s: float) -> Gate:
    return replace(gate, pressed_s=at_s, tracks=faces.start_again(gate.tracks))
