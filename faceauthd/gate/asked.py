"""What a press, a command or the gallery's answer does to the gate. Pure."""

from __future__ import annotations

from dataclasses import replace

from faceauthd import tracks as faces
from faceauthd.enrolment import Enrolment
from faceauthd.gate import verify
from faceauthd.gate.door import let_out, moved, obey, shut
from faceauthd.gate.enrolling import BUTTON, begin, give_up
from faceauthd.gate.state import Authority, Entry, Gate, Mode, Policy, SpoofAlarm, Step, Tick, enter, rest
from faceauthd.lockout import Lockout
from faceauthd.prose import counted
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
        case Press():
            return _press(gate, asked, tick, policy)
        case ExitAsked():
            return let_out(gate, asked, tick, policy)
        case UnlockAsked():
            return obey(gate, asked, tick, policy)
        case LockAsked():
            return shut(gate, asked, tick)
        case DoorMoved():
            return moved(gate, asked, tick)
        case ClearLockoutAsked():
            return _clear(gate, asked, tick)
        case CancelAsked():
            return _cancel(gate, tick, policy, f"cancelled by {asked.by}")
        case EnrollAsked() | ImproveAsked() | VerifyAsked():
            return _ask_to_look(gate, asked, tick)
        case CommitDone():
            return _committed(gate, asked, tick, policy)
        case CommitFailed():
            return _cancel(gate, tick, policy, f"not kept: {asked.why}", even_committing=True)


def _press(gate: Gate, press: Press, tick: Tick, policy: Policy) -> Step:
    """A short press asks for an enrolment and a long one cancels it; where entry takes a press, a short one asks to be
    let in and a long one for an enrolment. While nobody is enrolled there is nobody to be let in. While a sign of life
    is asked for a press is not heard: it must not be a way to have another one drawn."""
    is_long = press.kind is PressKind.LONG
    if is_long and (gate.mode in BUSY or gate.verification is not None):
        return _cancel(gate, tick, policy, "cancelled by a long press")
    if gate.mode in BUSY or gate.mode in DEAF or gate.mode is Mode.CHALLENGE:
        return gate, ()
    if policy.entry is not Entry.PRESS or not tick.roster.people:
        return (gate, ()) if is_long else _ask_by_button(gate, press.at_s, tick, policy)
    if is_long:
        return _ask_by_button(gate, press.at_s, tick, policy)
    if gate.mode is Mode.OPEN:
        return gate, ()
    asked = enter(_look_afresh(gate, press.at_s), Mode.VERIFYING, tick.now_s)
    return replace(asked, asked_until_s=tick.now_s + policy.ask_s), ()


def _ask_by_button(gate: Gate, at_s: float, tick: Tick, policy: Policy) -> Step:
    if policy.authority is Authority.CLI_ONLY or gate.verification is not None:
        return gate, ()
    if policy.authority is Authority.FIRST_THEN_ADMIN and tick.roster.people:
        gate = _look_afresh(gate, at_s)
        asked = enter(gate, Mode.VOUCHING, tick.now_s, until_s=tick.now_s + policy.vouch_s)
        return asked, (Event(EventKind.VOUCH_ASKED, tick.now_s),)
    role = Role.MEMBER if tick.roster.people else Role.ADMIN
    return begin(_look_at_all(gate, at_s), Enrolment(None, role, BUTTON, at_s, tick.now_s), tick)


def _ask_to_look(gate: Gate, asked: EnrollAsked | ImproveAsked | VerifyAsked, tick: Tick) -> Step:
    """A client asks for the camera; whoever asked first has it."""
    if gate.mode in BUSY or gate.mode in DEAF or gate.verification is not None:
        return gate, ()
    if isinstance(asked, VerifyAsked):
        return verify.ask(gate, asked, tick)
    if isinstance(asked, EnrollAsked):
        enrolment = Enrolment(asked.name, asked.role, asked.by, asked.at_s, tick.now_s)
    else:
        member = tick.roster.people.get(asked.person_id)
        if member is None:
            return gate, ()
        enrolment = Enrolment(member.name, member.role, asked.by, asked.at_s, tick.now_s, person_id=asked.person_id)
    return begin(_look_at_all(gate, asked.at_s), enrolment, tick)


def _clear(gate: Gate, asked: ClearLockoutAsked, tick: Tick) -> Step:
    """Forget who was refused, end the lockout if there is one, and the alarm."""
    was_on = gate.lockout.is_on(tick.now_s)
    gate = replace(gate, lockout=Lockout(), spoofs=SpoofAlarm())
    if gate.mode is Mode.LOCKED_OUT:
        gate = rest(gate, tick.now_s)
    return gate, (Event(EventKind.LOCKOUT_ENDED, tick.now_s, detail=f"by {asked.by}"),) if was_on else ()


def _cancel(gate: Gate, tick: Tick, policy: Policy, why: str, *, even_committing: bool = False) -> Step:
    if gate.verification is not None:
        return verify.give_up(gate, tick, why)
    if gate.mode not in BUSY or (gate.to_commit and not even_committing):
        return gate, ()
    return give_up(gate, tick, policy, why)


def _committed(gate: Gate, done: CommitDone, tick: Tick, policy: Policy) -> Step:
    """It is on disk. Whoever stands there has to leave and walk up again: enrolling opens no door."""
    said = Event(
        EventKind.IMPROVED if done.is_known else EventKind.ENROLLED,
        tick.now_s,
        person=done.person.name,
        detail=f"{done.person.role}, {counted(done.person.templates, 'template')}",
    )
    if gate.mode is not Mode.ENROLLING:
        return gate, (said,)
    spent = replace(gate, tracks=faces.spend(gate.tracks))
    until_s = tick.now_s + policy.enrolled_show_s
    after = enter(spent, Mode.ENROLLED, tick.now_s, until_s=until_s, person=done.person.name)
    return after, (said,)


def _look_afresh(gate: Gate, at_s: float) -> Gate:
    return replace(gate, pressed_s=at_s, tracks=faces.start_again(gate.tracks))


def _look_at_all(gate: Gate, at_s: float) -> Gate:
    return replace(gate, pressed_s=at_s, tracks=faces.look_at_all(gate.tracks))
