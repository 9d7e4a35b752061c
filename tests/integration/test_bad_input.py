"""What people do wrong, and when: a clear answer, a consistent gallery, a locked door.

What is tested elsewhere: two clients that enrol at once, a rename to a name that exists, the last administrator
(unit/test_desk.py, unit/test_register.py); hours that never occur, an end in the past (unit/test_register.py); clocks
that jump (unit/test_rules.py, unit/test_lockout_file.py); a power cut while the gallery writes (test_gallery_crash.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faceauthd.gallery import Gallery
from faceauthd.gate import Mode
from faceauthd.register import Register
from faceauthd.types import EventKind, Frame, Person, Role, Rules, Sighting, Wants
from tests.fakes import FakeClock, sighting
from tests.gallery_kit import EMBEDDER, templates
from tests.unit.test_daemon import Rig

CURVE = [(1e-2, 0.24), (1e-3, 0.34), (1e-4, 0.42), (1e-5, 0.48)]
YEAR_S = 365 * 86_400.0


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with Gallery.open(tmp_path / "gallery", embedder_id=EMBEDDER, first_capacity=8) as made:
        made.enroll("ann", Role.ADMIN, templates(1, 2), now=1.7e9)
        yield made


class Stage:
    """Ann looks until she has vouched; then somebody new does, each look in another pose."""

    def __init__(self, ann: Person) -> None:
        self._ann = ann
        self.has_vouched = False
        self.looks = 0

    def __call__(self, frame: Frame, wants: Wants) -> list[Sighting]:
        if not self.has_vouched:
            return [sighting(1, self._ann.id)]
        self.looks += 1
        return [replace(sighting(2, yaw_deg=6.0 * (self.looks % 5)), match=None)]


def test_a_power_cut_between_vouching_and_the_commit_keeps_nothing(gallery: Gallery, tmp_path: Path) -> None:
    ann = gallery.people()[0]
    rig, stage = Rig(script=(True,) * 200), Stage(ann)
    rig.recognizer.script = stage
    rig.people = Register(gallery, CURVE, 1e-4, rig.clock)  # type: ignore[assignment]
    daemon = rig.daemon()
    rig.press()
    for _ in range(100):
        daemon.tick()
        stage.has_vouched |= "vouched" in rig.journal.kinds()
        if daemon.gate.enrolment is not None and len(daemon.gate.enrolment.taken) == 2:
            break
    assert daemon.gate.mode is Mode.ENROLLING
    assert not rig.panel.relay

    after = shutil.copytree(tmp_path / "gallery", tmp_path / "after")  # what the medium has at this instant
    with Gallery.open(after, embedder_id=EMBEDDER, on_repair=pytest.fail) as found:
        assert [person.name for person in found.people()] == ["ann"]
        again = Rig(script=(True,) * 20, people=Register(found, CURVE, 1e-4, rig.clock))  # type: ignore[arg-type]
        again.recognizer.script = stage
        restarted = again.daemon()
        for _ in range(19):
            restarted.tick()
        assert not any(signal.is_open for signal in again.panel.shown)
        assert EventKind.ENROLLED not in again.journal.kinds()
        assert [person.name for person in found.people()] == ["ann"]


@pytest.mark.parametrize("jump_s", [-YEAR_S, 3600.0, YEAR_S])
def test_a_clock_that_jumps_leaves_a_gallery_that_opens_and_takes_changes(
    gallery: Gallery, tmp_path: Path, jump_s: float
) -> None:
    clock = FakeClock()
    register = Register(gallery, CURVE, 1e-4, clock)
    register.enroll("ben", Role.MEMBER, templates(2, 1))
    now = clock.wall().timestamp()
    register.set_rules("ben", Rules(valid_until=now + 86_400))
    clock.at_s += jump_s
    register.saw("ben")
    register.keep_seen()
    register.enroll("cat", Role.MEMBER, templates(3, 1))
    register.set_rules("ben", replace(gallery.people()[1].rules, is_disabled=True))
    gallery.close()
    with Gallery.open(tmp_path / "gallery", embedder_id=EMBEDDER, on_repair=pytest.fail) as again:
        assert [person.name for person in again.people()] == ["ann", "ben", "cat"]
        ben = again.people()[1]
        assert ben.rules == Rules(is_disabled=True, valid_until=now + 86_400)
        assert (ben.last_seen is None) == (jump_s < 0)
