"""The model of the whole loop where entry takes more: a press, two people, a sign of life, hours; and improvement.

Each of these doors is driven through all that `test_daemon_model.py` does to one, and holds all that it holds there.
What is more is written against the raw sightings, the clocks and the journal, without the product's code.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from faceauthd.gate import Entry
from faceauthd.types import (
    Asked,
    Edge,
    Event,
    EventKind,
    ImproveAsked,
    Member,
    Reason,
    Role,
    Rules,
    Sighting,
    Source,
    UnlockAsked,
)
from tests.fakes import FakeCalendar, sighting
from tests.loop_kit import TICK_S
from tests.property.test_daemon_model import EXAMPLES, POLICY, STEPS, DaemonModel
from tests.property.test_gate import PEOPLE, proven

ASK_S, TWO_PERSON_S, CHALLENGE_S, TURN_DEG = 4.0, 4.0, 3.0, 12.0


def by_face(events: Sequence[Event], asked: Sequence[Asked]) -> list[Event]:
    """The unlocks that no client asked for."""
    commanded = any(isinstance(each, UnlockAsked) for each in asked)
    return [] if commanded else [event for event in events if event.kind is EventKind.UNLOCKED]


class PressModel(DaemonModel):
    """Nobody is let in who did not press, and no look from before the press counts."""

    policy = replace(POLICY, entry=Entry.PRESS, ask_s=ASK_S)

    def begin(self) -> None:
        super().begin()
        self.pressed_s, put = list[float](), self.edges.put

        def seen_put(edge: Edge) -> bool:
            if edge.source is Source.BUTTON and edge.is_down:
                self.pressed_s.append(edge.at_s)
            return put(edge)

        self.edges.put = seen_put  # type: ignore[method-assign]

    @rule(person=st.sampled_from(sorted(PEOPLE)), waits_s=st.sampled_from([0.1, 2.0, 5.0]), track=st.integers(1, 9))
    def somebody_presses_and_stands_there(self, person: int, waits_s: float, track: int) -> None:
        self.a_contact_is_touched(Source.BUTTON, 0.2)
        self.nobody_is_there(waits_s)
        self.somebody_enrolled_stands_there(6, track, person)

    def check_unlocks(self, events: list[Event], asked: Sequence[Asked], now_s: float) -> None:
        super().check_unlocks(events, asked, now_s)
        for event in by_face(events, asked):
            presses = [at_s for at_s in self.pressed_s if now_s - at_s <= ASK_S + 5 * TICK_S]
            assert presses, "let in, and nobody had pressed"
            assert any(event.person in self.named(at_s) for at_s in presses), "a look from before it counted"

    def named(self, since_s: float) -> set[str]:
        """For whom the looks since then are proof."""
        looks = [(at_s, face) for at_s, face in self.watched.history if at_s >= since_s]
        named = proven(looks, self.watched.as_of_s)
        return {self.people.members[person].name for person in named if person in self.people.members}


class TwoPersonModel(DaemonModel):
    """Nobody is let in alone: another person was recognised less than `two_person_s` before."""

    policy = replace(POLICY, entry=Entry.TWO_PERSON, two_person_s=TWO_PERSON_S)
    first: tuple[str | None, float] = (None, -1e9)

    def begin(self) -> None:
        super().begin()
        self.first = (None, -1e9)

    @rule(
        one=st.sampled_from([1, 2]),
        other=st.sampled_from([1, 2]),
        waits_s=st.sampled_from([0.1, 2.0, 5.0]),
        track=st.integers(1, 9),
    )
    def one_comes_and_then_another(self, one: int, other: int, waits_s: float, track: int) -> None:
        self.somebody_enrolled_stands_there(6, track, one)
        self.nobody_is_there(waits_s)
        self.somebody_enrolled_stands_there(6, track + 10, other)

    def check_unlocks(self, events: list[Event], asked: Sequence[Asked], now_s: float) -> None:
        super().check_unlocks(events, asked, now_s)
        let_in = by_face(events, asked)
        for event in events:  # in their order: two may be recognised in one tick
            if event.kind is EventKind.SECOND_ASKED:
                members = self.people.members
                shown = proven(self.watched.history, self.watched.as_of_s)
                assert event.person in {members[person].name for person in shown if person in members}, "not recognised"
                self.first = (event.person, now_s)
            elif event in let_in:
                name, at_s = self.first
                assert name is not None, "let in alone"
                assert name != event.person, "let in twice as one"
                assert now_s - at_s <= TWO_PERSON_S, "the first had come too long ago"
                assert event.detail == f"with {name} before"
                self.first = (None, -1e9)


SIGNS = {
    "closing the eyes for a moment": "blink",
    "turning the head to the left": "left",
    "turning the head to the right": "right",
}


class ChallengeModel(DaemonModel):
    """Nobody is let in without the very sign of life that was asked for, and since it was: a turn to that side, or shut
    lids."""

    policy = replace(POLICY, challenge=True, challenge_s=CHALLENGE_S)
    asked_of: tuple[int | None, float, str] = (None, -1e9, "")

    def begin(self) -> None:
        super().begin()
        self.asked_of = (None, -1e9, "")

    @rule(
        person=st.sampled_from(sorted(PEOPLE)),
        track=st.integers(1, 9),
        sign=st.sampled_from(["left", "right", "blink", ""]),
        lot=st.integers(0, 2),
        is_obeying=st.booleans(),
    )
    def somebody_gives_a_sign(self, person: int, track: int, sign: str, lot: int, is_obeying: bool) -> None:
        self.lots.lot = lot
        if is_obeying:
            sign = ("blink", "left", "right")[lot]
        self.somebody_enrolled_stands_there(5, track, person)
        open_eyed = sighting(track, person)
        side = -1.0 if sign == "right" else 1.0
        looks = [sighting(track, person, yaw_deg=side * yaw) for yaw in (0.0, 8.0, 16.0, 16.0, 16.0, 0.0, 0.0)]
        if sign == "blink":
            shut = sighting(track, person, reasons=(Reason.EYES_CLOSED,), lids=0.2)
            looks = [*[open_eyed] * 5, shut, shut, shut, *[open_eyed] * 3]
        for look in looks if sign else [open_eyed] * 6:
            self.view.faces = (look,)
            self.turn()

    def check_unlocks(self, events: list[Event], asked: Sequence[Asked], now_s: float) -> None:
        super().check_unlocks(events, asked, now_s)
        for event in by_face(events, asked):
            track, at_s, sign = self.asked_of
            assert track is not None, "let in without a sign of life"
            assert track == event.track, "another face's sign of life counted"
            assert now_s - at_s <= CHALLENGE_S + TICK_S
            since = [face for seen_s, face in self.watched.history if face.track == track and seen_s >= at_s - 1e-9]
            assert self.has_sign(sign, since, event.person), f"let in, and there was no sign of life: {sign}"
        for event in (event for event in events if event.kind is EventKind.CHALLENGED):
            sign = ("blink", "left", "right")[self.lots.lot]
            assert SIGNS[event.detail or ""] == sign, "another sign was asked for than drawn"
            shown = self.panel.shown[-1].kind.value
            is_over = any(each.kind is EventKind.LOCKOUT_BEGAN for each in events)  # by another face, in the same tick
            assert shown in (f"sign-{sign}", "unlocked") or is_over, (
                "the panel asks for another"
            )  # by an order it is open
            self.asked_of = (event.track, now_s, sign)

    def has_sign(self, sign: str, since: Sequence[Sighting], name: str | None) -> bool:
        known = self.people.members
        yaws = [
            face.quality.yaw_deg
            for face in since
            if face.match is not None and face.match.person_id in known and known[face.match.person_id].name == name
        ]
        if sign == "blink":
            return sum(face.quality.lids < 0.3 for face in since) >= 2  # and for how long, the unit tests hold
        turned = [yaw - yaws[0] if sign == "left" else yaws[0] - yaw for yaw in yaws]
        return sum(each >= TURN_DEG for each in turned) >= 2


FROM, UNTIL = 8, 18
"""Ben may enter from 8 to 18 o'clock, and until the end of the year."""
SET = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)


