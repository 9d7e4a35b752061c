"""What the journal says in each of the door's stories, word for word, and what the door shows at the end of each.

Every field of every entry: programs and people read them later, and nothing else tells of an entry that was changed by
mistake. What was changed on purpose is written anew with `.venv/bin/python -m tests.unit.test_gate_stories`; read its
diff line by line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import pytest

from faceauthd.challenge import SIGNS
from faceauthd.gate import Authority, Entry, Mode
from faceauthd.lockout import LockoutPolicy
from faceauthd.outputs import signal_for
from faceauthd.types import (
    CancelAsked,
    ClearLockoutAsked,
    CommitDone,
    CommitFailed,
    DoorMoved,
    EnrollAsked,
    Event,
    ExitAsked,
    ImproveAsked,
    LockAsked,
    Person,
    PressKind,
    Reason,
    Role,
    Rules,
    Sighting,
    Sign,
    Suspicion,
    UnlockAsked,
    VerifyAsked,
)
from tests.fakes import sighting
from tests.unit.test_gate import ANN, BEN, NOBODY, POLICY, Story, turning
from tests.unit.test_gate_entry import MONDAY_NOON, with_rules

FIGURES = ("score", "threshold", "liveness")
FIGURES_OF = attrgetter(*FIGURES)
EXPECTED = Path(__file__).parents[1] / "data" / "gate-stories.txt"
FAKE = replace(sighting(1, ANN, liveness=0.01), suspicion=Suspicion.FRAMED)


def told(story: Story) -> list[str]:
    """The entries, each with all that it says, and then the door."""
    gate = story.gate
    ends = "" if gate.until_s is None else f" for {gate.until_s - gate.since_s:.1f} s"
    shown = f"{gate.mode}{ends}, {gate.person}, {gate.reason}, {gate.hint}, {'open' if story.is_open else 'shut'}"
    return [*map(line, story.events), f"= {shown}, shown as {signal_for(gate, story.now_s, 3).kind}"]


def line(event: Event) -> str:
    figures = [
        f"{name} {value:.3g}" for name, value in zip(FIGURES, FIGURES_OF(event), strict=True) if value is not None
    ]
    fields = [f"{name} {value}" for name, value in event.fields]
    track = None if event.track is None else f"track {event.track}"
    said = (event.person, event.reason, event.detail, track, *figures, *fields)
    return " | ".join([f"{event.time_s:.1f} {event.kind}", *(str(each) for each in said if each is not None)])


def somebody_leaves_by_the_button(story: Story) -> None:
    for at_s in (100.05, 101.05):
        story.tick(asked=(ExitAsked(at_s + 0.00049),))
        story.ticks(9)
    signal = signal_for(story.gate, story.now_s, 3)
    assert (signal.is_open, story.gate.exit_since_s) == (True, 100.1)
    story.ticks(60)


def a_client_opens_twice_and_locks(story: Story) -> None:
    for _ in range(2):
        story.tick(asked=(UnlockAsked(story.now_s, "uid 0"),))
        story.ticks(5)
    assert story.gate.exit_since_s == pytest.approx(100.1)
    story.tick(asked=(LockAsked(story.now_s, "uid 0"),))
    story.tick(asked=(LockAsked(story.now_s, "uid 0"),))


def ann_is_let_in_and_shut_out(story: Story) -> None:
    story.ticks(4, sighting(3, ANN))
    story.tick(sighting(3, ANN), asked=(LockAsked(story.now_s, "uid 0"),))
    story.ticks(20, sighting(3, ANN))


def ann_is_let_in_and_leaves(story: Story) -> None:
    story.ticks(5, sighting(3, ANN))
    story.ticks(60)


def the_door_is_forced_and_shut(story: Story) -> None:
    story.tick(asked=(DoorMoved(True, story.now_s),))
    story.ticks(5)
    story.tick(asked=(DoorMoved(False, story.now_s),))
    assert (story.gate.door.is_open, story.gate.door.since_s) == (False, pytest.approx(100.6))


def the_first_enrols(story: Story) -> None:
    story.roster = NOBODY
    story.press()
    story.ticks(5, sighting(1))
    story.until(Mode.WATCHING if story.gate.to_commit else Mode.ENROLLING, turning())
    for turn in range(200):
        if story.gate.to_commit:
            break
        story.tick(*turning()(turn))
    assert story.gate.enrolment is not None
    assert (story.gate.enrolment.role, story.gate.enrolment.by) == (Role.ADMIN, "button")
    story.tick(asked=(CommitDone(Person(1, "person-1", Role.ADMIN, 3, 0.0)),))


def ann_vouches_and_it_is_cancelled(story: Story) -> None:
    story.press()
    story.ticks(4, sighting(1, ANN))
    story.ticks(15)
    story.ticks(3, sighting(2, None, yaw_deg=1.0))
    story.press(PressKind.LONG)


def nobody_vouches(story: Story) -> None:
    story.press()
    story.ticks(8, sighting(1, BEN))
    story.ticks(250)


def ben_is_improved_and_the_disk_is_full(story: Story) -> None:
    story.tick(asked=(ImproveAsked(BEN, "ben", story.now_s, "uid 7"),))
    enrolment = story.gate.enrolment
    assert enrolment is not None
    assert (enrolment.name, enrolment.role, enrolment.by, enrolment.person_id) == ("ben", Role.MEMBER, "uid 7", BEN)
    for turn in range(200):
        if story.gate.to_commit:
            break
        story.tick(sighting(1, BEN, yaw_deg=3.0 * turn))
    story.tick(asked=(CommitFailed("no space left"),))


def eve_is_enrolled_by_a_client_who_thinks_better_of_it(story: Story) -> None:
    story.tick(asked=(EnrollAsked("eve", story.now_s, "uid 7", Role.GUEST),))
    enrolment = story.gate.enrolment
    assert enrolment is not None
    assert (enrolment.name, enrolment.role, enrolment.by) == ("eve", Role.GUEST, "uid 7")
    story.ticks(3, sighting(1))
    story.tick(asked=(CancelAsked(story.now_s, "uid 8"),))


def eve_is_enrolled_and_it_is_kept(story: Story) -> None:
    story.tick(asked=(EnrollAsked("eve", story.now_s, "uid 7", Role.GUEST),))
    for turn in range(200):
        if story.gate.to_commit:
            break
        story.tick(*turning()(turn))
    story.tick(*turning()(99), asked=(CommitDone(Person(3, "eve", Role.GUEST, 3, 0.0)),))


def eve_is_ben(story: Story) -> None:
    story.tick(asked=(EnrollAsked("eve", story.now_s, "uid 7"),))
    story.ticks(8, sighting(1, BEN))


def ben_is_vouched_for_and_known(story: Story) -> None:
    story.press()
    story.ticks(4, sighting(1, ANN))
    story.ticks(15)
    story.ticks(8, sighting(2, BEN))


def nobody_comes_to_be_enrolled(story: Story) -> None:
    story.tick(asked=(EnrollAsked("eve", story.now_s, "uid 7"),))
    story.ticks(310)


def ben_is_verified(story: Story) -> None:
    story.tick(asked=(VerifyAsked(BEN, "ben", story.now_s, story.now_s + 20.0, "uid 7"),))
    story.ticks(4, sighting(1, BEN))


def ben_is_not_verified_in_time(story: Story) -> None:
    story.tick(asked=(VerifyAsked(BEN, "ben", story.now_s, story.now_s + 2.0, "uid 7"),))
    story.ticks(25)


def somebody_else_and_then_a_photograph_is_verified(story: Story) -> None:
    story.tick(asked=(VerifyAsked(BEN, "ben", story.now_s, story.now_s + 20.0, "uid 7"),))
    story.ticks(8, sighting(1, ANN))
    story.ticks(12)
    story.ticks(30, replace(FAKE, track=2))


def strangers_are_verified_until_it_locks(story: Story) -> None:
    story.tick(asked=(VerifyAsked(BEN, "ben", story.now_s, story.now_s + 60.0, "uid 7"),))
    for track in (1, 2, 3, 4):
        story.ticks(10, sighting(track, ANN, 0.2))
        story.ticks(12)


def a_verification_is_cancelled(story: Story) -> None:
    story.tick(asked=(VerifyAsked(BEN, "ben", story.now_s, story.now_s + 20.0, "uid 7"),))
    story.press(PressKind.LONG)


def strangers_try_and_it_is_cleared(story: Story) -> None:
    for track in (1, 2, 3):
        story.ticks(8, sighting(track, ANN, 0.2))
        story.ticks(12)
    story.tick(asked=(ClearLockoutAsked(story.now_s, "uid 0"),))
    story.tick(asked=(ClearLockoutAsked(story.now_s, "uid 0"),))


def a_stranger_is_refused(story: Story) -> None:
    story.ticks(10, sighting(1, ANN, 0.2))


def photographs_are_held_up(story: Story) -> None:
    story.policy = replace(POLICY, lockout=LockoutPolicy(9, 60.0, (30.0,), alarm_after_spoofs=2, alarm_s=30.0))
    began_s = []
    for track in (1, 2, 3):
        story.ticks(25, replace(FAKE, track=track))
        story.ticks(12)
        began_s.append(story.gate.spoofs.since_s)
    assert began_s[1] == began_s[2] > 100.0


def ben_comes_outside_his_hours(story: Story) -> None:
    story.roster, story.wall = with_rules(Rules(hours="Mon-Fri 07:00-19:00")), MONDAY_NOON.replace(hour=20)
    story.ticks(4, sighting(1, BEN))


def ben_presses_and_comes(story: Story) -> None:
    story.policy = replace(POLICY, entry=Entry.PRESS)
    story.ticks(5, sighting(1, BEN))
    story.press()
    story.ticks(5, sighting(1, BEN))


def a_press_that_nobody_answers(story: Story) -> None:
    story.policy = replace(POLICY, entry=Entry.PRESS)
    story.press()
    story.ticks(105)


def a_long_press_where_entry_takes_a_press(story: Story) -> None:
    story.policy = replace(POLICY, entry=Entry.PRESS, authority=Authority.ALWAYS)
    story.press(PressKind.LONG)
    assert story.gate.enrolment is not None
    assert story.gate.enrolment.role is Role.MEMBER


def ann_waits_for_ben(story: Story) -> None:
    story.policy = replace(POLICY, entry=Entry.TWO_PERSON)
    story.ticks(8, sighting(1, ANN))
    assert told(story)[-1].startswith("= second")
    story.ticks(12)
    story.ticks(4, sighting(2, BEN))


def ann_waits_in_vain(story: Story) -> None:
    story.policy = replace(POLICY, entry=Entry.TWO_PERSON)
    story.ticks(8, sighting(1, ANN))
    story.ticks(105)


def ann_gives_a_sign(story: Story) -> None:
    story.policy, story.lot = replace(POLICY, challenge=True), SIGNS.index(Sign.LEFT)
    story.ticks(4, sighting(1, ANN))
    for yaw_deg in (0.0, 8.0, 16.0, 16.0):
        story.tick(sighting(1, ANN, yaw_deg=yaw_deg))


def ann_gives_none(story: Story) -> None:
    story.policy = replace(POLICY, challenge=True)
    story.ticks(55, sighting(1, ANN))


def the_camera_goes_and_comes_back(story: Story) -> None:
    story.ticks(4, sighting(1, ANN))
    story.tick(trouble="camera 0 was unplugged")
    story.tick(trouble="camera 0 was unplugged")
    story.tick()


def the_camera_goes_in_a_lockout(story: Story) -> None:
    strangers_try = (1, 2, 3)
    for track in strangers_try:
        story.ticks(8, sighting(track, ANN, 0.2))
        story.ticks(12)
    story.tick(trouble="camera 0 was unplugged")
    story.tick()


def a_restart_in_a_lockout(story: Story) -> None:
    for track in (1, 2, 3):
        story.ticks(8, sighting(track, ANN, 0.2))
        story.ticks(12)
    left = story.gate.lockout
    story.gate = replace(type(story.gate)(), lockout=left).resumed(story.now_s)
    assert (story.gate.mode, story.gate.since_s, story.gate.until_s) == (Mode.LOCKED_OUT, story.now_s, left.until_s)
    story.ticks(260)


def somebody_turned_away_stays(story: Story) -> None:
    dark: Sighting = sighting(1, reasons=(Reason.TOO_DARK,))
    story.ticks(3, dark)
    assert story.gate.hint is Reason.TOO_DARK
    story.ticks(2)


STORIES: tuple[Callable[[Story], None], ...] = (
    somebody_leaves_by_the_button,
    a_client_opens_twice_and_locks,
    ann_is_let_in_and_shut_out,
    ann_is_let_in_and_leaves,
    the_door_is_forced_and_shut,
    the_first_enrols,
    ann_vouches_and_it_is_cancelled,
    nobody_vouches,
    ben_is_improved_and_the_disk_is_full,
    eve_is_enrolled_by_a_client_who_thinks_better_of_it,
    eve_is_enrolled_and_it_is_kept,
    eve_is_ben,
    ben_is_vouched_for_and_known,
    nobody_comes_to_be_enrolled,
    ben_is_verified,
    ben_is_not_verified_in_time,
    somebody_else_and_then_a_photograph_is_verified,
    strangers_are_verified_until_it_locks,
    a_verification_is_cancelled,
    strangers_try_and_it_is_cleared,
    a_stranger_is_refused,
    photographs_are_held_up,
    ben_comes_outside_his_hours,
    ben_presses_and_comes,
    a_press_that_nobody_answers,
    a_long_press_where_entry_takes_a_press,
    ann_waits_for_ben,
    ann_waits_in_vain,
    ann_gives_a_sign,
    ann_gives_none,
    the_camera_goes_and_comes_back,
    the_camera_goes_in_a_lockout,
    a_restart_in_a_lockout,
    somebody_turned_away_stays,
)


def expected() -> dict[str, list[str]]:
    """By the name of each story, what is told."""
    found: dict[str, list[str]] = {}
    name = ""
    for text in EXPECTED.read_text().splitlines():
        if text.startswith("    "):
            found[name].append(text.strip())
        elif text:
            name = text
            found[name] = []
    return found


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_story_is_told_as_it_stands_in_the_file(story: Callable[[Story], None]) -> None:
    gate = Story()
    story(gate)
    assert told(gate) == expected()[story.__name__]


def test_every_story_of_the_file_is_played() -> None:
    assert set(expected()) == {story.__name__ for story in STORIES}


def write_anew() -> None:
    played = []
    for story in STORIES:
        gate = Story()
        story(gate)
        played.append("\n".join([story.__name__, *(f"    {each}" for each in told(gate))]) + "\n")
    EXPECTED.write_text("\n".join(played))


if __name__ == "__main__":
    write_anew()
