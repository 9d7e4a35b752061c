"""FFmpeg has no say in the journal: a camera that is lost is told once, by us."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from faceauthd.adapters.camera_av import pyav


class Logging:
    """As `av.logging`: None where FFmpeg's words go nowhere, as in newer versions."""

    PANIC = 0

    def __init__(self, level: int | None) -> None:
        self.level = level

    def get_level(self) -> int | None:
        return self.level

    def set_level(self, level: int) -> None:
        self.level = level


@pytest.mark.parametrize(("before", "after"), [(40, 0), (None, None)])
def test_ffmpegs_own_words_go_nowhere(before: int | None, after: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("av")
    monkeypatch.setattr(module, "logging", Logging(before), raising=False)
    monkeypatch.setitem(sys.modules, "av", module)
    assert pyav().logging.get_level() == after
