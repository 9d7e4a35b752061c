"""How often a gallery that somebody may be writing is read again before a disagreement in it is taken for damage."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from faceauthd.gallery import schema

_TRIES = 5
"""Reads of a gallery that nobody writes: it may just have come to rest."""
_PATIENCE_S = 3.0
"""A writer's rows and records disagree only between a commit and its erasure, which wait for the disk: milliseconds on
an idle one, a good part of the time where a busy machine writes without a pause."""
_PAUSE_S = 0.002


def tries(folder: Path) -> Iterator[bool]:
    """One turn for each read that is worth while; true for the last."""
    until_s = time.monotonic() + _PATIENCE_S
    done = 1
    while (is_written := schema.may_be_written(folder) and time.monotonic() < until_s) or done < _TRIES:
        yield False
        done += 1
        if is_written:
            time.sleep(_PAUSE_S * done)
    yield True
