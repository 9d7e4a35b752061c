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


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one photograph: a template, or why not (`problem` where the file itself is at fault)."""

    template: NewTemplate | None = None
    reason: Reason | None = None
    problem: str | None = None


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
            return Taken(problem=str(error))
        taken = self._one_face(picture)
        if taken.template is None:
            return taken
        probe = taken.template.probe
        if any(float(other.probe @ probe) < SAME_FACE_COSINE for other in before):
            return Taken(reason=Reason.AMBIGUOUS)
        match = self._gallery.best(probe.reshape(1, -1))[0]
        if whose is not None:
            return taken if _shows(match, whose, threshold) else Taken(reason=Reason.AMBIGUOUS)
        if match is not None and match.score >= threshold:
            return Taken(reason=Reason.ALREADY_ENROLLED)
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


def _shows(match: Match | None, whose: int, threshold: float) -> bool:
    """Whether the nearest person is this one, clearly, and nobody else could be meant."""
    if match is None or match.person_id != whose:
        return False
    return match.score >= SAME_FACE_COSINE and match.runner_up < threshold
