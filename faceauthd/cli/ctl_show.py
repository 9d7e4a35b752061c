"""What the daemon tells, in words: status, people and events. Tolerant of fields that a newer or older daemon lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faceauthd.cli.ctl_colours import EVENT_COLOUR, STATE_COLOUR, WAITING
from faceauthd.cli.render import Printer, duration, epoch_time, local_time
from faceauthd.control.shapes import event_from
from faceauthd.prose import event_text, rules_text
from faceauthd.types import Rules

Fields = Mapping[str, Any]
_LOUD = ("alarm", "spoof alarm", "locked out")
_NO_PICTURES = "GIVES NO PICTURES"
EVENT_COLUMNS = ("TIME", "EVENT", "WHAT HAPPENED")
PEOPLE_COLUMNS = ("NAME", "ROLE", "TEMPLATES", "QUALITY", "ENROLLED", "LAST SEEN", "MAY ENTER")
_STAY = ("valid_from", "valid_until")
TEMPLATE_COLUMNS = ("TEMPLATE", "TAKEN", "FROM", "QUALITY", "TURNED", "STATE")


def show_status(printer: Printer, told: Fields) -> None:
    """The appliance at a glance, one fact a line."""
    facts = [(name, value) for name, value in _facts(told) if value]
    colour = STATE_COLOUR.get(str(told.get("state")), WAITING)
    loud = {value: "bold red" for name, value in facts if name in _LOUD or _NO_PICTURES in value}
    printer.facts(facts, {_state(told): f"bold {colour}", **loud})


def _facts(told: Fields) -> Iterable[tuple[str, str]]:
    yield "state", _state(told)
    yield "enrolled", _count(told, "people", "person", "people") + _templates(told)
    yield "threshold", _threshold(told)
    yield "camera", _camera(told)
    if told.get("alarm"):
        yield "alarm", f"the door is {told['alarm']} open"
    if told.get("spoof_alarm_for_s"):
        left_s = duration(float(told["spoof_alarm_for_s"]))
        yield "spoof alarm", f"one suspected spoof came after the other; for {left_s} more"
    if "last_unlock" in told:
        yield "last unlock", _last_unlock(told["last_unlock"])
    if told.get("locked_out_for_s"):
        yield "locked out", f"for {duration(float(told['locked_out_for_s']))} more"
    if "uptime_s" in told:
        yield "running for", duration(float(told["uptime_s"]))
    yield "socket", str(told.get("socket") or "")
    yield "gallery", str(told.get("gallery") or "")
    yield "version", str(told.get("version") or "")


def _state(told: Fields) -> str:
    return f"{told.get('state', 'unknown')}{', the door is open' if told.get('is_open') else ''}"


def _count(told: Fields, key: str, one: str, many: str) -> str:
    count = told.get(key)
    return "" if count is None else f"{count} {one if count == 1 else many}"


def _templates(told: Fields) -> str:
    templates = _count(told, "templates", "template", "templates")
    foreign = told.get("foreign_templates")
    aside = f" ({foreign} of another model, not in use: enrol again)" if foreign else ""
    return f", {templates}{aside}" if templates else ""


def _threshold(told: Fields) -> str:
    if told.get("threshold") is None:
        return ""
    promise, looks = told.get("false_accept_rate"), told.get("looks_of_an_attempt")
    shared = f", shared by {_count(told, 'templates', 'template', 'templates')} and {looks} looks" if looks else ""
    why = f", for a false accept rate of {promise:g} an attempt{shared}" if promise else ""
    beyond = "; extrapolated" if told.get("threshold_is_extrapolated") else ""
    return f"{told['threshold']:.3f}{why}{beyond}"


def _camera(told: Fields) -> str:
    camera = told.get("camera")
    if not isinstance(camera, dict):
        return ""
    rate = f", {told['fps']:.1f} frames a second" if told.get("fps") is not None else ""
    return f"{camera.get('source', '')}{', well' if camera.get('healthy') else f', {_NO_PICTURES}'}{rate}"


def _last_unlock(last: object) -> str:
    if not isinstance(last, dict):
        return "none since the start"
    who = last.get("person") or last.get("detail") or "somebody"
    return f"{who}, {local_time(last.get('at'))}"


def show_people(printer: Printer, people: Iterable[Fields]) -> None:
    """Everybody enrolled, as a table."""
    rows = [_row(person, day_only=True) for person in people]
    if not rows:
        printer.note("nobody is enrolled; `faceauthctl enroll NAME` begins")
    else:
        printer.table(PEOPLE_COLUMNS, rows)


def _row(person: Fields, *, day_only: bool = False) -> tuple[str, ...]:
    foreign = person.get("foreign_templates")
    templates = f"{person.get('templates', '?')}{f' (+{foreign} of another model)' if foreign else ''}"
    quality = f"{float(person.get('quality') or 0):.2f}"
    name, role = str(person.get("name", "?")), str(person.get("role", "?"))
    enrolled, seen = (epoch_time(person.get(key)) for key in ("enrolled_at", "last_seen"))
    enrolled = enrolled.partition(" ")[0] if day_only else enrolled
    return name, role, templates, quality, enrolled, seen, may_enter(person)


def may_enter(person: Fields) -> str:
    """When somebody may come in, in words."""
    start, end = (float(at) if isinstance(at := person.get(key), int | float) else None for key in _STAY)
    hours = person.get("hours")
    return rules_text(Rules(bool(person.get("disabled")), start, end, str(hours) if hours else None))


def show_person(printer: Printer, told: Fields) -> None:
    """One person, one fact a line; then their templates, if a daemon told of them."""
    person, templates = told.get("person"), told.get("templates")
    facts = zip(PEOPLE_COLUMNS, _row(person if isinstance(person, dict) else {}), strict=True)
    printer.facts((name.lower(), value) for name, value in facts)
    if isinstance(templates, list):
        printer.table(TEMPLATE_COLUMNS, [_template(one) for one in templates if isinstance(one, dict)])


def _template(told: Fields) -> tuple[str, ...]:
    turned = f"{float(told.get('yaw_deg') or 0):+.0f}/{float(told.get('pitch_deg') or 0):+.0f}"
    quality, taken = f"{float(told.get('quality') or 0):.2f}", epoch_time(told.get("made_at"))
    return str(told.get("id", "?")), taken, str(told.get("origin", "?")), quality, turned, str(told.get("state", "?"))


def show_threshold(printer: Printer, told: Fields) -> None:
    """The promise, and what it asks of a look, step by step."""
    promise = float(told.get("false_accept_rate") or 0)
    facts = [("the promise", f"of {1 / promise:,.0f} attempts by strangers, one opens the door")] if promise else []
    people = _count(told, "people", "person", "people")
    facts.append(("shared by", f"{_count(told, 'templates', 'template', 'templates')} of {people}"))
    facts.append(("and by", f"the {told.get('looks_of_an_attempt')} looks that an attempt may have"))
    facts.append(("so a face needs", f"a cosine of {float(told.get('threshold') or 0):.3f}"))
    if told.get("threshold_is_extrapolated"):
        facts.append(("which lies", "beyond the impostors that were measured, where their tail is extrapolated"))
    printer.facts(facts)
    printer.line("More templates raise that cosine: remove people who come no more.")


def show_events(printer: Printer, told: Iterable[Fields]) -> None:
    """What happened, oldest first."""
    rows = [event_row(one) for one in told]
    if rows:
        printer.table(EVENT_COLUMNS, rows, {str(kind): colour for kind, colour in EVENT_COLOUR.items()})


def show_event(printer: Printer, told: Fields) -> None:
    """One event of those that come one by one."""
    time, kind, text = event_row(told)
    if printer.is_terminal:
        printer.line(f"{time}  {kind:<15}  {text}")
    else:
        printer.row((time, kind, text))


def event_row(told: Fields) -> tuple[str, str, str]:
    """One event: its civil time where that is known, its kind, and what the journal says of it."""
    event = event_from(told)
    text = event_text(event) if event else str(told.get("person") or "")
    return local_time(told.get("at")), str(told.get("event", "unknown event")), text
