"""What lamps, bar, buzzer and relay do for a signal: a function of it and of the time it has lasted.

Each state has a rhythm of its own, borrowed from lighthouses (fixed, occulting, isophase, group-flashing), so that
somebody who cannot tell red from green, or has wired a single lamp, still reads the panel. Good news is mostly lit,
bad news mostly dark. No lamp flashes more often than three times a second: WCAG 2.2, success criterion 2.3.1, draws
the line there for people with photosensitive epilepsy. Every melody ends within two seconds, so that nothing ever
drones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faceauthd.rhythm import COUNTS, STEADY, Rhythm, blink, breathe
from faceauthd.types import Signal, SignalKind

Colour = tuple[float, float, float]
Note = tuple[float, float, float]
"""Start and end in seconds after the signal began, and the pitch in Hz."""

_DARK, _WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_RED, _GREEN, _BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_CYAN, _MAGENTA, _AMBER = (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 0.5, 0.0)

_NAMES = {
    _DARK: "dark", _WHITE: "white", _RED: "red", _GREEN: "green", _BLUE: "blue", _CYAN: "cyan", _MAGENTA: "magenta",
    _AMBER: "amber",
}  # fmt: skip

SWEEP_S = 1.5
"""The bar's light runs to and fro once in this time."""


@dataclass(frozen=True, slots=True)
class Levels:
    """What every output of a panel has to be. Brightness is 0 to 1; lamps that cannot be dimmed are lit from 0.5."""

    relay: bool
    red: float = 0.0
    green: float = 0.0
    blue: float = 0.0
    bar: tuple[float, ...] = ()
    buzzer_hz: float | None = None
    alarm: bool = False
    light: bool = False

    @property
    def status(self) -> float:
        """For a panel with a single lamp: the rhythm without the colour."""
        return max(self.red, self.green, self.blue)


