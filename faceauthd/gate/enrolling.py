"""How somebody is learnt, or learnt better: vouching, and the looks that are taken. Pure."""

from __future__ import annotations

from dataclasses import replace

from faceauthd import tracks as faces
from faceauthd.enrolment import Enrolment, Stage, consider, is_stale
from faceauthd.evidence import Finding, is_live
from faceauthd.gate.entry import why_outside
from faceauthd.gate.hints import hint_of
from faceauthd.gate.refusal import said
from faceauthd.gate.state import Gate, Mode, Policy, Step, Tick, enter, rest
from faceauthd.types import Event, EventKind, Reason, Role


def begin(gate: Gate, enrolment: Enrolment, tick: Tick) -> Step:
    """Enrolling begins; an open door is locked first by the change of mode."""
    began = enter(gate, Mode.ENROLLING, tick.now_s, enrolment=enrolment)
    return began, (Event(EventKind.ENROLL_BEGAN, tick.now_s, person=enrolment.name, detail=f"by {enrolment.by}"),)


def vouch(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Wait for the face of an administrator who may enter now; nobody else's does anything here.

    A stranger's does not count towards the lockout, since the newcomer stands there too; it is put off all the same, so
    that waiting is not a row of chances to be taken for the administrator.
    """
    gate = replace(gate, hint=hint_of(tick, gate.hint))
    for track, verdict in faces.verdicts(gate.tracks, tick.now_s, policy.evidence, tick.roster.threshold):
        if verdict.finding is Finding.REFUSED:
            gate = replace(gate, tracks=faces.put_off(gate.tracks, track.id, tick.now_s, policy.retry_s))
        member = tick.roster.people.get(verdict.person_id) if verdict.person_id is not None else None
        if verdict.finding is not Finding.RECOGNISED or member is None or member.role is not Role.ADMIN:
            continue
        if why_outside(member, tick) is not None:
            continue
        told = said(EventKind.VOUCHED, track, verdict, tick, person=member.name)
        enrolment = Enrolment(None, Role.MEMBER, member.name, tick.now_s, tick.now_s, vouched_by=verdict.person_id)
        others = faces.spend(faces.start_again(gate.tracks), frozenset({track.id}))
        gate, began = begin(replace(gate, pressed_s=tick.now_s, tracks=others), enrolment, tick)
        return gate, (told, *began)
    return gate, ()


def enroll(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Take the next look, if it is one to be taken."""
    enrolment = gate.enrolment
    if enrolment is None or enrolment.stage is Stage.COMMITTING:
        return gate, ()
    if is_stale(enrolment, tick.now_s, policy.enrolment):
        return give_up(gate, tick, "nobody was there, or no look was good enough, for too long")
    if tick.seen is None or tick.frame_s < enrolment.since_s:
        return gate, ()
    known = _already_enrolled(gate, tick, policy)
    if known is not None and known != enrolment.person_id:
        return _recognised(gate, enrolment, known, tick)
    if _voucher_is_there(gate, tick):
        return replace(gate, hint=Reason.ALREADY_ENROLLED), ()
    after = consider(enrolment, tick.seen, tick.frame_s, _is_live(gate, tick, policy), policy.enrolment)
    gate = replace(gate, enrolment=after, hint=after.hint)
    if len(after.taken) <= len(enrolment.taken):
        return gate, ()
    taken, wanted = after.progress(policy.enrolment)
    gate = replace(gate, since_s=tick.now_s)
    return gate, (Event(EventKind.ENROLL_STEP, tick.now_s, person=after.name, detail=f"{taken} of {wanted}"),)


def _recognised(gate: Gate, enrolment: Enrolment, known: int, tick: Tick) -> Step:
    """The newcomer is somebody enrolled. By the button they get more templates; a name that was given is no other's."""
    name = tick.roster.people[known].name
    if known == enrolment.vouched_by:
        return replace(gate, hint=Reason.ALREADY_ENROLLED), ()
    if enrolment.name is not None or enrolment.person_id is not None:
        return give_up(gate, tick, f"already enrolled as {name}; `faceauthctl improve {name}` takes more looks of them")
    better = replace(enrolment, person_id=known, name=name, since_s=tick.now_s, last_s=tick.now_s, taken=(), strays=0)
    gate = enter(gate, Mode.ENROLLING, tick.now_s, enrolment=better, hint=Reason.ALREADY_ENROLLED)
    return gate, (Event(EventKind.ENROLL_BEGAN, tick.now_s, person=name, detail="enrolled already: more looks"),)


def give_up(gate: Gate, tick: Tick, why: str) -> Step:
    """End it; nothing is kept, and who stands there has to leave and walk up again."""
    quiet = replace(gate, tracks=faces.spend(gate.tracks))
    return rest(quiet, tick.now_s), (Event(EventKind.ENROLL_CANCELLED, tick.now_s, detail=why),)


def _already_enrolled(gate: Gate, tick: Tick, policy: Policy) -> int | None:
    """Somebody enrolled who is in view, if the evidence says so."""
    for _, verdict in faces.verdicts(gate.tracks, tick.now_s, policy.evidence, tick.roster.threshold):
        if verdict.finding is Finding.RECOGNISED and verdict.person_id in tick.roster.people:
            return verdict.person_id
    return None


def _voucher_is_there(gate: Gate, tick: Tick) -> bool:
    """Whether a face that had its say is still in view: it is not the newcomer's, however it is turned."""
    ids = {sighting.track for sighting in tick.seen or ()}
    return any(track.is_spent for track in gate.tracks if track.id in ids)


def _is_live(gate: Gate, tick: Tick, policy: Policy) -> bool | None:
    """What the looks of the only face in view say of its liveness; None while they are too few."""
    ids = {sighting.track for sighting in tick.seen or ()}
    track = next((track for track in gate.tracks if track.id in ids), None)
    if track is None or len(track.evidence.looks) < policy.evidence.looks:
        return None
    return is_live(track.evidence.looks, policy.evidence)
