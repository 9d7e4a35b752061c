"""Following boxes from frame to frame."""

from __future__ import annotations

from faceauthd.types import Box
from faceauthd.vision.track import Tracker


def box(left: float, size: float = 100) -> Box:
    return Box(left, 50, left + size, 50 + size)


def test_a_face_that_moves_a_little_keeps_its_number() -> None:
    tracker = Tracker()
    assert [tracker.follow([box(100 + 30 * step)], step * 0.1) for step in range(5)] == [[1]] * 5


def test_a_face_somewhere_else_is_another_track() -> None:
    tracker = Tracker()
    assert tracker.follow([box(0)], 0.0) == [1]
    assert tracker.follow([box(300)], 0.1) == [2]


def test_two_faces_keep_their_numbers_whatever_order_they_come_in() -> None:
    tracker = Tracker()
    assert tracker.follow([box(0), box(300)], 0.0) == [1, 2]
    assert tracker.follow([box(310), box(10)], 0.1) == [2, 1]


def test_the_better_overlap_wins_and_no_number_is_given_twice() -> None:
    tracker = Tracker()
    assert tracker.follow([box(100)], 0.0) == [1]
    assert tracker.follow([box(150), box(110)], 0.1) == [2, 1]


def test_a_face_out_of_sight_for_too_long_comes_back_as_another() -> None:
    tracker = Tracker(forget_s=0.6)
    tracker.follow([box(0)], 0.0)
    assert tracker.follow([], 0.3) == []
    assert tracker.follow([box(0)], 0.5) == [1]
    assert tracker.follow([box(0)], 1.2) == [2]


def test_time_that_goes_back_ends_every_track() -> None:
    tracker = Tracker()
    tracker.follow([box(0)], 5.0)
    assert tracker.follow([box(0)], 4.0) == [2]
