"""What the lamps do: states are told apart without colours, nothing dazzles or drones, the relay has one source."""

import dataclasses
import functools
import itertools
import re

import pytest

from faceauthd.signals import Levels, described, levels
from faceauthd.types import Signal, SignalKind

KINDS = list(SignalKind)
STEP_S = 0.02


def signal(kind: SignalKind, elapsed_s: float, *, is_open: bool = False, progress: tuple[int, int] = (0, 0)) -> Signal:
    return Signal(kind, now_s=1000.0 + elapsed_s, since_s=1000.0, is_open=is_open, progress=progress)


@functools.cache
def film(kind: SignalKind, seconds: float, lamps: int = 8) -> list[Levels]:
    return [levels(signal(kind, i * STEP_S), lamps) for i in range(round(seconds / STEP_S))]


def lit(film: list[Levels]) -> list[bool]:
    """A single lamp that cannot be dimmed."""
    return [frame.status >= 0.5 for frame in film]


def flashes(states: list[bool]) -> int:
    return sum(after and not before for before, after in itertools.pairwise(states))


def beeps(kind: SignalKind) -> list[float]:
    """How long each sound of an active buzzer lasts."""
    sounding = [frame.buzzer_hz is not None for frame in film(kind, 5)]
    return [round(len(list(run)) * STEP_S, 1) for is_on, run in itertools.groupby(sounding) if is_on]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lamps", [0, 1, 2, 3, 8, 16])
def test_brightness_is_in_range_and_the_bar_has_its_length(kind: SignalKind, lamps: int) -> None:
    for frame in film(kind, 8, lamps):
        assert len(frame.bar) == lamps
        assert all(0.0 <= level <= 1.0 for level in (frame.red, frame.green, frame.blue, *frame.bar))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_open", [False, True])
def test_the_relay_follows_is_open_and_nothing_else(kind: SignalKind, is_open: bool) -> None:
    assert all(levels(signal(kind, t, is_open=is_open)).relay is is_open for t in (0.0, 0.1, 3.0, 1e6))


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_depend_on_the_elapsed_time_only(kind: SignalKind) -> None:
    early = levels(Signal(kind, now_s=1.5, since_s=1.0))
    late = levels(Signal(kind, now_s=4096.5, since_s=4096.0))
    assert early == late
    before_it_began = levels(Signal(kind, now_s=0.5, since_s=1.0))
    assert before_it_began == levels(Signal(kind, now_s=1.0, since_s=1.0))


@pytest.mark.parametrize("pair", list(itertools.combinations([k for k in KINDS if k is not SignalKind.OFF], 2)))
def test_states_differ_in_rhythm_and_not_only_in_colour(pair: tuple[SignalKind, SignalKind]) -> None:
    """A single undimmed lamp tells any two apart: by flashes a minute, or by the share of time it is lit."""
    films = [lit(film(kind, 60, 0)) for kind in pair]
    (count, other_count), (share, other_share) = map(flashes, films), (sum(states) / len(states) for states in films)
    assert abs(count - other_count) >= 0.25 * max(count, other_count, 1) or abs(share - other_share) >= 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_no_lamp_flashes_more_than_three_times_a_second(kind: SignalKind) -> None:
    """WCAG 2.2, success criterion 2.3.1, for each colour and each lamp of a long and of a short bar."""
    for lamps in (1, 3, 8):
        frames = film(kind, 10, lamps)
        for lamp in range(3 + lamps):
            on = [(frame.red, frame.green, frame.blue, *frame.bar)[lamp] >= 0.5 for frame in frames]
            window = round(1 / STEP_S)
            assert max(flashes(on[i : i + window]) for i in range(0, len(on) - window, 5)) <= 3


@pytest.mark.parametrize("kind", KINDS)
def test_every_sound_ends(kind: SignalKind) -> None:
    assert all(levels(signal(kind, t)).buzzer_hz is None for t in (2.0, 5.0, 3600.0))
    assert all(duration <= 0.6 for duration in beeps(kind))


def test_sounds_are_told_apart_by_an_active_buzzer() -> None:
    told = [tuple(beeps(kind)) for kind in KINDS if beeps(kind)]
    assert len(told) == len(set(told)) == 19


def test_nobody_is_beeped_at_for_walking_past() -> None:
    for kind in (SignalKind.READY, SignalKind.LOOKING, SignalKind.HOLD_STILL, SignalKind.OFF):
        assert beeps(kind) == []


def test_unlocked_is_solid_green_with_two_rising_notes() -> None:
    frames = film(SignalKind.UNLOCKED, 10)
    assert {(frame.red, frame.green, frame.blue) for frame in frames} == {(0.0, 1.0, 0.0)}
    notes = [hz for hz, _ in itertools.groupby(frame.buzzer_hz for frame in frames) if hz]
    assert len(notes) == 2
    assert notes[0] < notes[1]


