"""A newcomer asked to be enrolled by the button, and an administrator has to look. Pure.

It is a way in like the door itself, and kept like it: whoever is refused here counts towards the lockout and the alarm,
is journalled, and waits before they are looked at again.
"""

from __future__ import annotations

from dataclasses import replace

from faceauthd import tracks as faces
from faceauthd.enrolment import Enrolment
from faceauthd.evidence import Finding, Verdict
from faceauthd.gate.enrolling import begin
from faceauthd.gate.entry import why_outside
from faceauthd.gate.hints import hint_of
from faceauthd.gate.refusal import count, said
from faceauthd.gate.state import Gate, Mode, Policy, Step, Tick
from faceauthd.tracks import TrackState
from faceauthd.types import Event, EventKind, Member, Reason, Role


def vouch(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Wait for the face of an administrator who may enter now; of nobody else does it begin an enrolment."""
    gate = replace(gate, hint=hint_of(tick, gate.hint))
    events: list[Event] = []
    for track, verdict in faces.verdicts(gate.tracks, tick.as_of_s, policy.authority_evidence, tick.roster.threshold):
        gate, told = _judge(gate, track, verdict, tick, policy)
        events.extend(told)
        if gate.mode is not Mode.VOUCHING:
            break
    return gate, tuple(events)


def _judge(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy) -> Step:
    member = tick.roster.people.get(verdict.person_id) if verdict.person_id is not None else None
    if verdict.finding is not Finding.RECOGNISED or member is None:
        return _refuse(gate, track, verdict, tick, policy)
    why = why_outside(member, tick)
    if why is not None:
        gate = replace(gate, tracks=faces.put_off(gate.tracks, track.id, tick.now_s, policy.retry_s))
        told = said(EventKind.REFUSED, track, verdict, tick, person=member.name, reason=Reason.NOT_NOW)
        return gate, (replace(told, detail=f"{why}, and vouches for nobody"),)
    if member.role is not Role.ADMIN:
        return gate, ()
    return _vouched(gate, track, verdict, tick, member)


def _refuse(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy) -> Step:
    gate = replace(gate, tracks=faces.put_off(gate.tracks, track.id, tick.now_s, policy.retry_s))
    told = said(EventKind.REFUSED, track, verdict, tick, reason=verdict.reason or Reason.UNKNOWN)
    gate, events = count(gate, told, tick, policy, shows=False)
    if gate.mode is not Mode.LOCKED_OUT:
        return gate, events
    return gate, (*events, Event(EventKind.ENROLL_CANCELLED, tick.now_s, detail="too many were refused"))


def _vouched(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, member: Member) -> Step:
    told = said(EventKind.VOUCHED, track, verdict, tick, person=member.name)
    enrolment = Enrolment(None, Role.MEMBER, member.name, tick.now_s, tick.now_s, vouched_by=verdict.person_id)
    others = faces.spend(faces.look_at_all(gate.tracks), frozenset({track.id}))
    gate, began = begin(replace(gate, pressed_s=tick.now_s, tracks=others), enrolment, tick)
    return gate, (told, *began)
