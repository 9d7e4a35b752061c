"""What the door makes of a clip: the recognizer and the evidence as they are, in front of somebody it would let in.

Whoever is shown counts as enrolled, and is recognised by every look, for it is asked what liveness keeps out and not
what recognition would. So the embedder does not run.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.evidence import Evidence, EvidencePolicy, Finding, add, mean_liveness, weigh
from faceauthd.recognizer import FaceRecognizer, Stages
from faceauthd.types import Cues, Frame, Match, Sighting, Suspicion, Wants
from faceauthd.vision.detect import Detector
from faceauthd.vision.eyes import EyeModel
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.liveness import LivenessModel
from faceauthd.vision.presence import Presence, Shown
from faceauthd.vision.quality import QualityGauge, QualityLimits
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.evaluation.clips import Clip
    from faceauthd.vision.pack import ModelPack

_THRESHOLD = 0.5
_EVERYBODY = Match(person_id=1, score=1.0)


class Response(enum.StrEnum):
    """What the door says to a presentation; nothing, where it saw too little."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Presented:
    """A clip and what became of it.

    `score` is the highest mean liveness of any looks that could have opened the door, None without an answer; `after_s`
    is when the answer came, `suspicion` the commonest of the refused looks.
    """

    species: str
    name: str
    is_live: bool
    person: str | None
    response: Response
    score: float | None = None
    after_s: float | None = None
    suspicion: Suspicion | None = None


class Recorder:
    """A `Presence` that keeps the cues it gives, for tuning."""

    def __init__(self) -> None:
        self._presence = Presence()
        self.kept: list[tuple[float, int, Cues]] = []
        """Time in seconds, track and cues of each usable look."""

    def see(self, frame: Frame, shown: Sequence[Shown]) -> list[Cues]:
        """As `Presence.see`."""
        cues = self._presence.see(frame, shown)
        self.kept += [(frame.time_s, one.track, each) for one, each in zip(shown, cues, strict=True)]
        return cues

    def restart(self, track: int) -> None:
        """As `Presence.restart`."""
        self._presence.restart(track)


class Anybody:
    """Stands in for embedder and gallery: all faces are one, and enrolled."""

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit vectors (n, 1)."""
        return np.ones((len(crops), 1), dtype=np.float32)

    def best(self, probes: NDArray[np.float32]) -> list[Match | None]:
        """The same person for each of `probes`."""
        return [_EVERYBODY] * len(probes)


def stages_of(pack: ModelPack, limits: QualityLimits) -> Stages:
    """The product's stages with the models of `pack` and the door's `limits`, without the embedder."""
    return Stages(
        Detector(pack.detector),
        Landmarker(pack.landmarks),
        QualityGauge(limits),
        EyeModel(pack.eyes),
        Anybody(),
        LivenessModel(pack.liveness),
    )


def present(
    clip: Clip, stages: Stages, policy: EvidencePolicy, watch_s: float, recorder: Recorder | None = None
) -> Presented:
    """Show the clip to the door. Raises PictureError, ModelError."""
    recognizer = FaceRecognizer(stages, Tracker(), Anybody(), watch_s=watch_s, presence=recorder)
    given: dict[int, list[tuple[float, Sighting]]] = {}
    for frame in clip.frames():
        for sighting in recognizer.look(frame, Wants()):
            if sighting.probe is not None:
                given.setdefault(sighting.track, []).append((frame.time_s, sighting))
    return answer(clip, given, policy)


def answer(clip: Clip, given: dict[int, list[tuple[float, Sighting]]], policy: EvidencePolicy) -> Presented:
    """What the evidence says of the looks of each track: let in if any track is, else refused if any is."""
    found = [_judged(looks, policy) for looks in given.values()]
    answered = [one for one in found if one[0] is not Response.NONE]
    if not answered:
        return Presented(clip.species, clip.name, clip.is_live, clip.person, Response.NONE)
    response, score, after_s, suspicion = max(answered, key=lambda one: (one[0] is Response.ACCEPTED, one[1]))
    return Presented(clip.species, clip.name, clip.is_live, clip.person, response, score, after_s, suspicion)


def _judged(
    looks: Sequence[tuple[float, Sighting]], policy: EvidencePolicy
) -> tuple[Response, float, float, Suspicion | None]:
    evidence, best, suspected = Evidence(), -math.inf, list[Suspicion]()
    for at_s, sighting in looks:
        evidence = add(evidence, sighting, at_s, policy)
        if sighting.suspicion is not None:
            suspected.append(sighting.suspicion)
        if len(evidence.looks) < policy.looks:
            continue
        best = max(best, mean_liveness(evidence.looks) or 0.0)
        verdict = weigh(evidence, at_s, policy, _THRESHOLD)
        if verdict.finding is Finding.RECOGNISED:
            return Response.ACCEPTED, best, at_s, None
        if verdict.finding is Finding.REFUSED:
            return Response.REFUSED, best, at_s, max(suspected, key=suspected.count, default=None)
    return Response.NONE, best, 0.0, None
