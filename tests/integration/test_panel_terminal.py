"""The terminal panel on a real pseudo-terminal: what it draws, that it gives it back, and that it never waits."""

import io
import os
import pty
import re
import termios
import threading
from collections.abc import Callable, Iterator
from typing import TextIO

import numpy as np
import pytest
from rich.console import Console

from faceauthd.adapters.panel_terminal import TerminalPanel
from faceauthd.adapters.terminal_keys import KEYS_HELP, TerminalKeys
from faceauthd.adapters.terminal_picture import Mark, TerminalPicture, fit, thin
from faceauthd.types import (
    Box,
    Edge,
    Event,
    EventKind,
    Frame,
    Match,
    Member,
    Quality,
    Reason,
    Role,
    Roster,
    Sighting,
    Signal,
    SignalKind,
)

ROSTER = Roster(0.48, {1: Member("alice", Role.ADMIN), 2: Member("\x1b[2Jmallory", Role.GUEST)}, 8)
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


class Time:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def within(seconds: float, done: Callable[[], bool]) -> bool:
    """Whether `done` comes true; for what another thread does."""
    gate = threading.Event()
    for _ in range(round(seconds / 0.01)):
        if done():
            return True
        gate.wait(0.01)
    return False


class Tty:
    """Both ends of a pseudo-terminal, and somebody who reads what it shows, unless told to stop."""

    END = b"\x1d"

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        self.stream: TextIO = open(self.slave, "w", closefd=False)  # noqa: SIM115
        self.reads = threading.Event()
        self.reads.set()
        self._shown = b""
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def drawn(self) -> str:
        """Everything written since the last call."""
        os.write(self.slave, self.END)
        assert within(60.0, lambda: self.END in self._shown)
        with self._lock:
            shown, _, self._shown = self._shown.partition(self.END)
        return shown.decode()

    def close(self) -> None:
        self.reads.set()
        self.stream.close()
        os.close(self.slave)
        self._reader.join(60.0)
        os.close(self.master)

    def _read(self) -> None:
        while self.reads.wait(60.0):
            try:
                chunk = os.read(self.master, 65536)
            except OSError:  # the other end is closed
                return
            with self._lock:
                self._shown += chunk


@pytest.fixture
def tty() -> Iterator[Tty]:
    tty = Tty()
    yield tty
    tty.close()


@pytest.fixture
def time() -> Time:
    return Time()


def console(stream: TextIO, **environ: str) -> Console:
    known = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "80", "LINES": "24", **environ}
    return Console(file=stream, highlight=False, markup=False, emoji=False, _environ=known)


def live_panel(tty: Tty, time: Time, patience_s: float = 60.0, **environ: str) -> TerminalPanel:
    return TerminalPanel(
        tty.stream,
        now=time,
        roster=lambda: ROSTER,
        keys=KEYS_HELP,
        make_console=lambda stream: console(stream, **environ),
        patience_s=patience_s,
    )


def signal(kind: SignalKind, time: Time, *, is_open: bool = False, **more: object) -> Signal:
    return Signal(kind, time.now_s, 100.0, is_open=is_open, **more)  # type: ignore[arg-type]


