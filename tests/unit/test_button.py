"""From edges to presses, by hand; tests/property/test_button.py does it with random bounces."""

import pytest

from faceauthd.button import ButtonPolicy, ButtonState, step
from faceauthd.types import Edge, Press, PressKind

POLICY = ButtonPolicy(debounce_s=0.03, long_press_s=1.5)


def told(*edges: tuple[bool, float], until_s: float = 10.0) -> tuple[Press, ...]:
    return step(ButtonState(), [Edge(is_down, at_s) for is_down, at_s in edges], until_s, POLICY)[1]


def test_nothing_happens_without_an_edge() -> None:
    assert told() == ()


def test_a_short_press_is_told_at_release() -> None:
    state, presses = step(ButtonState(), [Edge(True, 1.0)], 1.2, POLICY)
    assert presses == ()
    state, presses = step(state, [Edge(False, 1.25)], 1.27, POLICY)
    assert presses == ()
    _, presses = step(state, [], 1.28, POLICY)
    assert presses == (Press(PressKind.SHORT, 1.0),)


def test_a_long_press_is_told_while_held_and_only_once() -> None:
    state, presses = step(ButtonState(), [Edge(True, 1.0)], 2.49, POLICY)
    assert presses == ()
    state, presses = step(state, [], 2.5, POLICY)
    assert presses == (Press(PressKind.LONG, 1.0),)
    state, presses = step(state, [], 60.0, POLICY)
    assert presses == ()
    assert step(state, [Edge(False, 61.0)], 62.0, POLICY)[1] == ()


def test_a_bouncing_contact_is_one_press() -> None:
    edges = [(True, 1.0), (False, 1.002), (True, 1.004), (False, 1.3), (True, 1.303), (False, 1.305)]
    assert told(*edges) == (Press(PressKind.SHORT, 1.004),)


def test_interference_is_no_press() -> None:
    assert told((True, 1.0), (False, 1.029)) == ()


def test_a_flicker_does_not_end_a_hold() -> None:
    assert told((True, 1.0), (False, 1.5), (True, 1.51), until_s=2.6) == (Press(PressKind.LONG, 1.0),)


def test_letting_go_just_before_the_long_press_stays_short() -> None:
    """The finger was up at 1.49 s; that this is certain only at 1.52 s must not make it a long press."""
    state, presses = step(ButtonState(), [Edge(True, 0.0), Edge(False, 1.49)], 1.505, POLICY)
    assert presses == ()
    assert step(state, [], 1.6, POLICY)[1] == (Press(PressKind.SHORT, 0.0),)


def test_a_button_that_is_stuck_at_the_start_is_not_heard_until_let_go() -> None:
    """The panel makes no edge for it; the first one is the release."""
    assert told((False, 3.0), (True, 4.0), (False, 4.2)) == (Press(PressKind.SHORT, 4.0),)
    assert told((False, 3.0)) == ()


def test_two_presses_in_one_batch_are_two() -> None:
    assert [press.kind for press in told((True, 1.0), (False, 1.1), (True, 1.2), (False, 1.3))] == ["short", "short"]


def test_a_late_edge_counts_from_what_has_been_dealt_with() -> None:
    state, _ = step(ButtonState(), [], 5.0, POLICY)
    state, _ = step(state, [Edge(True, 4.9)], 5.01, POLICY)
    assert step(state, [Edge(False, 5.2)], 6.0, POLICY)[1] == (Press(PressKind.SHORT, 5.0),)


def test_an_edge_from_the_future_does_not_stop_the_clock() -> None:
    state, _ = step(ButtonState(), [Edge(True, 1e9)], 1.0, POLICY)
    state, _ = step(state, [Edge(False, 1.2)], 1.3, POLICY)
    assert state.seen_s == 1.3
    assert step(state, [Edge(True, 2.0), Edge(False, 2.1)], 3.0, POLICY)[1] == (Press(PressKind.SHORT, 2.0),)


def test_edges_of_the_same_instant_keep_their_order() -> None:
    assert told((True, 1.0), (False, 1.0), (True, 1.0), (False, 1.2)) == (Press(PressKind.SHORT, 1.0),)
    assert told((True, 1.0), (False, 1.0)) == ()


def test_time_that_goes_back_changes_nothing() -> None:
    state, _ = step(ButtonState(), [Edge(True, 1.0)], 2.0, POLICY)
    again, presses = step(state, [], 0.0, POLICY)
    assert (again, presses) == (state, ())


@pytest.mark.parametrize(("debounce_s", "long_press_s"), [(1.0, 1.0), (-0.1, 1.0), (0.0, float("inf"))])
def test_times_that_cannot_work_are_refused(debounce_s: float, long_press_s: float) -> None:
    with pytest.raises(ValueError, match="long_press_s"):
        ButtonPolicy(debounce_s, long_press_s)
