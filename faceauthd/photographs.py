"""Templates from photographs, for whoever would rather enrol from files than stand before the camera.

The same stages and the same limits as at the door, but no liveness: a photograph is not alive. That is why only an
authorised request on the control socket may enrol from one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceauthd.errors import PictureError
from faceauthd.evidence import SAME_FACE_COSINE
from faceauthd.picture import load_picture
from faceauthd.ports import Matching
from faceauthd.recognizer import Stages
from faceauthd.types import Match, NewTemplate, Reason

if TYPE_CHECKING:
    from faceauthd.types import Picture


SAME_PICTURE_COSINE = 0.95
"""From here on two photographs are as good as one. On LFW's development half, 40 people, 2026-11-26: two pictures of
one person reach 0.91 at most (332 pairs), 95 of 100 pictures written anew, smaller or coarser, 0.98 to themselves."""
_SAME_PICTURE = "is as good as the same picture as one that is taken already"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one photograph: a template, or why not (`problem` where the file is at fault, or adds nothing)."""

    template: NewTemplate | None = None
    reason: Reason | None = None
    problem: str | None = None
    whom: int | None = None
    """The id of whom it shows, where that is somebody enrolled whom it should not show."""


class PhotographExaminer:
    """Turns the photographs of one person into templates."""

    def __init__(self, stages: Stages, gallery: Matching) -> None:
        self._stages = stages
        self._gallery = gallery

    def examine(
        self, content: bytes, before: tuple[NewTemplate, ...], threshold: float, whose: int | None = None
    ) -> Taken:
        """One photograph, given the templates that those before it gave.

        Refused are pictures that cannot be read, that show no face or several, that are not good enough, that show
        somebody enrolled already, or somebody else than the ones before. With `whose`, the id of somebody enrolled,
        they have to show that person: as like as two looks of one face are, and nobody else at the threshold.
        """
        try:
            picture = load_picture(content)
        except PictureError as error:
            return Taken(problem=str(error).removeprefix("picture: "))  # whose name its client knows
        taken = self._one_face(picture)
        if taken.template is None:
            return taken
        probe = taken.template.probe
        alike = [float(other.probe @ probe) for other in before]
        match = self._gallery.best(probe.reshape(1, -1))[0]
        refused = _not_newcomer(match, threshold) if whose is None else _not_theirs(match, whose, threshold)
        if refused is not None:
            return refused
        if any(cosine < SAME_FACE_COSINE for cosine in alike):
            return Taken(reason=Reason.OTHER_FACE)
        kept = [match.score] if match is not None and match.person_id == whose else []
        if any(cosine >= SAME_PICTURE_COSINE for cosine in (*alike, *kept)):
            return Taken(problem=_SAME_PICTURE)
        return taken

    def _one_face(self, picture: Picture) -> Taken:
        stages = self._stages
        faces = stages.detector.find(picture, min_score=stages.min_score)
        if len(faces) != 1:
            return Taken(reason=Reason.MANY_FACES if faces else Reason.NO_FACE)
        box = faces[0].box
        landmarks = stages.landmarker.locate(picture, [box])
        eyes = stages.eyes.openness(picture, landmarks)
        quality = stages.gauge.judge(picture, box, landmarks[0], float(eyes[0].max()), None)
        if quality.reasons:
            return Taken(reason=quality.reasons[0])
        probe = stages.embedder.embed(stages.view(picture, landmarks[0])[None])[0]
        return Taken(NewTemplate(probe, quality.score, quality.yaw_deg, quality.pitch_deg))


def _not_newcomer(match: Match | None, threshold: float) -> Taken | None:
    """Why it does not show somebody new, None if it does."""
    is_known = match is not None and match.score >= threshold
    return Taken(reason=Reason.ALREADY_ENROLLED, whom=match.person_id) if match and is_known else None


def _not_theirs(match: Match | None, whose: int, threshold: float) -> Taken | None:
    """Why it does not show this person, None if they are the nearest, clearly, and nobody else could be meant."""
    if match is None or match.score < SAME_FACE_COSINE:
        return Taken(reason=Reason.OTHER_FACE)
    if match.person_id != whose:
        return Taken(reason=Reason.OTHER_FACE, whom=match.person_id if match.score >= threshold else None)
    return Taken(reason=Reason.AMBIGUOUS) if match.runner_up >= threshold else None
