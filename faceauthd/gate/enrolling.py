"""How somebody is learnt, or learnt better: whose face it may be, and the looks that are taken. Pure."""

from __future__ import annotations

from dataclasses import replace

from faceauthd import tracks as faces
from faceauthd.enrolment import Enrolment, Stage, consider, is_stale
from faceauthd.evidence import Finding, is_live, likeness
from faceauthd.gate.state import Gate, Mode, Policy, Step, Tick, enter
from faceauthd.types import Event, EventKind, Reason, Role, Sighting

BUTTON = "button"
"""Who asked for an enrolment that nobody vouched for."""


def begin(gate: Gate, enrolment: Enrolment, tick: Tick) -> Step:
    """Enrolling begins; an open door is locked first by the change of mode."""
    began = enter(gate, Mode.ENROLLING, tick.now_s, enrolment=enrolment)
    return began, (Event(EventKind.ENROLL_BEGAN, tick.now_s, person=enrolment.name, detail=f"by {enrolment.by}"),)


def give_up(gate: Gate, tick: Tick, policy: Policy, why: str, reason: Reason | None = None) -> Step:
    """Keep nothing, and show that for a moment. Whoever stands there is judged by what is seen from now on."""
    told = Event(
        EventKind.ENROLL_CANCELLED,
        tick.now_s,
        person=gate.enrolment.name if gate.enrolment else None,
        reason=reason,
        detail=why,
    )
    until_s = tick.now_s + policy.refused_show_s
    over = replace(gate, tracks=faces.without_evidence(gate.tracks))
    return enter(over, Mode.GIVEN_UP, tick.now_s, until_s=until_s, reason=reason), (told,)


def enroll(gate: Gate, tick: Tick, policy: Policy) -> Step:
    """Take the next look, if it is one to be taken."""
    enrolment = gate.enrolment
    if enrolment is None or enrolment.stage is Stage.COMMITTING:
        return gate, ()
    lapsed = _lapsed(enrolment, tick)
    if lapsed is not None:
        return give_up(gate, tick, policy, lapsed)
    if is_stale(enrolment, tick.now_s, policy.enrolment):
        return give_up(gate, tick, policy, "nobody was there, or no look was good enough, for too long")
    if tick.seen is None or tick.frame_s < enrolment.since_s:
        return gate, ()
    known = _recognised(gate, tick, policy)
    if known is not None and known not in (enrolment.person_id, enrolment.vouched_by):
        return _is_known(gate, enrolment, known, tick, policy)
    if enrolment.person_id is None and (known is not None or _voucher_is_there(gate, tick)):
        return _mind_voucher(gate, enrolment, tick, policy)
    like = _too_like(gate, enrolment, tick, policy)
    if like is not None:
        return give_up(_spent(gate), tick, policy, f"too like {like}, who is enrolled", Reason.AMBIGUOUS)
    return _take(gate, replace(enrolment, voucher_since_s=None), tick.seen, tick, policy)


def _take(gate: Gate, enrolment: Enrolment, seen: tuple[Sighting, ...], tick: Tick, policy: Policy) -> Step:
    is_alive = _is_live(gate, tick, policy)
    after = consider(enrolment, seen, tick.frame_s, is_alive, policy.enrolment, tick.roster.threshold)
    gate = replace(gate, enrolment=after, hint=after.hint)
    if len(after.taken) <= len(enrolment.taken):
        return gate, ()
    taken, wanted = after.progress(policy.enrolment)
    gate = replace(gate, since_s=tick.now_s)
    return gate, (Event(EventKind.ENROLL_STEP, tick.now_s, person=after.name, detail=f"{taken} of {wanted}"),)


def _lapsed(enrolment: Enrolment, tick: Tick) -> str | None:
    """Why the authority that this enrolment began with is gone, None while it holds."""
    people = tick.roster.people
    if enrolment.vouched_by is not None:
        voucher = people.get(enrolment.vouched_by)
        if voucher is None or voucher.role is not Role.ADMIN or voucher.rules.is_disabled:
            return f"{enrolment.by}, who vouched, is no administrator any more"
    elif enrolment.by == BUTTON and enrolment.role is Role.ADMIN and people:
        return "somebody else was enrolled first, and has to vouch now"
    if enrolment.person_id is not None and enrolment.person_id not in people:
        return f"{enrolment.name} was removed meanwhile"
    return None


