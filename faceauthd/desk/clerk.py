"""Looks people up and changes what is kept of them, for clients; each change is journalled with who asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from faceauthd.control.protocol import Code
from faceauthd.control.request import Request
from faceauthd.control.shapes import person_fields
from faceauthd.desk.dossier import dossier, template_list
from faceauthd.gallery.names import check_name
from faceauthd.prose import counted, rules_text
from faceauthd.register import Register
from faceauthd.types import Event, EventKind, Person, Role, Rules

Record = Callable[[Event], None]


class Clerk:
    """Every method answers its request, or raises GalleryError and has changed nothing."""

    def __init__(self, register: Register, record: Record) -> None:
        self._register = register
        self._record = record

    def answer(self, request: Request, now_s: float) -> bool:
        """Whether the request is one of those below; then it has its answer."""
        match request.verb:
            case "people":
                self.people(request)
            case "person":
                self.person(request)
            case "rename":
                self.rename(request, now_s)
            case "remove":
                self.remove(request, now_s)
            case "role":
                self.set_role(request, now_s)
            case "disable" | "enable":
                self.set_disabled(request, now_s, is_disabled=request.verb == "disable")
            case "expire":
                self.expire(request, now_s)
            case "hours":
                self.set_hours(request, now_s)
            case "undo":
                self.undo(request, now_s)
            case "export-data":
                self.export_data(request, now_s)
            case "copied":
                self.copied(request, now_s)
            case _:
                return False
        return True

    def known(self, request: Request, name: str) -> Person | None:
        """Whoever bears the name; if nobody does, the request is refused."""
        person = self._register.person(name)
        if person is None:
            request.refuse(Code.NOT_FOUND, f"nobody called '{name}' is enrolled; see `faceauthctl people`")
        return person

    def is_free(self, request: Request, name: str) -> bool:
        """Whether nobody bears the name; if somebody does, the request is refused."""
        if self._register.person(name) is None:
            return True
        request.refuse(Code.NAME_TAKEN, f"somebody called '{name}' is enrolled already; choose another name")
        return False

    def people(self, request: Request) -> None:
        request.reply({"people": [person_fields(person) for person in self._register.people()]})

    def person(self, request: Request) -> None:
        person = self._asked_for(request)
        if person is not None:
            request.reply({"person": person_fields(person), "templates": template_list(self._register, person)})

    def export_data(self, request: Request, now_s: float) -> None:
        """Give away all that is kept of one person; that somebody did is journalled first."""
        person = self._asked_for(request)
        if person is not None:
            told = dossier(self._register, person)
            detail = f"all that is kept of {person.name}, by {request.peer}"
            self._record(Event(EventKind.EXPORTED, now_s, person=person.name, detail=detail))
            request.reply(told)

    def copied(self, request: Request, now_s: float) -> None:
        """Journal that a client, who may read the gallery's files, made a copy of all of it."""
        detail = f"the whole gallery, by {request.peer}"
        self._record(Event(EventKind(str(request.args["kind"])), now_s, detail=detail))
        request.reply({})

    def undo(self, request: Request, now_s: float) -> None:
        """Take back the last renewal or improvement of somebody."""
        person = self._asked_for(request)
        if person is not None:
            changed = self._register.undo_renewal(person.name)
            self._done(
                request, EventKind.IMPROVE_UNDONE, changed, now_s, f"{counted(changed.templates, 'template')} left, "
            )

    def rename(self, request: Request, now_s: float) -> None:
        old, new = str(request.args["old"]), check_name(str(request.args["new"]))
        before = self.known(request, old)
        after = self._register.person(new)
        if before is not None and before.name == new:
            request.refuse(Code.REFUSED, f"'{new}' is their name already")
            return
        if before is None or (after is not None and after.id != before.id and not self.is_free(request, new)):
            return
        person = self._register.rename(old, new)
        self._done(request, EventKind.RENAMED, person, now_s, f"was {old}, ")

    def remove(self, request: Request, now_s: float) -> None:
        person = self._asked_for(request)
        if person is not None:
            gone = self._register.remove(person.name, even_last=request.args["last"] is True)
            self._done(request, EventKind.REMOVED, gone, now_s)

    def set_role(self, request: Request, now_s: float) -> None:
        person, role = self._asked_for(request), Role(str(request.args["role"]))
        if person is not None:
            changed = self._register.set_role(person.name, role)
            self._done(request, EventKind.ROLE_CHANGED, changed, now_s, f"from {person.role} to {role}, ")

    def set_disabled(self, request: Request, now_s: float, *, is_disabled: bool) -> None:
        person = self._asked_for(request)
        if person is not None:
            changed = self._register.set_rules(person.name, replace(person.rules, is_disabled=is_disabled))
            kind = EventKind.DISABLED if is_disabled else EventKind.ENABLED
            self._done(request, kind, changed, now_s)

    def expire(self, request: Request, now_s: float) -> None:
        """Set from when and until when somebody is valid; what is not given is without a limit."""
        start, end = _seconds(request, "valid_from"), _seconds(request, "valid_until")
        person = self._asked_for(request)
        if person is not None:
            self._set_rules(request, person, replace(person.rules, valid_from=start, valid_until=end), now_s)

    def set_hours(self, request: Request, now_s: float) -> None:
        """Set the weekly hours of somebody; without any they may enter at any hour."""
        hours = request.args.get("hours")
        person = self._asked_for(request)
        if person is not None:
            self._set_rules(request, person, replace(person.rules, hours=None if hours is None else str(hours)), now_s)

    def _set_rules(self, request: Request, person: Person, rules: Rules, now_s: float) -> None:
        changed = self._register.set_rules(person.name, rules)
        self._done(request, EventKind.RULES_CHANGED, changed, now_s, f"may enter: {rules_text(changed.rules)}, ")

    def _asked_for(self, request: Request) -> Person | None:
        return self.known(request, str(request.args["name"]))

    def _done(self, request: Request, kind: EventKind, person: Person, now_s: float, what: str = "") -> None:
        self._record(Event(kind, now_s, person=person.name, detail=f"{what}by {request.peer}"))
        request.reply({"person": person_fields(person)})


def _seconds(request: Request, name: str) -> float | None:
    value = request.args.get(name)
    return float(value) if isinstance(value, int | float) else None
