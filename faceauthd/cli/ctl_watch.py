"""`faceauthctl watch` and `faceauthctl events`: what happened, and what happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import typer

from faceauthd.cli.ctl_live import LiveTeller, alarms
from faceauthd.cli.ctl_session import Session
from faceauthd.cli.ctl_show import show_event, show_events
from faceauthd.cli.exits import ExitCode
from faceauthd.control.client import ControlClient, Denied
from faceauthd.control.protocol import Scalar

Told = Mapping[str, object]


def tell_past(session: Session, wanted: Mapping[str, Scalar]) -> None:
    """Tell the past and end."""
    told = session.ask("events", **wanted)
    if session.options.as_json:
        session.printer.document(told)
        return
    show_events(session.printer, _dicts(told.get("events")))


def follow_events(session: Session, wanted: Mapping[str, Scalar]) -> None:
    """Tell the past, then each event as it happens, until Ctrl-C.

    Watching begins before the past is asked for, so that nothing falls between; what is in both is told once.
    """
    with session.connect() as client:
        _begin(session, client)
        answer = client.ask("events", wanted)
        if isinstance(answer, Denied):
            session.end_denied(answer)
        past = _dicts(answer.result.get("events"))
        for event in past:
            _tell_event(session, event)

        def hear(line: Told) -> None:
            for event in _dicts([line.get("event")]):
                if event not in past and _is_wanted(event, wanted):
                    _tell_event(session, event)

        _until_interrupted(session, client, hear)


def watch_all(session: Session) -> None:
    """Tell events and changes of state as they happen, until Ctrl-C; with --json each line as it came."""
    with session.connect() as client:
        _begin(session, client)
        if session.options.as_json:
            _until_interrupted(session, client, session.printer.record)
        elif session.printer.is_terminal:
            with LiveTeller() as teller:
                _until_interrupted(session, client, teller)
        else:
            _until_interrupted(session, client, _Teller(session))


class _Teller:
    """Events in words, and the state whenever it is another."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._state = ""

    def __call__(self, line: Told) -> None:
        for event in _dicts([line.get("event")]):
            show_event(self._session.printer, event)
        for status in _dicts([line.get("status")]):
            if (state := _state(status)) != self._state:
                self._state = state
                self._session.printer.note(f"state: {state}")


def _state(status: Told) -> str:
    """The state, what the alarm tells of, and how far an enrolment is. Hints come and go too fast to be lines."""
    panel = status.get("panel")
    told = panel if isinstance(panel, dict) else {}
    progress = [f"{told.get('taken')} of {told['wanted']} looks taken"] if told.get("wanted") else []
    return ", ".join([str(status.get("state")), *alarms(status), *progress])


def _begin(session: Session, client: ControlClient) -> None:
    answer = client.ask("watch")
    if isinstance(answer, Denied):
        session.end_denied(answer)


def _until_interrupted(session: Session, client: ControlClient, hear: Callable[[Told], None]) -> None:
    try:
        for line in client.lines():
            hear(line)
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    session.end(ExitCode.NOT_RUNNING, "faceauthd has stopped", "NOT_RUNNING")


def _tell_event(session: Session, event: Told) -> None:
    if session.options.as_json:
        session.printer.record(event)
    else:
        show_event(session.printer, event)


def _is_wanted(event: Told, wanted: Mapping[str, Scalar]) -> bool:
    kind, person = wanted.get("kind"), wanted.get("person")
    return kind in (None, event.get("event")) and person in (None, event.get("person"))


def _dicts(found: object) -> Sequence[dict[str, object]]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