def test_refused_flashes_red_three_times_with_one_low_note() -> None:
    frames = film(SignalKind.REFUSED, 2)
    assert all(frame.green == frame.blue == 0.0 for frame in frames)
    assert flashes([False, *lit(frames)]) == 3
    low = {frame.buzzer_hz for frame in frames} - {None}
    high = {frame.buzzer_hz for frame in film(SignalKind.UNLOCKED, 2)} - {None}
    assert max(hz for hz in low if hz) < min(hz for hz in high if hz)


def test_the_sweep_runs_to_and_fro_and_trails() -> None:
    frames = film(SignalKind.LOOKING, 3.0)
    heads = [max(range(8), key=lambda i: frame.bar[i]) for frame in frames]
    turns = [head for head, _ in itertools.groupby(heads)]
    there_and_back = [*range(8), *range(6, 0, -1)]
    assert turns[: 2 * len(there_and_back)] == there_and_back * 2
    running_right = frames[round(0.6 / STEP_S)]
    head = heads[round(0.6 / STEP_S)]
    trail = running_right.bar[: head + 1]
    assert list(trail[-3:]) == sorted(trail[-3:])
    assert trail[-2] > 0.0
    assert not any(running_right.bar[head + 1 :])


@pytest.mark.parametrize("lamps", [2, 3, 5, 8, 16])
def test_the_sweep_always_has_a_lamp_lit_that_cannot_be_dimmed(lamps: int) -> None:
    assert all(max(frame.bar) >= 0.5 for frame in film(SignalKind.LOOKING, 6, lamps))


def test_enrolling_fills_the_bar_step_by_step() -> None:
    filled = [
        sum(level == 1.0 for level in levels(signal(SignalKind.ENROLLING, 0.0, progress=(done, 4))).bar)
        for done in range(5)
    ]
    assert filled == [0, 2, 4, 6, 8]


def test_the_next_lamp_of_an_enrolment_pulses() -> None:
    bars = [levels(signal(SignalKind.ENROLLING, t, progress=(1, 4))).bar for t in (0.0, 0.5)]
    assert [bar[2] for bar in bars] == pytest.approx([0.0, 1.0])
    assert all(not any(bar[3:]) for bar in bars)


def test_progress_beyond_its_total_is_a_full_bar() -> None:
    assert levels(signal(SignalKind.ENROLLING, 0.0, progress=(9, 4))).bar == (1.0,) * 8


def test_off_is_dark_and_silent() -> None:
    assert set(film(SignalKind.OFF, 5)) == {Levels(relay=False, bar=(0.0,) * 8)}


def test_only_the_alarm_output_follows_the_alarm() -> None:
    for kind in KINDS:
        calm, alarmed = (levels(Signal(kind, 1.0, 0.5, is_alarm=is_alarm)) for is_alarm in (False, True))
        assert (calm.alarm, alarmed.alarm) == (False, True)
        assert dataclasses.replace(alarmed, alarm=False) == calm


def test_only_the_lights_output_follows_the_light() -> None:
    for kind in KINDS:
        dark, lit = (levels(Signal(kind, 1.0, 0.5, is_lit=is_lit)) for is_lit in (False, True))
        assert (dark.light, lit.light) == (False, True)
        assert dataclasses.replace(lit, light=False) == dark


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_are_true(kind: SignalKind) -> None:
    """Counted and measured again on what the outputs do."""
    words, frames = described(kind), film(kind, 60, 0)
    sounds = len(beeps(kind))
    assert words.sound.startswith(("silent", "one", "two", "three", "four")[sounds])
    colours = {(frame.red, frame.green, frame.blue) for frame in frames if frame.status > 0.0}
    pure = {tuple(round(level / max(colour), 1) for level in colour) for colour in colours}
    named = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "cyan": (0, 1, 1), "magenta": (1, 0, 1)}
    named |= {"white": (1, 1, 1), "amber": (1, 0.5, 0)}
    assert {colour for name, colour in named.items() if name in words.lamp.replace("flashes", "")} == pure
    if every := re.search(r"every ([\d.]+) s", words.lamp):
        counts = {"two": 2, "three": 3, "a": 2}
        each = next((n for word, n in counts.items() if f", {word} " in words.lamp or f": {word} " in words.lamp), 1)
        assert flashes([False, *lit(frames)]) == pytest.approx(60 / float(every[1]) * each, rel=0.06)
    else:
        assert flashes(lit(frames)) == 0


def test_the_words_tell_states_apart() -> None:
    assert len({described(kind) for kind in KINDS}) == len(KINDS)
