"""`faceauthd bench` as it is typed and told; nothing is measured."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceauthd.bench.kit import owners_of, random_units
from faceauthd.bench.run import Effort
from faceauthd.cli.bench import bench, tell
from faceauthd.cli.render import Printer
from faceauthd.errors import FaceauthdError

SPREAD = {"p50": 1.0, "p95": 2.0, "p99": 3.0, "iqr": 0.5}
BOTH = {"n": 9, "wall_ms": SPREAD, "cpu_ms": SPREAD}


def document() -> dict[str, Any]:
    """A whole run, as `faceauthd.bench.run.run` gives it."""
    walked = {"opened": 4, "total_ms": SPREAD, "work_ms": SPREAD, "wait_ms": SPREAD}
    memory = {"rss_mb": 120.0, "peak_mb": 130.0, "anonymous_mb": 80.0, "mapped_mb": 40.0}
    return {
        "schema": 1,
        "machine": {"model": "a board", "throttled": [], "temperature_c": None},
        "settings": {"threads": 1},
        "load_after": 0.2,
        "stages": {"1": {"detect": BOTH, "look": BOTH}, "4": {"detect": BOTH, "look": BOTH}},
        "unlock": {"15 fps": {"walks": 5, "wall": walked, "cpu": {"opened": 0}}},
        "match": {"1000": {"match": BOTH, "read": BOTH, "own_mb": 1.25}},
        "start": {"5": {"n": 2, "wall_s": SPREAD, "cpu_s": SPREAD}},
        "imports_ms": {"numpy": 80.0, "typer": 20.0},
        "rest": {"nobody": {"cpu": 0.05, "camera_cpu": 0.02, "memory": memory}},
    }


def test_people_get_every_section_and_every_figure() -> None:
    out = io.StringIO()
    tell(document(), Printer(out=out))
    lines = out.getvalue().splitlines()
    assert "throttled: no" in [" ".join(line.split()) for line in lines]
    assert not any("temperature" in line for line in lines), "what the machine does not say is not told"
    rows = [line.split("\t") for line in lines if "\t" in line]
    assert [row[0] for row in rows] == [
        *("detect", "look") * 2,
        *("15 fps, wall",) * 3,
        *("1000",) * 2,
        *("5",) * 2,
        *("numpy", "typer"),
        "nobody",
    ]
    assert rows[0][1:] == ["1", *["1.000", "2.000", "3.000"] * 2]
    assert rows[4][1:3] == ["total", "4/5"]
    assert rows[7][-1] == "1.2"
    assert rows[-1][1:] == ["0.050", "0.020", "120", "130", "80", "40"]


def test_an_earlier_run_that_is_none_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps({"schema": 99}))
    with pytest.raises(FaceauthdError, match="measure again"):
        bench(as_json=True, quick=True, full=False, threads=1, earlier=file)


def test_quick_is_less_of_everything_and_full_adds_the_million() -> None:
    usual, quick = (Effort.of(threads=2, quick=quick, full=False) for quick in (False, True))
    full = Effort.of(threads=2, quick=False, full=True)
    assert quick.threads == usual.threads == 2
    assert quick.rounds < usual.rounds
    assert quick.walks < usual.walks
    assert quick.rest_s < usual.rest_s
    assert (usual.largest_gallery, full.largest_gallery) == (100_000, 1_000_000)


def test_made_up_templates_are_unit_vectors_of_people_with_five_each() -> None:
    rows = random_units(np.random.default_rng(1), 12)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert owners_of(12).tolist() == [1] * 5 + [2] * 5 + [3] * 2