def text_of(drawn: str) -> str:
    """Without colours and cursor movements."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn)


def frame(value: int = 128) -> Frame:
    return Frame(np.full((480, 640, 3), value, np.uint8), 0.0)


def in_time(act: Callable[[], None]) -> None:
    """Fail, and do not hang, if `act` blocks."""
    acting = threading.Thread(target=act, daemon=True)
    acting.start()
    acting.join(60.0)
    assert not acting.is_alive()


def test_it_shows_door_words_lamp_buzzer_and_events(tty: Tty, time: Time) -> None:
    panel = live_panel(tty, time)
    panel.record(Event(EventKind.UNLOCKED, 103.4, "alice", 0.71, 0.48))
    panel.show(signal(SignalKind.UNLOCKED, time, is_open=True, name="alice"))
    drawn = tty.drawn()
    text = text_of(drawn)
    for words in ("DOOR OPEN", "Come in, alice", "♪ 1046 Hz", "nobody in view", KEYS_HELP):
        assert words in text
    assert "3.4  Door opened for alice" in text
    assert "38;2;38;255;38" in drawn
    panel.close()
    assert "DOOR LOCKED" in text_of(tty.drawn())


def test_it_shows_the_light_while_it_is_lit(tty: Tty, time: Time) -> None:
    panel = live_panel(tty, time)
    panel.show(signal(SignalKind.LOOKING, time))
    assert "light" not in text_of(tty.drawn())
    panel.show(signal(SignalKind.LOOKING, time, is_lit=True))
    assert re.search(r"light +lit", text_of(tty.drawn()))
    panel.close()


def test_without_a_terminal_the_light_is_told_when_it_changes(time: Time) -> None:
    stream = io.StringIO()
    panel = TerminalPanel(stream, now=time, roster=lambda: ROSTER)
    for is_lit in (False, True, True, False):
        panel.show(signal(SignalKind.READY, time, is_lit=is_lit))
    assert [line.endswith(", light on") for line in stream.getvalue().splitlines()] == [False, True, False]


def test_it_names_the_faces_it_knows(tty: Tty, time: Time) -> None:
    panel = live_panel(tty, time)
    boxes = [Box(10 + 100 * i, 100, 90 + 100 * i, 200) for i in range(5)]
    seen = [
        Sighting(1, boxes[0], Quality(0.9), Match(1, 0.713), 0.97),
        Sighting(2, boxes[1], Quality(0.9), Match(1, 0.21), 0.95),
        Sighting(3, boxes[2], Quality(0.1, (Reason.TOO_SMALL,))),
        Sighting(4, boxes[3], Quality(0.9)),
        Sighting(5, boxes[4], Quality(0.9), Match(2, 0.9)),
    ]
    panel.watch(frame(), seen)
    panel.show(signal(SignalKind.LOOKING, time))
    text = text_of(tty.drawn())
    for words in ("▪ alice 0.71 live 0.97", "▪ not known 0.21 live 0.95", "▪ face too small", "▪ face  ", "▀▀▀"):
        assert words in text
    assert r"▪ \x1b[2Jmallory" in text
    panel.close()


def test_a_decided_face_keeps_its_words_until_it_leaves(tty: Tty, time: Time) -> None:
    panel = live_panel(tty, time)
    box = Box(10, 10, 90, 90)
    panel.watch(frame(), [Sighting(1, box, Quality(0.9), Match(1, 0.7))])
    panel.watch(frame(), [Sighting(1, box, Quality(0.9))])
    panel.show(signal(SignalKind.UNLOCKED, time))
    assert "▪ alice 0.70" in text_of(tty.drawn())
    panel.watch(frame(), [])
    panel.watch(frame(), [Sighting(1, box, Quality(0.9))])
    panel.show(signal(SignalKind.READY, time))
    assert "alice" not in text_of(tty.drawn())
    panel.close()


@pytest.mark.parametrize("lines", [24, 30, 50])
@pytest.mark.parametrize("columns", [80, 120])
def test_it_fits_the_terminal(tty: Tty, time: Time, columns: int, lines: int) -> None:
    panel = live_panel(tty, time, COLUMNS=str(columns), LINES=str(lines))
    panel.watch(frame(), [Sighting(i, Box(10, 10, 90, 90), Quality(0.9)) for i in range(20)])
    panel.show(signal(SignalKind.LOOKING, time))
    rows = text_of(tty.drawn()).replace("\r", "").split("\n")
    assert 16 <= len(rows) < lines
    assert max(len(row) for row in rows) <= columns
    panel.close()


def test_a_terminal_too_small_for_a_picture_shows_the_rest(tty: Tty, time: Time) -> None:
    panel = live_panel(tty, time, COLUMNS="50", LINES="20")
    panel.watch(frame(), [])
    panel.show(signal(SignalKind.LOOKING, time))
    text = text_of(tty.drawn())
    assert "▀" not in text
    assert "DOOR LOCKED" in text
    panel.close()


def test_no_color_is_respected(tty: Tty, time: Time) -> None:
    panel = live_panel(tty, time, NO_COLOR="1")
    panel.watch(frame(255), [Sighting(1, Box(200, 100, 400, 300), Quality(0.9), Match(1, 0.7))])
    panel.show(signal(SignalKind.UNLOCKED, time, is_open=True))
    drawn = tty.drawn()
    panel.close()
    assert not re.search(r"\x1b\[[0-9;]*(3[0-8]|4[0-8])[;m]", drawn)
    assert "@@@@@" in drawn
    assert "▀" not in drawn
    assert "- G -" in text_of(drawn)


def test_it_draws_as_often_as_it_should_and_changes_at_once(tty: Tty, time: Time) -> None:
    panel = live_panel(tty, time)
    for tick in range(60):
        time.now_s = 100.0 + tick / 30
        panel.show(signal(SignalKind.LOOKING, time))
    assert 15 <= text_of(tty.drawn()).count("DOOR LOCKED") <= 20
    panel.show(signal(SignalKind.UNLOCKED, time, is_open=True))
    assert "DOOR OPEN" in text_of(tty.drawn())
    panel.lock()
    assert "DOOR LOCKED" in text_of(tty.drawn())
    panel.close()


def test_the_cursor_is_given_back(tty: Tty, time: Time) -> None:
    panel = live_panel(tty, time)
    panel.close()
    assert tty.drawn() == ""
    panel = live_panel(tty, time)
    panel.show(signal(SignalKind.READY, time))
    assert HIDE_CURSOR in tty.drawn()
    panel.close()
    assert tty.drawn().endswith(SHOW_CURSOR)
    panel.close()
    panel.show(signal(SignalKind.READY, time))
    assert tty.drawn() == ""


def test_a_stopped_terminal_is_not_waited_for(tty: Tty, time: Time) -> None:
    """Ctrl-S must not hold up the loop that closes the door."""
    panel = live_panel(tty, time, patience_s=0.01)
    termios.tcflow(tty.slave, termios.TCOOFF)

    def show_for_long() -> None:
        for _ in range(50):
            time.now_s += 1.0
            panel.show(signal(SignalKind.LOOKING, time))

    in_time(show_for_long)
    termios.tcflow(tty.slave, termios.TCOON)

    def has_caught_up() -> bool:
        time.now_s += 1.0
        panel.show(signal(SignalKind.UNLOCKED, time, is_open=True))
        return "DOOR OPEN" in text_of(tty.drawn())

    assert within(60.0, has_caught_up)
    in_time(panel.close)


def test_a_terminal_that_nobody_reads_is_not_waited_for(tty: Tty, time: Time) -> None:
    panel = live_panel(tty, time, patience_s=0.01)
    panel.watch(Frame(np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8), 0.0), [])
    tty.reads.clear()

    def show_for_long() -> None:
        for _ in range(50):
            time.now_s += 1.0
            panel.show(signal(SignalKind.LOOKING, time))

    in_time(show_for_long)
    in_time(panel.close)


def test_a_terminal_that_goes_away_is_gone_without_it(time: Time, caplog: pytest.LogCaptureFixture) -> None:
    master, slave = pty.openpty()
    with open(slave, "w", closefd=False) as stream:
        panel = TerminalPanel(stream, now=time, roster=lambda: ROSTER, make_console=console)
        panel.show(signal(SignalKind.READY, time))
        os.close(master)
        for kind in (SignalKind.UNLOCKED, SignalKind.REFUSED):
            panel.show(signal(kind, time))
        panel.lock()
        panel.close()
    os.close(slave)
    assert caplog.text.count("cannot be written any more") == 1


def plain(kinds: Iterator[Signal] | list[Signal], time: Time) -> list[str]:
    out = io.StringIO()
    panel = TerminalPanel(out, now=time, roster=lambda: ROSTER, make_console=console)
    for shown in kinds:
        time.now_s = shown.now_s
        panel.show(shown)
    panel.close()
    return out.getvalue().splitlines()


def test_without_a_terminal_there_is_one_plain_line_a_change(time: Time) -> None:
    shown = [
        Signal(SignalKind.READY, 100.0, 100.0),
        Signal(SignalKind.READY, 101.0, 100.0),
        Signal(SignalKind.HOLD_STILL, 102.0, 102.0, reason=Reason.TOO_SMALL),
        Signal(SignalKind.HOLD_STILL, 102.1, 102.0, reason=Reason.BLURRED),
        Signal(SignalKind.UNLOCKED, 103.25, 103.25, is_open=True, name="al\x1bice"),
        Signal(SignalKind.UNLOCKED, 104.0, 103.25, is_open=True, name="al\x1bice"),
    ]
    assert plain(shown, time) == [
        "    0.00  locked  Ready",
        "    2.00  locked  Come closer",
        r"    3.25  open    Come in, al\x1bice",
        r"    4.00  locked  Come in, al\x1bice",
    ]


def test_a_closed_stream_is_no_reason_to_fail(time: Time, caplog: pytest.LogCaptureFixture) -> None:
    out = io.StringIO()
    panel = TerminalPanel(out, now=time, roster=lambda: ROSTER, make_console=console)
    out.close()
    panel.show(signal(SignalKind.READY, time))
    panel.lock()
    panel.close()
    assert "cannot be written any more" in caplog.text


def cells(picture: TerminalPicture) -> list[list[tuple[str, tuple[int, ...], tuple[int, ...]]]]:
    """Character, foreground and background of each cell."""
    lines = console(io.StringIO(), FORCE_COLOR="1").render_lines(picture, pad=False)
    return [
        [
            (ch, tuple(part.style.color.triplet), tuple(part.style.bgcolor.triplet))
            for part in line
            if part.style and part.style.color and part.style.bgcolor
            if part.style.color.triplet and part.style.bgcolor.triplet
            for ch in part.text
        ]
        for line in lines
    ]


def test_each_cell_holds_two_pixels() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[0] = (248, 0, 0)
    picture[3, 2:] = (0, 0, 248)
    drawn = cells(TerminalPicture(picture, 4, 2))
    black = (0, 0, 0)
    assert drawn[0] == [("▀", (248, 0, 0), black)] * 4
    assert drawn[1] == [("▀", black, black)] * 2 + [("▀", black, (0, 0, 248))] * 2


def test_faces_are_framed_and_named_inside_the_picture() -> None:
    mark = Mark(Box(30, 8, 70, 40), (80, 224, 96), "alice")
    drawn = cells(TerminalPicture(np.zeros((40, 40, 3), np.uint8), 40, 20, [mark]))
    assert "".join(ch for ch, _, _ in drawn[4])[30:35] == "alice"
    framed = [x for x in range(40) if drawn[10][x][1] == (80, 224, 96)]
    assert framed == [30, 39]
    assert {len(row) for row in drawn} == {40}


def test_a_wide_name_takes_the_cells_it_needs() -> None:
    mark = Mark(Box(35, 8, 70, 40), (80, 224, 96), "李小龍")
    drawn = cells(TerminalPicture(np.zeros((40, 40, 3), np.uint8), 40, 20, [mark]))
    row = "".join(ch for ch, _, _ in drawn[4])
    assert row == "▀" * 34 + "李小龍"


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5000), (5000, 1), (1080, 1920), (3, 2)])
def test_any_picture_is_thinned_within_bounds(height: int, width: int) -> None:
    columns, rows = fit(width, height, 40, 30)
    assert 2 <= columns <= 40
    assert 2 <= rows <= 30
    assert rows % 2 == 0
    small = thin(np.full((height, width, 3), 200, np.uint8), columns, rows)
    assert small.shape == (rows, columns, 3)
    assert (small == 200).all()


@pytest.fixture
def keyboard(tty: Tty) -> Iterator[tuple[TerminalKeys, list[Edge], threading.Event]]:
    edges: list[Edge] = []
    quit_asked = threading.Event()
    ticks = iter(range(1000))
    keys = TerminalKeys(
        tty.slave,
        on_edge=edges.append,
        on_quit=quit_asked.set,
        now=lambda: float(next(ticks)),
        short_s=0.02,
        long_s=0.3,
    )
    yield keys, edges, quit_asked
    keys.close()


Keyboard = tuple[TerminalKeys, list[Edge], threading.Event]


def test_space_presses_and_lets_go(tty: Tty, keyboard: Keyboard) -> None:
    _, edges, _ = keyboard
    os.write(tty.master, b" ")
    assert within(60.0, lambda: len(edges) == 2)
    assert edges == [Edge(True, 0.0), Edge(False, 1.0)]


def test_l_holds_and_further_keys_do_not_press_again_meanwhile(tty: Tty, keyboard: Keyboard) -> None:
    _, edges, quit_asked = keyboard
    os.write(tty.master, b"l  x")
    assert within(60.0, lambda: len(edges) == 1)
    os.write(tty.master, b"q")
    assert quit_asked.wait(60.0)
    assert within(60.0, lambda: len(edges) == 2)
    assert [edge.is_down for edge in edges] == [True, False]


def test_the_terminal_is_given_back_as_it_was(tty: Tty) -> None:
    before = termios.tcgetattr(tty.slave)
    keys = TerminalKeys(tty.slave, on_edge=lambda _: None, on_quit=lambda: None, now=lambda: 0.0)
    assert not termios.tcgetattr(tty.slave)[3] & (termios.ICANON | termios.ECHO)
    keys.close()
    keys.close()
    assert termios.tcgetattr(tty.slave) == before


def test_quitting_may_close_the_keyboard_from_its_own_thread(tty: Tty) -> None:
    before = termios.tcgetattr(tty.slave)
    closed = threading.Event()
    keys: list[TerminalKeys] = []

    def quit_now() -> None:
        keys[0].close()
        closed.set()

    keys.append(TerminalKeys(tty.slave, on_edge=lambda _: None, on_quit=quit_now, now=lambda: 0.0))
    os.write(tty.master, b"q")
    assert closed.wait(60.0)
    assert termios.tcgetattr(tty.slave) == before


def test_a_terminal_that_hangs_up_ends_the_reader() -> None:
    master, slave = pty.openpty()
    keys = TerminalKeys(slave, on_edge=lambda _: None, on_quit=lambda: None, now=lambda: 0.0)
    os.close(master)
    assert within(60.0, lambda: not any(thread.name == "keys" for thread in threading.enumerate()))
    keys.close()
    os.close(slave)
