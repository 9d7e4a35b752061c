"""Where a look takes most of a second, as on the slowest board, people are enrolled and let in all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from faceauthd.types import EnrollAsked, Frame, Sighting, Wants
from tests.fakes import FakeRecognizer, sighting
from tests.unit.test_daemon import Rig

TAKES_S = (0.4, 0.7, 0.9)
"""Between three and one looks a second: from the capture of one to the end of the next it is longer than
`gate.forget_s`."""


def slow(rig: Rig, takes_s: float, shows: Callable[[int], Sighting]) -> Rig:
    number = -1

    def look(frame: Frame, wants: Wants) -> Iterable[Sighting]:
        nonlocal number
        number += 1
        rig.clock.at_s += takes_s
        return [shows(number)]

    rig.recognizer = FakeRecognizer(look)
    return rig


@pytest.mark.parametrize("takes_s", TAKES_S)
def test_somebody_enrolled_is_let_in_by_three_looks(takes_s: float) -> None:
    rig = slow(Rig((True,) * 4), takes_s, lambda _: sighting(person=1))
    rig.daemon().run()
    assert rig.journal.kinds() == ["started", "approached", "unlocked", "stopped"]


@pytest.mark.parametrize("takes_s", TAKES_S)
def test_a_newcomer_is_enrolled(takes_s: float) -> None:
    def turning(number: int) -> Sighting:
        return sighting(person=None, yaw_deg=6.0 * number)

    rig = slow(Rig((True,) * 12), takes_s, turning)
    rig.people.members.clear()
    rig.desk.asked.append(EnrollAsked("eve", 100.0, "uid 0"))
    rig.daemon().run()
    assert [name for name, _, _ in rig.people.enrolled] == ["eve"]


def test_a_face_that_is_not_there_any_more_is_forgotten_all_the_same() -> None:
    rig = Rig((True,) * 9)

    def look(frame: Frame, wants: Wants) -> Iterable[Sighting]:
        rig.clock.at_s += 0.7
        return [sighting(person=1)] if frame.time_s < 102.0 else []

    rig.recognizer = FakeRecognizer(look)
    rig.people.members.clear()
    rig.daemon().run()
    assert rig.journal.kinds() == ["started", "approached", "left", "stopped"]


def test_frames_that_lie_far_behind_let_nobody_in() -> None:
    rig = Rig((True,) * 20)
    daemon = rig.daemon()
    camera = rig.camera
    given = camera.next_frame

    def behind(timeout_s: float) -> Frame | None:
        frame = given(timeout_s)
        return Frame(frame.main, frame.time_s - 5.0) if frame else None

    camera.next_frame = behind  # type: ignore[method-assign]
    rig.recognizer = FakeRecognizer(lambda frame, wants: [sighting(person=1)])
    daemon.run()
    assert "unlocked" not in rig.journal.kinds()
