"""Chance: of the right size, and not the same every time."""

from faceauthd.adapters.lots import SystemLots


def test_lots_span_the_range_and_are_spread_over_the_signs() -> None:
    """The chance that fair lots fail here is below 1e-9: 300 numbers, and each third gets more than 50 of them."""
    drawn = [SystemLots().draw() for _ in range(300)]
    assert all(0 <= lot < 2**32 for lot in drawn)
    assert len(set(drawn)) > 290
    assert min(sum(lot % 3 == sign for lot in drawn) for sign in range(3)) > 50
    assert max(drawn) > 2**31
