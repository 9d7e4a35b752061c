"""An enrolment, or an improvement, from photographs that a client sent, looked at one by one."""

from __future__ import annotations

from dataclasses import dataclass

from faceauthd.control.protocol import Code
from faceauthd.control.request import Request
from faceauthd.control.shapes import person_fields
from faceauthd.errors import PictureError
from faceauthd.gallery import Origin
from faceauthd.gallery.room import MOST_TEMPLATES, room_for
from faceauthd.photographs import PhotographExaminer, Taken
from faceauthd.prose import counted
from faceauthd.register import Register
from faceauthd.types import Event, EventKind, NewTemplate, Person, Role


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is to be enrolled from the photographs."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Improvement:
    """Somebody enrolled, whom the photographs have to show."""

    person: Person


class Album:
    """The photographs of one request, and what came of those looked at."""

    def __init__(
        self, request: Request, who: Newcomer | Improvement, register: Register, examiner: PhotographExaminer
    ) -> None:
        self.request = request
        self._who = who
        self._register = register
        self._examiner = examiner
        self._taken: list[NewTemplate] = []
        self._results: list[dict[str, object]] = []

    def turn(self, now_s: float) -> Event | None:
        """Look at the next photograph; after the last enrol, answer, and return what is to be journalled.

        Raises GalleryError if the gallery cannot take the person; then nothing was kept.
        """
        if not self.request.is_open:
            self.request.refuse(Code.CANCELLED, "the client has gone")
            return None
        came = self._examine(len(self._results))
        self._results.append(self._told_of(came))
        if came.template is not None:
            self._taken.append(came.template)
        if len(self._results) < len(self.request.fds):
            self.request.progress(taken=len(self._taken), wanted=len(self.request.fds))
            return None
        return self._finish(now_s)

    def _examine(self, index: int) -> Taken:
        if isinstance(self._who, Improvement) and len(self._taken) >= room_for(self._who.person):
            return Taken(problem=f"is one too many: nobody gets more than {MOST_TEMPLATES} templates")
        try:
            content = self.request.read_file(index)
        except PictureError as error:
            return Taken(problem=str(error))
        whose = self._who.person.id if isinstance(self._who, Improvement) else None
        return self._examiner.examine(content, tuple(self._taken), self._register.threshold.cosine, whose)

    def _finish(self, now_s: float) -> Event | None:
        if not self._taken:
            self.request.refuse(Code.REFUSED, "none of the photographs can be used", images=self._results)
            return None
        match self._who:
            case Newcomer(name, role):
                person, kind = self._register.enroll(name, role, self._taken, origin=Origin.PHOTO), EventKind.ENROLLED
            case Improvement(known):
                person, kind = self._register.improve(known.id, self._taken), EventKind.IMPROVED
        self.request.reply({"person": person_fields(person), "images": self._results})
        detail = f"{person.role}, {counted(person.templates, 'template')}, from photographs, by {self.request.peer}"
        return Event(kind, now_s, person=person.name, detail=detail)

    def _told_of(self, came: Taken) -> dict[str, object]:
        """What became of the next photograph, without what does not apply."""
        told: dict[str, object] = {"image": len(self._results), "taken": came.template is not None}
        if came.reason is not None:
            told["reason"] = str(came.reason)
        if came.problem is not None:
            told["message"] = came.problem
        member = None if came.whom is None else self._register.roster().people.get(came.whom)
        return {**told, "whom": member.name} if member else told