def _is_known(gate: Gate, enrolment: Enrolment, known: int, tick: Tick, policy: Policy) -> Step:
    """The newcomer is somebody enrolled. By the button they get more templates; a name that was given is no other's."""
    member = tick.roster.people[known]
    if member.rules.is_disabled:
        why = f"already enrolled as {member.name}, who is disabled; see `faceauthctl enable {member.name}`"
        return give_up(_spent(gate), tick, policy, why, Reason.ALREADY_ENROLLED)
    if enrolment.person_id is not None:
        why = f"{member.name} stands there, and more looks of {enrolment.name} were asked for"
        return give_up(_spent(gate), tick, policy, why, Reason.OTHER_FACE)
    if enrolment.name is not None:
        why = f"already enrolled as {member.name}; `faceauthctl improve {member.name}` takes more looks of them"
        return give_up(_spent(gate), tick, policy, why, Reason.ALREADY_ENROLLED)
    return _improve(gate, enrolment, known, tick, "enrolled already: more looks")


def _improve(gate: Gate, enrolment: Enrolment, known: int, tick: Tick, why: str) -> Step:
    """Collect from the beginning, for somebody enrolled."""
    name = tick.roster.people[known].name
    better = replace(
        enrolment, person_id=known, name=name, since_s=tick.now_s, last_s=tick.now_s, taken=(), strays=0, repeats=0,
        asks=None, voucher_since_s=None,
    )  # fmt: skip
    gate = replace(gate, tracks=faces.look_at_all(gate.tracks))
    gate = enter(gate, Mode.ENROLLING, tick.now_s, enrolment=better)
    return gate, (Event(EventKind.ENROLL_BEGAN, tick.now_s, person=name, detail=why),)


def _mind_voucher(gate: Gate, enrolment: Enrolment, tick: Tick, policy: Policy) -> Step:
    """Whoever vouched is still there: they are to make room. If they stay, alone, it is their own face they mean."""
    is_alone = len(tick.seen or ()) == 1 and not enrolment.taken
    since_s = tick.frame_s if enrolment.voucher_since_s is None else enrolment.voucher_since_s
    if is_alone and tick.frame_s - since_s >= policy.enrolment.stay_s and enrolment.vouched_by is not None:
        return _improve(gate, enrolment, enrolment.vouched_by, tick, "stayed after vouching: more looks")
    enrolment = replace(enrolment, voucher_since_s=since_s if is_alone else None)
    return replace(gate, enrolment=enrolment, hint=Reason.ALREADY_ENROLLED), ()


def _recognised(gate: Gate, tick: Tick, policy: Policy) -> int | None:
    """Somebody enrolled who is in view, if the evidence says so; disabled or not."""
    evidence, threshold = policy.authority_evidence, tick.roster.threshold
    for _, verdict in faces.verdicts(gate.tracks, tick.as_of_s, evidence, threshold):
        if verdict.finding is Finding.RECOGNISED and verdict.person_id in tick.roster.people:
            return verdict.person_id
    return None


def _too_like(gate: Gate, enrolment: Enrolment, tick: Tick, policy: Policy) -> str | None:
    """Somebody else enrolled whom the face is so like that the door could not tell them apart; None if nobody."""
    evidence, threshold = policy.authority_evidence, tick.roster.threshold
    for track, verdict in faces.verdicts(gate.tracks, tick.as_of_s, evidence, threshold):
        if verdict.finding is not Finding.UNDECIDED:
            like = likeness(track.evidence.looks, threshold, enrolment.person_id)
            if like is not None:
                member = tick.roster.people.get(like)
                return member.name if member else "somebody else"
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
    return is_live(track.evidence.looks, policy.authority_evidence)


def _spent(gate: Gate) -> Gate:
    """Whoever stands there has to leave and walk up again: what enrolled nobody opens no door either."""
    return replace(gate, tracks=faces.spend(gate.tracks))
