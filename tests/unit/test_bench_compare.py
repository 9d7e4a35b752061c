"""Two runs side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faceauthd.bench.compare import SCHEMA, differences, ratios, read_run
from faceauthd.bench.errors import BenchError


def run(detect_ms: float, *, threads: int = 1, rss_mb: float = 100.0) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "machine": {"model": "a board", "cores": 4, "load": 0.1},
        "settings": {"threads": threads},
        "stages": {"detect": {"n": 40, "wall_ms": {"p50": detect_ms, "iqr": 0.5}}},
        "rest": {"nobody": {"seconds": 5, "templates": 5, "cpu": 0.0, "memory": {"rss_mb": rss_mb}}},
    }


def test_a_ratio_is_the_new_by_the_old_of_every_measure_and_of_nothing_else() -> None:
    found = {one.name: one.ratio for one in ratios(run(4.0, rss_mb=200.0), run(2.0))}
    assert found == {"stages.detect.wall_ms.p50": 0.5, "rest.nobody.memory.rss_mb": 0.5}


def test_a_ratio_tells_how_wide_its_figures_scatter() -> None:
    """The wider of the two: 0.5 of 2.0, and 0.5 of 4.0."""
    found = {one.name: one.spread for one in ratios(run(4.0), run(2.0))}
    assert found == {"stages.detect.wall_ms.p50": 0.25, "rest.nobody.memory.rss_mb": None}


def test_figures_that_only_one_run_has_are_left_out() -> None:
    before = run(4.0)
    before["stages"] = {}
    assert [one.name for one in ratios(before, run(2.0))] == ["rest.nobody.memory.rss_mb"]


def test_what_makes_runs_unlike_is_named() -> None:
    now = run(2.0, threads=2)
    assert differences(run(4.0), run(2.0)) == []
    assert differences(run(4.0), now) == ["threads: 1, now 2"]
    now["machine"] = {"model": "another", "cores": 4, "load": 3.0}
    assert differences(run(4.0), now) == ["model: a board, now another", "threads: 1, now 2"]


@pytest.mark.parametrize(
    ("section", "key"),
    [*(("machine", key) for key in ("kernel", "governor", "numkong")), ("settings", "rounds"), ("settings", "rest_s")],
)
def test_kernel_governor_library_and_effort_have_to_agree(section: str, key: str) -> None:
    before, now = run(4.0), run(4.0)
    now[section] = {**now[section], key: "other"}  # type: ignore[dict-item]
    assert differences(before, now) == [f"{key}: None, now other"]


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps(run(4.0)))
    assert read_run(file) == run(4.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "is not what"),
        ('{"stages": {}}', "is not what"),
        ('{"schema": 0}', "measure again"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_run_is_refused_by_name(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "run.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(BenchError, match=said) as caught:
        read_run(file)
    assert str(file) in str(caught.value)
