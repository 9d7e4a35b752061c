"""The charts of a run: every figure has its mark, and a run of a single walk or gallery is drawn too."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from faceauthd.bench import plots
from faceauthd.bench.errors import BenchError
from tests.unit.test_bench_command import document


def test_each_section_has_a_chart_that_is_xml(tmp_path: Path) -> None:
    written = plots.write(document(), tmp_path / "new" / "folder")
    assert [path.name for path in written] == ["stages.svg", "unlock.svg", "rest.svg", "memory.svg", "match.svg"]
    for path in written:
        assert ElementTree.parse(path).getroot().tag.endswith("svg")  # noqa: S314  written just now


def test_bars_are_as_high_as_their_values_and_named() -> None:
    drawn = plots.columns("t", "MB", ["a", "b & c"], {"one": [10.0, 20.0], "two": [5.0, 0.0]})
    heights = [
        float(height) for height in re.findall(r'<rect x="[\d.]+" y="[\d.]+" width="[\d.]+" height="(\d+\.\d+)"', drawn)
    ]
    assert heights == pytest.approx([160.0, 320.0, 80.0])
    assert "b &amp; c" in drawn
    assert drawn.count(">one<") == drawn.count(">two<") == 1


@pytest.mark.parametrize(
    ("most", "step"), [(0.0, 1.0), (0.7, 0.1), (8.0, 1.0), (9.0, 2.0), (145.0, 20.0), (690.0, 100.0)]
)
def test_an_axis_has_round_steps(most: float, step: float) -> None:
    assert plots._step(most) == pytest.approx(step)


def test_a_door_that_never_opened_is_left_out() -> None:
    run = document()
    run["unlock"]["30 fps"] = {"walks": 5, "wall": {"opened": 0}, "cpu": run["unlock"]["15 fps"]["wall"]}
    assert "30 fps" in plots.unlock(run)
    assert "15 fps" not in plots.unlock(run)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="name another folder"):
        plots.write(document(), tmp_path / "file")
