"""When somebody may enter: weekly hours, a beginning and an end. Pure: the time is given, with its time zone.

    Mon-Fri 07:00-19:00
    Mon-Fri 07:00-12:00, 13:00-19:00, Sat, Sun 10:00-16:00
    Fri 22:00-06:00                      (from Friday evening into Saturday morning)
    daily 06:00-24:00

Hours are those of the clock on the wall. So on the day when summer begins an hour of them does not come, and on the
day when it ends one comes twice; both times the wall says what holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from faceauthd.types import Rules

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_MIN = 24 * 60
_WEEK_D = 7
_EXAMPLE = 'write for example "Mon-Fri 07:00-19:00, Sat 10:00-16:00"'
_PIECE = re.compile(r"(?P<days>[a-z]+(?:\s*-\s*[a-z]+)?)?\s*(?P<times>[0-9: -]+)?", re.IGNORECASE)
_TIMES = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start_min` on each of `days` (0 is Monday) to before `end_min`, minutes after midnight; an end that is not
    after its start is on the day after."""

    days: tuple[int, ...]
    start_min: int
    end_min: int


Hours = tuple[Span, ...]


def parse_hours(text: str) -> Hours:
    """Read weekly hours. Raises ValueError that says what is wrong and what to write."""
    spans: list[Span] = []
    days: tuple[int, ...] = ()
    is_open = False  # whether days were named whose times have not come yet
    for piece in re.split(r"[,;]", text):
        found = _PIECE.fullmatch(piece.strip())
        if found is None or not piece.strip():
            raise ValueError(f"{piece.strip()!r} is no hours: {_EXAMPLE}")
        if found["days"]:
            named = _days(found["days"])
            days = (*days, *named) if is_open else named
            is_open = True
        if found["times"]:
            if not days:
                raise ValueError(f"{piece.strip()!r} names no day: {_EXAMPLE}")
            spans.append(_span(days, found["times"].strip()))
            is_open = False
    if is_open:
        raise ValueError(f"{text.strip()!r} names a day without its times: {_EXAMPLE}")
    return tuple(spans)


def format_hours(hours: Hours) -> str:
    """The hours in the one way in which they are kept and shown; `parse_hours` reads it."""
    return ", ".join(f"{_days_text(span.days)} {_clock(span.start_min)}-{_clock(span.end_min)}" for span in hours)


def is_within(hours: Hours, at: datetime) -> bool:
    """Whether the wall clock, as `at` has it, is within the hours."""
    minute, today, yesterday = at.hour * 60 + at.minute, at.weekday(), (at.weekday() - 1) % _WEEK_D
    return any(
        (today in span.days and span.start_min <= minute < _whole_end(span))
        or (yesterday in span.days and minute < _whole_end(span) - _DAY_MIN)
        for span in hours
    )


def why_not_now(rules: Rules, at: datetime, *, is_clock_set: bool = True) -> str | None:
    """Why somebody with these rules may not enter at `at`, in a few words; None if they may.

    Whoever has limits in time stays outside while the clock was never set. Rules that cannot be read let nobody in.
    """
    if rules.is_disabled:
        return "disabled"
    if rules.hours is None and rules.valid_from is None and rules.valid_until is None:
        return None
    if not is_clock_set:
        return "the clock is not set, or not believed, and there are limits in time"
    now = at.timestamp()
    if rules.valid_from is not None and not now >= rules.valid_from:
        return "not valid yet"
    if rules.valid_until is not None and not now < rules.valid_until:
        return "not valid any more"
    try:
        hours = None if rules.hours is None else parse_hours(rules.hours)
    except ValueError:
        return "the hours cannot be read: set them again"
    return None if hours is None or is_within(hours, at) else f"outside {rules.hours}"


def may_enter(rules: Rules, at: datetime, *, is_clock_set: bool = True) -> bool:
    """Whether somebody with these rules may enter at `at`; see `why_not_now`."""
    return why_not_now(rules, at, is_clock_set=is_clock_set) is None


def ever_occur(hours: Hours, start: datetime, end: datetime | None) -> bool:
    """Whether any of the hours fall between `start` and `end`, both with a time zone; None is no end."""
    last = start + timedelta(days=_WEEK_D + 1)
    last = last if end is None else min(end, last)
    return any(began < last and ended > start for began, ended in _occurrences(hours, start.date(), last, start))


def _occurrences(hours: Hours, first: date, last: datetime, zone: datetime) -> Iterator[tuple[datetime, datetime]]:
    day = first - timedelta(days=1)
    while day <= last.date():
        midnight = datetime.combine(day, time.min, tzinfo=zone.tzinfo)
        for span in hours:
            if day.weekday() in span.days:
                yield midnight + timedelta(minutes=span.start_min), midnight + timedelta(minutes=_whole_end(span))
        day += timedelta(days=1)


def _whole_end(span: Span) -> int:
    """Minutes after the first day's midnight."""
    return span.end_min if span.end_min > span.start_min else span.end_min + _DAY_MIN


def _days(text: str) -> tuple[int, ...]:
    if text.strip().lower() == "daily":
        return tuple(range(_WEEK_D))
    first, _, last = (part.strip() for part in text.partition("-"))
    start = _day(first)
    count = (_day(last) - start) % _WEEK_D + 1 if last else 1
    return tuple((start + number) % _WEEK_D for number in range(count))


def _day(word: str) -> int:
    short = word[:3].title()
    whole = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    if short not in DAYS or not whole[DAYS.index(short)].startswith(word.lower()):
        raise ValueError(f"{word!r} is no day of the week: use {', '.join(DAYS)}, or daily")
    return DAYS.index(short)


def _span(days: tuple[int, ...], text: str) -> Span:
    found = _TIMES.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no span of time: write it as 07:00-19:00")
    hours, minutes = (int(found[1]), int(found[3])), (int(found[2]), int(found[4]))
    start, end = (60 * hour + minute for hour, minute in zip(hours, minutes, strict=True))
    if max(minutes) > 59 or start >= _DAY_MIN or end > _DAY_MIN:
        raise ValueError(f"{text!r} is no span of time: it goes from 00:00 to 24:00")
    if start == end:
        raise ValueError(f"{text!r} never occurs: write 00:00-24:00 for the whole day")
    return Span(tuple(sorted(set(days))), start, end)


def _days_text(days: tuple[int, ...]) -> str:
    """Runs of three and more days in a row as such, from the day after a gap."""
    if len(days) == _WEEK_D:
        return "daily"
    starts = [day for day in days if (day - 1) % _WEEK_D not in days]
    parts = []
    for start in starts:
        run = [start]
        while (run[-1] + 1) % _WEEK_D in days:
            run.append((run[-1] + 1) % _WEEK_D)
        parts += [f"{DAYS[run[0]]}-{DAYS[run[-1]]}"] if len(run) > 2 else [DAYS[day] for day in run]
    return ", ".join(parts)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
