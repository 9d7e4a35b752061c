"""The loop keeps nothing of the frames it has seen: shortly here, over 10,000 frames in the slow suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from faceauthd.bench import growth
from faceauthd.bench.growth import measure_growth
from faceauthd.bench.kit import Kit, open_kit
from faceauthd.recognizer import FaceRecognizer
from faceauthd.types import Frame, Sighting, Wants

A_FRAME = 320 * 240 * 3
"""Bytes of the smaller of a frame's two pictures."""


@pytest.fixture(scope="module")
def kit() -> Kit:
    return open_kit(threads=1)


@pytest.mark.slow
def test_ten_thousand_frames_leave_nothing_behind(kit: Kit, tmp_path: Path) -> None:
    found = measure_growth(kit, tmp_path, rounds=179)
    assert found.frames > 10_000
    assert found.opened, "somebody was recognised, so that every stage ran"
    assert found.bytes_more < 50_000, found.where


def test_one_round_leaves_less_than_a_tenth_of_one_picture(
    kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "WARM_UP_ROUNDS", 2)
    found = measure_growth(kit, tmp_path, rounds=1)
    assert found.opened
    assert found.bytes_more < A_FRAME / 10, found.where


def test_a_picture_that_is_kept_is_found(kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []
    look = FaceRecognizer.look

    def keeping(self: FaceRecognizer, frame: Frame, wants: Wants) -> tuple[Sighting, ...]:
        kept.append(frame.main[:100].tobytes())
        return look(self, frame, wants)

    monkeypatch.setattr(FaceRecognizer, "look", keeping)
    monkeypatch.setattr(growth, "WARM_UP_ROUNDS", 1)
    found = measure_growth(kit, tmp_path, rounds=1)
    assert found.bytes_more > 1_000_000
    assert any("test_bench_growth" in line for line in found.where)
