"""Reading one mapping of a scene file: typed, bounded, and with the line of whatever is wrong."""

from __future__ import annotations

import difflib
import enum
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from faceauthd.yamlfile import KeyPath

Choice = TypeVar("Choice", bound=enum.StrEnum)


class Problems:
    """What is wrong with a file, line by line."""

    def __init__(self, name: str, lines: Mapping[KeyPath, int]) -> None:
        self.found: list[tuple[int, str]] = []
        self._name = name
        self._lines = lines

    def line(self, path: KeyPath) -> int:
        """The line on which `path` stands, or else what holds it."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def add(self, path: KeyPath, text: str) -> None:
        self.found.append((self.line(path), text))

    def text(self) -> str:
        """One line for each problem, `file:line: what`, in the file's order."""
        return "\n".join(f"{self._name}:{line}: {text}" for line, text in sorted(self.found))


class Fields:
    """One mapping of a file. Each read takes a key away; `done` complains about the keys that nobody asked for."""

    def __init__(self, data: Any, path: KeyPath, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self._asked: list[str] = []
        if data is not None and not isinstance(data, dict):
            problems.add(path, f"{_where(path)} takes keys and values, not {_shown(data)}")
            data = None
        self._data: dict[Any, Any] = dict(data or {})

    def has(self, key: str) -> bool:
        return self._data.get(key) is not None

    def number(self, key: str, default: float | None, low: float, high: float) -> float:
        """A number from `low` to `high`; without a default the key has to be there."""
        value = self._take(key, default)
        if value is None:
            return low
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(key, f"takes a number from {low:g} to {high:g}, not {_shown(value)}")
        elif not low <= value <= high:
            self._wrong(key, f"is {value:g}; it takes {low:g} to {high:g}")
        else:
            return float(value)
        return low

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        value = self._take(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self._wrong(key, f"takes a whole number from {low} to {high}, not {_shown(value)}")
        return default

    def flag(self, key: str, default: bool) -> bool:
        value = self._take(key, default)
        if isinstance(value, bool):
            return value
        self._wrong(key, f"takes true or false, not {_shown(value)}")
        return default

    def text(self, key: str, default: str | None) -> str | None:
        """Text that is not empty. With no default, absence is no problem: the caller decides."""
        value = self._take(key, default, needed=False)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        self._wrong(key, f"takes text, not {_shown(value)}")
        return default

    def choice(self, key: str, kind: type[Choice], default: Choice | None) -> Choice | None:
        value = self._take(key, default, needed=False)
        if value is None:
            return None
        try:
            return kind(value)
        except ValueError:
            names = [member.value for member in kind]
            self._wrong(key, f"is {_shown(value)}; {_suggestion(str(value), names)}")
            return default

    def items(self, key: str) -> list[tuple[Any, KeyPath]]:
        """The entries of a list and their paths; absent is empty."""
        value = self._take(key, None, needed=False)
        if value is None:
            return []
        if not isinstance(value, list):
            self._wrong(key, f"takes a list, each entry after a dash, not {_shown(value)}")
            return []
        return [(entry, (*self.path, key, index)) for index, entry in enumerate(value)]

    def mapping(self, key: str) -> Fields:
        return Fields(self._take(key, None, needed=False), (*self.path, key), self.problems)

    def raw(self, key: str) -> Any:
        return self._take(key, None, needed=False)

    def done(self) -> None:
        """Complain about keys that mean nothing here."""
        for key in self._data:
            if key not in self._asked:
                self.problems.add((*self.path, key), f"'{key}' is no key here; {_suggestion(str(key), self._asked)}")

    def _take(self, key: str, default: Any, *, needed: bool = True) -> Any:
        self._asked.append(key)
        value = self._data.get(key)
        if value is None:
            if default is None and needed:
                self.problems.add(self.path, f"{_where(self.path)} needs '{key}'")
            return default
        return value

    def _wrong(self, key: str, text: str) -> None:
        self.problems.add((*self.path, key), f"'{key}' {text}")


def _suggestion(given: str, names: Iterable[str]) -> str:
    names = sorted(set(names))
    near = difflib.get_close_matches(given, names, n=1)
    return f"did you mean '{near[0]}'?" if near else f"it takes {', '.join(names)}"


def _where(path: KeyPath) -> str:
    keys = [str(key) for key in path if isinstance(key, str)]
    return f"an entry of '{keys[-1]}'" if keys and isinstance(path[-1], int) else f"'{keys[-1]}'" if keys else "a scene"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
