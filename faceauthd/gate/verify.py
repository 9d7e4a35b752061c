"""A client asks whether somebody in particular stands there alive. Pure.

The door goes on meanwhile: others are let in or refused as ever, and who is refused counts. The face that answers opens
nothing. Whoever may not enter now is not verified either, for what a client makes of it is a way in, too.
"""

from __future__ import annotations

from dataclasses import replace

from faceauthd import tracks as faces
from faceauthd.evidence import Verdict
from faceauthd.gate.entry import why_outside
from faceauthd.gate.refusal import said
from faceauthd.gate.state import Gate, Mode, Step, Tick, Verification, enter, rest
from faceauthd.tracks import TrackState
from faceauthd.types import Event, EventKind, Reason, VerifyAsked


def ask(gate: Gate, asked: VerifyAsked, tick: Tick) -> Step:
    """Look for the person afresh, also among those who had their answer at the door."""
    wanted = Verification(asked.person_id, asked.name, asked.by, asked.until_s)
    gate = replace(gate, pressed_s=asked.at_s, tracks=faces.ask_after(gate.tracks), verification=wanted)
    return (enter(gate, Mode.ASKED, tick.now_s) if gate.mode in (Mode.WATCHING, Mode.VERIFYING) else gate), ()


def is_wanted(gate: Gate, verdict: Verdict) -> bool:
    """Whether this is whom a client waits for."""
    return gate.verification is not None and gate.verification.person_id == verdict.person_id


def found(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick) -> Step:
    """The person is there, alive; if they may enter now that is a yes."""
    wanted = gate.verification
    assert wanted is not None  # noqa: S101  `is_wanted` has looked
    member = tick.roster.people[wanted.person_id]
    why = why_outside(member, tick)
    gate = pass_over(gate, track)
    if gate.challenge is not None and gate.challenge.track == track.id:
        gate = rest(gate, tick.now_s)
    if why is not None:
        gate, (failed,) = _end(gate, wanted, tick, why)
        return gate, (replace(failed, reason=Reason.NOT_NOW),)
    yes = replace(said(EventKind.VERIFIED, track, verdict, tick, person=wanted.name), detail=f"by {wanted.by}")
    return _end(gate, wanted, tick, "")[0], (yes,)


def pass_over(gate: Gate, track: TrackState) -> Gate:
    """This face has nothing to ask of the door: it had its answer, or did not press where a press is asked for."""
    return replace(gate, tracks=faces.spend(gate.tracks, frozenset({track.id})))


def after_refusal(gate: Gate, told: tuple[Event, ...], tick: Tick) -> Step:
    """A stranger may stand beside, and the person still come; what is no living face ends it."""
    if gate.verification is None or not any(event.reason is Reason.SPOOF for event in told):
        return gate, told
    gate, failed = _end(gate, gate.verification, tick, "what was seen is no living face")
    return gate, (*told, *failed)


def give_up(gate: Gate, tick: Tick, why: str) -> Step:
    """End it without an answer in the affirmative."""
    return (gate, ()) if gate.verification is None else _end(gate, gate.verification, tick, why)


def unanswered(before: Gate, after: Gate, events: tuple[Event, ...], tick: Tick) -> tuple[Event, ...]:
    """The client's answer where something else ended it: a lockout, or a camera that broke."""
    wanted = before.verification
    is_answered = any(event.kind in (EventKind.VERIFIED, EventKind.VERIFY_FAILED) for event in events)
    if wanted is None or after.verification is not None or is_answered:
        return ()
    why = "too many were refused" if after.mode is Mode.LOCKED_OUT else f"the door went into state {after.mode}"
    return (_failed(wanted, tick, why),)


def _end(gate: Gate, wanted: Verification, tick: Tick, why: str) -> tuple[Gate, tuple[Event]]:
    gate = replace(gate, verification=None, tracks=faces.ask_no_more(gate.tracks))
    gate = rest(gate, tick.now_s) if gate.mode is Mode.ASKED else gate
    return gate, (_failed(wanted, tick, why),)


def _failed(wanted: Verification, tick: Tick, why: str) -> Event:
    return Event(EventKind.VERIFY_FAILED, tick.now_s, person=wanted.name, detail=f"{why}, by {wanted.by}")
