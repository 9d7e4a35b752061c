"""Every measurement once, on the real models and the real service: that it is made, not how fast anything is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from faceauthd.bench.idle import measure_start
from faceauthd.bench.kit import Kit, open_kit, usable_frames
from faceauthd.bench.looks import measure_looks
from faceauthd.bench.matching import measure_matching
from faceauthd.bench.process import running
from faceauthd.bench.unlock import measure_unlocking
from faceauthd.errors import FaceauthdError


@pytest.fixture(scope="module")
def kit() -> Kit:
    return open_kit(threads=1)


def test_every_stage_of_a_look_is_timed(kit: Kit) -> None:
    taken = measure_looks(kit, usable_frames(kit, 2), rounds=2)
    stages = {"detect", "landmarks", "eyes", "quality", "align", "embed", "match", "liveness", "look"}
    assert taken.keys() == stages
    assert all(len(each.wall_ms) == 2 and min(each.wall_ms) > 0 for each in taken.values())


def test_somebody_walks_up_and_the_door_opens(kit: Kit, tmp_path: Path) -> None:
    told: dict[str, Any] = measure_unlocking(kit, tmp_path, fps=15, walks=1)
    for clock in ("wall", "cpu"):
        assert told[clock]["opened"] == told["walks"] == 1
        total, work, wait = (told[clock][part]["p50"] for part in ("total_ms", "work_ms", "wait_ms"))
        assert total == pytest.approx(work + wait, abs=1e-3)
        assert total >= 2 * 1000 / 15 - 1, "three looks are two frames apart at least"


def test_matching_leaves_no_file_behind(tmp_path: Path) -> None:
    taken = measure_matching(tmp_path, rows=50, rounds=2)
    assert taken.keys() == {"match", "read"}
    assert list(tmp_path.iterdir()) == []


def test_the_service_is_started_until_it_is_ready(kit: Kit, tmp_path: Path) -> None:
    told = measure_start(kit, tmp_path, times=1)
    assert told["n"] == 1


def test_a_service_that_cannot_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    wrong = ["gate.no_such_key=1"]
    with pytest.raises(FaceauthdError, match=r"did not get ready.*no_such_key"), running(tmp_path, wrong):
        pass
