"""The panel's contacts: from the edges of all of them to what they ask of the gate. Pure.

The button asks on release (a long press: while it is held), the exit button as soon as it is down, because nobody who
wants out should have to learn how, and the door's contact whenever the door moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faceauthd.button import ButtonPolicy, ButtonState, settle, step
from faceauthd.types import Asked, DoorMoved, Edge, ExitAsked, Source


@dataclass(frozen=True, slots=True)
class Contacts:
    """Buttons nobody has touched, and a door that is shut."""

    button: ButtonState = ButtonState()
    exit_button: ButtonState = ButtonState()
    door: ButtonState = ButtonState()


def hear(
    contacts: Contacts, edges: Sequence[Edge], now_s: float, policy: ButtonPolicy
) -> tuple[Contacts, tuple[Asked, ...]]:
    """Deal with `edges` and with time up to `now_s`, as `button.step` does for one contact.

    Within a tick leaving comes before the door's movement, so that a door pushed open at once was not forced.
    """
    button, presses = step(contacts.button, _of(Source.BUTTON, edges), now_s, policy)
    exit_button, touches = settle(contacts.exit_button, _of(Source.EXIT_BUTTON, edges), now_s, policy)
    door, moves = settle(contacts.door, _of(Source.DOOR, edges), now_s, policy)
    exits = (ExitAsked(touch.at_s) for touch in touches if touch.is_down)
    moved = (DoorMoved(move.is_down, move.at_s) for move in moves)
    return Contacts(button, exit_button, door), (*presses, *exits, *moved)


def _of(source: Source, edges: Sequence[Edge]) -> list[Edge]:
    return [edge for edge in edges if edge.source is source]
