"""Fingers that press clean, through contacts that bounce: what comes out is what the fingers did."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from faceauthd.button import ButtonPolicy, ButtonState, step
from faceauthd.types import Edge, Press, PressKind

POLICY = ButtonPolicy(debounce_s=0.03, long_press_s=1.0)
BOUNCE_S = 0.02
"""A burst of bounce is over in this time, which is less than the debounce time."""


@dataclass(frozen=True)
class Finger:
    """One clean press: up for `rest_s`, then down for `hold_s`; `bounces` are fractions of the bounce time."""

    rest_s: float
    hold_s: float
    bounces_down: tuple[float, ...]
    bounces_up: tuple[float, ...]


bursts = st.lists(st.floats(0.01, 1.0), max_size=6).map(lambda cuts: tuple(sorted(cuts)[: len(cuts) // 2 * 2]))
fingers = st.builds(
    Finger,
    rest_s=st.floats(0.2, 5.0),
    hold_s=st.one_of(st.floats(0.1, 0.9), st.floats(1.1, 5.0)),
    bounces_down=bursts,
    bounces_up=bursts,
)


def burst(is_down: bool, at_s: float, cuts: tuple[float, ...]) -> list[Edge]:
    """The contact changes at `at_s`, and falls back and changes again at each pair of cuts after it."""
    return [Edge(is_down, at_s)] + [Edge(is_down ^ (i % 2 == 0), at_s + cut * BOUNCE_S) for i, cut in enumerate(cuts)]


def contact(hand: list[Finger]) -> tuple[list[Edge], list[PressKind], float]:
    """The edges, the presses that were meant, and a time when all is over."""
    edges, meant, at_s = [], [], 0.0
    for finger in hand:
        down_s = at_s + finger.rest_s
        at_s = down_s + finger.hold_s
        edges += burst(True, down_s, finger.bounces_down) + burst(False, at_s, finger.bounces_up)
        meant.append(PressKind.LONG if finger.hold_s > POLICY.long_press_s else PressKind.SHORT)
    return edges, meant, at_s + 1.0


def run(edges: list[Edge], ticks: list[float]) -> list[Press]:
    """Feed the edges as a loop would that wakes up at `ticks`."""
    state, left = ButtonState(), list(edges)
    presses: list[Press] = []
    for now_s in ticks:
        due = [edge for edge in left if edge.at_s <= now_s]
        left = left[len(due) :]
        state, told = step(state, due, now_s, POLICY)
        presses += told
    return presses


@given(st.lists(fingers, max_size=5))
def test_bounces_never_add_or_lose_a_press(hand: list[Finger]) -> None:
    edges, meant, end_s = contact(hand)
    presses = run(edges, [end_s])
    assert [press.kind for press in presses] == meant


@given(st.lists(fingers, max_size=4), st.lists(st.floats(0.0, 30.0), max_size=40))
def test_it_does_not_matter_when_the_loop_wakes_up(hand: list[Finger], ticks: list[float]) -> None:
    edges, _, end_s = contact(hand)
    assert run(edges, [*sorted(tick for tick in ticks if tick < end_s), end_s]) == run(edges, [end_s])


wild = st.lists(st.builds(Edge, st.booleans(), st.floats(-1e6, 1e6)), max_size=30)


@given(wild, wild, st.floats(-100, 100), st.floats(-100, 100))
def test_wild_edges_never_break_it(first: list[Edge], second: list[Edge], one_s: float, other_s: float) -> None:
    """Whatever times the edges claim: time never goes back, presses are in order, and there is one at most per rise."""
    state, told = step(ButtonState(), first, one_s, POLICY)
    later, more = step(state, second, other_s, POLICY)
    assert later.seen_s >= state.seen_s
    times = [press.at_s for press in (*told, *more)]
    assert times == sorted(times)
    assert len(times) <= sum(edge.is_down for edge in (*first, *second))


@given(st.lists(fingers, max_size=3), st.floats(0.0, 0.5))
def test_after_wild_edges_it_works_as_new(hand: list[Finger], settle_s: float) -> None:
    state, _ = step(ButtonState(), [Edge(True, 1e9), Edge(False, -1e9), Edge(True, 5.0)], 0.0, POLICY)
    state, _ = step(state, [Edge(False, 0.1)], 0.2 + settle_s, POLICY)
    edges, meant, end_s = contact(hand)
    moved = [Edge(edge.is_down, edge.at_s + 1.0) for edge in edges]
    assert [press.kind for press in step(state, moved, end_s + 1.0, POLICY)[1]] == meant
