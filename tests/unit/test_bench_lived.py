"""The clock and the camera of a walk-up, on a timer that is turned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from faceauthd.bench.lived import FirstLook, LivedCamera, LivedClock, Relay
from faceauthd.types import Box, Frame, Quality, Reason, Sighting, Signal, SignalKind, Wants

BLANK = np.zeros((4, 4, 3), dtype=np.uint8)


class Timer:
    """Whatever works, works for as long as `work` is told."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s

    def work(self, seconds: float) -> None:
        self.now_s += seconds


class Drawing:
    """Frames that take a long time to draw."""

    def __init__(self, timer: Timer, fps: float, last: int) -> None:
        self._timer, self._fps, self._last = timer, fps, last

    def __call__(self, number: int) -> Frame | None:
        self._timer.work(7.0)
        return Frame(BLANK, number / self._fps) if number <= self._last else None


class Seeing:
    """A recognizer that takes its time and sees a usable face from a frame's time on."""

    def __init__(self, timer: Timer, takes_s: float, from_s: float, is_given: bool = True) -> None:
        self._is_given = is_given
        self._timer, self._takes_s, self._from_s = timer, takes_s, from_s

    def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        del wants
        self._timer.work(self._takes_s)
        if frame.time_s < self._from_s:
            return (Sighting(1, Box(0, 0, 2, 2), Quality(0.3, (Reason.BLURRED,))),)
        probe = np.zeros(512, dtype=np.float32) if self._is_given else None
        return (Sighting(1, Box(0, 0, 2, 2), Quality(1.0), probe=probe),)


def test_the_clock_runs_with_work_jumps_over_sleep_and_stands_while_it_is_told_to() -> None:
    timer = Timer()
    clock = LivedClock(10.0, timer)
    timer.work(0.5)
    assert (clock.now(), clock.worked_s) == (10.5, 0.5)
    clock.sleep_until(12.0)
    clock.sleep_until(3.0)
    assert (clock.now(), clock.worked_s) == (12.0, 0.5)
    with clock.standing():
        timer.work(100.0)
    timer.work(0.25)
    assert (clock.now(), clock.worked_s) == (12.25, 0.75)


@pytest.mark.parametrize(
    ("takes_s", "shown"),
    [
        (0.0, [16, 17, 18, 19, 20]),
        (0.05, [16, 17, 18, 19, 20]),
        (0.15, [16, 17, 19, 20]),  # busy until 1.75, 1.90 and 2.05: number 18 is missed
        (0.35, [16, 19]),
    ],
)
def test_frames_that_come_while_it_works_are_missed_but_the_newest(takes_s: float, shown: list[int]) -> None:
    timer = Timer()
    clock = LivedClock(1.6, timer)
    camera = LivedCamera(Drawing(timer, 10.0, 20), 10.0, 16, clock)
    seen = []
    while (frame := camera.next_frame(0.2)) is not None:
        seen.append(round(frame.time_s * 10))
        assert clock.now() >= frame.time_s, "no frame comes before it was taken"
        timer.work(takes_s)
    assert seen == shown
    assert camera.finished


def test_the_wait_is_measured_from_the_first_usable_look_to_the_relay() -> None:
    timer = Timer()
    clock = LivedClock(1.0, timer)
    camera, relay = LivedCamera(Drawing(timer, 10.0, 99), 10.0, 10, clock), Relay(clock)
    looking = FirstLook(Seeing(timer, 0.03, from_s=1.2), camera)
    for number in range(5):
        frame = camera.next_frame(0.2)
        assert frame is not None
        looking.look(frame, Wants())
        now_s = clock.now()
        relay.show(Signal(SignalKind.UNLOCKED, now_s, now_s, is_open=number >= 4))
    assert looking.frame_s == pytest.approx(1.2)
    assert relay.opened_s == pytest.approx(1.43)
    assert relay.worked_s - looking.worked_s == pytest.approx(3 * 0.03)


def test_a_look_that_is_held_back_until_liveness_can_be_told_is_usable_and_one_not_examined_is_not() -> None:
    timer = Timer()
    camera = LivedCamera(Drawing(timer, 10.0, 99), 10.0, 10, LivedClock(1.0, timer))
    held_back = FirstLook(Seeing(timer, 0.03, from_s=1.0, is_given=False), camera)
    frame = camera.next_frame(0.2)
    assert frame is not None
    held_back.look(frame, Wants())
    assert held_back.frame_s == frame.time_s

    class Decided:
        def look(self, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
            return (Sighting(1, Box(0, 0, 2, 2), Quality(0.0)),)

    decided = FirstLook(Decided(), camera)
    decided.look(frame, Wants())
    assert decided.frame_s is None
