"""Several panels as one: a broken one never keeps a door open."""

from dataclasses import dataclass, field

import pytest

from faceauthd.adapters.panel_many import NullPanel, PanelSet
from faceauthd.errors import PanelError
from faceauthd.ports import Panel
from faceauthd.types import Signal, SignalKind

OPEN = Signal(SignalKind.UNLOCKED, 0.0, 0.0, is_open=True)


@dataclass
class Door:
    """A panel that remembers, and raises what it is told to, after having done what it was asked."""

    raises: Exception | None = None
    done: list[str] = field(default_factory=list)
    is_open: bool = False

    def _do(self, what: str) -> None:
        self.done.append(what)
        if self.raises is not None:
            raise self.raises

    def show(self, signal: Signal) -> None:
        self.is_open = signal.is_open
        self._do("show")

    def lock(self) -> None:
        self.is_open = False
        self._do("lock")

    def close(self) -> None:
        self._do("close")


def test_all_show_the_same() -> None:
    doors = Door(), Door()
    PanelSet(doors).show(OPEN)
    assert [door.is_open for door in doors] == [True, True]


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_one_that_cannot_show_does_not_keep_the_others_dark(broken: int) -> None:
    doors = [Door(), Door(), Door()]
    doors[broken].raises = PanelError("lamp")
    with pytest.raises(PanelError, match="lamp"):
        PanelSet(doors).show(OPEN)
    assert [door.done for door in doors] == [["show"]] * 3


@pytest.mark.parametrize("broken", [0, 1, 2])
@pytest.mark.parametrize("error", [PanelError("gone"), OSError(5, "I/O"), BrokenPipeError()])
def test_lock_locks_all_and_does_not_raise(broken: int, error: Exception) -> None:
    doors = [Door(is_open=True) for _ in range(3)]
    doors[broken].raises = error
    PanelSet(doors).lock()
    assert [door.is_open for door in doors] == [False] * 3


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_even_a_bug_in_one_locks_all_before_it_is_seen(broken: int) -> None:
    doors = [Door(is_open=True) for _ in range(3)]
    doors[broken].raises = KeyError("bug")
    with pytest.raises(KeyError):
        PanelSet(doors).lock()
    assert [door.is_open for door in doors] == [False] * 3


def test_closing_locks_all_before_it_closes_any() -> None:
    done: list[str] = []
    first, second = Door(done=done), Door(done=done, raises=PanelError("gone"))
    PanelSet([first, second]).close()
    assert done == ["lock", "lock", "close", "close"]


def test_no_panel_at_all_takes_everything() -> None:
    panel: Panel = NullPanel()
    panel.show(OPEN)
    panel.lock()
    panel.close()
    PanelSet([]).show(OPEN)
