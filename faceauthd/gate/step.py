"""How a tick changes the gate. Pure: a value in, a value out, and what is to be journalled."""

from __future__ import annotations

from dataclasses import replace

from faceauthd import lockout as lockouts
from faceauthd import tracks as faces
from faceauthd.gate.asked import hear
from faceauthd.gate.door import watch
from faceauthd.gate.enrolling import give_up as give_up_enrolling
from faceauthd.gate.seen import decide
from faceauthd.gate.state import Gate, Mode, Policy, Step, Tick, enter, rest
from faceauthd.gate.verify import give_up, unanswered
from faceauthd.types import Event, EventKind


def step(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """The gate after one tick. What broke comes first, then time, then what was asked, then what was seen."""
    before = gate
    events: list[Event] = []
    for part in (_health, _expire, hear, _see):
        gate, said = part(gate, tick, policy)
        events.extend(said)
    gate = _count_broken_off(before, gate, tick, policy)
    for part in (decide, watch):
        gate, said = part(gate, tick, policy)
        events.extend(said)
    events.extend(unanswered(before, gate, tuple(events), tick))
    has_said = any(event.kind is EventKind.LOCKED for event in events)
    return gate, (*(() if has_said else _locked(before, gate, tick)), *events, *_presence(before, gate, tick))


def _locked(before: Gate, after: Gate, tick: Tick) -> tuple[Event, ...]:
    """Whatever ended it, an open door that is open no more is journalled once."""
    if not before.is_unlocked or after.is_unlocked:
        return ()
    return (Event(EventKind.LOCKED, tick.now_s, person=before.person),)


def _presence(before: Gate, after: Gate, tick: Tick) -> tuple[Event, ...]:
    if after.mode in (Mode.LOCKED_OUT, Mode.FAULT) or bool(before.tracks) == bool(after.tracks):
        return ()
    return (Event(EventKind.APPROACHED if after.tracks else EventKind.LEFT, tick.now_s),)


def _health(gate: Gate, tick: Tick, _: Policy) -> Step:
    """No camera, no door: whatever goes on is given up, and a lockout goes on behind the fault."""
    now_s = tick.now_s
    if tick.trouble is not None and gate.mode is not Mode.FAULT:
        broken = enter(gate, Mode.FAULT, now_s, tracks=())
        return broken, (Event(EventKind.FAULT, now_s, detail=tick.trouble),)
    if tick.trouble is None and gate.mode is Mode.FAULT:
        well = rest(gate, now_s)
        if gate.lockout.is_on(now_s):
            well = enter(gate, Mode.LOCKED_OUT, now_s, until_s=gate.lockout.until_s)
        return well, (Event(EventKind.RECOVERED, now_s, detail="the camera gives frames again"),)
    return gate, ()


def _expire(gate: Gate, tick: Tick, policy: Policy) -> Step:
    now_s = tick.now_s
    gate = replace(gate, tracks=faces.forget(gate.tracks, tick.as_of_s, policy.forget_s))
    if gate.verification is not None and now_s >= gate.verification.until_s:
        return give_up(gate, tick, "was not seen live in time")
    if gate.until_s is None or now_s < gate.until_s:
        return gate, ()
    if gate.mode is Mode.LOCKED_OUT:
        free = replace(gate, lockout=lockouts.ended(gate.lockout))
        return rest(free, now_s), (Event(EventKind.LOCKOUT_ENDED, now_s),)
    if gate.mode is Mode.VOUCHING:
        return give_up_enrolling(gate, tick, policy, "no administrator vouched in time")
    return rest(gate, now_s), ()


_TRIES_NOTHING = frozenset({Mode.LOCKED_OUT, Mode.FAULT, Mode.OPEN, Mode.ENROLLING, Mode.ENROLLED})
"""In these no face can open the door: it does not look, it is open, or the looks are for an enrolment."""


def _count_broken_off(before: Gate, gate: Gate, tick: Tick, policy: Policy) -> Gate:
    """Looks that were compared, and whose face is gone, are remembered until `refusal.settle` counts them."""
    if not _TRIES_NOTHING.isdisjoint((before.mode, gate.mode)) or not tick.roster.people:
        return gate
    looks = faces.broken_off(before.tracks, gate.tracks, policy.evidence, tick.roster.threshold)
    if not looks:
        return gate
    return replace(gate, lockout=lockouts.broken_off(gate.lockout, looks, tick.now_s, policy.lockout))


def _see(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Bring the tracks up to date with the frame, unless it is older than the press or the door does not look."""
    blind = gate.mode in (Mode.LOCKED_OUT, Mode.FAULT)
    if tick.seen is None or blind or tick.frame_s < gate.pressed_s:
        return gate, ()
    return replace(gate, tracks=faces.see(gate.tracks, tick.seen, tick.frame_s, policy.evidence)), ()
