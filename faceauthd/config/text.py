"""Values as YAML text that reads back as the same value, and as short quotations for messages."""

from __future__ import annotations

import json
import re
import reprlib
from pathlib import Path

# Plain YAML words that no reader, 1.1 or 1.2, takes for anything but a text.
_PLAIN = re.compile(r"[A-Za-z/][\w./:\-]*(?<!:)", re.ASCII)
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


class _Quotation(reprlib.Repr):
    """Short, and safe for hexadecimal numbers of more digits than Python writes in decimal."""

    def repr_int(self, number: int, level: int) -> str:
        is_long = number.bit_length() > 256
        return f"a number of {number.bit_length()} bits" if is_long else super().repr_int(number, level)


_QUOTE = _Quotation()
_QUOTE.maxstring = _QUOTE.maxother = 60
_QUOTE.maxlong = 30
_QUOTE.maxlevel = 2


def yaml_scalar(value: object) -> str:
    """One value, or a flat list of them, in YAML on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(yaml_scalar(item) for item in value) + "]"
    if isinstance(value, str | Path):
        return _word(str(value))
    return str(value)


def quoted(value: object) -> str:
    """A value as a message shows it: short, on one line, with control characters escaped."""
    value = list(value) if isinstance(value, tuple) else value
    return _QUOTE.repr(value) if not isinstance(value, bool | None) else yaml_scalar(value)


def printable(text: str) -> str:
    """A name from outside with everything escaped that could move the cursor or break the line."""
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    mantissa, e, exponent = repr(value).partition("e")
    # YAML 1.1 reads 1e-05 as a text: it wants the dot
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}" if e else mantissa


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(mark if mark.isprintable() else _escape(mark) for mark in escaped)


def _escape(mark: str) -> str:
    return f"\\u{ord(mark):04x}" if ord(mark) < 0x10000 else f"\\U{ord(mark):08x}"
