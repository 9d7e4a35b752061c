"""Weekly hours: read, written, and what the clock on the wall makes of them through midnights and summers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceauthd.rules import (
    DAYS,
    Span,
    ever_occur,
    format_hours,
    is_within,
    may_enter,
    parse_hours,
    why_not_now,
)
from faceauthd.types import Rules

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, tzinfo=BERLIN)
WEEK = (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("text", "meant", "kept"),
    [
        ("Mon-Fri 07:00-19:00", [Span(WEEK, 420, 1140)], "Mon-Fri 07:00-19:00"),
        (" monday - FRI  7:00 - 19:00 ", [Span(WEEK, 420, 1140)], "Mon-Fri 07:00-19:00"),
        ("Sat, Sun 10:00-16:00", [Span((5, 6), 600, 960)], "Sat, Sun 10:00-16:00"),
        ("Mon 08:00-12:00, 13:00-17:00", [Span((0,), 480, 720), Span((0,), 780, 1020)], None),
        ("Fri-Mon 00:00-24:00", [Span((0, 4, 5, 6), 0, 1440)], "Fri-Mon 00:00-24:00"),
        ("daily 06:00-24:00; Fri 22:00-06:00", [Span(tuple(range(7)), 360, 1440), Span((4,), 1320, 360)], None),
        ("Mon-Wed 01:00-02:00", [Span((0, 1, 2), 60, 120)], "Mon-Wed 01:00-02:00"),
        ("Mon-Sun 01:00-02:00", [Span(tuple(range(7)), 60, 120)], "daily 01:00-02:00"),
        ("Mon, Mon, Mon 01:00-02:00", [Span((0,), 60, 120)], "Mon 01:00-02:00"),
    ],
)
def test_hours_are_read_and_kept_in_one_way(text: str, meant: list[Span], kept: str | None) -> None:
    assert list(parse_hours(text)) == meant
    if kept is not None:
        assert format_hours(parse_hours(text)) == kept
    assert parse_hours(format_hours(parse_hours(text))) == parse_hours(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no hours"),
        ("always", "no day of the week"),
        ("Mon", "without its times"),
        ("Mon 07:00-19:00, Tue", "without its times"),
        ("07:00-19:00", "names no day"),
        ("Mon 07:00", "no span of time"),
        ("Mon 7-19", "no span of time"),
        ("Mon 07:00-25:00", "00:00 to 24:00"),
        ("Mon 24:00-06:00", "00:00 to 24:00"),
        ("Mon 07:60-08:00", "00:00 to 24:00"),
        ("Mon 07:00-07:00", "never occurs"),
        ("Moon 07:00-19:00", "no day of the week"),
        ("M 07:00-19:00", "no day of the week"),
        ("Mon-Fri 07:00-19:00,", "is no hours"),
        ("Mon\x00 07:00-19:00", "is no hours"),
        ("Mon \u0660\u0667:00-19:00", "is no hours"),
    ],
)
def test_what_is_no_hours_is_told_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_hours(text)


@given(st.text(max_size=60))
def test_any_other_text_is_hours_or_one_clear_error(text: str) -> None:
    try:
        hours = parse_hours(text)
    except ValueError:
        return
    assert hours
    assert parse_hours(format_hours(hours)) == hours


SPANS = st.builds(
    lambda days, start, end: Span(tuple(sorted(days)), start, end),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(0, 1440),
).filter(lambda span: span.start_min != span.end_min)


@given(st.lists(SPANS, min_size=1, max_size=4).map(tuple), st.integers(0, 7 * 1440 - 1))
def test_every_minute_of_the_week_is_as_it_is_written(hours: tuple[Span, ...], minute: int) -> None:
    """Against the week as a row of minutes."""
    week = [False] * (7 * 1440)
    for span in hours:
        length = (span.end_min - span.start_min) % 1440 or 1440
        for day in span.days:
            for offset in range(length):
                week[(day * 1440 + span.start_min + offset) % len(week)] = True
    at = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=minute)
    assert is_within(hours, at) == week[minute]
    assert parse_hours(format_hours(hours)) == hours


def at(hour: int, minute: int = 0, *, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def test_the_borders_are_in_and_out() -> None:
    hours = parse_hours("Mon-Fri 07:00-19:00")
    assert [is_within(hours, at(*clock)) for clock in ((6, 59), (7, 0), (18, 59), (19, 0))] == [
        False,
        True,
        True,
        False,
    ]
    assert not is_within(hours, at(12, day=5))


def test_a_night_reaches_into_the_next_day_and_no_further() -> None:
    hours = parse_hours("Sun 22:00-06:00")
    told = {f"{DAYS[day % 7]} {hour}": is_within(hours, at(hour, day=day)) for day in (0, 6) for hour in (5, 6, 21, 22)}
    assert [key for key, inside in told.items() if inside] == ["Mon 5", "Sun 22"]


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), False),  # 01:59 in winter
        (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), True),  # 03:00 in summer: the hour from two did not come
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),  # 02:30 in summer
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),  # 02:30 again, in winter
        (datetime(2026, 10, 25, 3, 0, tzinfo=UTC), False),  # 04:00
    ],
)
def test_summer_begins_and_ends(moment: datetime, inside: bool) -> None:
    assert is_within(parse_hours("Sun 02:00-04:00"), moment.astimezone(BERLIN)) is inside


NOON = at(12)
NOW = NOON.timestamp()


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (Rules(), None),
        (Rules(is_disabled=True), "disabled"),
        (Rules(valid_from=NOW, valid_until=NOW + 1), None),
        (Rules(valid_from=NOW + 1), "not valid yet"),
        (Rules(valid_until=NOW), "not valid any more"),
        (Rules(valid_until=float("nan")), "not valid any more"),
        (Rules(hours="Mon-Fri 07:00-19:00"), None),
        (Rules(hours="Mon-Fri 13:00-19:00"), "outside Mon-Fri 13:00-19:00"),
        (Rules(hours="rubbish"), "the hours cannot be read: set them again"),
    ],
)
def test_why_not(rules: Rules, why: str | None) -> None:
    assert why_not_now(rules, NOON) == why
    assert may_enter(rules, NOON) is (why is None)


@pytest.mark.parametrize(
    "rules", [Rules(valid_until=NOW + 9e9), Rules(valid_from=0.0), Rules(hours="daily 00:00-24:00")]
)
def test_without_a_clock_whoever_has_limits_stays_outside(rules: Rules) -> None:
    why = "the clock is not set, or not believed, and there are limits in time"
    assert why_not_now(rules, NOON, is_clock_set=False) == why
    assert not may_enter(rules, NOON, is_clock_set=False)
    assert may_enter(Rules(), NOON, is_clock_set=False)


def test_a_clock_that_jumps_is_believed_at_once() -> None:
    rules = Rules(valid_from=NOW - 60, valid_until=NOW + 60, hours="Mon 11:00-13:00")
    jumps = {0: True, -365 * 24: False, 1: False, 24: False, 7 * 24: False}
    assert {hours: may_enter(rules, NOON + timedelta(hours=hours)) for hours in jumps} == jumps


def test_hours_that_never_come_within_the_stay_are_seen() -> None:
    saturday = parse_hours("Sat 10:00-16:00")
    assert ever_occur(saturday, NOON, None)
    assert ever_occur(saturday, NOON, at(11, day=5))
    assert not ever_occur(saturday, NOON, at(9, day=5))
    assert not ever_occur(saturday, at(17, day=5), at(9, day=6))
    assert ever_occur(parse_hours("Sun 22:00-06:00"), at(1), at(2))


@pytest.mark.parametrize("day", DAYS)
def test_hours_of_every_day_of_the_week_come_within_a_stay_without_end(day: str) -> None:
    assert ever_occur(parse_hours(f"{day} 08:00-09:00"), NOON, None)  # Monday's own are a week away


def test_hours_that_only_touch_a_stay_never_come() -> None:
    assert not ever_occur(parse_hours("Mon 08:00-12:00"), at(12), at(18))
    assert ever_occur(parse_hours("Mon 08:00-12:01"), at(12), at(18))
    assert not ever_occur(parse_hours("Mon 18:00-19:00"), at(12), at(18))
    assert ever_occur(parse_hours("Mon 17:59-19:00"), at(12), at(18))
