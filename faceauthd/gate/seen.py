"""What the faces in view do to the gate. Pure."""

from __future__ import annotations

from dataclasses import replace

from faceauthd import tracks as faces
from faceauthd.evidence import Finding, Verdict
from faceauthd.gate import verify
from faceauthd.gate.enrolling import enroll
from faceauthd.gate.entry import follow, receive
from faceauthd.gate.hints import hint_of
from faceauthd.gate.refusal import count, said, settle
from faceauthd.gate.state import Entry, Gate, Mode, Policy, Step, Tick, enter
from faceauthd.gate.vouching import vouch
from faceauthd.tracks import TrackState
from faceauthd.types import Event, EventKind, Reason

_COMING_AND_GOING = frozenset({Mode.WATCHING, Mode.VERIFYING, Mode.SECOND, Mode.ASKED})


def decide(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Judge the faces in view as the mode asks."""
    match gate.mode:
        case Mode.FAULT | Mode.LOCKED_OUT | Mode.ENROLLED:
            return gate, ()
        case Mode.VOUCHING:
            return vouch(gate, tick, policy)
        case Mode.ENROLLING:
            return enroll(gate, tick, policy)
        case _:
            return _admit(gate, tick, policy)


def _admit(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Let in or refuse. While nobody is enrolled there is nothing to refuse, and no lockout stands before the first;
    where entry takes a press, nobody who did not press is judged."""
    if not tick.roster.people or (_waits_for_press(gate, tick, policy) and gate.verification is None):
        return _come_and_go(gate, tick, policy), ()
    gate, told = settle(gate, tick, policy)
    events: list[Event] = list(told)
    gate, told = follow(gate, tick, policy)
    events.extend(told)
    for track, verdict in faces.verdicts(gate.tracks, tick.as_of_s, policy.evidence, tick.roster.threshold):
        if gate.mode is Mode.LOCKED_OUT:
            break
        if verdict.finding is Finding.RECOGNISED and not tick.shows(track.id):
            continue  # a mode in which nobody is judged has ended after they went
        gate, told = _answer(gate, track, verdict, tick, policy)
        events.extend(told)
    return _come_and_go(gate, tick, policy), tuple(events)


def _answer(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy) -> Step:
    """What a face whose verdict is there gets: the door's answer, or a client's."""
    if verdict.finding is not Finding.RECOGNISED or verdict.person_id not in tick.roster.people:
        gate, told = _refuse(gate, track, verdict, tick, policy)
        return verify.after_refusal(gate, told, tick)
    if verify.is_wanted(gate, verdict):
        return verify.found(gate, track, verdict, tick)
    if track.is_asked_after or _waits_for_press(gate, tick, policy):
        return verify.pass_over(gate, track), ()
    return receive(gate, track, verdict, tick, policy)


def _waits_for_press(gate: Gate, tick: Tick, policy: Policy) -> bool:
    """Whether nobody is let in before somebody presses."""
    return policy.entry is Entry.PRESS and not gate.is_asked(tick.now_s)


def _refuse(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy) -> Step:
    """Tell a stranger no."""
    gate = replace(gate, tracks=faces.put_off(gate.tracks, track.id, tick.now_s, policy.retry_s))
    told = said(EventKind.REFUSED, track, verdict, tick, reason=verdict.reason or Reason.UNKNOWN)
    return count(gate, told, tick, policy, shows=not gate.asks_another_than(track.id))


def _come_and_go(gate: Gate, tick: Tick, policy: Policy) -> Gate:
    """What is shown while nothing is decided: whether anybody is there to be judged, and what they wait for."""
    if gate.mode is Mode.LOCKED_OUT:
        return gate
    hint = None if gate.mode is Mode.OPEN else hint_of(tick, gate.hint)  # whoever goes in has nothing to do better
    gate = replace(gate, hint=hint)
    if gate.mode not in _COMING_AND_GOING:
        return gate
    mode, until_s, person = _waiting(gate, tick, policy)
    if mode is gate.mode:
        return gate
    return enter(gate, mode, tick.now_s, until_s=until_s, hint=gate.hint, person=person)


def _waiting(gate: Gate, tick: Tick, policy: Policy) -> tuple[Mode, float | None, str | None]:
    if gate.first is not None and gate.has_first(tick.now_s):
        return Mode.SECOND, gate.first.until_s, gate.first.name
    if gate.verification is not None and not gate.is_asked(tick.now_s):
        return Mode.ASKED, None, None
    if policy.entry is Entry.PRESS:
        return (Mode.VERIFYING if gate.is_asked(tick.now_s) else Mode.WATCHING), None, None
    somebody = any(not track.is_decided(tick.now_s) for track in gate.tracks)
    return (Mode.VERIFYING if somebody else Mode.WATCHING), None, None
