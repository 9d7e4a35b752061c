"""What the gate remembers of each face in view. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from faceauthd.evidence import Evidence, EvidencePolicy, Finding, Verdict, add, is_hit, weigh
from faceauthd.types import Box, Sighting


@dataclass(frozen=True, slots=True)
class TrackState:
    """`is_spent`: this face had its answer and gets no other until it has left.

    A refused face is looked at again at `retry_at_s`, each time after twice the wait: whoever was in bad light gets
    another chance, and whoever stands there hoping for a false match does not get many.
    """

    id: int
    first_s: float
    last_s: float
    box: Box
    evidence: Evidence = Evidence()
    is_spent: bool = False
    refusals: int = 0
    retry_at_s: float | None = None
    is_asked_after: bool = False
    """It is spent, and yet looked at once more, for a client who asks whether somebody is there."""

    def is_waiting(self, now_s: float) -> bool:
        return self.retry_at_s is not None and now_s < self.retry_at_s

    def is_decided(self, now_s: float) -> bool:
        return (self.is_spent and not self.is_asked_after) or self.is_waiting(now_s)


Tracks = tuple[TrackState, ...]


def see(tracks: Tracks, seen: tuple[Sighting, ...], at_s: float, policy: EvidencePolicy) -> Tracks:
    """The tracks after one frame: those seen are brought up to date, new ones begin."""
    known = {track.id: track for track in tracks}
    for sighting in seen:
        track = known.get(sighting.track) or TrackState(sighting.track, at_s, at_s, sighting.box)
        evidence = track.evidence if track.is_decided(at_s) else add(track.evidence, sighting, at_s, policy)
        known[track.id] = replace(track, last_s=at_s, box=sighting.box, evidence=evidence)
    return tuple(known.values())


def forget(tracks: Tracks, now_s: float, after_s: float) -> Tracks:
    """Without the faces that have not been seen for `after_s`."""
    return tuple(track for track in tracks if now_s - track.last_s <= after_s)


def broken_off(before: Tracks, after: Tracks, policy: EvidencePolicy, threshold: float) -> int:
    """How many looks came to nothing: of faces that could have been let in, had no answer yet, and are there no more.

    A face with fewer looks than a verdict takes had no chance, and looks that would have opened the door are those of
    somebody enrolled who went on.
    """
    kept = {track.id: track.evidence.looks for track in after}
    gone = [
        track.evidence.looks
        for track in before
        if len(track.evidence.looks) >= policy.looks and track.evidence.looks[-1] not in kept.get(track.id, ())
    ]
    return sum(not is_hit(look, policy, threshold) for looks in gone for look in looks)


def start_again(tracks: Tracks) -> Tracks:
    """The same faces with nothing known of them: what was seen before a press does not count for it.

    Whoever was refused goes on waiting: a press is no way to be looked at sooner.
    """
    return tuple(replace(track, evidence=Evidence(), is_spent=False) for track in tracks)


def look_at_all(tracks: Tracks) -> Tracks:
    """As `start_again`, and without their waits, where no look opens anything: for an enrolment."""
    return tuple(replace(track, evidence=Evidence(), is_spent=False, retry_at_s=None) for track in tracks)


def without_evidence(tracks: Tracks) -> Tracks:
    """What was seen of them so far was for something else."""
    return tuple(replace(track, evidence=Evidence()) for track in tracks)


def ask_after(tracks: Tracks) -> Tracks:
    """All are looked at for a client, afresh; whoever had their answer at the door gets no other there by it."""
    return tuple(replace(track, evidence=Evidence(), is_asked_after=track.is_spent) for track in tracks)


def ask_no_more(tracks: Tracks) -> Tracks:
    """The client has its answer; the door goes on with what it has seen."""
    return tuple(replace(track, is_asked_after=False) for track in tracks)


def spend(tracks: Tracks, ids: frozenset[int] | None = None) -> Tracks:
    """These faces (all, if not said which) had their answer."""
    return tuple(
        replace(track, evidence=Evidence(), is_spent=True, is_asked_after=False)
        if ids is None or track.id in ids
        else track
        for track in tracks
    )


def put_off(tracks: Tracks, track_id: int, now_s: float, first_wait_s: float) -> Tracks:
    """A refused face waits before it is looked at again."""
    return tuple(
        replace(
            track,
            evidence=Evidence(),
            refusals=track.refusals + 1,
            retry_at_s=now_s + first_wait_s * 2.0**track.refusals,
        )
        if track.id == track_id
        else track
        for track in tracks
    )


def verdicts(
    tracks: Tracks, now_s: float, policy: EvidencePolicy, threshold: float
) -> tuple[tuple[TrackState, Verdict], ...]:
    """The tracks that have come to a verdict, the recognised first."""
    weighed = [
        (track, weigh(track.evidence, now_s, policy, threshold)) for track in tracks if not track.is_decided(now_s)
    ]
    done = [pair for pair in weighed if pair[1].finding is not Finding.UNDECIDED]
    return tuple(sorted(done, key=lambda pair: pair[1].finding is not Finding.RECOGNISED))
