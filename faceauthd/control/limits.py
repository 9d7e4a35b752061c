"""What the clients of the control socket, together and each, may take of the daemon."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts and times; whoever goes beyond one is refused in a line or disconnected."""

    max_clients: int = 128
    """At once: a hundred and some to spare, and far from the 1024 descriptors a process has by default."""
    open_requests: int = 8
    """Unanswered requests of one client."""
    held_files: int = 64
    """Descriptors of all clients together."""
    strikes: int = 16
    """Refused lines in a row before a client is disconnected."""
    answer_s: float = 10.0
    """Time for the daemon to answer: fifty turns of its loop."""
    long_answer_s: float = 120.0
    """The same for a verb that is long (enroll), started anew by each progress line."""
    half_line_s: float = 10.0
    """Time to finish a line once begun."""
    farewell_s: float = 2.0
    """Time for a client that is being disconnected to read why."""

    def places(self, *, may_change: bool) -> int:
        """How many clients there may be, this one counted.

        An eighth is kept for whoever may change something, so that no crowd of onlookers shuts an administrator out.
        """
        return self.max_clients if may_change else self.max_clients - self.max_clients // 8
