"""A refused face: what is told of it, and what it counts for. Pure."""

from __future__ import annotations

from dataclasses import replace

from faceauthd import lockout as lockouts
from faceauthd.evidence import Verdict
from faceauthd.gate.state import Gate, Mode, Policy, SpoofAlarm, Step, Tick, enter
from faceauthd.tracks import TrackState
from faceauthd.types import Event, EventKind, Reason, Suspicion

_SUSPECTED = {
    Suspicion.TEXTURE: "it looks like paper or a screen",
    Suspicion.FRAMED: "what is around it moves with it",
    Suspicion.FLAT: "it is flat",
    Suspicion.STILL: "it keeps too still",
    Suspicion.UNCLEAR: "what was measured makes no sense",
}


def count(gate: Gate, told: Event, tick: Tick, policy: Policy, *, shows: bool = True) -> Step:
    """Count the refusal that `told` tells of towards the lockout and, if it is a suspected spoof, towards the alarm.

    Beside somebody who is being let in it neither counts nor shows: the door is theirs. Without `shows` the gate stays
    in its mode, but for a lockout.
    """
    if gate.mode is Mode.OPEN:
        return gate, (told,)
    gate, alarm = _suspect(gate, told, tick, policy)
    gate = replace(gate, asked_until_s=None, lockout=lockouts.refused(gate.lockout, tick.now_s, policy.lockout))
    if gate.lockout.is_on(tick.now_s):
        shut = enter(gate, Mode.LOCKED_OUT, tick.now_s, until_s=gate.lockout.until_s, tracks=())
        return shut, (told, *alarm, Event(EventKind.LOCKOUT_BEGAN, tick.now_s, reason=Reason.LOCKED_OUT))
    if not shows:
        return gate, (told, *alarm)
    until_s = tick.now_s + policy.refused_show_s
    return enter(gate, Mode.REFUSED, tick.now_s, until_s=until_s, reason=told.reason), (told, *alarm)


def settle(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Refuse whoever let one face after another be compared and took it away before it had its answer."""
    lockout = lockouts.owed(gate.lockout, tick.now_s, policy.lockout, policy.evidence.refuse_after_looks)
    if lockout is None:
        return gate, ()
    told = Event(EventKind.REFUSED, tick.now_s, reason=Reason.UNKNOWN, detail="faces went before they had an answer")
    return count(replace(gate, lockout=lockout), told, tick, policy, shows=not gate.asks_another_than(None))


def _suspect(gate: Gate, told: Event, tick: Tick, policy: Policy) -> Step:
    if told.reason is not Reason.SPOOF:
        return gate, ()
    lockout, alarm, now_s = policy.lockout, gate.spoofs, tick.now_s
    recent = (*(at for at in alarm.refused_at_s if now_s - at <= lockout.window_s), now_s)
    if len(recent) < lockout.alarm_after_spoofs:
        return replace(gate, spoofs=replace(alarm, refused_at_s=recent)), ()
    raised = SpoofAlarm(since_s=alarm.since_s if alarm.is_on(now_s) else now_s, until_s=now_s + lockout.alarm_s)
    events = () if alarm.is_on(now_s) else (Event(EventKind.SPOOF_ALARM, now_s, detail=f"{len(recent)} in a row"),)
    return replace(gate, spoofs=raised), events


def said(
    kind: EventKind,
    track: TrackState,
    verdict: Verdict,
    tick: Tick,
    *,
    person: str | None = None,
    reason: Reason | None = None,
) -> Event:
    """What the evidence of a track led to."""
    return Event(
        kind,
        tick.now_s,
        person=person,
        score=verdict.score,
        threshold=tick.roster.threshold,
        liveness=verdict.liveness,
        reason=reason,
        detail=_SUSPECTED[verdict.suspicion] if verdict.suspicion is not None else None,
        track=track.id,
    )
