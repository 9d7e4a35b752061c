"""Every measurement once, on the real models and the real service: that it is made, not how fast anything is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceauthd.bench.idle import measure_start
from faceauthd.bench.kit import Kit, Nobody, Passing, open_kit, usable_frames
from faceauthd.bench.looks import WARM_UP, measure_looks, whole_look
from faceauthd.bench.matching import mapped_matcher, measure_matching, write_rows
from faceauthd.bench.process import running
from faceauthd.bench.unlock import measure_unlocking
from faceauthd.errors import FaceauthdError
from faceauthd.gallery.beside import FILE_NAME
from faceauthd.types import Cues, Frame
from faceauthd.vision.presence import UNSEEN, Presence, Shown


@pytest.fixture(scope="module")
def kit() -> Kit:
    return open_kit(threads=1)


def test_every_stage_of_a_look_is_timed(kit: Kit) -> None:
    told = measure_looks({"1": kit, "again": kit}, usable_frames(kit, 2), rounds=2)
    assert list(told) == ["1", "again"]
    taken = told["again"]
    stages = {"detect", "landmarks", "eyes", "quality", "align", "embed", "match", "liveness", "motion cues", "look"}
    assert taken.keys() == stages
    assert all(len(each.wall_ms) == 2 and min(each.wall_ms) > 0 for each in taken.values())


def test_the_look_that_is_timed_tells_motion_too(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that stands, a look has no past to be compared with, and costs a fifth less than at the door."""
    told: list[list[Cues]] = []
    see = Presence.see
    look = whole_look(kit.stages, usable_frames(kit), Nobody())

    def noted(self: Presence, frame: Frame, shown: Sequence[Shown]) -> list[Cues]:
        cues = see(self, frame, shown)
        told.extend([cues] if shown else [])
        return cues

    monkeypatch.setattr(Presence, "see", noted)
    for number in range(WARM_UP + 30):
        assert len(look(number)) == 1
    assert len(told) == WARM_UP + 30
    compared = [cues.goes is not None for (cues,) in told[WARM_UP:] if cues != UNSEEN]
    assert all(compared)
    assert len(compared) >= 15, "those of a face that goes by are compared, too, but nothing comes of it"


def test_frames_pass_forth_and_back_and_time_only_forward() -> None:
    frames = [Frame(np.full((1, 1, 3), value, np.uint8), 9.0) for value in range(3)]
    for few, order in ((frames, [0, 1, 2, 1, 0, 1, 2]), (frames[:1], [0] * 7)):
        passing = Passing(few)
        seen = [passing.next() for _ in range(7)]
        assert [int(frame.main[0, 0, 0]) for frame in seen] == order
        assert (np.diff([frame.time_s for frame in seen]) > 0).all()


def test_somebody_walks_up_and_the_door_opens(kit: Kit, tmp_path: Path) -> None:
    told: dict[str, Any] = measure_unlocking(kit, tmp_path, fps=15, walks=1)
    for clock in ("wall", "cpu"):
        assert told[clock]["opened"] == told["walks"] == 1
        total, work, wait = (told[clock][part]["p50"] for part in ("total_ms", "work_ms", "wait_ms"))
        assert total == pytest.approx(work + wait, abs=1e-3)
        assert total >= 2 * 1000 / 15 - 1, "three looks are two frames apart at least"


def test_matching_leaves_no_file_behind(tmp_path: Path) -> None:
    assert measure_matching(tmp_path, rows=50, rounds=2).taken.keys() == {"match", "read"}
    assert list(tmp_path.iterdir()) == []


def test_matching_scans_the_int8_copy_in_a_file_as_at_the_door(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.npy", 50)
    matrix = np.load(tmp_path / "rows.npy", mmap_mode="r")
    with mapped_matcher(matrix, tmp_path / "beside", worth_rows=1) as matcher:
        assert [path.name for path in (tmp_path / "beside").iterdir()] == [FILE_NAME]
        assert matcher.templates == 50
    assert not (tmp_path / "beside").exists()


def test_the_service_is_started_until_it_is_ready(kit: Kit, tmp_path: Path) -> None:
    told = measure_start(kit, tmp_path, 10, times=1)
    assert told["n"] == 1


def test_a_service_that_cannot_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    wrong = ["gate.no_such_key=1"]
    with pytest.raises(FaceauthdError, match=r"did not get ready.*no_such_key"), running(tmp_path, wrong):
        pass
