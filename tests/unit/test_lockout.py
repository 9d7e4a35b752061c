"""Strangers who keep trying are slowed down."""

from __future__ import annotations

from faceauthd.lockout import Lockout, LockoutPolicy, admitted, broken_off, ended, owed, refused

POLICY = LockoutPolicy(refusals=3, window_s=60, delays_s=(30, 300))


def refused_at(*times_s: float) -> Lockout:
    lockout = Lockout()
    for at_s in times_s:
        lockout = refused(lockout, at_s, POLICY)
    return lockout


def test_the_last_of_too_many_refusals_locks() -> None:
    assert not refused_at(0, 10).is_on(11)
    lockout = refused_at(0, 10, 20)
    assert lockout.is_on(20)
    assert lockout.is_on(49.9)
    assert not lockout.is_on(50)


def test_refusals_far_apart_do_not_lock() -> None:
    assert not refused_at(0, 61, 122, 183).is_on(183)


def test_delays_rise_and_the_last_repeats() -> None:
    lockout = refused_at(0, 1, 2)
    for expected_s in (300, 300):
        lockout = ended(lockout)
        for at_s in (1000, 1001, 1002):
            lockout = refused(lockout, at_s, POLICY)
        assert lockout.until_s == 1002 + expected_s


def test_somebody_admitted_wipes_the_slate() -> None:
    assert admitted() == Lockout()


def test_looks_without_an_answer_add_up_to_a_refusal_and_grow_old() -> None:
    loose = broken_off(Lockout(), 5, 0.0, POLICY)
    assert owed(loose, 1.0, POLICY, 8) is None
    loose = broken_off(loose, 5, 2.0, POLICY)
    assert owed(loose, 2.0, POLICY, 8) == Lockout(loose=((2.0, 2),))
    assert owed(loose, 60.0, POLICY, 10) == Lockout()
    assert owed(loose, 60.001, POLICY, 8) is None, "the first five are too long ago"
    assert refused(loose, 3.0, POLICY).loose == loose.loose
