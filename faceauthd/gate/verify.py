"""A client asks whether somebody in particular stands there alive. It opens no door, whatever comes of it. Pure.

Who is refused meanwhile counts as at the door: asking again and again is no way round the lockout. The rules of the
person are not asked, for it is the client who decides what being there is good for; somebody disabled is not compared.
"""

from __future__ import annotations

from dataclasses import replace

from faceauthd import tracks as faces
from faceauthd.evidence import Finding, Verdict
from faceauthd.gate.hints import hint_of
from faceauthd.gate.refusal import count, said
from faceauthd.gate.state import Gate, Mode, Policy, Step, Tick, Verification, enter, rest
from faceauthd.tracks import TrackState
from faceauthd.types import Event, EventKind, Reason, VerifyAsked


def ask(gate: Gate, asked: VerifyAsked, tick: Tick) -> Step:
    """Look afresh for the person; an open door is locked first by the change of mode."""
    verification = Verification(asked.person_id, asked.name, asked.by)
    gate = replace(gate, pressed_s=asked.at_s, tracks=faces.start_again(gate.tracks))
    return enter(gate, Mode.ASKED, tick.now_s, until_s=asked.until_s, verification=verification), ()


def verify(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Judge the faces in view: the person, somebody else, or none that is alive."""
    gate = replace(gate, hint=hint_of(tick, gate.hint))
    wanted = gate.verification
    if wanted is None:
        return rest(gate, tick.now_s), ()
    for track, verdict in faces.verdicts(gate.tracks, tick.now_s, policy.evidence, tick.roster.threshold):
        if verdict.finding is not Finding.RECOGNISED:
            return _refuse(gate, track, verdict, wanted, tick, policy)
        gate = replace(gate, tracks=faces.spend(gate.tracks, frozenset({track.id})))
        if verdict.person_id == wanted.person_id:
            seen = replace(said(EventKind.VERIFIED, track, verdict, tick, person=wanted.name), detail=f"by {wanted.by}")
            return rest(gate, tick.now_s), (seen,)
    return gate, ()


def _refuse(gate: Gate, track: TrackState, verdict: Verdict, wanted: Verification, tick: Tick, policy: Policy) -> Step:
    """A stranger may stand beside, and the person still come. What is no living face ends it, and so does a lockout."""
    until_s, since_s = gate.until_s, gate.since_s
    gate = replace(gate, tracks=faces.put_off(gate.tracks, track.id, tick.now_s, policy.retry_s))
    reason = verdict.reason or Reason.UNKNOWN
    gate, told = count(gate, said(EventKind.REFUSED, track, verdict, tick, reason=reason), tick, policy)
    if gate.mode is Mode.LOCKED_OUT:
        return gate, (*told, _failed(wanted, tick, "too many were refused"))
    if reason is Reason.SPOOF:
        return gate, (*told, _failed(wanted, tick, "what was seen is no living face"))
    return enter(gate, Mode.ASKED, since_s, until_s=until_s, verification=wanted), told


def give_up(gate: Gate, tick: Tick, why: str) -> Step:
    """End it without an answer in the affirmative."""
    wanted = gate.verification
    return rest(gate, tick.now_s), (_failed(wanted, tick, why),) if wanted is not None else ()


def _failed(wanted: Verification, tick: Tick, why: str) -> Event:
    return Event(EventKind.VERIFY_FAILED, tick.now_s, person=wanted.name, detail=f"{why}, by {wanted.by}")
