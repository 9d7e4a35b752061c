"""What the faces in view do to the gate. Pure."""

from __future__ import annotations

from dataclasses import replace

from faceauthd import lockout as lockouts
from faceauthd import tracks as faces
from faceauthd.enrolment import Enrolment, Stage, consider, is_stale
from faceauthd.evidence import Finding, Verdict, is_live
from faceauthd.gate.asked import begin
from faceauthd.gate.state import Gate, Mode, Policy, Step, Tick, enter, rest
from faceauthd.tracks import TrackState
from faceauthd.types import Event, EventKind, Reason, Role


def decide(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Judge the faces in view as the mode asks."""
    match gate.mode:
        case Mode.FAULT | Mode.LOCKED_OUT | Mode.ENROLLED:
            return gate, ()
        case Mode.VOUCHING:
            return _vouch(gate, tick, policy)
        case Mode.ENROLLING:
            return _enroll(gate, tick, policy)
        case _:
            return _admit(gate, tick, policy)


def _admit(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Let in or refuse. While nobody is enrolled there is nothing to refuse, and no lockout stands before the first."""
    if not tick.roster.people:
        return _come_and_go(gate, tick), ()
    events: list[Event] = []
    for track, verdict in faces.verdicts(gate.tracks, tick.now_s, policy.evidence, tick.roster.threshold):
        if verdict.finding is Finding.RECOGNISED and verdict.person_id in tick.roster.people:
            gate, said = _unlock(gate, track, verdict, tick, policy)
        else:
            gate, said = _refuse(gate, track, verdict, tick, policy)
        events.extend(said)
        if gate.mode is Mode.LOCKED_OUT:
            return gate, tuple(events)
    return _come_and_go(gate, tick), tuple(events)


def _unlock(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy) -> Step:
    """Open the door for somebody enrolled. Nothing else in the product sets `Mode.OPEN`."""
    assert verdict.person_id is not None  # noqa: S101  `decide` has looked it up
    member = tick.roster.people[verdict.person_id]
    spent = replace(gate, tracks=faces.spend(gate.tracks, frozenset({track.id})), lockout=lockouts.admitted())
    opened = enter(spent, Mode.OPEN, tick.now_s, until_s=tick.now_s + policy.unlock_s, person=member.name)
    said = _said(EventKind.UNLOCKED, track, verdict, tick, person=member.name)
    waited_s = round(tick.now_s - track.evidence.looks[0].at_s, 3)
    said = replace(said, fields=(("looks", verdict.looks), ("waited_s", waited_s)))
    return opened, (said,)


def _refuse(gate: Gate, track: TrackState, verdict: Verdict, tick: Tick, policy: Policy) -> Step:
    """Tell a stranger no. Beside somebody who is being let in it neither counts nor shows: the door is theirs."""
    reason = verdict.reason or Reason.UNKNOWN
    gate = replace(gate, tracks=faces.put_off(gate.tracks, track.id, tick.now_s, policy.retry_s))
    said = _said(EventKind.REFUSED, track, verdict, tick, reason=reason)
    if gate.mode is Mode.OPEN:
        return gate, (said,)
    gate = replace(gate, lockout=lockouts.refused(gate.lockout, tick.now_s, policy.lockout))
    if gate.lockout.is_on(tick.now_s):
        shut = enter(gate, Mode.LOCKED_OUT, tick.now_s, until_s=gate.lockout.until_s, tracks=())
        return shut, (said, Event(EventKind.LOCKOUT_BEGAN, tick.now_s, reason=Reason.LOCKED_OUT))
    return enter(gate, Mode.REFUSED, tick.now_s, until_s=tick.now_s + policy.refused_show_s, reason=reason), (said,)


def _come_and_go(gate: Gate, tick: Tick) -> Gate:
    """Watching and verifying follow whether anybody is there to be judged."""
    gate = replace(gate, hint=_hint(tick, gate.hint))
    somebody = any(not track.is_decided(tick.now_s) for track in gate.tracks)
    if gate.mode is Mode.WATCHING and somebody:
        return enter(gate, Mode.VERIFYING, tick.now_s, hint=gate.hint)
    if gate.mode is Mode.VERIFYING and not somebody:
        return enter(gate, Mode.WATCHING, tick.now_s)
    return gate


def _vouch(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Wait for an administrator's face; nobody else's does anything here.

    A stranger's does not count towards the lockout, since the newcomer stands there too; it is put off all the same, so
    that waiting is not a row of chances to be taken for the administrator.
    """
    gate = replace(gate, hint=_hint(tick, gate.hint))
    for track, verdict in faces.verdicts(gate.tracks, tick.now_s, policy.evidence, tick.roster.threshold):
        if verdict.finding is Finding.REFUSED:
            gate = replace(gate, tracks=faces.put_off(gate.tracks, track.id, tick.now_s, policy.retry_s))
        member = tick.roster.people.get(verdict.person_id) if verdict.person_id is not None else None
        if verdict.finding is not Finding.RECOGNISED or member is None or member.role is not Role.ADMIN:
            continue
        said = _said(EventKind.VOUCHED, track, verdict, tick, person=member.name)
        enrolment = Enrolment(None, Role.MEMBER, member.name, tick.now_s, tick.now_s, vouched_by=verdict.person_id)
        others = faces.spend(faces.start_again(gate.tracks), frozenset({track.id}))
        gate, began = begin(replace(gate, pressed_s=tick.now_s, tracks=others), enrolment, tick)
        return gate, (said, *began)
    return gate, ()


def _enroll(gate: Gate, tick: Tick, policy: Policy) -> Step:
    enrolment = gate.enrolment
    if enrolment is None or enrolment.stage is Stage.COMMITTING:
        return gate, ()
    if is_stale(enrolment, tick.now_s, policy.enrolment):
        return _give_up(gate, tick, "nobody was there, or no look was good enough, for too long")
    if tick.seen is None or tick.frame_s < enrolment.since_s:
        return gate, ()
    known = _already_enrolled(gate, tick, policy)
    if known is not None and known != enrolment.vouched_by:
        return _give_up(gate, tick, f"already enrolled as {tick.roster.people[known].name}")
    if known is not None or _voucher_is_there(gate, tick):
        return replace(gate, hint=Reason.ALREADY_ENROLLED), ()
    after = consider(enrolment, tick.seen, tick.frame_s, _is_live(gate, tick, policy), policy.enrolment)
    gate = replace(gate, enrolment=after, hint=after.hint)
    if len(after.taken) == len(enrolment.taken):
        return gate, ()
    taken, wanted = after.progress(policy.enrolment)
    gate = replace(gate, since_s=tick.now_s)
    return gate, (Event(EventKind.ENROLL_STEP, tick.now_s, person=after.name, detail=f"{taken} of {wanted}"),)


def _give_up(gate: Gate, tick: Tick, why: str) -> Step:
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


def _hint(tick: Tick, before: Reason | None) -> Reason | None:
    """Why the nearest face cannot be judged, if it cannot."""
    if tick.seen is None:
        return before
    judged = [face for face in tick.seen if face.probe is not None or face.quality.reasons]
    if not judged:
        return None
    nearest = max(judged, key=lambda face: face.box.area)
    return nearest.quality.reasons[0] if nearest.quality.reasons else None


def _said(
    kind: EventKind,
    track: TrackState,
    verdict: Verdict,
    tick: Tick,
    *,
    person: str | None = None,
    reason: Reason | None = None,
) -> Event:
    return Event(
        kind,
        tick.now_s,
        person=person,
        score=verdict.score,
        threshold=tick.roster.threshold,
        liveness=verdict.liveness,
        reason=reason,
        track=track.id,
    )
