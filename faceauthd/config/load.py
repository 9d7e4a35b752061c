"""File, then `--set`, over the defaults: one frozen `Config`, or every problem at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from faceauthd.config import checks
from faceauthd.config.explain import dotted, explain, line
from faceauthd.config.fields import KeyPath, find_field, leaves
from faceauthd.config.origins import Origins
from faceauthd.config.overrides import parse_override, put
from faceauthd.config.places import Places
from faceauthd.config.prepare import prepare
from faceauthd.config.read import read_mapping
from faceauthd.config.schema import Config
from faceauthd.errors import ConfigError

SYSTEM_FILE = Path("/etc/faceauthd/faceauthd.yaml")
"""Where install.sh puts the configuration."""

MOST_PROBLEMS = 50
"""A file with more of them is another kind of file; a screenful says so as well."""

Found = tuple[KeyPath, str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The effective configuration. `origins` names for each key (`gate.unlock_s`) where its value was set."""

    config: Config
    origins: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    @property
    def keys_set(self) -> int:
        """How many keys differ in origin from the default."""
        return sum(origin != "default" for origin in self.origins.values())


def system_file() -> Path | None:
    """The installed configuration, or None where there is none and the defaults hold."""
    return SYSTEM_FILE if SYSTEM_FILE.exists() else None


def system_file_for_all() -> Path | None:
    """The same for a program that anybody may run: where they may not read it, since it can hold a camera's password,
    the defaults hold for them.
    """
    return SYSTEM_FILE if os.access(SYSTEM_FILE, os.R_OK) else None


def load_config(
    path: Path | None,
    overrides: Sequence[str] = (),
    *,
    env: Mapping[str, str] | None = None,
    working_folder: Path | None = None,
) -> Loaded:
    """Read the file (None: none), put `overrides` (`section.key=value`) over it and check everything.

    `env` is what `~` and `$XDG_...` are read from, `working_folder` what relative paths of `overrides` start at; both
    default to the process's own. Raises ConfigError with every problem; says nothing and opens nothing else.
    """
    env = os.environ if env is None else env
    here = (working_folder or Path.cwd()).absolute()
    problems: list[str] = []
    data, lines = read_mapping(here / path, str(path), problems) if path else ({}, {})
    overridden = _apply(overrides, data, problems)
    origins = Origins(str(path) if path else "", lines, overridden)
    folder = (here / path).parent if path else here
    found: list[Found] = []
    ready = prepare(data, lambda at: Places(here if at in overridden else folder, env), found)
    config = _validated(ready, found)
    found += _remarks(checks.conflicts(config), found)
    problems += [line(at, text, origins) for at, text in sorted(found, key=lambda each: origins.order(each[0]))]
    if problems:
        raise ConfigError(_short(problems))
    warnings = tuple(line(at, text, origins) for at, text in _remarks(checks.cautions(config), []))
    return Loaded(config, {dotted(leaf): origins.of(leaf) for leaf, _ in leaves()}, warnings)


def load_despite(path: Path, needed: Iterable[KeyPath]) -> Config:
    """What the file says of the keys `needed`, whatever is wrong with the others, which have their defaults then.

    For what has to be done even so, such as locking. Raises ConfigError if it cannot be read, or one of `needed` is
    wrong.
    """
    problems: list[str] = []
    data, lines = read_mapping(path.absolute(), str(path), problems)
    found: list[Found] = []
    ready = prepare(data, lambda _: Places(path.absolute().parent, os.environ), found)
    config = _validated(ready, found)
    origins = Origins(str(path), lines, frozenset())
    problems += [line(at, text, origins) for at, text in found if any(_touch(at, key) for key in needed)]
    if problems:
        raise ConfigError(_short(problems))
    return config


def _apply(overrides: Sequence[str], data: dict[str, Any], problems: list[str]) -> frozenset[KeyPath]:
    """Put each override into `data`; the paths that were set."""
    paths: set[KeyPath] = set()
    for text in overrides:
        try:
            path, value = parse_override(text)
        except ValueError as error:
            problems.append(str(error))
            continue
        put(data, path, value)
        paths.add(path)
    return frozenset(paths)


def _validated(data: dict[str, Any], found: list[Found]) -> Config:
    """The configuration without what is wrong in it; each wrong thing goes to `found`."""
    while True:
        try:
            return Config.model_validate(data)
        except ValidationError as invalid:
            for error in invalid.errors(include_url=False):
                found.append((error["loc"], explain(error)))
                _drop(data, error["loc"])


def _drop(data: dict[str, Any], path: KeyPath) -> None:
    """Take out the key that `path` names or lies inside."""
    for part in path[:-1]:
        below = data.get(str(part))
        if not isinstance(below, dict) or find_field(path[: path.index(part) + 1]) is not None:
            data.pop(str(part), None)
            return
        data = below
    data.pop(str(path[-1]), None)


def _remarks(remarks: Iterable[checks.Remark], found: Sequence[Found]) -> list[Found]:
    """What the checks say of keys that are right by themselves, under the first key of each."""
    wrong = [at for at, _ in found]
    return [(keys[0], text) for keys, text in remarks if not any(_touch(key, at) for key in keys for at in wrong)]


def _touch(one: KeyPath, other: KeyPath) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _short(problems: list[str]) -> list[str]:
    rest = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], f"... and {rest} more; is this the right file?"] if rest > 0 else problems
