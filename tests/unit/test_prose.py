"""Words for people, and that nothing from outside acts on a terminal."""

from datetime import datetime

import pytest

from faceauthd.prose import REASON_HINT, REASON_WHY, event_text, printable, rules_text, signal_text
from faceauthd.types import Event, EventKind, Reason, Rules, Signal, SignalKind

NASTY = "al\x1b[2Jice\n\r\x9b31m\u202eevil\u2028"


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_words(reason: Reason) -> None:
    assert REASON_HINT[reason].islower()
    assert REASON_WHY[reason].islower()


@pytest.mark.parametrize("kind", list(SignalKind))
@pytest.mark.parametrize("reason", [None, *Reason])
def test_every_signal_is_one_short_line(kind: SignalKind, reason: Reason | None) -> None:
    text = signal_text(Signal(kind, 0.0, 0.0, name="alice", progress=(2, 5), reason=reason))
    assert text.isprintable()
    assert 2 < len(text) <= 80


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_event_is_one_line_even_with_nothing_known(kind: EventKind) -> None:
    assert event_text(Event(kind, 1.0)).isprintable()
    full = Event(kind, 1.0, NASTY, 0.5, 0.4, 0.9, Reason.UNKNOWN, NASTY, 3, (("k", NASTY),))
    assert event_text(full).isprintable()


def test_what_is_said_at_the_door() -> None:
    at_door = [
        Signal(SignalKind.UNLOCKED, 0, 0, is_open=True, name="alice"),
        Signal(SignalKind.HOLD_STILL, 0, 0, reason=Reason.TOO_SMALL),
        Signal(SignalKind.REFUSED, 0, 0, reason=Reason.UNKNOWN),
        Signal(SignalKind.ENROLLING, 0, 0, name="bob", progress=(2, 5), reason=Reason.TURNED_AWAY),
        Signal(SignalKind.VOUCH, 0, 0),
    ]
    assert [signal_text(signal) for signal in at_door] == [
        "Come in, alice",
        "Come closer",
        "Refused: you are not known here",
        "Enrolling bob, 2 of 5: look straight at the camera",
        "An administrator must look now",
    ]


def test_a_name_is_not_said_to_somebody_refused() -> None:
    assert "alice" not in signal_text(Signal(SignalKind.REFUSED, 0, 0, name="alice", reason=Reason.NOT_NOW))


def test_what_the_journal_says() -> None:
    opened = Event(EventKind.UNLOCKED, 1.0, "alice", 0.712, 0.481, 0.973)
    refused = Event(EventKind.REFUSED, 1.0, reason=Reason.SPOOF, liveness=0.02)
    ordered = Event(EventKind.UNLOCKED, 1.0, detail="by uid 1000 (pid 77)")
    assert event_text(opened) == "Door opened for alice (score 0.71, needed 0.48, live 0.97)"
    assert event_text(ordered) == "Door opened by an order: by uid 1000 (pid 77)"
    assert event_text(refused) == "Refused somebody: not taken for a living face (live 0.02)"


def test_a_name_cannot_fill_in_templates() -> None:
    assert event_text(Event(EventKind.ENROLLED, 1.0, "{who} {0} %s")) == "Enrolled {who} {0} %s"


def test_printable_escapes_and_cuts() -> None:
    assert printable(NASTY) == r"al\x1b[2Jice\n\r\x9b31m\u202eevil\u2028"
    assert printable("Zoë 李 ok") == "Zoë 李 ok"
    assert printable("\ud800") == r"\ud800"
    assert printable("x" * 500, 10) == "x" * 9 + "…"


def test_a_stay_is_told_by_the_days_that_it_counts() -> None:
    """An end at which a day begins is the end of the day before, as it was asked for; in the zone of this machine."""

    def at(*moment: int) -> float:
        return datetime(*moment).astimezone().timestamp()

    for rules, said in [
        (Rules(valid_until=at(2027, 2, 1)), "until the end of 2027-01-31"),
        (Rules(valid_until=at(2027, 2, 1, 18, 30)), "until 2027-02-01 18:30"),
        (Rules(valid_from=at(2027, 1, 1), valid_until=at(2027, 1, 2)), "from 2027-01-01, until the end of 2027-01-01"),
        (Rules(valid_from=at(2027, 1, 1, 0, 1)), "from 2027-01-01 00:01"),
        (Rules(valid_until=1e300), "until -"),
    ]:
        assert rules_text(rules) == said
