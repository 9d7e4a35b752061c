"""Where each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from faceauthd.config.fields import KeyPath

DEFAULT = "default"
COMMAND_LINE = "--set"


@dataclass(frozen=True, slots=True)
class Origins:
    """The lines of the file (`name`) that set something, and the paths that `--set` has set over them."""

    name: str = ""
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    overridden: frozenset[KeyPath] = frozenset()

    def of(self, path: KeyPath) -> str:
        """`default`, `--set` or `config.yaml:12` for the key at `path` itself."""
        if path in self.overridden:
            return COMMAND_LINE
        return f"{self.name}:{self.lines[path]}" if path in self.lines else DEFAULT

    def where(self, path: KeyPath) -> str:
        """The same for a problem at `path`: the nearest place above it that somebody wrote."""
        for length in range(len(path), 0, -1):
            if (found := self.of(path[:length])) != DEFAULT:
                return found
        if any(set_path[: len(path)] == path for set_path in self.overridden):  # a section that only --set names
            return COMMAND_LINE
        return self.name or DEFAULT

    def order(self, path: KeyPath) -> tuple[bool, int]:
        """Sorts problems as they stand in the file; those of the command line come after it."""
        above = (path[:length] for length in range(len(path), 0, -1))
        line = next((self.lines[each] for each in above if each in self.lines), 0)
        return self.where(path) == COMMAND_LINE, line
