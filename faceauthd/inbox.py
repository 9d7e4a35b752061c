"""What other threads leave for the loop: the button's edges, and the requests of the control socket."""

from __future__ import annotations

import queue
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """A bounded queue: a flood of edges or requests is cut off, never a reason to run out of memory."""

    def __init__(self, most: int = 1024) -> None:
        self._queue: queue.Queue[T] = queue.Queue(most)

    def put(self, item: T) -> bool:
        """Leave `item`; False if the box is full and it was dropped. Callable from any thread."""
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            return False
        return True

    def leave(self, item: T) -> None:
        """`put`, for those who would not do anything about a full box."""
        self.put(item)

    def drain(self) -> list[T]:
        """Everything left so far, oldest first."""
        items: list[T] = []
        while True:
            try:
                items.append(self._queue.get_nowait())
            except queue.Empty:
                return items
