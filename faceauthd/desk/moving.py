"""People who come from another gallery: looked through in a thread, then committed by the loop, or refused whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from faceauthd.bundle import content, plan
from faceauthd.bundle.plan import Plan
from faceauthd.control.protocol import Code
from faceauthd.control.request import Request
from faceauthd.control.shapes import person_fields
from faceauthd.desk.waiting import is_busy
from faceauthd.errors import BundleError, FaceauthdError, GalleryRefused, PictureError
from faceauthd.gallery.admins import is_lasting
from faceauthd.gate import Gate
from faceauthd.prose import counted
from faceauthd.register import Register
from faceauthd.types import Asked, Event, EventKind

_TRIES = 3
"""How often the gallery may change while an import is looked through, before its client is asked to try again."""
_BUSY = "somebody is being enrolled: wait until that is done, or `faceauthctl cancel`"


class ImportWait:
    """One import on its way; a `desk.waiting.Waiting`. The loop only commits: comparing may take seconds."""

    def __init__(self, request: Request, register: Register, folder: Path, record: Callable[[Event], None]) -> None:
        """`folder` is the gallery's, which the thread reads as any other reader would."""
        self._request = request
        self._register = register
        self._folder = folder
        self._record = record
        self._found: Plan | FaceauthdError | None = None
        self._tries = 0
        self.is_over = False
        self._look()

    def follow(self, state: Gate, now_s: float) -> Asked | None:
        """Called at every turn: once it is looked through, answer or commit."""
        if self._thread.is_alive():
            return None
        if isinstance(self._found, Plan) and self._found.generation != self._register.generation:
            if self._tries < _TRIES:
                self._look()
                return None
            self._found = GalleryRefused("the gallery changes all the time: try again")
        self.is_over = True
        if not isinstance(self._found, Plan):
            self._refuse(self._found)
        elif self._request.args["dry_run"] is True:
            self._request.reply({**_told(self._found), "is_done": False})
        else:
            self._carry_out(self._found, state, now_s)
        return None

    def hear(self, event: Event) -> None:
        """Whatever happens meanwhile shows in the gallery."""

    def _look(self) -> None:
        self._tries += 1
        self._found = None
        facts = (self._register.embedder_id, self._register.threshold.cosine)
        self._thread = threading.Thread(target=self._work, args=facts, name="import", daemon=True)
        self._thread.start()

    def _work(self, embedder: str, threshold: float) -> None:
        try:
            bundle = content.decode(self._request.read_file(0))
            self._found = plan.made_for(bundle, self._folder, embedder, threshold)
        except FaceauthdError as error:
            self._found = error

    def _carry_out(self, made: Plan, state: Gate, now_s: float) -> None:
        expected = self._request.args.get("expect")
        if is_busy(state):
            self._request.refuse(Code.BUSY, _BUSY)
        elif made.conflicts:
            self._request.refuse(Code.REFUSED, plan.refused(made.conflicts), **_told(made))
        elif expected is not None and expected != made.digest:
            why = "the gallery has changed since the preview: look at what would change now, and ask again"
            self._request.refuse(Code.REFUSED, why, **_told(made))
        elif not self._request.is_open:
            self._request.refuse(Code.CANCELLED, "the client has gone")
        else:
            self._commit(made, now_s)

    def _commit(self, made: Plan, now_s: float) -> None:
        """Raises GalleryError, as far as nothing was changed."""
        try:
            people = self._register.take_in(made.arrivals)
        except FaceauthdError as error:
            self._refuse(error)
            return
        count = sum(step.templates for step in made.steps)
        whom, what = counted(len(people), "person", "people"), counted(count, "template")
        left_out = sum(step.left_out for step in made.steps)
        without = f", {left_out} left out for want of room" if left_out else ""
        detail = f"{whom}, {what}{without}, by {self._request.peer}"
        self._record(Event(EventKind.IMPORTED, now_s, detail=detail))
        lasting = sum(is_lasting(one, self._register.now()) for one in self._register.people())
        enrolled = [person_fields(one) for one in people]
        self._request.reply({**_told(made), "is_done": True, "enrolled": enrolled, "administrators": lasting})

    def _refuse(self, error: FaceauthdError | None) -> None:
        match error:
            case None:
                self._request.refuse(Code.INTERNAL, "the import could not be looked through; see the journal")
            case BundleError() | PictureError():
                self._request.refuse(Code.BAD_REQUEST, str(error))
            case GalleryRefused():
                self._request.refuse(Code.REFUSED, str(error))
            case _:
                self._request.refuse(Code.INTERNAL, str(error))


def why_not_now(state: Gate) -> str | None:
    """Why no import may begin in this state of the door, or None."""
    return _BUSY if is_busy(state) else None


def _told(made: Plan) -> dict[str, object]:
    return {"plan": made.digest, "can_be_done": not made.conflicts, "people": [step.told() for step in made.steps]}
