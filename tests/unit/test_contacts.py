"""Three contacts in one inbox: none hears another's edges, and each asks when it should."""

from __future__ import annotations

from faceauthd.button import ButtonPolicy
from faceauthd.contacts import Contacts, hear
from faceauthd.types import DoorMoved, Edge, ExitAsked, Press, PressKind, Source

POLICY = ButtonPolicy(debounce_s=0.03, long_press_s=1.0)
EXIT, DOOR = Source.EXIT_BUTTON, Source.DOOR


def test_an_edge_is_heard_by_its_own_contact_only() -> None:
    edges = [Edge(True, 1.0), Edge(True, 1.0, EXIT), Edge(True, 1.0, DOOR), Edge(False, 1.3)]
    _, asked = hear(Contacts(), edges, 2.0, POLICY)
    assert asked == (Press(PressKind.SHORT, 1.0), ExitAsked(1.0), DoorMoved(True, 1.0))


def test_the_exit_button_asks_while_it_is_still_down_and_once() -> None:
    contacts, asked = hear(Contacts(), [Edge(True, 1.0, EXIT)], 1.02, POLICY)
    assert asked == ()
    contacts, asked = hear(contacts, [], 1.04, POLICY)
    assert asked == (ExitAsked(1.0),)
    contacts, asked = hear(contacts, [], 9.0, POLICY)
    assert asked == ()
    _, asked = hear(contacts, [Edge(False, 9.0, EXIT)], 10.0, POLICY)
    assert asked == ()


def test_a_touch_shorter_than_a_tick_is_heard() -> None:
    _, asked = hear(Contacts(), [Edge(True, 1.0, EXIT), Edge(False, 1.06, EXIT)], 1.2, POLICY)
    assert asked == (ExitAsked(1.0),)


def test_interference_opens_nothing() -> None:
    edges = [Edge(i % 2 == 0, 1.0 + 0.02 * i, EXIT) for i in range(40)]
    assert hear(Contacts(), edges, 5.0, POLICY)[1] == ()


def test_a_door_that_rattles_moves_once() -> None:
    rattle = [Edge(i % 2 == 0, 1.0 + 0.01 * i, DOOR) for i in range(7)]
    contacts, asked = hear(Contacts(), rattle, 2.0, POLICY)
    assert asked == (DoorMoved(True, 1.06),)
    assert hear(contacts, [Edge(False, 3.0, DOOR)], 4.0, POLICY)[1] == (DoorMoved(False, 3.0),)


def test_leaving_comes_before_the_door_it_opens() -> None:
    edges = [Edge(True, 1.1, DOOR), Edge(True, 1.0, EXIT)]
    assert [type(each) for each in hear(Contacts(), edges, 1.2, POLICY)[1]] == [ExitAsked, DoorMoved]
