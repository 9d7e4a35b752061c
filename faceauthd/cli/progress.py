"""How far a long measurement is, on standard error; silent where nobody looks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Thing = TypeVar("Thing")


class Passing:
    """Passes things on, one by one, and moves the bar."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar

    def __call__(self, things: Sequence[Thing]) -> Iterable[Thing]:
        return self._bar.track(things)


@contextmanager
def progress(doing: str, *, is_shown: bool = True) -> Iterator[Passing]:
    """A bar that is gone when it is done; `doing` stands beside it."""
    console = Console(stderr=True)
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (is_shown and console.is_terminal)) as bar:
        yield Passing(bar)
