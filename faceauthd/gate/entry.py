"""What it takes for somebody recognised to be let in: their rules, a sign of life, a second person. Pure."""

from __future__ import annotations

from dataclasses import replace

from faceauthd import lockout as lockouts
from faceauthd import tracks as faces
from faceauthd.challenge import Challenge, drawn, observe
from faceauthd.evidence import Verdict
from faceauthd.gate.refusal import count, said
from faceauthd.gate.state import Entry, First, Gate, Mode, Policy, Step, Tick, enter
from faceauthd.prose import SIGN_WORDS
from faceauthd.rules import why_not_now
from faceauthd.tracks import TrackState
from faceauthd.types import Event, EventKind, Member, Reason, Rules


def receive(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy) -> Step:
    """Somebody enrolled is recognised: open, or say what is still wanted."""
    assert verdict.person_id is not None  # noqa: S101  the caller has looked it up
    member = tick.roster.people[verdict.person_id]
    why = why_outside(member, tick)
    if why is not None:
        return _turn_away(gate, track, verdict, tick, policy, member, why)
    if policy.challenge and not _has_met(gate, track, verdict):
        return _challenge(gate, track, verdict, tick, policy)
    if policy.entry is Entry.TWO_PERSON and not _is_second(gate, verdict, tick):
        return _wait_for_another(gate, track, verdict, tick, policy, member)
    return unlock(gate, track, verdict, tick, policy)


def why_outside(member: Member, tick: Tick) -> str | None:
    """Why this person may not enter now, None if they may."""
    if member.rules == Rules():
        return None
    if tick.wall is None:
        return "it is not known what time it is"
    return why_not_now(member.rules, tick.wall, is_clock_set=tick.is_clock_set)


def unlock(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy) -> Step:
    """Open the door for somebody enrolled. Nothing else in the product sets `Mode.OPEN`."""
    assert verdict.person_id is not None  # noqa: S101  as above
    member = tick.roster.people[verdict.person_id]
    first = gate.first
    spent = replace(gate, tracks=faces.spend(gate.tracks, frozenset({track.id})), lockout=lockouts.admitted())
    opened = enter(spent, Mode.OPEN, tick.now_s, until_s=tick.now_s + policy.unlock_s, person=member.name)
    told = said(EventKind.UNLOCKED, track, verdict, tick, person=member.name)
    waited_s = round(tick.now_s - track.evidence.looks[0].at_s, 3)
    detail = f"with {first.name} before" if first is not None and policy.entry is Entry.TWO_PERSON else None
    return opened, (replace(told, detail=detail, fields=(("looks", verdict.looks), ("waited_s", waited_s))),)


def follow(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Watch for the sign that was asked for; without it in time it was no living face, as far as can be told."""
    challenge = gate.challenge
    if gate.mode is not Mode.CHALLENGE or challenge is None:
        return gate, ()
    if tick.now_s >= challenge.until_s or all(track.id != challenge.track for track in gate.tracks):
        return _fail(gate, challenge, tick, policy)
    if tick.frame_s < gate.since_s:
        return gate, ()
    for sighting in tick.seen or ():
        if sighting.track == challenge.track:
            challenge = observe(challenge, sighting, tick.frame_s)
    return replace(gate, challenge=challenge), ()


def _has_met(gate: Gate, track: TrackState, verdict: Verdict) -> bool:
    asked = gate.challenge
    return asked is not None and asked.is_met and (asked.track, asked.person_id) == (track.id, verdict.person_id)


def _challenge(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy) -> Step:
    """Ask for a sign of life, drawn by lot; of one face at a time, and a door that is open already needs none."""
    if gate.mode in (Mode.CHALLENGE, Mode.OPEN):
        return gate, ()
    assert verdict.person_id is not None  # noqa: S101  as above
    until_s = tick.now_s + policy.challenge_s
    challenge = Challenge(track.id, verdict.person_id, until_s, drawn(tick.lot))
    asked = enter(gate, Mode.CHALLENGE, tick.now_s, challenge=challenge)
    told = said(EventKind.CHALLENGED, track, verdict, tick)
    return asked, (replace(told, detail=SIGN_WORDS[challenge.sign]),)


def _fail(gate: Gate, challenge: Challenge, tick: Tick, policy: Policy) -> Step:
    gate = replace(gate, tracks=faces.put_off(gate.tracks, challenge.track, tick.now_s, policy.retry_s))
    told = Event(
        EventKind.REFUSED, tick.now_s, reason=Reason.SPOOF, detail="no sign of life in time", track=challenge.track
    )
    return count(gate, told, tick, policy)


def _is_second(gate: Gate, verdict: Verdict, tick: Tick) -> bool:
    """Whether somebody else was recognised just before, who may still enter now."""
    first = gate.first
    if first is None or not gate.has_first(tick.now_s) or first.person_id == verdict.person_id:
        return False
    member = tick.roster.people.get(first.person_id)
    return member is not None and why_outside(member, tick) is None


def _wait_for_another(
    gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy, member: Member
) -> Step:
    """The first of two. Once is enough: the same face again is no second person, and gets no more time."""
    spent = replace(gate, tracks=faces.spend(gate.tracks, frozenset({track.id})))
    if gate.mode is Mode.OPEN or gate.has_first(tick.now_s):
        return spent, ()
    assert verdict.person_id is not None  # noqa: S101  as above
    until_s = tick.now_s + policy.two_person_s
    first = First(verdict.person_id, member.name, until_s)
    waiting = enter(spent, Mode.SECOND, tick.now_s, until_s=until_s, first=first, person=member.name)
    return waiting, (said(EventKind.SECOND_ASKED, track, verdict, tick, person=member.name),)


def _turn_away(
    gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy, member: Member, why: str
) -> Step:
    """Known, and not let in now. It is no attack: it does not count towards a lockout."""
    gate = replace(gate, tracks=faces.put_off(gate.tracks, track.id, tick.now_s, policy.retry_s))
    told = said(EventKind.REFUSED, track, verdict, tick, person=member.name, reason=Reason.NOT_NOW)
    told = replace(told, detail=why)
    if gate.mode is Mode.OPEN:
        return gate, (told,)
    until_s = tick.now_s + policy.refused_show_s
    return enter(gate, Mode.REFUSED, tick.now_s, until_s=until_s, reason=Reason.NOT_NOW), (told,)