@dataclass(frozen=True, slots=True)
class Lamp:
    """The coloured lamps by the seconds that a signal has lasted, and the same in words."""

    at: Callable[[float], Colour]
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar by seconds, number of lamps and signal, and the same in words."""

    at: Callable[[float, int, Signal], tuple[float, ...]]
    words: str


@dataclass(frozen=True, slots=True)
class Described:
    """What a signal looks and sounds like, in words for somebody who reads the panel."""

    lamp: str
    bar: str
    sound: str


def described(kind: SignalKind) -> Described:
    """The pattern of `kind` in words, made from the pattern itself."""
    shown = _PATTERNS[kind]
    return Described(shown.lamp.words, shown.bar.words, _sound_words(tuple(hz for _, _, hz in shown.melody)))


def levels(signal: Signal, bar_lamps: int = 8) -> Levels:
    """The outputs for `signal`, on a bar of `bar_lamps` lamps (0 if there is none)."""
    elapsed_s = max(0.0, signal.now_s - signal.since_s)
    shown = _PATTERNS[signal.kind]
    red, green, blue = shown.lamp.at(elapsed_s)
    return Levels(
        relay=signal.is_open,
        alarm=signal.is_alarm,
        light=signal.is_lit,
        red=red,
        green=green,
        blue=blue,
        bar=shown.bar.at(elapsed_s, bar_lamps, signal),
        buzzer_hz=next((hz for start, end, hz in shown.melody if start <= elapsed_s < end), None),
    )


def _sound_words(pitches: tuple[float, ...]) -> str:
    if not pitches:
        return "silent"
    if len(pitches) == 1:
        return "one low note" if pitches[0] < _C5 else "one high note"
    return f"{COUNTS[len(pitches)]} notes, {_trend(pitches)}"


def _trend(pitches: tuple[float, ...]) -> str:
    if len(set(pitches)) == 1:
        return "of one pitch"
    in_order = sorted(pitches)
    return {tuple(in_order): "rising", tuple(reversed(in_order)): "falling"}.get(pitches, "up and down")


def _lit(colour: Colour, rhythm: Rhythm) -> Lamp:
    def at(t: float) -> Colour:
        brightness = rhythm.at(t)
        return colour[0] * brightness, colour[1] * brightness, colour[2] * brightness

    return Lamp(at, f"{_NAMES[colour]}, {rhythm.words}")


def _first_then(first: Colour, other: Colour, rhythm: Rhythm, period_s: float, until_s: float) -> Lamp:
    """One colour up to `until_s` of each period, and then another."""

    def at(t: float) -> Colour:
        return _lit(first if t % period_s < until_s else other, rhythm).at(t)

    return Lamp(at, f"{_NAMES[first]}, then {_NAMES[other]}: {rhythm.words}")


def _whole(rhythm: Rhythm) -> Bar:
    return Bar(lambda t, lamps, _: (rhythm.at(t),) * lamps, f"all: {rhythm.words}")


def _middle(rhythm: Rhythm) -> Bar:
    return Bar(
        lambda t, lamps, _: tuple(rhythm.at(t) * (abs(2 * i - lamps + 1) <= 1) for i in range(lamps)),
        f"the middle: {rhythm.words}",
    )


def _side(rhythm: Rhythm, *, is_left: bool) -> Bar:
    """The half of the bar that lies on the side in question, as seen by whoever stands before it."""

    def at(t: float, lamps: int, _: Signal) -> tuple[float, ...]:
        own = [2 * i < lamps - 1 if is_left else 2 * i > lamps - 1 for i in range(lamps)]
        return tuple(rhythm.at(t) * is_own for is_own in own)

    return Bar(at, f"the {'first' if is_left else 'last'} half: {rhythm.words}")


def _ends(rhythm: Rhythm) -> Bar:
    return Bar(
        lambda t, lamps, _: tuple(rhythm.at(t) * (i in (0, lamps - 1)) for i in range(lamps)),
        f"both ends: {rhythm.words}",
    )


def _by_turns(half_s: float) -> Bar:
    """Every other lamp, then the others."""
    return Bar(
        lambda t, lamps, _: tuple(float((int(t / half_s) + i) % 2 == 0) for i in range(lamps)),
        f"every other lamp, changing every {half_s:g} s",
    )


def _outwards(over_s: float) -> Bar:
    """The light grows from the middle to both ends, and stays."""

    def at(t: float, lamps: int, _: Signal) -> tuple[float, ...]:
        reach = t / over_s * lamps / 2
        return tuple(min(1.0, max(0.0, reach - abs(i - (lamps - 1) / 2) + 0.5)) for i in range(lamps))

    return Bar(at, "grows from the middle to both ends")


def _sweep(t: float, lamps: int, _: Signal) -> tuple[float, ...]:
    """One light runs to and fro and leaves an afterglow behind it, as filament lamps do.

    A lamp's brightness follows from how long ago the light passed it; before it has come by, the lamp is dark.
    """
    if lamps < 2:
        return (breathe(1.0).at(t),) * lamps
    step_s = SWEEP_S / 2 / (lamps - 1)
    glow_s = min(3 * step_s, SWEEP_S)
    ages = (min((t - i * step_s + 1e-9) % SWEEP_S, (t + i * step_s + 1e-9) % SWEEP_S) for i in range(lamps))
    return tuple(max(0.0, 1.0 - age / glow_s) if age <= t + 1e-6 else 0.0 for age in ages)


def _progress(t: float, lamps: int, signal: Signal) -> tuple[float, ...]:
    """Filled as far as the work is done; the next lamp pulses."""
    done, total = signal.progress
    filled = lamps * min(1.0, done / total) if total > 0 else 0.0
    pulse = breathe(1.0).at(t)
    return tuple(1.0 if i + 1 <= filled else max(pulse, filled - i) if i <= filled else 0.0 for i in range(lamps))


def _progress_or(rhythm: Rhythm) -> Bar:
    def at(t: float, lamps: int, signal: Signal) -> tuple[float, ...]:
        return _progress(t, lamps, signal) if signal.progress[1] else (rhythm.at(t),) * lamps

    return Bar(at, f"all: {rhythm.words}")


@dataclass(frozen=True, slots=True)
class _Pattern:
    lamp: Lamp
    bar: Bar
    melody: tuple[Note, ...] = ()


# Pitches are of the tempered scale. Notes are apart, so that an active buzzer, which has one pitch, tells them by
# counting.
_C5, _G4, _B5, _C6, _E6, _G6, _C7 = 523.25, 392.0, 987.77, 1046.5, 1318.51, 1567.98, 2093.0
_HOLD = blink(1.25, 0.25)
_THREE = blink(0.2, 0.2, 0.2, 0.2, 0.2, 1.0)
_TWO = blink(0.2, 0.2, 0.2, 2.4)
_WINK = blink(0.15, 0.85)
_LONG = blink(2.0, 0.6)
_SHORT_LONG = blink(0.2, 0.2, 0.8, 1.6)
_LONG_SHORT = blink(1.0, 0.3, 0.3, 0.6)
_ONCE = blink(0.5, 3.0)
_FADING = blink(0.6, 0.3, 0.3, 3.0)
_HURRY = blink(0.4, 0.15)
_LEFTWARDS = blink(0.9, 0.6)
_RIGHTWARDS = blink(0.64, 0.1)

_PATTERNS: dict[SignalKind, _Pattern] = {
    SignalKind.READY: _Pattern(_lit(_GREEN, breathe(5.0)), _middle(breathe(5.0))),
    SignalKind.LOOKING: _Pattern(_lit(_CYAN, breathe(1.0)), Bar(_sweep, "one light runs to and fro")),
    SignalKind.HOLD_STILL: _Pattern(_lit(_WHITE, _HOLD), _progress_or(_HOLD)),
    SignalKind.UNLOCKED: _Pattern(_lit(_GREEN, STEADY), _whole(STEADY), ((0.0, 0.15, _C6), (0.25, 0.45, _G6))),
    SignalKind.REFUSED: _Pattern(_lit(_RED, _THREE), _whole(_THREE), ((0.0, 0.6, _G4),)),
    SignalKind.NOT_NOW: _Pattern(_lit(_RED, _ONCE), _middle(_ONCE), ((0.0, 0.4, _G4), (0.6, 0.7, _G4))),
    SignalKind.SPOOF: _Pattern(
        _lit(_MAGENTA, _SHORT_LONG),
        _by_turns(0.4),
        ((0.0, 0.2, _G6), (0.3, 0.5, _C5), (0.6, 0.8, _G6), (0.9, 1.1, _C5)),
    ),
    SignalKind.LOCKED_OUT: _Pattern(
        _lit(_RED, blink(1.0, 1.0)), _ends(blink(1.0, 1.0)), ((0.0, 0.5, _G4), (0.7, 1.2, _G4))
    ),
    SignalKind.SIGN_BLINK: _Pattern(
        _lit(_WHITE, _WINK), _middle(_WINK), ((0.0, 0.1, _E6), (0.2, 0.3, _E6), (0.4, 0.5, _G6))
    ),
    SignalKind.SIGN_LEFT: _Pattern(
        _lit(_WHITE, _LEFTWARDS), _side(_LEFTWARDS, is_left=True), ((0.0, 0.3, _G6), (0.4, 0.5, _E6))
    ),
    SignalKind.SIGN_RIGHT: _Pattern(
        _lit(_WHITE, _RIGHTWARDS), _side(_RIGHTWARDS, is_left=False), ((0.0, 0.1, _E6), (0.2, 0.5, _G6))
    ),
    SignalKind.SECOND: _Pattern(_lit(_GREEN, _LONG), _by_turns(1.3), ((0.0, 0.1, _C6), (0.3, 0.8, _E6))),
    SignalKind.VOUCH: _Pattern(_lit(_AMBER, blink(0.25, 0.25)), _by_turns(0.25), ((0.0, 0.25, _B5),)),
    SignalKind.ENROLLING: _Pattern(
        _lit(_BLUE, breathe(3.0)), Bar(_progress, "fills with each look taken"), ((0.0, 0.08, _C7),)
    ),
    SignalKind.TURN: _Pattern(
        _lit(_BLUE, _LONG_SHORT),
        _progress_or(_LONG_SHORT),
        ((0.0, 0.08, _E6), (0.18, 0.26, _G6), (0.36, 0.6, _E6)),
    ),
    SignalKind.IMPROVING: _Pattern(
        _lit(_BLUE, blink(2.0, 1.4)),
        Bar(_progress, "fills with each look taken"),
        ((0.0, 0.08, _C7), (0.18, 0.26, _C7)),
    ),
    SignalKind.CANCELLED: _Pattern(_lit(_AMBER, _FADING), _middle(_FADING), ((0.0, 0.3, _C6), (0.4, 0.7, _G4))),
    SignalKind.ENROLLED: _Pattern(
        _lit(_GREEN, blink(1.2, 0.2, 0.4, 0.2)),
        _outwards(1.0),
        ((0.0, 0.12, _C6), (0.22, 0.34, _E6), (0.44, 0.56, _G6), (0.66, 1.16, _C7)),
    ),
    SignalKind.DOOR_HELD: _Pattern(
        _lit(_AMBER, blink(0.48, 0.34)), _ends(blink(0.48, 0.34)), ((0.0, 0.5, _B5), (0.7, 0.9, _B5))
    ),
    SignalKind.DOOR_FORCED: _Pattern(
        _lit(_RED, blink(0.1, 0.35)),
        _whole(blink(0.1, 0.35)),
        ((0.0, 0.5, _C7), (0.65, 1.15, _C6), (1.3, 1.8, _C7)),
    ),
    SignalKind.SPOOF_ALARM: _Pattern(
        _lit(_MAGENTA, _HURRY),
        _whole(_HURRY),
        ((0.0, 0.5, _C7), (0.6, 0.7, _C5), (0.8, 1.3, _C7), (1.4, 1.5, _C5)),
    ),
    SignalKind.FAULT: _Pattern(
        _first_then(_RED, _AMBER, _TWO, period_s=3.0, until_s=0.4),
        _ends(_TWO),
        ((0.0, 0.15, _C5), (0.25, 0.4, _C5), (0.5, 0.65, _C5)),
    ),
    SignalKind.OFF: _Pattern(Lamp(lambda _: _DARK, "dark"), Bar(lambda _, lamps, __: (0.0,) * lamps, "dark")),
}
