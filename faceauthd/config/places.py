"""Where a path in the configuration points: relative to its file, or under a folder of the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """What a written path is relative to: an absolute folder, and the environment that `~` and `$XDG_...` read."""

    folder: Path
    env: Mapping[str, str]


def absolute_path(text: str, places: Places) -> Path:
    """`text` as an absolute path. Symbolic links and `..` are left to the kernel. Raises ValueError.

    `~`, `$HOME`, `$XDG_STATE_HOME` and `$XDG_RUNTIME_DIR` are expanded as the first part of the path, nowhere else.
    """
    if not text.strip():
        raise ValueError("is empty; a path is needed")
    if "\0" in text:
        raise ValueError("holds a NUL character, which no path can")
    first, _, rest = text.partition("/")
    if first.startswith(("~", "$")):
        return _user_folder(first, places.env) / rest.lstrip("/")
    return places.folder / text


def _user_folder(word: str, env: Mapping[str, str]) -> Path:
    """The folder that `word` stands for.

    Fallbacks are those of the XDG Base Directory Specification 0.8. It names none for the runtime folder but asks for
    one that only the user can read, so it falls back to the state folder, never to /tmp.
    """
    home = env.get("HOME", "")
    state = env.get("XDG_STATE_HOME", "")
    if not state.startswith("/"):
        state = f"{home}/.local/state" if home else ""
    runtime = env.get("XDG_RUNTIME_DIR", "")
    if not runtime.startswith("/"):
        runtime = state
    known = {"~": home, "$HOME": home, "$XDG_STATE_HOME": state, "$XDG_RUNTIME_DIR": runtime}
    if word not in known:
        raise ValueError(f"begins with {word}, but only {', '.join(known)} are expanded; write the path out")
    if not known[word].startswith("/"):
        raise ValueError(f"begins with {word}, but HOME is not set to an absolute path; write the path out")
    return Path(known[word])
