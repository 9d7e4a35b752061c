"""How the commands speak: tables on a terminal, plain lines in a pipe, JSON when asked.

Every character that came from outside passes `prose.printable` in here, on its way to whatever terminal that is.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TextIO

from faceauthd.prose import moment_text, printable

_LINE_LIMIT_CHARS = 2000
_PLAIN: Mapping[str, str] = MappingProxyType({})
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


class Printer:
    """Writes for people (`line`, `facts`, `table`, and `note` on standard error) or programs (`document`, `record`)."""

    def __init__(self, *, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.as_json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self.is_terminal = self._out.isatty()

    def line(self, text: str) -> None:
        """One line on standard output."""
        self._write(self._out, _safe(text))

    def note(self, text: str) -> None:
        """One line on standard error, where it disturbs no program that reads the output."""
        self._write(self._err, _safe(text))

    def document(self, said: Mapping[str, object]) -> None:
        """The one JSON document of a command."""
        self._write(self._out, json.dumps(said, indent=2 if self.is_terminal else None, allow_nan=False))

    def record(self, said: Mapping[str, object]) -> None:
        """One line of JSON lines."""
        self._write(self._out, json.dumps(said, allow_nan=False))

    def facts(self, pairs: Iterable[tuple[str, str]], colours: Mapping[str, str] = _PLAIN) -> None:
        """Names and values, one pair a line; on a terminal a table, with a rich style for the values in `colours`."""
        told = list(pairs)
        if self.is_terminal:
            self._draw((), told, {name: "dim" for name, _ in told} | dict(colours))
            return
        width = max((len(name) for name, _ in told), default=0)
        for name, value in told:
            self.line(f"{name + ':':{width + 1}} {value}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], colours: Mapping[str, str] = _PLAIN) -> None:
        """A table with a head on a terminal; in a pipe one row a line, tabs between, no head.

        `colours` has a rich style for some of the texts in the table.
        """
        if self.is_terminal:
            self._draw(columns, rows, colours)
        for row in () if self.is_terminal else rows:
            self.row(row)

    def row(self, cells: Sequence[str]) -> None:
        """One row by itself, where no table can be drawn because more may come: tabs between its cells."""
        self._write(self._out, "\t".join(_safe(cell) for cell in cells))

    def _draw(self, columns: Sequence[str], rows: Sequence[Sequence[str]], colours: Mapping[str, str]) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        drawn = Table(box=SIMPLE_HEAD if columns else None, pad_edge=False, show_header=bool(columns))
        for column in columns:
            drawn.add_column(column)
        for row in rows:
            drawn.add_row(*(Text(_safe(cell), colours.get(cell, "")) for cell in row))
        Console(file=self._out, highlight=False).print(drawn)

    def _write(self, stream: TextIO, text: str) -> None:
        stream.write(text + "\n")
        stream.flush()


def be_printable() -> None:
    """Let a terminal of a smaller character set get escapes, and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _safe(text: str) -> str:
    return printable(text, _LINE_LIMIT_CHARS)


def duration(seconds: float) -> str:
    """A length of time as people say it: `40 s`, `12 min`, `3 h 20 min`, `5 d 2 h`."""
    whole = max(0, int(seconds))
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _DAY_S} d {whole % _DAY_S // _HOUR_S} h"


def local_time(at: object) -> str:
    """An ISO 8601 time as the clock on the wall shows it, or `-`."""
    if not isinstance(at, str):
        return "-"
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return "-"


def epoch_time(seconds: object) -> str:
    """Seconds since the epoch as a local date and time, or `-`."""
    return "-" if isinstance(seconds, bool) or not isinstance(seconds, int | float) else moment_text(seconds)
