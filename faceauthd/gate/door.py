"""The door itself: who leaves by the exit button, who orders it open or shut, and a door that stands open when it
should not. Pure.

Nobody is kept in: the exit button opens in every mode, and ends none of them. What the contact says is only told,
shown and journalled; it locks nobody in and lets nobody in.
"""

from __future__ import annotations

from dataclasses import replace

from faceauthd.gate.state import Alarm, Door, Gate, Mode, Policy, Step, Tick, rest
from faceauthd.types import DoorMoved, Event, EventKind, ExitAsked, LockAsked, UnlockAsked

FORCED_GRACE_S = 1.0
"""A door that opens this long after it was locked was pushed while it was not: the leaf moves before its contact does,
the contact settles, and a tick may take 0.2 s."""


def let_out(gate: Gate, asked: ExitAsked, tick: Tick, policy: Policy) -> Step:
    """Open for somebody inside, or for longer if they press again; the first press is journalled."""
    is_first = gate.exit_until_s is None
    since_s = tick.now_s if is_first else gate.exit_since_s
    gate = replace(gate, exit_since_s=since_s, exit_until_s=tick.now_s + policy.unlock_s)
    said = Event(EventKind.EXIT, tick.now_s, detail="exit button", fields=(("pressed_s", round(asked.at_s, 3)),))
    return gate, (said,) if is_first else ()


def obey(gate: Gate, asked: UnlockAsked, tick: Tick, policy: Policy) -> Step:
    """Open by an order, also during a lockout or a fault: whoever may order it needs no face."""
    since_s = tick.now_s if gate.exit_until_s is None else gate.exit_since_s
    gate = replace(gate, exit_since_s=since_s, exit_until_s=tick.now_s + policy.unlock_s)
    return gate, (Event(EventKind.UNLOCKED, tick.now_s, detail=f"by {asked.by}"),)


def shut(gate: Gate, asked: LockAsked, tick: Tick) -> Step:
    """Lock now, whoever it was opened for. Whoever stands there has to leave and walk up again."""
    if not gate.is_open(tick.now_s):
        return gate, ()
    gate = replace(gate, exit_until_s=None)
    if gate.mode is Mode.OPEN:
        gate = rest(gate, tick.now_s)
    return gate, (Event(EventKind.LOCKED, tick.now_s, detail=f"by {asked.by}"),)


def moved(gate: Gate, door: DoorMoved, tick: Tick) -> Step:
    """The contact told of the door. Opening is called forced only where the lock is known to have been shut."""
    if not door.is_open:
        said = Event(EventKind.DOOR_SHUT, tick.now_s)
        return replace(gate, door=Door(False, door.at_s)), (said,) if gate.door.alarm else ()
    if gate.door.is_open:
        return gate, ()
    was_locked = not gate.is_open(tick.now_s) and door.at_s - gate.last_open_s > FORCED_GRACE_S
    alarm = Alarm.FORCED if was_locked else None
    gate = replace(gate, door=Door(True, door.at_s, alarm, tick.now_s))
    return gate, (Event(EventKind.DOOR_FORCED, tick.now_s),) if was_locked else ()


def watch(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """End an exit that is over, and tell of a door that has stood open for too long since it was last unlocked."""
    if gate.exit_until_s is not None and tick.now_s >= gate.exit_until_s:
        gate = replace(gate, exit_until_s=None)
    if gate.is_open(tick.now_s):
        gate = replace(gate, last_open_s=tick.now_s)
    door = gate.door
    open_s = tick.now_s - max(door.since_s, gate.last_open_s)
    if not door.is_open or door.alarm is not None or open_s <= policy.held_open_s:
        return gate, ()
    gate = replace(gate, door=replace(door, alarm=Alarm.HELD, alarm_since_s=tick.now_s))
    return gate, (Event(EventKind.DOOR_HELD, tick.now_s),)
