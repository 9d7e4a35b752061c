"""Leaving by the exit button, and a door that stands open when it should not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faceauthd.gate import Alarm, Mode
from faceauthd.gate.state import Door
from faceauthd.outputs import Vitals, signal_for, status_of
from faceauthd.types import DoorMoved, Event, EventKind, ExitAsked, Signal, SignalKind
from tests.fakes import sighting
from tests.unit.test_gate import ANN, NOBODY, POLICY, Story

DOOR = replace(POLICY, held_open_s=30.0)
ABOUT_THE_DOOR = (EventKind.EXIT, EventKind.DOOR_FORCED, EventKind.DOOR_HELD, EventKind.DOOR_SHUT)


def leave(story: Story) -> None:
    story.tick(asked=(ExitAsked(story.now_s + 0.05),))


def move(story: Story, *, is_open: bool) -> None:
    story.tick(asked=(DoorMoved(is_open, story.now_s + 0.05),))


def shown(story: Story) -> Signal:
    return signal_for(story.gate, story.now_s, 3)


def of_the_door(story: Story) -> list[Event]:
    return [event for event in story.events if event.kind in ABOUT_THE_DOOR]


def locked_out(story: Story) -> None:
    story.until(Mode.LOCKED_OUT, lambda turn: (sighting(person=ANN, score=0.1),), most=600)


def in_fault(story: Story) -> None:
    story.tick(trouble="unplugged")


def enrolling(story: Story) -> None:
    story.roster = NOBODY
    story.press()


def vouching(story: Story) -> None:
    story.press()


def at_rest(story: Story) -> None:
    story.tick()


@pytest.mark.parametrize("before", [at_rest, locked_out, in_fault, vouching, enrolling])
def test_leaving_opens_in_every_mode_and_ends_none(before) -> None:  # type: ignore[no-untyped-def]
    story = Story()
    before(story)
    mode, trouble = story.gate.mode, "unplugged" if before is in_fault else None
    story.events.clear()
    story.tick(asked=(ExitAsked(story.now_s),), trouble=trouble)
    assert story.is_open
    assert story.gate.mode is mode
    assert (shown(story).kind, shown(story).is_open, shown(story).name) == (SignalKind.UNLOCKED, True, None)
    for _ in range(51):
        story.tick(trouble=trouble)
    assert not story.is_open
    assert story.gate.mode is mode
    assert [kind for kind in story.kinds() if kind in (EventKind.EXIT, EventKind.LOCKED)] == ["exit", "locked"]


def test_leaving_opens_for_unlock_s_and_a_second_press_for_longer() -> None:
    story = Story()
    leave(story)
    story.ticks(30)
    leave(story)
    story.ticks(49)
    assert story.is_open
    story.ticks(2)
    assert not story.is_open
    assert story.kinds() == [EventKind.EXIT, EventKind.LOCKED]


def test_leaving_while_somebody_comes_in_is_one_open_door() -> None:
    story = Story()
    story.ticks(3, sighting(person=ANN))
    story.ticks(40)
    leave(story)
    story.ticks(30)
    assert story.is_open
    story.ticks(30)
    assert story.kinds() == [EventKind.UNLOCKED, EventKind.EXIT, EventKind.LOCKED]


def test_leaving_does_not_forgive_strangers() -> None:
    story = Story()
    locked_out(story)
    leave(story)
    story.ticks(60, sighting(2, ANN))
    assert story.gate.mode is Mode.LOCKED_OUT


def test_leaving_does_not_end_an_enrolment() -> None:
    story = Story(roster=NOBODY)
    story.press()
    leave(story)
    for turn in range(20):
        story.tick(sighting(yaw_deg=5.0 * turn))
    assert story.gate.to_commit is not None


def test_a_door_opened_after_an_unlock_was_not_forced() -> None:
    story = Story(policy=DOOR)
    story.ticks(3, sighting(person=ANN))
    move(story, is_open=True)
    move(story, is_open=False)
    leave(story)
    move(story, is_open=True)
    move(story, is_open=False)
    assert [event.kind for event in of_the_door(story)] == [EventKind.EXIT]


def test_a_door_pushed_at_the_last_moment_was_not_forced() -> None:
    story = Story(policy=DOOR)
    leave(story)
    while story.is_open:
        story.tick()
    story.ticks(7)
    move(story, is_open=True)
    assert story.gate.door.alarm is None


def test_a_door_opened_while_locked_was_forced_until_it_is_shut() -> None:
    story = Story(policy=DOOR)
    story.ticks(20)
    move(story, is_open=True)
    assert (shown(story).kind, shown(story).is_alarm) == (SignalKind.DOOR_FORCED, True)
    story.ticks(400)
    assert (shown(story).kind, shown(story).is_alarm) == (SignalKind.DOOR_FORCED, True)
    assert not story.is_open
    move(story, is_open=False)
    assert (shown(story).kind, shown(story).is_alarm) == (SignalKind.READY, False)
    assert [event.kind for event in of_the_door(story)] == [EventKind.DOOR_FORCED, EventKind.DOOR_SHUT]


def test_a_door_held_open_is_told_once_and_counts_from_the_last_unlock() -> None:
    story = Story(policy=DOOR)
    leave(story)
    move(story, is_open=True)
    story.ticks(200)
    leave(story)
    last_s = story.now_s + 4.9
    story.ticks(330)
    assert story.gate.door.alarm is None
    story.ticks(200)
    assert (shown(story).kind, shown(story).is_alarm) == (SignalKind.DOOR_HELD, True)
    held = [event for event in of_the_door(story) if event.kind is EventKind.DOOR_HELD]
    assert [event.time_s for event in held] == [pytest.approx(last_s + 30.0, abs=0.21)]
    move(story, is_open=False)
    assert of_the_door(story)[-1].kind is EventKind.DOOR_SHUT


def test_somebody_let_in_sees_that_and_not_the_alarm_which_goes_on() -> None:
    story = Story(policy=DOOR)
    story.ticks(20)
    move(story, is_open=True)
    story.ticks(3, sighting(person=ANN))
    assert (shown(story).kind, shown(story).name, shown(story).is_alarm) == (SignalKind.UNLOCKED, "ann", True)


def test_of_a_door_that_stood_open_at_the_start_nobody_knows_whether_it_was_forced() -> None:
    story = Story(policy=DOOR)
    story.gate = replace(story.gate, last_open_s=story.now_s)
    story.tick(asked=(DoorMoved(True, story.now_s - 3.0),))
    assert story.gate.door == Door(True, pytest.approx(story.now_s - 3.1), None, story.now_s)
    story.ticks(310)
    assert story.gate.door.alarm is Alarm.HELD


def test_the_status_says_it() -> None:
    story = Story(policy=DOOR)
    story.ticks(20)
    move(story, is_open=True)
    assert status_of(story.gate, Vitals(2, 10, 15.0), story.now_s).startswith("The door was forced. Watching. 2 people")
    leave(story)
    assert "Open from inside" in status_of(story.gate, Vitals(2, 10, 15.0), story.now_s)


def test_a_door_pushed_within_the_tick_of_the_press_was_not_forced() -> None:
    story = Story(policy=DOOR)
    story.ticks(20)
    story.tick(asked=(ExitAsked(story.now_s + 0.03), DoorMoved(True, story.now_s + 0.06)))
    assert story.gate.door.alarm is None