class SetClock(FakeCalendar):
    """Believes every clock that was ever set."""

    def is_believed(self, wall: datetime) -> bool:
        return wall >= SET


class HoursModel(DaemonModel):
    """Nobody is let in when their rules say no, whatever the civil clock does; nor while it was never set."""

    @initialize()
    def somebody_is_enrolled_or_nobody(self) -> None:  # type: ignore[override]
        """Always the two, and Ben has hours."""
        rules = Rules(hours=f"daily {FROM:02}:00-{UNTIL:02}:00", valid_until=END.timestamp())
        self.people.members = {1: Member("ann", Role.ADMIN), 2: Member("ben", Role.MEMBER, rules)}

    def calendar(self) -> FakeCalendar:
        return SetClock()

    @rule(is_disabled=st.booleans())
    def ben_is_disabled_or_enabled(self, is_disabled: bool) -> None:
        ben = self.people.members[2]
        self.people.members[2] = replace(ben, rules=replace(ben.rules, is_disabled=is_disabled))
        self.turn()

    @rule(hours=st.sampled_from([-30.0, -5.0, 7.0, 11.0, 24.0 * 45, -24.0 * 400]))
    def some_hours_pass_on_the_wall(self, hours: float) -> None:
        self.clock.civil_s += 3600.0 * hours
        self.turn()

    def check_unlocks(self, events: list[Event], asked: Sequence[Asked], now_s: float) -> None:
        super().check_unlocks(events, asked, now_s)
        wall = self.clock.wall()
        for event in by_face(events, asked):
            if event.person == "ben":
                assert not self.people.members[2].rules.is_disabled
                assert FROM <= wall.hour < UNTIL, f"let in at {wall}"
                assert SET <= wall < END


