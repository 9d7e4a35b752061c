"""Whatever a model gives that is no number opens nothing, joins nothing and enrols nobody."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from faceauthd.enrolment import Enrolment, EnrolmentPolicy, consider
from faceauthd.evidence import Evidence, EvidencePolicy, Finding, add, weigh
from faceauthd.types import Frame, Match, NewTemplate, Reason, Role, Sighting
from tests.fakes import sighting
from tests.unit.test_daemon import Rig

POLICY = EvidencePolicy(looks=3, window_s=2.0, refuse_after_looks=6)


def looked_at(face: Sighting, times: int = 6) -> Evidence:
    evidence = Evidence()
    for number in range(times):
        evidence = add(evidence, face, 0.1 * number, POLICY)
    return evidence


@pytest.mark.parametrize(
    "change",
    [
        {"match": Match(1, math.nan, 0.1)},
        {"match": Match(1, 0.8, math.nan)},
        {"liveness": math.nan},
        {"continuity": math.nan},
    ],
    ids=repr,
)
def test_nobody_is_recognised(change: dict[str, object]) -> None:
    assert weigh(looked_at(sighting(person=1)), 0.6, POLICY, 0.5).finding is Finding.RECOGNISED
    face = replace(sighting(person=1), **change)  # type: ignore[arg-type]
    assert weigh(looked_at(face), 0.6, POLICY, 0.5).finding is not Finding.RECOGNISED


def test_looks_that_may_be_of_two_faces_never_add_up() -> None:
    assert len(looked_at(sighting(person=1, continuity=math.nan)).looks) == 1


def test_nobody_is_enrolled_from_two_faces() -> None:
    probe = sighting().probe
    assert probe is not None
    begun = Enrolment("bo", Role.MEMBER, "uid 0", 0.0, 0.0, taken=(NewTemplate(probe, 1.0),))
    after = consider(begun, (sighting(kinship=math.nan, yaw_deg=30.0),), 5.0, True, EnrolmentPolicy(), 0.5)
    assert (len(after.taken), after.hint) == (1, Reason.OTHER_FACE)
    same = consider(begun, (sighting(kinship=0.8, yaw_deg=30.0),), 5.0, True, EnrolmentPolicy(), 0.5)
    assert len(same.taken) == 2


@pytest.mark.parametrize("lie_s", [3.0, 1e6, math.nan])
def test_a_frame_from_the_future_is_one_of_now(lie_s: float) -> None:
    """Else its looks would count for longer than the window, and a face be remembered for ever."""
    rig = Rig((True,) * 6)
    daemon = rig.daemon()
    real = rig.camera.next_frame

    def lies(timeout_s: float) -> Frame | None:
        frame = real(timeout_s)
        return replace(frame, time_s=frame.time_s + lie_s) if frame else None

    rig.camera.next_frame = lies  # type: ignore[method-assign]
    for _ in range(3):
        daemon.tick()
        assert all(track.last_s <= rig.clock.at_s for track in daemon.gate.tracks)
    assert daemon.gate.tracks
