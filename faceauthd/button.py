"""From a contact that bounces to presses, on our clock: no timers, and no library's debounce.

A level counts once it has lasted `debounce_s`; anything shorter is bounce or interference. A long press is told while
the finger is still down, a short one when it is up again. What comes out depends on the edges and their times only,
not on how often or with which of them `step` is called.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from faceauthd.types import Edge, Press, PressKind


@dataclass(frozen=True, slots=True)
class ButtonPolicy:
    """Bounce of small tact switches is over in 5 ms or so, of worn ones in 20; a finger stays down for 60 ms and
    more.
    """

    debounce_s: float = 0.03
    long_press_s: float = 1.5

    def __post_init__(self) -> None:
        if not 0.0 <= self.debounce_s < self.long_press_s < math.inf:
            raise ValueError(
                f"long_press_s ({self.long_press_s}) must be greater than debounce_s ({self.debounce_s}), both finite"
            )


@dataclass(frozen=True, slots=True)
class ButtonState:
    """A button nobody has touched. One that is already down at the start says nothing until it was let go once."""

    contact_is_down: bool = False
    """The contact as last heard of, bouncing or not."""
    contact_since_s: float = -math.inf
    is_down: bool = False
    """The debounced button."""
    down_at_s: float = -math.inf
    """When the contact last came to rest on a new level, down or up."""
    is_spent: bool = field(default=False)
    """This hold was told as a long press already."""
    seen_s: float = -math.inf
    """Up to here time has been dealt with; it never goes back."""


def step(
    state: ButtonState, edges: Sequence[Edge], now_s: float, policy: ButtonPolicy
) -> tuple[ButtonState, tuple[Press, ...]]:
    """Deal with `edges`, in the order they were heard, and with time up to `now_s`.

    An edge that claims to be older than what has been dealt with counts from there on, one from the future counts from
    `now_s`: stamps come from another thread, and the order of arrival is the truth.
    """
    presses: list[Press] = []
    *_, state = _instants(state, edges, now_s, policy, presses)
    return state, tuple(presses)


def settle(
    state: ButtonState, edges: Sequence[Edge], now_s: float, policy: ButtonPolicy
) -> tuple[ButtonState, tuple[Edge, ...]]:
    """The same, for a contact of which each change counts, and none waits for the finger to come up again.

    What comes out are the debounced edges, stamped with when the contact came to rest on its new level.
    """
    moves: list[Edge] = []
    for after in _instants(state, edges, now_s, policy, []):
        if after.is_down != state.is_down:
            moves.append(Edge(after.is_down, after.down_at_s))
        state = after
    return state, tuple(moves)


def _instants(
    state: ButtonState, edges: Sequence[Edge], now_s: float, policy: ButtonPolicy, presses: list[Press]
) -> Iterator[ButtonState]:
    """The state at each edge and at last at `now_s`; between two of them it settles once at most."""
    now_s = max(now_s, state.seen_s)
    for edge in edges:
        state = _advance(state, min(max(edge.at_s, state.seen_s), now_s), policy, presses)
        if edge.is_down != state.contact_is_down:
            state = replace(state, contact_is_down=edge.is_down, contact_since_s=state.seen_s)
        yield state
    yield _advance(state, now_s, policy, presses)


def _advance(state: ButtonState, to_s: float, policy: ButtonPolicy, presses: list[Press]) -> ButtonState:
    """Let time pass without an edge: a level settles, a hold becomes long."""
    state = replace(state, seen_s=to_s)
    if state.contact_is_down != state.is_down and to_s - state.contact_since_s >= policy.debounce_s:
        if not state.contact_is_down and not state.is_spent:
            presses.append(Press(PressKind.SHORT, state.down_at_s))
        state = replace(state, is_down=state.contact_is_down, down_at_s=state.contact_since_s, is_spent=False)
    held_s = to_s - state.down_at_s
    if state.is_down and state.contact_is_down and not state.is_spent and held_s >= policy.long_press_s:
        presses.append(Press(PressKind.LONG, state.down_at_s))
        state = replace(state, is_spent=True)
    return state