class ImproveModel(DaemonModel):
    """More templates only for whoever was asked for, or was vouched for, and only from looks that name them; and a disk
    that is full while it locks."""

    improvable: frozenset[str] = frozenset()

    def begin(self) -> None:
        super().begin()
        self.improvable = frozenset()

    @rule(person=st.sampled_from(sorted(PEOPLE)), whose=st.sampled_from([1, 2, None]), track=st.integers(1, 9))
    def a_client_improves_and_somebody_turns_their_head(self, person: int, whose: int | None, track: int) -> None:
        if person not in self.people.members:
            return
        name = self.people.members[person].name
        self.improvable = frozenset({name})
        self.turn(ImproveAsked(person, name, self.clock.at_s, "uid 0"))
        self.somebody_turns_their_head(track, 0.8, whose)

    @rule(tracks=st.just((21, 22)), off_s=st.sampled_from([0.0, 1.0]), walks_up=st.sampled_from([1, 2]))
    def the_disk_is_full_while_it_locks(self, tracks: tuple[int, int], off_s: float, walks_up: int) -> None:
        """A lockout that could not be written is written once there is room, and outlives the plug from then on."""
        aside = self.folder.with_name(f"{self.folder.name}-full")
        self.folder.rename(aside)
        for track in tracks:
            self.a_stranger_stands_there(8, track)
        aside.rename(self.folder)
        self.nobody_is_there(6.0)
        self.power_is_cut(off_s)
        self.somebody_enrolled_stands_there(9, 23, walks_up)

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def turn(self, *asked: Asked) -> None:
        before = len(self.people.improved)
        super().turn(*asked)
        for name, count in self.people.improved[before:]:
            assert self.may_enroll or name in self.improvable, "improved, and nobody asked for it"
            assert count == self.policy.enrolment.templates
            known = self.people.members
            looks = [
                face.match
                for _, face in self.watched.history[-60:]
                if face.match is not None and face.match.person_id in known and known[face.match.person_id].name == name
            ]
            assert len(looks) >= count, "improved by looks that do not name them"
            self.improvable = frozenset()


FEW = settings(max_examples=max(EXAMPLES // 4, 10), stateful_step_count=STEPS, deadline=None)
ENTRIES = (PressModel, TwoPersonModel, ChallengeModel, HoursModel, ImproveModel)
for machine in ENTRIES:
    machine.TestCase.settings = FEW
TestPressModel, TestTwoPersonModel, TestChallengeModel, TestHoursModel, TestImproveModel = (
    machine.TestCase for machine in ENTRIES
)
